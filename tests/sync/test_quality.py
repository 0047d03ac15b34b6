"""What changed from night to night is told, and held back where a policy says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import spreports as spr
from spreports.fetch.findings import Findings
from spreports.fetch.json import records as json_records
from spreports.reports.shape import Shape
from spreports.simulator import Simulator, World
from spreports.simulator.shelf import DocumentShelf
from spreports.sync.calendar import MAX_TRIES
from spreports.sync.quality import LastColumns, compared
from tests.clocks import ManualClock
from tests.load.lake import markers
from tests.sync.conftest import LASTING, calls
from tests.sync.lake import ORDERS, TRAFFIC

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-08", lookback=2)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """From the 11th on orders have a column more."""
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        world=World(seed=1, new_column=(date(2026, 11, 11), "gift-note")),
    ) as running:
        yield running


def test_nothing_that_differs_is_said_in_as_many_words(
    client: spr.Client, lake: str
) -> None:
    result = client.sync([FEED], lake)

    assert not result.quality
    assert str(result.quality) == "nothing differed"
    assert [t.rows_before for t in result.quality] == [None, None]
    json.dumps(result.to_dict())
    assert "2 windows" in str(result)
    assert "<li>" in result._repr_html_()


def test_a_new_column_is_told_once_and_taken_in(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync([FEED], lake)
    clock.advance(DAY)

    second = client.sync([FEED], lake)
    clock.advance(DAY)
    third = client.sync([FEED], lake)

    assert len(second.quality) == second.windows == 3
    (line,) = second.quality.lines()
    assert line.endswith("column 'gift-note' is new")
    assert second.quality.tables[1].rows_before is not None
    assert third.quality.lines() == []
    assert second.quality.to_dict()["tables"][0]["newColumns"] == ["gift-note"]  # type: ignore[index] # plain values


@pytest.fixture
def night(
    simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> Callable[..., spr.SyncResult]:
    """Sync with a store that is new, a day after the last time."""
    nights = count()

    def sync(*what: Any, **how: Any) -> spr.SyncResult:
        with simulator.client(home=tmp_path / f"night {next(nights)}") as client:
            result = client.sync(*what, **how)
        clock.advance(DAY)
        return result

    return sync


@pytest.mark.parametrize(
    "format",
    ["parquet", pytest.param("delta", marks=pytest.mark.slow)],
)
def test_a_column_that_was_taken_in_is_not_new_to_a_store_of_each_night(
    night: Callable[..., spr.SyncResult],
    lake: str,
    format: str,  # noqa: A002 - as in `sync`
) -> None:
    feed = replace(FEED, partition_by=("sales-channel", "purchase-date:day"))
    night(feed, lake, format=format)

    refused = night(feed, lake, format=format, on_drift="fail")
    taken = night(feed, lake, format=format)
    later = night(feed, lake, format=format, on_drift="fail")

    assert {one.kind for one in refused.failed} == {"DriftError"}
    assert {line.partition(": ")[2] for line in refused.quality.lines()} == {
        "column 'gift-note' is new"
    }
    assert taken.quality.lines()
    assert (later.failed, later.quality.lines()) == ((), [])
    assert later.windows


@pytest.mark.slow
def test_a_column_that_was_taken_in_and_put_together_since_is_not_new(
    night: Callable[..., spr.SyncResult], clock: ManualClock, lake: str
) -> None:
    clock.advance(2 * DAY)
    night(FEED, lake)
    assert spr.Lake(lake).compact().reports

    later = night(FEED, lake, on_drift="fail")

    assert (later.failed, later.quality.lines()) == ((), [])


@pytest.mark.slow
def test_a_column_that_another_host_has_taken_in_is_not_new(
    client: spr.Client, other_host: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake)
    clock.advance(DAY)
    assert other_host.sync(FEED, lake).quality.lines()
    clock.advance(DAY)

    later = client.sync(FEED, lake, on_drift="fail")

    assert (later.failed, later.quality.lines()) == ((), [])


@pytest.mark.slow
def test_what_amazon_makes_is_held_against_the_columns_of_its_delta_table(
    clock: ManualClock, tmp_path: Path, lake: str
) -> None:
    entry = spr.report_type("settlement")
    tables = (
        replace(table, columns=tuple(c for c in table.columns if c.name != "sku"))
        for table in entry.tables
    )
    narrow = replace(entry, tables=tuple(tables))
    feed = spr.Feed(narrow, marketplaces=["DE"], since="2026-11-01")
    with Simulator(clock=clock, usage_plans=False, delays=(0, 0)) as simulator:
        with simulator.client(home=tmp_path / "store") as client:
            first = client.sync(feed, lake, format="delta")
        for note in Path(lake).rglob("*.feed"):
            note.unlink()  # it is looked at once more
        with simulator.client(home=tmp_path / "other store") as client:
            later = client.sync(feed, lake, format="delta", on_drift="fail")

    assert [table.drift() for table in first.quality if table.new_columns]
    assert [table.drift() for table in later.quality] == [[], []]
    assert later.failed == ()


def test_a_column_is_missing_to_a_new_store_where_the_lake_had_values_in_it(
    night: Callable[..., spr.SyncResult], lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=0)
    results = []
    for text, how in (
        ("amazon-order-id\tsku\nA\t1\n", "evolve"),
        ("amazon-order-id\tsku\nB\t1\n", "fail"),
        ("", "fail"),
        ("amazon-order-id\nC\n", "fail"),
    ):
        monkeypatch.setattr(
            DocumentShelf,
            "lay",
            lambda shelf, report, text=text: shelf.lay_text(report, text),
        )
        results.append(night(feed, lake, on_drift=how))

    assert [result.windows for result in results] == [1, 1, 1, 0]
    assert results[0].quality.tables[0].missing_columns
    assert [result.quality.lines() for result in results[1:3]] == [[], []]
    (last,) = results[3].quality.tables
    assert (last.missing_columns, last.new_columns) == (("sku",), ())


@pytest.mark.slow
def test_drift_is_held_back_where_it_may_not_be_and_nothing_is_fetched_twice_for_it(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.sync([FEED], lake)
    clock.advance(DAY)
    before = markers(f"{lake}/{ORDERS}")

    refused = client.sync([FEED], lake, on_drift="fail")
    asked = calls(simulator)
    again = client.sync([FEED], lake, on_drift="fail")
    accepted = client.sync([FEED], lake, on_drift="warn")

    assert {one.kind for one in refused.failed} == {"DriftError"}
    assert "column 'gift-note' is new" in refused.failed[0].reason
    assert (refused.windows, refused.rows) == (0, 0)
    assert len(before) == 2
    assert len(again.failed) == len(refused.failed) == 3
    assert calls(simulator) == asked
    assert (accepted.windows, accepted.failed) == (3, ())
    assert [r.message for r in caplog.records] == accepted.quality.lines() != []


def test_what_is_held_back_for_its_drift_never_becomes_a_gap(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=0)
    client.sync([feed], lake)
    clock.advance(2 * DAY)

    nights = [client.sync([feed], lake, on_drift="fail") for _ in range(MAX_TRIES + 1)]

    assert [[one.kind for one in night.failed] for night in nights] == [
        ["DriftError"]
    ] * len(nights)
    assert all((night.gaps, night.failed[0].tries) == ((), 0) for night in nights)
    assert client.sync([feed], lake).windows == 1


def test_what_is_held_back_for_its_drift_is_taken_in_later_without_a_new_report(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=0)
    client.sync([feed], lake)
    clock.advance(2 * DAY)
    refused = client.sync([feed], lake, on_drift="fail")
    clock.advance(DAY)

    accepted = client.sync([feed], lake)

    assert len(refused.failed) == accepted.adopted == 1
    assert (accepted.created, accepted.windows) == (1, 2)  # that of the day since


def test_several_tables_are_held_back_together(
    client: spr.Client, simulator: Simulator, lake: str, tmp_path: Path
) -> None:
    entry = spr.report_type("sales_and_traffic")
    second = entry.tables[1]
    narrow = spr.ReportType(
        report_type=entry.report_type,
        format="json",
        whole_days=True,
        tables=(entry.tables[0], type(second)(name=second.name, path=second.path)),
    )
    feed = spr.Feed(narrow, marketplaces=["DE"], since="2026-11-09")

    refused = client.sync([feed], lake, on_drift="fail")

    assert [one.kind for one in refused.failed] == ["DriftError"]
    assert not list(Path(lake, TRAFFIC).rglob("*.parquet"))
    assert client.sync([feed], lake).windows == 1
    assert len(list(Path(lake, TRAFFIC).rglob("*.parquet"))) == 2


@pytest.mark.slow
def test_values_that_came_too_late_for_a_column_are_told_and_hold_nothing_back(
    tmp_path: Path,
) -> None:
    early, late = '{"asin":"A"},', '{"asin":"A","newFee":1},'
    text = '{"rows":[' + early * 100_000 + late * 3
    (tmp_path / "late.json").write_text(text.removesuffix(",") + "]}")
    findings = Findings()
    document = spr.open_document(tmp_path / "late.json", report_type="GET_UNHEARD_OF")
    shape = Shape(on_bad_value="rescue")
    with document._source.open_batches(shape, findings=findings) as reader:
        rows = sum(batch.num_rows for batch in reader)
        schema = reader.schema

    place = {"report_type": "GET_UNHEARD_OF", "table": "rows", "report_id": "1"}
    told = compared(
        schema,
        findings,
        last=None,
        same=None,
        required=set(),
        place={**place, "start": None, "end": None},
    )

    assert rows == 100_003
    assert told.unplaced_values == {"newFee": 3}
    assert "3 values of 'newFee' came too late" in told.differences()[-1]
    assert not [line for line in told.drift() if "late" in line]
    assert told.to_dict()["unplacedValues"] == {"newFee": 3}


@pytest.mark.parametrize(
    ("before", "now", "renamed"),
    [
        ("sku price qty", "sku fee qty", {"price": "fee"}),
        ("sku price qty", "asin price amount", {"sku": "asin", "qty": "amount"}),
        ("sku price qty tax", "sku fee qty tax new", {"price": "fee"}),
        ("sku price qty tax", "new sku fee qty", {"price": "fee"}),
        ("sku price qty", "asin fee qty", {}),
        ("sku price qty tax", "new sku QTY tax", {}),
        ("sku price qty tax", "sku fee new tax", {}),
        ("sku price qty tax", "sku price qty gift tax", {}),
    ],
)
def test_a_column_is_renamed_where_another_came_between_its_two_neighbours(
    before: str, now: str, renamed: dict[str, str]
) -> None:
    place = {"report_type": "GET_UNHEARD_OF", "table": "rows", "report_id": "1"}
    told = compared(
        pa.schema([(name, pa.string()) for name in now.split()]),
        Findings(),
        last=LastColumns(served=tuple(before.split())),
        same=None,
        required=None,
        place={**place, "start": None, "end": None},
    )

    gone, came = (
        {*a.split()} - {*b.split()} for a, b in [(before, now), (now, before)]
    )
    assert told.renamed_columns == renamed
    assert {*told.missing_columns} == gone - set(renamed)
    assert {*told.new_columns} == came - set(renamed.values())


def test_a_day_whose_document_is_empty_says_nothing_of_columns(
    client: spr.Client,
    clock: ManualClock,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=0)
    served = "amazon-order-id\tsku\nA\t1\n"

    def night(text: str) -> spr.SyncResult:
        monkeypatch.setattr(
            DocumentShelf, "lay", lambda shelf, report: shelf.lay_text(report, text)
        )
        clock.advance(DAY)
        return client.sync([feed], lake, on_drift="fail" if windows else "evolve")

    windows: list[int] = []
    for text in (served, "", served):
        result = night(text)
        assert result.failed == ()
        windows.append(result.windows)

    assert windows == [1, 1, 1]
    assert result.quality.lines() == []


def test_an_optional_key_of_some_nights_is_told_on_none_of_them(
    client: spr.Client,
    clock: ManualClock,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = spr.ReportType(
        report_type="GET_SALES_AND_TRAFFIC_REPORT",
        format="json",
        whole_days=True,
        tables=(
            spr.Table(
                name="days",
                path="days",
                columns=(
                    spr.Column(name="day", dtype="date", nullable=False),
                    spr.Column(name="views", dtype="int64", optional=True),
                ),
            ),
        ),
    )
    feed = spr.Feed(entry, marketplaces=["DE"], since="2026-11-09", lookback=0)
    bare, full = '{"day": "2026-11-09"}', '{"day": "2026-11-09", "views": 7}'
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 3 * len(bare))
    nights = ([bare], [bare] * 9, [bare], [bare] * 9 + [full], [full], [bare])

    results = []
    for records in nights:
        text = f'{{"days": [{", ".join(records)}]}}'
        monkeypatch.setattr(
            DocumentShelf,
            "lay",
            lambda shelf, report, text=text: shelf.lay_text(report, text),
        )
        clock.advance(DAY)
        results.append(client.sync([feed], lake, on_drift="fail"))

    assert [result.failed for result in results] == [()] * len(nights)
    assert [result.quality.lines() for result in results] == [[]] * len(nights)
    rows = spr.scan_lake(lake, entry).collect()
    assert rows["views"].drop_nulls().to_list() == [7, 7]
