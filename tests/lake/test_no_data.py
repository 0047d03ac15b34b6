"""A lake for which Amazon had no data is one, and shows the columns it would have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports.catalog import lookup
from spreports.load.no_data import NO_DATA, note_no_data
from spreports.simulator import Fault, Simulator, World
from tests.clocks import ManualClock
from tests.lake.lakes import ORDERS, Lakeside
from tests.sync.conftest import NIGHT

BY_DAY = ("purchase-date:day",)
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
QUIET = World(
    seed=1,
    empty_days=frozenset(NIGHT.date() - timedelta(days=n) for n in range(30)),
)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[spr.Client]:
    """Of a seller who has sold nothing for a month."""
    simulator = Simulator(
        clock=ManualClock(NIGHT), usage_plans=False, settlements=False, world=QUIET
    )
    with simulator, simulator.client(home=tmp_path / "store") as connected:
        yield connected
        assert simulator.failures == []


def test_a_noted_root_is_scanned_without_rows_on_every_file_system(
    lakeside: Lakeside,
) -> None:
    note_no_data(lakeside.url, lookup("orders"), BY_DAY, lakeside.options)

    found = spr.scan_lake(lakeside.url, "orders", storage_options=lakeside.options)

    schema = found.collect_schema()
    assert schema["quantity"] == pl.Int64()
    assert schema["purchase-date_day"] == pl.Date()
    late = pl.col("purchase-date_day") > date(2026, 10, 1)
    assert found.filter(late).select("amazon-order-id").collect().height == 0


def test_folders_of_metadata_columns_are_there_without_rows_as_with_them(
    shore: Lakeside,
) -> None:
    note_no_data(shore.root(), lookup("orders"), ("date:month", "marketplace"), {})

    found = shore.scan()

    late = (pl.col("date_month") > "2026-10") & (pl.col("marketplace") == "DE")
    assert found.filter(late).collect().height == 0


def test_a_note_of_one_type_says_nothing_of_another(shore: Lakeside) -> None:
    note_no_data(shore.url, lookup("orders"), (), {})

    with pytest.raises(spr.SinkError, match="no report of GET_FLAT_FILE_RETURNS"):
        spr.scan_lake(shore.url, "returns")


def test_a_note_that_is_damaged_or_foreign_keeps_nobody_from_the_columns(
    shore: Lakeside,
) -> None:
    note_no_data(shore.root(), lookup("orders"), BY_DAY, {})
    (name,) = [name for name in shore.files() if name.endswith(NO_DATA)]
    for damage in (b"", b"[]", b'{"partition_by": 1}', b'{"partition_by": [1, null]}'):
        shore.overwrite(name, damage)
        found = spr.scan_lake(shore.url, "orders").collect()
        assert found.height == 0
        assert "quantity" in found.columns


def test_a_sink_of_no_data_makes_an_empty_lake_and_rows_then_fill_it(
    client: spr.Client, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    quiet = client.reports(
        "orders", start="2026-10-20", end="2026-10-25", marketplaces=["DE"]
    )
    sold = client.reports(
        "orders", start="2026-10-01", end="2026-10-05", marketplaces=["DE"]
    )

    assert quiet.sink(lake, partition_by=BY_DAY).files == 0
    empty = spr.scan_lake(lake, "orders", metadata=True).collect()
    rows = sold.sink(lake, partition_by=BY_DAY).rows
    filled = spr.scan_lake(lake, "orders", latest=True, metadata=True).collect()

    assert (empty.height, filled.height) == (0, rows)
    assert rows > 0
    promised = {name: filled.schema[name] for name in empty.columns}
    assert dict(empty.schema) == promised
    assert spr.Lake(lake).check().problems == ()


def test_a_sink_that_was_to_raise_without_rows_leaves_nothing(
    client: spr.Client, tmp_path: Path
) -> None:
    quiet = client.reports(
        "orders",
        start="2026-10-20",
        end="2026-10-25",
        marketplaces=["DE"],
        on_empty="raise",
    )
    with pytest.raises(spr.ReportEmptyError):
        quiet.sink(tmp_path / "lake")
    with pytest.raises(spr.SinkError, match="no report of"):
        spr.scan_lake(tmp_path / "lake", "orders")


def test_a_lake_synced_without_any_data_is_read_checked_and_cared_for(
    client: spr.Client, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")
    feed = spr.Feed(
        "orders", marketplaces=["DE"], since="2026-10-20", partition_by=BY_DAY
    )

    result = client.sync(feed, lake)

    assert (result.rows, result.failed) == (0, ())
    assert result.empty > 0
    found = spr.scan_lake(lake, ORDERS, latest=True).collect()
    assert found.height == 0
    assert "purchase-date_day" in found.columns
    kept = spr.Lake(lake)
    assert kept.check().problems == ()
    kept.compact()
    kept.purge(date(2026, 11, 1), "orders")
    assert spr.scan_lake(lake, ORDERS).collect().height == 0


def test_settlements_of_which_none_is_listed_are_a_lake_without_rows(
    client: spr.Client, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")

    client.sync(spr.Feed("settlement", marketplaces=["DE"]), lake)

    assert spr.scan_lake(lake, "settlement").collect().height == 0


FATAL = Fault(operation="report", kind="fatal", nth=2, times=0)
FORBIDDEN = Fault(operation="getReports", kind="status", status=403, times=0)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("orders", FATAL), ("orders", replace(FATAL, nth=1)), ("settlement", FORBIDDEN)],
)
def test_what_failed_is_not_called_empty(
    tmp_path: Path, name: str, fault: Fault
) -> None:
    lake = str(tmp_path / "lake")
    simulator = Simulator(
        clock=ManualClock(NIGHT),
        usage_plans=False,
        settlements=False,
        world=QUIET,
        faults=[fault],
    )
    with simulator, simulator.client(home=tmp_path / "store") as client:
        feed = spr.Feed(name, marketplaces=["DE"], since="2026-10-20")
        assert client.sync(feed, lake).failed != ()

    with pytest.raises(spr.SinkError, match=r"no report of"):
        spr.scan_lake(lake, name)


def test_a_note_that_the_lake_refuses_costs_no_result(
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused(*_: object) -> None:
        raise spr.SinkError("no room")

    monkeypatch.setattr("spreports.sync.emptied.note_no_data", refused)

    result = client.sync(
        spr.Feed("orders", marketplaces=["DE"], since="2026-10-20"), tmp_path / "lake"
    )

    assert result.empty > 0
    assert "no note that there was no data: no room" in caplog.text


def test_a_table_that_the_type_has_not_is_refused_of_an_empty_lake_too(
    shore: Lakeside,
) -> None:
    note_no_data(shore.root(TRAFFIC), lookup(TRAFFIC), (), {})

    with pytest.raises(ValueError, match="there is no table 'nope'"):
        spr.scan_lake(shore.root(TRAFFIC), TRAFFIC, table="nope")
