"""Which of a request's marketplaces a report holds: all, the first, or the region."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock

LISTINGS = ["listings", "open_listings", "listings_active", "listings_inactive"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    # By a clock that stands: a snapshot is shared for half an hour
    clock = ManualClock()
    with Simulator(clock=clock, usage_plans=False, rows=20) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator, tmp_path: Path) -> Iterator[spr.Client]:
    with simulator.client(home=tmp_path / "store") as connected:
        yield connected


def rows(reports: spr.Reports) -> Counter[tuple[object, ...]]:
    return Counter(reports.read().rows())


@pytest.mark.parametrize("name", LISTINGS)
def test_a_report_that_holds_one_marketplace_is_asked_for_once_for_each(
    client: spr.Client, name: str
) -> None:
    both = client.reports(name, marketplaces=["DE", "FR"])

    assert both.plan().reports == 2
    apart = [client.reports(name, marketplaces=[one]) for one in ("DE", "FR")]
    assert rows(both) == rows(apart[0]) + rows(apart[1])
    frame = both.read(metadata=True)
    assert set(frame["marketplace"]) == {"DE", "FR"}


def test_a_feed_of_such_a_type_has_the_rows_of_every_marketplace(
    client: spr.Client, tmp_path: Path
) -> None:
    feed = spr.Feed("listings", marketplaces=["FR", "DE"])

    result = client.sync(feed, tmp_path / "lake")

    assert (result.created, result.windows, result.failed) == (2, 2, ())
    lake = spr.scan_lake(tmp_path / "lake", "listings", latest=True).collect()
    both = client.reports("listings", marketplaces=["DE", "FR"]).read()
    assert Counter(lake.select(both.columns).rows()) == Counter(both.rows())
    assert client.sync(feed, tmp_path / "lake").windows == 0


def test_such_a_feed_and_one_of_its_marketplaces_are_the_same_twice(
    client: spr.Client, tmp_path: Path
) -> None:
    feeds = [
        spr.Feed("listings", marketplaces=["DE", "FR"]),
        spr.Feed("listings", marketplaces=["FR"]),
    ]

    with pytest.raises(ValueError, match=r"feed 2 \(listings\): .* as feed 1"):
        client.sync(feeds, tmp_path / "lake")


def test_a_lake_that_such_a_feed_has_begun_in_one_report_is_refused(
    client: spr.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE", "FR"])
    with monkeypatch.context() as before:  # as versions did that asked for both at once
        before.setattr(spr.Client, "_apart", lambda _, feed: [feed])
        client.sync(feed, tmp_path / "lake")

    with pytest.raises(spr.SinkError, match="begin another lake"):
        client.sync(feed, tmp_path / "lake")


def test_a_report_of_the_whole_region_for_each_marketplace_is_warned_of(
    client: spr.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def ask(name: str, *marketplaces: str, each: bool) -> None:
        client.reports(
            name,
            start="2026-10-01",
            end="2026-10-03",
            marketplaces=marketplaces,
            per_marketplace=each,
        )

    feeds = [spr.Feed("orders", marketplaces=[one], since="2d") for one in ("DE", "FR")]
    with caplog.at_level(logging.WARNING):
        ask("orders", "DE", "FR", each=False)
        ask("orders", "DE", each=True)
        ask("sales_and_traffic", "DE", "FR", each=True)
        client.sync(feeds[:1], tmp_path / "lake", dry_run=True)
        assert caplog.messages == []

        ask("orders", "DE", "FR", each=True)
        client.sync(feeds, tmp_path / "lake", dry_run=True)

    assert len(caplog.messages) == 2
    assert all("orders is known to hold the whole region" in m for m in caplog.messages)
