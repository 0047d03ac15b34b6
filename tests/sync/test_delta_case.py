"""Columns of Amazon's that meet a metadata column in another case, in Delta tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports import catalog
from spreports.reports.metadata import METADATA_COLUMNS
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import day

DAY = 86_400.0
METADATA = {field.name for field in METADATA_COLUMNS}
# By type: the metadata column's own name, and Amazon's
COLLIDING = {
    entry.report_type: (column.name.lower(), column.name)
    for entry in catalog.entries()
    for table in entry.tables
    for column in table.columns
    if column.name not in METADATA and column.name.lower() in METADATA
}
LEDGER = "GET_LEDGER_DETAIL_VIEW_DATA"


def test_there_are_types_with_such_columns() -> None:
    assert COLLIDING[LEDGER] == ("date", "Date")
    assert COLLIDING["GET_VAT_TRANSACTION_DATA"] == ("marketplace", "MARKETPLACE")
    assert len(COLLIDING) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("report_type", COLLIDING)
def test_amazons_column_wins_over_a_metadata_column_of_another_case(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    tmp_path: Path,
    report_type: str,
) -> None:
    ours, theirs = COLLIDING[report_type]
    lake = str(tmp_path / "lake")
    requestable = catalog.lookup(report_type).requestable
    if not requestable:
        simulator.place_report(report_type, ["DE"], day(8), day(9))
    # One window a night: there are types that can be asked for once a day
    since = "2026-11-09" if requestable else None
    feed = spr.Feed(report_type, marketplaces=["DE"], since=since)

    first = client.sync(feed, lake, format="delta")
    before = pl.read_delta(f"{lake}/{report_type}")
    if not requestable:
        simulator.place_report(report_type, ["DE"], day(9), day(10))
    clock.advance(DAY)
    second = client.sync(feed, lake, format="delta")

    table = pl.read_delta(f"{lake}/{report_type}")
    assert (first.failed, second.failed) == ((), ())
    assert table.height > 0 < first.rows == before.height
    assert second.rows > 0
    assert {theirs, *METADATA - {ours}} <= set(table.columns)
    assert ours not in table.columns
    assert table[theirs].null_count() < table.height
    clock.advance(DAY)
    if requestable:
        reports = client.reports(
            report_type, start=day(8), end=day(9), marketplaces=["DE"]
        )
    else:
        reports = client.existing(report_type, marketplaces=["DE"], since="30d")
    sunk = reports.sink(tmp_path / "sunk", format="delta")
    assert sunk.rows == pl.read_delta(str(tmp_path / "sunk")).height > 0


def test_a_lost_ledger_of_such_a_type_is_read_back(
    client: spr.Client, simulator: Simulator, lake: str, home: Path
) -> None:
    feed = spr.Feed(LEDGER, marketplaces=["DE"], since="2026-11-08")
    client.sync(feed, lake, format="delta")
    asked = calls(simulator)
    client.close()
    shutil.rmtree(home)

    with simulator.client(home=home) as another:
        again = another.sync(feed, lake, format="delta")

    assert (again.windows, again.failed) == (0, ())
    assert calls(simulator)["createReport"] == asked["createReport"]


def test_such_a_table_is_partitioned_by_amazons_own_column(
    client: spr.Client, lake: str
) -> None:
    reports = client.reports(LEDGER, start=day(8), end=day(9), marketplaces=["DE"])

    with pytest.raises(spr.SinkError, match="has a column 'Date'"):
        reports.sink(f"{lake}/a", format="delta", partition_by=["date"])
    with pytest.raises(spr.SinkError, match="has a column 'Date'"):
        reports.sink(f"{lake}/b", format="delta", partition_by=["date:month"])

    assert reports.sink(f"{lake}/c", format="delta", partition_by=["Date"]).rows > 0


def test_a_feed_of_such_a_table_is_refused_before_anything_is_asked(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    for folder, own in (("date", "'Date'"), ("date:month", "'Date:month'")):
        feed = spr.Feed(LEDGER, marketplaces=["DE"], partition_by=[folder])
        with pytest.raises(ValueError, match=f"has a column 'Date', .*say {own} to go"):
            client.sync(feed, lake, format="delta")

    assert simulator.requests == []
