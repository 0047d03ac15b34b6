"""A lake that nothing can be written to spends no quota."""

from __future__ import annotations

from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator

FEEDS = [
    spr.Feed("orders", marketplaces=["DE"], since="2026-11-01"),
    spr.Feed("settlement", marketplaces=["DE"]),
]


@pytest.mark.parametrize("how", ["parquet", "delta"])
@pytest.mark.parametrize("below", ["", "/below"])
@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.report_type)
def test_a_lake_that_is_a_file_is_refused_before_anything_is_asked_for(
    client: spr.Client,
    simulator: Simulator,
    tmp_path: Path,
    *,
    how: str,
    below: str,
    feed: spr.Feed,
) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")

    for _ in range(2):
        with pytest.raises(spr.SinkError, match="file is a file, and no folder; name"):
            client.sync(feed, f"{file}{below}", format=how)

    assert simulator.requests == []
    assert file.read_text() == "in the way"


def test_a_dry_run_still_says_what_is_due(client: spr.Client, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    plan = client.sync(FEEDS[0], tmp_path / "file", dry_run=True).plan

    assert plan is not None
    assert len(plan.windows) > 3
