"""A lake that sync fills and compaction tidies is one lake to readers and to sync."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import spreports as spr
from spreports.load.marker import intent_bytes
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import ORDERS, SETTLEMENT, day

DAY = 86_400.0
FEEDS = [
    spr.Feed(
        "orders",
        marketplaces=["DE"],
        since="2026-11-01",
        lookback=3,
        partition_by=["purchase-date:month"],
    ),
    spr.Feed("settlement", marketplaces=["DE"]),
    spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-07", lookback=1),
]


@pytest.mark.slow
def test_a_lost_ledger_is_read_back_from_a_compacted_lake(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(FEEDS, lake)
    clock.advance(DAY)
    client.sync(FEEDS, lake)
    written = spr.Lake(lake)
    before = {kind: frame(lake, kind) for kind in ("orders", "sales_and_traffic")}
    held = written.reports()
    assert written.check(deep=True), written.check().problems

    done = written.compact(drop_superseded=True)

    assert done.files_after < done.files_before
    assert done.superseded > 0
    assert {kind: frame(lake, kind) for kind in before} == before
    assert set(written.reports()) < set(held)
    asked = calls(simulator)
    client.close()
    shutil.rmtree(home)
    with simulator.client(home=home) as another:
        result = another.sync(FEEDS, lake)
    assert result.windows == 0
    assert calls(simulator)["document"] == asked["document"]
    assert {kind: frame(lake, kind) for kind in before} == before


def frame(lake: str, kind: str) -> list[tuple[object, ...]]:
    """Give the newest rows of a type, in an order of their own."""
    return sorted(spr.scan_lake(lake, kind, latest=True).collect().rows(), key=repr)


def test_the_lake_says_all_that_the_ledger_knew(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    client.sync(FEEDS[0], lake)

    reports = spr.Lake(lake).reports("orders")

    assert len(reports) == 4
    for report in reports:
        assert report.report_type == ORDERS
        assert report.account
        assert report.created_time
        assert report.data_start_time
        assert report.report_document_id
        assert report.marketplace == "DE"
        assert report.sha256
        assert report.request_key
        assert report.version


def test_of_snapshots_the_last_one_is_the_latest_and_none_is_purged_by_its_day(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    rows = []
    for _ in range(3):
        rows.append(client.sync(feed, lake).rows)
        clock.advance(DAY)
    written = spr.Lake(lake)
    last = max(written.reports(), key=lambda report: str(report.created_time))

    newest = spr.scan_lake(lake, "listings", latest=True, metadata=True).collect()

    assert written.scan("listings").collect().height == sum(rows)
    assert newest["report_id"].unique().to_list() == [last.report_id]
    assert newest.height == rows[-1]
    purged = written.purge(date(2027, 1, 1))
    assert (purged.rows, purged.undated) == (0, 3)
    assert written.compact(drop_superseded=True).superseded == 2
    assert written.scan("listings").collect().height == rows[-1]
    assert client.sync(feed, lake).rows == rows[-1]


@pytest.mark.slow
@pytest.mark.parametrize("compacted", [True, False])
def test_a_note_that_lands_late_loses_no_window(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    compacted: bool,
) -> None:
    client.sync(FEEDS[0], lake)
    clock.advance(DAY)
    client.sync(FEEDS[0], lake)
    if compacted:
        spr.Lake(lake).compact()
    before, asked = frame(lake, "orders"), calls(simulator)
    state = Path(lake, "_spreports", ORDERS)
    marker = next(state.glob("compact-*.json" if compacted else "*.json"))
    paths = [file["path"] for file in json.loads(marker.read_bytes())["files"]]
    late = marker.with_suffix(".intent")
    late.write_bytes(intent_bytes(paths, marker.read_bytes()))

    assert frame(lake, "orders") == before
    result = client.sync(FEEDS[0], lake)

    assert (result.windows, calls(simulator)["document"]) == (0, asked["document"])
    assert not late.exists()
    assert frame(lake, "orders") == before
    assert spr.Lake(lake).check(deep=True)
