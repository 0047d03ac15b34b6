"""What the catalogue refuses in a feed is told with what the caller of sync can do."""

from __future__ import annotations

import pytest

import spreports as spr


def test_sync_names_no_argument_that_it_does_not_have(
    client: spr.Client, lake: str
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"], options={"noSuchOption": "x"})

    with pytest.raises(ValueError, match="noSuchOption") as caught:
        client.sync(feed, lake)

    assert "strict" not in str(caught.value)
    with pytest.raises(ValueError, match="strict=False"):
        client.reports("listings", marketplaces=["DE"], options={"noSuchOption": "x"})
