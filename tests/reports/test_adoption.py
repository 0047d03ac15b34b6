"""Reports that exist at Amazon are used instead of created, where that is sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.api.models import Report, ReportId
from spreports.reports.listing import is_past
from spreports.reports.request import ReportRequest
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.clocks import ManualClock
from tests.reports.conftest import calls

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
INVENTORY = "GET_AFN_INVENTORY_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC)
WEEK: dict[str, Any] = {"start": START, "end": END, "marketplaces": ["DE"]}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with JumpingClock() as clock, Simulator(clock=clock, rows=3) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


def test_somebody_elses_report_of_the_same_window_is_used(
    simulator: Simulator, client: spr.Client
) -> None:
    made = simulator.place_report(ORDERS, ["DE"], START, END)

    (report,) = client.reports("orders", **WEEK)

    assert report.report_id == made
    assert (calls(simulator, "getReports"), calls(simulator, "createReport")) == (1, 0)
    # From now on our ledger knows it
    assert [r.report_id for r in client.reports("orders", **WEEK)] == [made]
    assert calls(simulator, "getReports") == 1


def test_for_one_report_one_page_is_looked_at(
    simulator: Simulator, client: spr.Client
) -> None:
    for days in range(1, 102):
        simulator.place_report(ORDERS, ["DE"], START - timedelta(days=days), END)

    (report,) = client.reports("orders", **WEEK)

    assert report.data_start_time == START
    assert (calls(simulator, "getReports"), calls(simulator, "createReport")) == (1, 1)


def test_a_report_of_the_present_is_as_old_as_its_end_of_processing() -> None:
    clock = ManualClock()
    request = ReportRequest(entry=spr.report_type("listings"), marketplace_ids=("A1",))
    slow = Report(
        report_id=ReportId("R1"),
        report_type=request.entry.report_type,
        created_time=clock.now() - timedelta(days=5),
        processing_status="DONE",
        processing_end_time=clock.now(),
    )

    assert not is_past(slow, request, clock)
    assert is_past(replace(slow, processing_end_time=None), request, clock)
    assert not is_past(replace(slow, processing_status="FATAL"), request, clock)


def test_one_that_is_still_processed_is_waited_for(
    simulator: Simulator, client: spr.Client
) -> None:
    made = simulator.place_report(ORDERS, ["DE"], START, END, finished=False)

    assert client.reports("orders", **WEEK).read().height == 3

    assert calls(simulator, "createReport") == 0
    assert made in {r.path.rpartition("/")[2] for r in simulator.requests}


@pytest.mark.parametrize("kind", ["fatal", "cancelled"])
def test_what_becomes_of_somebody_elses_report_says_nothing_of_ours(
    simulator: Simulator, client: spr.Client, kind: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind=kind))
    made = simulator.place_report(ORDERS, ["DE"], START, END, finished=False)

    (report,) = client.reports("orders", **WEEK)

    assert simulator.faults.struck
    assert report.report_id != made
    assert report.processing_status == "DONE"
    assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("other", ["window", "marketplaces", "age"])
def test_one_that_differs_is_not_used(
    simulator: Simulator, client: spr.Client, other: str
) -> None:
    simulator.place_report(
        ORDERS,
        ["DE", "FR"] if other == "marketplaces" else ["DE"],
        START,
        END - timedelta(days=other == "window"),
        created=simulator.clock.now() - timedelta(days=40 * (other == "age")),
    )

    client.reports("orders", **WEEK).wait()

    assert calls(simulator, "createReport") == 1


def test_reuse_false_neither_looks_nor_adopts(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.place_report(ORDERS, ["DE"], START, END)

    client.reports("orders", **WEEK, reuse=False).wait()

    assert (calls(simulator, "getReports"), calls(simulator, "createReport")) == (0, 1)


def test_a_window_that_ends_now_cannot_exist_and_is_not_looked_for(
    simulator: Simulator, client: spr.Client
) -> None:
    client.reports("orders", start="7d", marketplaces=["DE"]).wait()

    assert (calls(simulator, "getReports"), calls(simulator, "createReport")) == (0, 1)


def test_one_listing_serves_the_windows_of_many_requests(
    simulator: Simulator, client: spr.Client
) -> None:
    for day in range(8):
        start = START + timedelta(days=day)
        simulator.place_report(ORDERS, ["DE"], start, start + timedelta(days=1))
    starts = [START + timedelta(days=day) for day in range(12)]
    described = [
        client.reports(
            "orders", start=s, end=s + timedelta(days=1), marketplaces=["DE"]
        )
        for s in starts
    ]
    together = spr.Reports(
        client._connection,
        spr.report_type("orders"),
        [request for each in described for request in each._requests],
    )

    together.wait()

    assert calls(simulator, "createReport") == 4
    assert calls(simulator, "getReports") <= 2


# The type counts its last day in: dataEndTime is the eve of the window's end
EVE = END - timedelta(days=1)
OPTIONS = {"dateGranularity": "DAY", "asinGranularity": "SKU"}


@pytest.mark.parametrize("time", [timedelta(), timedelta(hours=23, minutes=59)])
def test_a_report_with_options_is_used_where_its_document_names_them(
    simulator: Simulator, client: spr.Client, time: timedelta
) -> None:
    # Amazon ignores the time of such a type's dataEndTime
    made = simulator.place_report(TRAFFIC, ["DE"], START, EVE + time, options=OPTIONS)

    described = client.reports(TRAFFIC, **WEEK, options=OPTIONS)
    assert described.read("salesAndTrafficByAsin").height

    assert [report.report_id for report in described] == [made]
    assert calls(simulator, "createReport") == 0
    assert calls(simulator, "getReportDocument") == 1


@pytest.mark.parametrize(
    "theirs", [{}, {**OPTIONS, "asinGranularity": "PARENT"}, {"dateGranularity": "DAY"}]
)
def test_a_document_that_names_other_options_makes_us_create_our_own(
    simulator: Simulator, client: spr.Client, theirs: dict[str, str]
) -> None:
    made = simulator.place_report(TRAFFIC, ["DE"], START, EVE, options=theirs)

    described = client.reports(TRAFFIC, **WEEK, options=OPTIONS)
    assert described.read("salesAndTrafficByAsin").height

    assert [report.report_id for report in described] != [made]
    assert calls(simulator, "createReport") == 1
    assert calls(simulator, "getReportDocument") == 2


@pytest.mark.parametrize(
    ("end", "early", "finished"),
    [
        # As schedules make them, up to their beat
        (EVE, timedelta(days=1), True),
        (EVE + timedelta(hours=12), timedelta(hours=12), True),
        (EVE, timedelta(hours=8), False),
    ],
)
def test_a_report_that_was_made_before_its_last_day_was_over_is_not_used(
    simulator: Simulator,
    client: spr.Client,
    end: datetime,
    early: timedelta,
    *,
    finished: bool,
) -> None:
    when: dict[str, Any] = {"created": END - early, "finished": finished}
    made = simulator.place_report(TRAFFIC, ["DE"], START, end, options=OPTIONS, **when)

    (report,) = client.reports(TRAFFIC, **WEEK, options=OPTIONS)

    assert report.report_id != made
    assert calls(simulator, "createReport") == 1


def test_a_report_that_amazon_dates_a_minute_before_its_window_ended_is_used(
    simulator: Simulator, client: spr.Client
) -> None:
    # Its clock is not ours
    early = END - timedelta(minutes=1)
    made = simulator.place_report(ORDERS, ["DE"], START, END, created=early)

    (report,) = client.reports("orders", **WEEK)

    assert report.report_id == made


def test_a_report_of_today_so_far_is_taken_up_again_until_the_day_is_over(
    simulator: Simulator, client: spr.Client
) -> None:
    clock = simulator.clock
    clock.sleep(3600)
    today, now = clock.now().replace(hour=0, minute=0, second=0), clock.now()

    def of_today() -> str:
        (report,) = client.reports(
            TRAFFIC, start=today, end=now, marketplaces=["DE"], strict=False
        )
        return report.report_id

    first = of_today()
    assert of_today() == first
    clock.sleep(24 * 3600)

    assert of_today() != first


def test_a_newer_report_of_ours_with_other_options_hides_none_that_fits(
    simulator: Simulator, client: spr.Client
) -> None:
    made = simulator.place_report(TRAFFIC, ["DE"], START, EVE, options=OPTIONS)
    other = {**OPTIONS, "asinGranularity": "CHILD"}
    (ours,) = client.reports(TRAFFIC, **WEEK, options=other)

    described = client.reports(TRAFFIC, **WEEK, options=OPTIONS)

    assert [report.report_id for report in described] == [made] != [ours.report_id]
    assert calls(simulator, "createReport") == 1
    assert described.plan().adopted == 1


def test_a_newer_report_whose_document_is_gone_hides_none_that_is_there(
    simulator: Simulator, client: spr.Client
) -> None:
    now = simulator.clock.now()
    made, _ = (
        simulator.place_report(ORDERS, ["DE"], START, END, created=now - age)
        for age in (timedelta(days=2), timedelta(days=1))
    )
    simulator.faults.add(UNKNOWN)
    with pytest.raises(spr.SPReportsError):
        client.reports("orders", **WEEK).read()

    described = client.reports("orders", **WEEK)

    assert described.read().height == 3
    assert [report.report_id for report in described] == [made]
    assert calls(simulator, "createReport") == 0


def test_a_flat_file_whose_type_has_options_is_nobodys_but_ours(
    simulator: Simulator, client: spr.Client
) -> None:
    name = "GET_LEDGER_DETAIL_VIEW_DATA"
    simulator.place_report(name, ["DE"], START, END)

    client.reports(name, **WEEK).wait()

    assert (calls(simulator, "getReports"), calls(simulator, "createReport")) == (0, 1)


def test_a_type_that_cools_down_uses_the_copy_that_is_still_fresh(
    simulator: Simulator, client: spr.Client
) -> None:
    now = simulator.clock.now()
    made = simulator.place_report(INVENTORY, ["DE"], now, now)

    (report,) = client.reports(INVENTORY, marketplaces=["DE"])

    assert report.report_id == made


def test_others_reports_begin_a_cool_down_that_we_wait_for() -> None:
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=3, cooldowns=True) as simulator,
        simulator.client() as own,
    ):
        now = clock.now()
        simulator.place_report(TRAFFIC, ["DE"], START, END, created=now)
        begun = clock.monotonic()

        other = {**WEEK, "end": END - timedelta(days=1)}
        (report,) = own.reports(TRAFFIC, **other)

        assert report.processing_status == "DONE"
        assert 890 <= clock.monotonic() - begun <= 1000


def test_a_settlement_under_many_report_ids_is_listed_once(
    simulator: Simulator, client: spr.Client
) -> None:
    # The same times; the simulator's numbers follow the marketplace and the window
    for place in ("US", "US", "CA"):
        simulator.place_report(SETTLEMENT, [place], START, END)

    found = client.existing("settlement", since="90d")

    ids = found.read("summary")["settlement-id"].to_list()
    # Beside the two that every simulator has: of three documents of the same times two
    # settlements, though all three have report ids and documents of their own
    assert len(ids) == len(set(ids)) == 4


def test_settlements_of_different_times_are_told_apart_without_a_download(
    simulator: Simulator, client: spr.Client
) -> None:
    assert len(client.existing("settlement", since="90d")) == 2
    assert calls(simulator, "getReportDocument") == 0


def test_of_the_same_settlement_the_oldest_report_stays(
    simulator: Simulator, client: spr.Client
) -> None:
    now = simulator.clock.now()
    ids = [
        simulator.place_report(
            SETTLEMENT, ["US"], START, END, created=now - timedelta(days=age)
        )
        for age in (1, 9, 4)
    ]
    listed = client.existing("settlement", since="90d")

    assert ids[1] in {report.report_id for report in listed}
    assert not {ids[0], ids[2]} & {report.report_id for report in listed}


def test_reports_of_the_last_ninety_days_are_listed_up_to_the_edge(
    simulator: Simulator, client: spr.Client
) -> None:
    now = simulator.clock.now()
    inside = simulator.place_report(
        SETTLEMENT,
        ["US"],
        START - timedelta(days=100),
        END - timedelta(days=100),
        created=now - timedelta(days=90) + timedelta(minutes=10),
    )

    listed = client.existing("settlement", since="95d")

    assert inside in {report.report_id for report in listed}
    assert all(record.status == 200 for record in simulator.requests)


GONE = Fault(operation="document", kind="status", status=404, code="NoSuchKey", times=2)
UNKNOWN = Fault(
    operation="getReportDocument", kind="status", status=404, code="NotFound"
)
REFUSED = replace(UNKNOWN, status=400, code="InvalidInput")


@pytest.mark.parametrize("fault", [GONE, UNKNOWN, REFUSED], ids=lambda f: f.code)
@pytest.mark.parametrize("listed", [False, True])
def test_a_report_whose_document_is_gone_is_not_adopted_again(
    simulator: Simulator, client: spr.Client, fault: Fault, listed: bool
) -> None:
    if listed:
        simulator.place_report(ORDERS, ["DE"], START, END)
    simulator.faults.add(fault)
    with pytest.raises(spr.SPReportsError, match="later asks for a new report"):
        client.reports("orders", **WEEK).read()

    assert client.reports("orders", **WEEK).read().height == 3

    client.reports("orders", **WEEK).read()
    assert calls(simulator, "createReport") == (1 if listed else 2)


@pytest.mark.parametrize(
    "fault",
    [
        replace(UNKNOWN, status=405, code="MethodNotAllowed"),
        replace(UNKNOWN, status=408, code="RequestTimeout", times=5),
        replace(UNKNOWN, status=415, code="UnsupportedMediaType"),
        # A gateway's message has no code
        replace(UNKNOWN, code=""),
        replace(REFUSED, code=""),
    ],
    ids=lambda f: f"{f.status}{f.code}",
)
def test_a_refusal_that_is_not_about_the_document_leaves_its_report_adopted(
    simulator: Simulator, client: spr.Client, fault: Fault
) -> None:
    simulator.faults.add(fault)
    with pytest.raises(spr.APIError) as caught:
        client.reports("orders", **WEEK).read()

    assert client.reports("orders", **WEEK).read().height == 3

    assert caught.value.status == fault.status
    assert calls(simulator, "createReport") == 1


def test_a_report_whose_document_does_not_come_for_the_moment_is_adopted_again(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(replace(GONE, status=503, code="SlowDown", times=9))
    with pytest.raises(spr.DownloadError):
        client.reports("orders", **WEEK).read()

    assert client.reports("orders", **WEEK).read().height == 3

    assert calls(simulator, "createReport") == 1


def test_somebody_elses_report_with_options_whose_document_is_gone_is_let_go(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.place_report(TRAFFIC, ["DE"], START, EVE, options=OPTIONS)
    simulator.faults.add(UNKNOWN)

    assert len(list(client.reports(TRAFFIC, **WEEK, options=OPTIONS))) == 1

    assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("kind", ["corrupt", "cut"])
def test_a_document_that_is_always_broken_is_told_with_the_way_to_a_new_one(
    simulator: Simulator, client: spr.Client, kind: str
) -> None:
    fault = Fault(operation="document", kind=kind, at=0.5, framing="close", times=5)
    simulator.faults.add(fault)

    with pytest.raises(spr.DocumentError, match="ask for a new one with reuse=False"):
        client.reports("orders", **WEEK).read()


@pytest.mark.parametrize(
    ("told", "marketplace"),
    [
        (["Non-Amazon DE"], "Non-Amazon DE"),
        (["XX"], "XX"),
        ([""], None),
        (["A1PA6795UKMFR9", "XX"], None),
    ],
)
def test_marketplaces_that_nobody_knows_are_told_as_amazon_tells_them(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    told: list[str],
    marketplace: str | None,
) -> None:
    made = simulator._book.find(simulator.place_report(ORDERS, ["DE"], START, END))
    assert made is not None
    made.marketplace_ids = tuple(told)
    reports = client.existing("orders")

    reports.sink(tmp_path / "lake", partition_by=["marketplace"])
    frame = spr.scan_lake(tmp_path / "lake", "orders", metadata=True).collect()

    assert frame["marketplace"].to_list() == [marketplace] * 3
    assert frame.height == reports.read().height
