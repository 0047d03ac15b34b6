"""client.schedules.harvest: the reports that schedules made, each once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreports as spr
from spreports.api.models import ReportId, ReportScheduleId
from spreports.ledger import LakeWindow, Ledger, TableRows, WindowState
from spreports.schedules.harvest import (
    scheduled,
    warn_of_fatal,
    warn_of_feeds,
    warn_of_overlaps,
)
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.schedules.conftest import Calls

SHIPPING = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
START = datetime(2026, 11, 1, tzinfo=UTC)


def every(period: str, at: str | None = None) -> spr.Schedule:
    return spr.Schedule(
        "orders_shipping",
        marketplaces=["DE"],
        period=period,
        next_report_creation_time=at,
    )


def test_reports_of_schedules_replaced_and_cancelled_are_there_and_others_are_not(
    client: spr.Client, simulator: Simulator, clock: ManualClock, calls: Calls
) -> None:
    client.schedules.apply([every("PT4H")])
    clock.advance(4.5 * 3600)
    (second,) = client.schedules.apply([every("PT1H")])
    clock.advance(2.5 * 3600)
    client.schedules.cancel(str(second.report_schedule_id))
    simulator.place_report(SHIPPING, ["DE"], START, clock.now())
    calls.new()

    reports = client.schedules.harvest("orders_shipping", since="1d")

    assert calls.new() == {"getReports": 1}
    assert isinstance(reports, spr.Reports)
    assert len({r.report_schedule_id for r in reports}) == 2
    windows = [(r.data_start_time, r.data_end_time) for r in reports]
    assert windows == [
        (START, START + timedelta(hours=4)),
        (START + timedelta(hours=4.5), START + timedelta(hours=5.5)),
        (START + timedelta(hours=5.5), START + timedelta(hours=6.5)),
    ]


def test_a_harvest_of_more_marketplaces_than_a_call_takes_is_of_these_alone(
    client: spr.Client, clock: ManualClock
) -> None:
    eleven = ["FR", "IT", "ES", "NL", "SE", "PL", "TR", "BE", "IE", "GB", "DE"]
    for place in ("DE", "IN"):
        traffic = spr.Schedule("sales_and_traffic", marketplaces=[place], period="P1D")
        client.schedules.apply([traffic])
    clock.advance(86_400 + 600)

    (report,) = client.schedules.harvest("sales_and_traffic", marketplaces=eleven)

    assert report.marketplace_ids == (spr.marketplace("DE").id,)


def test_a_harvest_has_all_ways_out(
    client: spr.Client, clock: ManualClock, tmp_path: Path
) -> None:
    client.schedules.apply([every("PT12H")])
    clock.advance(86_400 + 600)

    reports = client.schedules.harvest("orders_shipping")
    result = reports.sink(tmp_path / "lake")

    assert len(reports) == 2
    assert result.rows == reports.read().height == 40
    assert reports.plan().calls.get("createReport") is None
    lake = pl.scan_parquet(f"{tmp_path}/lake/**/*.parquet").collect()
    assert lake.height == 40


def test_without_a_type_every_type_that_can_be_scheduled_is_looked_through(
    client: spr.Client, clock: ManualClock, calls: Calls
) -> None:
    traffic = spr.Schedule("sales_and_traffic", marketplaces=["DE"], period="P1D")
    client.schedules.apply([every("P1D"), traffic])
    clock.advance(86_400 + 600)
    calls.new()

    harvest = client.schedules.harvest()

    assert calls.new() == {"getReports": 5}
    assert {name: len(reports) for name, reports in harvest.items()} == {
        SHIPPING: 1,
        "GET_SALES_AND_TRAFFIC_REPORT": 1,
    }
    assert SHIPPING in repr(harvest)
    assert SHIPPING in harvest._repr_html_()


def test_types_that_are_named_are_there_though_nothing_was_made(
    client: spr.Client, calls: Calls
) -> None:
    harvest = client.schedules.harvest(["orders_shipping", "sales_and_traffic"])

    assert calls.new() == {"getReports": 1}
    assert [len(reports) for reports in harvest.values()] == [0, 0]


def test_since_and_marketplaces_narrow_it(
    client: spr.Client, clock: ManualClock
) -> None:
    client.schedules.apply([every("PT4H")])
    clock.advance(86_400 + 600)

    assert len(client.schedules.harvest("orders_shipping", since="9h")) == 3
    assert len(client.schedules.harvest("orders_shipping", marketplaces=["DE"])) == 6
    assert len(client.schedules.harvest("orders_shipping", marketplaces=["FR"])) == 0
    assert len(client.schedules.harvest("orders_shipping", since=clock.now())) == 0
    with pytest.raises(ValueError, match="since"):
        client.schedules.harvest("orders_shipping", since="yesterday")


def test_a_time_that_is_yet_to_come_costs_no_call(
    client: spr.Client, clock: ManualClock, calls: Calls
) -> None:
    tomorrow = clock.now() + timedelta(days=1)

    with pytest.raises(ValueError, match=r"since=.* lies in the future"):
        client.schedules.harvest("orders_shipping", since=tomorrow)

    assert calls.new() == {}


def report(name: str, schedule: str, start: int, end: int, *places: str) -> spr.Report:
    return spr.Report(
        report_id=ReportId(name),
        report_type=SHIPPING,
        created_time=START + timedelta(hours=end),
        processing_status=spr.ProcessingStatus.DONE,
        marketplace_ids=places,
        data_start_time=START + timedelta(hours=start),
        data_end_time=START + timedelta(hours=end),
        report_schedule_id=ReportScheduleId(schedule),
    )


def test_reports_that_share_time_and_a_marketplace_are_warned_of_by_schedules(
    caplog: pytest.LogCaptureFixture,
) -> None:
    warn_of_overlaps(
        [
            *(report(f"D{n}", "daily", n, n + 24, "A") for n in (0, 24, 48)),
            report("W", "weekly", 24, 192, "A", "B"),
            report("X", "other", 24, 192, "C"),
        ],
        spr.report_type(SHIPPING),
    )

    assert [record.getMessage() for record in caplog.records] == [
        f"{SHIPPING}: reports D24 (2026-11-02 to 2026-11-03) and W (2026-11-02 to "
        "2026-11-09) overlap (such pairs of these two schedules: 2), so that rows may "
        "be there twice; read with metadata=True and keep one report_id of them"
    ]


@pytest.mark.parametrize(
    ("name", "hours", "places", "asked", "told"),
    [
        ("sales_and_traffic", (24, 48), "A", ("{}", 7), True),
        ("sales_and_traffic", (24, 48), "A", ("{}", 0), False),
        ("sales_and_traffic", (0, 24), "A", ("{}", 7), False),
        ("sales_and_traffic", (24, 48), "B", ("{}", 7), False),
        ("returns", (24, 48), "A", ("{}", 7), False),
        ("returns", (24, 48), "A", ('{"custom": "true"}', 7), True),
        ("returns", (24, 36), "A", ("{}", 7), True),
        ("returns", (24, 48), "AB", ("{}", 7), True),
        ("listings", (0, 24), "A", ("{}", 7), True),
        ("settlement", (24, 48), "A", ("{}", 7), False),
    ],
    ids=[
        "a whole day that the feed asks for otherwise",
        "a day of which the feed got no rows",
        "another day",
        "another marketplace",
        "the feed's own window",
        "with options, which a schedule does not tell",
        "a part of it",
        "more marketplaces",
        "snapshots",
        "made by Amazon",
    ],
)
def test_a_harvest_of_what_a_feed_has_brought_otherwise_is_warned_of(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    *,
    name: str,
    hours: tuple[int, int],
    places: str,
    asked: tuple[str, int],
    told: bool,
) -> None:
    options, rows = asked
    entry, ledger = spr.report_type(name), Ledger(tmp_path / "ledger.sqlite")
    feed = {
        "account": "mine",
        "reportType": entry.report_type,
        "marketplaceIds": ["A"],
        "reportOptions": options,
    }
    day, is_dated = START + timedelta(days=1), name != "listings"
    window = LakeWindow(
        name="a day",
        start=day if is_dated else None,
        end=day + timedelta(days=1) if is_dated else None,
        state=WindowState.COMMITTED,
        tables={"rows": TableRows(rows, ())},
    )
    theirs = json.dumps({**feed, "account": "another"})
    ledger.windows.put("/their lake", theirs, window, day)
    ledger.windows.put("/lake", json.dumps(feed), window, day)
    made = replace(report("R", "daily", *hours, *places), report_type=entry.report_type)

    warn_of_feeds([made], entry, "mine", ledger.windows)

    ledger.close()
    assert len(caplog.records) == told
    for record in caplog.records:
        assert record.getMessage().startswith(
            f"{entry.report_type}: of 1 reports (2026"
        )
        assert "same time into /lake in windows of its own" in record.getMessage()


def test_a_harvest_across_a_change_of_period_warns_once_and_has_all_reports(
    client: spr.Client, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    client.schedules.apply([every("PT4H", "2026-11-01T04:00:00Z")])
    clock.advance(9 * 3600)
    client.schedules.harvest("orders_shipping")
    assert caplog.records == []
    client.schedules.apply([every("PT12H", "2026-11-01T12:00:00Z")])
    clock.advance(4 * 3600)

    reports = client.schedules.harvest("orders_shipping")

    assert len(reports) == 3
    (record,) = caplog.records
    assert record.name == "spreports.schedules"
    assert "two schedules: 2" in record.getMessage()


@pytest.mark.parametrize(
    ("period", "at", "pairs"),
    [
        ("P1D", "2026-11-01T00:00:00Z", 0),
        ("P1D", "2026-11-01T14:00:00Z", 2),
        ("PT12H", "2026-11-01T00:00:00Z", 3),
    ],
)
def test_reports_of_one_schedule_that_hold_the_same_whole_day_are_warned_of(
    client: spr.Client,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    *,
    period: str,
    at: str,
    pairs: int,
) -> None:
    traffic = spr.Schedule(
        "sales_and_traffic",
        marketplaces=["DE"],
        period=period,
        next_report_creation_time=at,
    )
    client.schedules.apply([traffic])
    clock.advance(3 * 86_400 + 600)

    client.schedules.harvest("sales_and_traffic")

    assert len(caplog.records) == bool(pairs)
    for record in caplog.records:
        assert f"such pairs of this schedule: {pairs})" in record.getMessage()
        assert "let schedules begin at midnight UTC" in record.getMessage()


def test_what_a_report_that_failed_would_hold_is_told_once_a_type(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    calls: Calls,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.schedules.apply([every("P1D", "2026-11-02T00:00:00Z")])
    simulator.faults.add(Fault(operation="report", kind="fatal"))
    clock.advance(3 * 86_400 + 600)
    calls.new()

    reports = client.schedules.harvest("orders_shipping")

    assert calls.new() == {"getReports": 1}
    assert len(reports) == 2
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("spreports.schedules", "WARNING")
    assert record.getMessage().startswith(
        f"{SHIPPING}: reports of schedules are FATAL, so that what they would hold is "
        "not in the harvest: 2026-11-01 to 2026-11-02 (report "
    )


def test_a_failed_report_is_not_told_of_where_another_one_has_its_interval(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = report("D", "daily", 0, 24, "A")
    failed = replace(done, processing_status=spr.ProcessingStatus.FATAL)
    others = [replace(failed, report_schedule_id=None, data_end_time=START), done]

    warn_of_fatal([failed, *others])

    assert caplog.records == []
    assert scheduled([failed, *others]) == {SHIPPING: (done,)}


REPORTS = st.lists(
    st.builds(
        spr.Report,
        report_id=st.integers(0, 999).map(str),
        report_type=st.sampled_from([SHIPPING, "GET_SALES_AND_TRAFFIC_REPORT"]),
        created_time=st.integers(0, 50).map(lambda n: START + timedelta(hours=n)),
        processing_status=st.just(spr.ProcessingStatus.DONE),
        marketplace_ids=st.sampled_from([("A",), ("A", "B"), ("B", "A")]),
        data_start_time=st.integers(0, 3).map(lambda n: START - timedelta(days=n)),
        data_end_time=st.just(START),
        report_schedule_id=st.sampled_from([None, "1", "2"]),
        report_document_id=st.integers(0, 30).map(str),
    ),
    max_size=20,
    unique_by=lambda report: report.report_id,
)


@given(REPORTS)
def test_each_interval_comes_once_and_the_newest_report_of_it(
    found: list[spr.Report],
) -> None:
    by_type = scheduled(found)
    kept = [r for reports in by_type.values() for r in reports]

    def place(report: spr.Report) -> tuple[object, ...]:
        places = frozenset(report.marketplace_ids)
        return report.report_type, places, report.data_start_time

    assert all(r.report_schedule_id for r in kept)
    assert len({place(r) for r in kept}) == len(kept)
    assert len({r.report_document_id for r in kept}) == len(kept)
    for reports in by_type.values():
        assert list(reports) == sorted(reports, key=lambda r: r.created_time)
    documents = {r.report_document_id for r in kept}
    by_schedules = sorted(
        (r for r in found if r.report_schedule_id), key=lambda r: r.created_time
    )
    newest = {place(report): report for report in by_schedules}
    assert {r.report_document_id for r in newest.values()} == documents
    assert scheduled(kept) == by_type
