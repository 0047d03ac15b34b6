"""Reports from request to rows: statuses over time, endings of every kind."""

from __future__ import annotations

import gzip
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon
from tests.stand_in.conftest import Connect
from tests.stand_in.document_host import Delivery, Held
from tests.stand_in.kept import Plot, written
from tests.stand_in.texts import (
    DE,
    FR,
    ORDERS,
    ORDERS_TEXT,
    SETTLEMENT,
    SETTLEMENT_TEXT,
    SHIPPING,
    SHIPPING_TEXT,
    many_orders,
    packed,
)
from tests.stand_in.timepiece import Timepiece


def orders(client: spr.Client, **more: object) -> spr.Reports:
    return client.reports("orders", start="7d", marketplaces=["DE", "FR"], **more)  # type: ignore[arg-type] # whatever a test says of it


def plotted(amazon: Amazon, *statuses: str, held: Held | None = None) -> None:
    amazon.plot(ORDERS, Plot(statuses, held))


def test_a_report_from_request_to_frame(client: spr.Client, amazon: Amazon) -> None:
    held = Held("d1", packed(ORDERS_TEXT), compression="GZIP")
    plotted(amazon, "IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "DONE", held=held)
    reports = orders(client)
    assert amazon.calls == []

    frame = reports.scan()
    first = frame.collect()
    assert first.height == 3
    assert amazon.count("createReport") == 1
    assert amazon.count("getReport") == 4
    assert amazon.count("getReportDocument") == 1
    body = next(b for b in amazon.bodies if b)
    assert (body["reportType"], body["marketplaceIds"]) == (ORDERS, [DE, FR])
    start, end = (
        datetime.fromisoformat(body[n]) for n in ("dataStartTime", "dataEndTime")
    )
    assert end - start == timedelta(days=7)

    before = len(amazon.calls)
    assert frame.collect().equals(first)
    assert reports.read().equals(first)
    assert reports.batches().read_all().num_rows == 3
    assert len(amazon.calls) == before


def test_a_window_is_sliced_half_open_and_without_gaps(
    client: spr.Client, amazon: Amazon
) -> None:
    for number in range(3):
        held = Held(f"d{number}", packed(ORDERS_TEXT))
        plotted(amazon, "IN_QUEUE", "DONE", held=held)
    reports = client.reports(
        ORDERS,
        start=datetime(2026, 7, 1, tzinfo=UTC),
        end="2026-09-20T00:00:00Z",
        marketplaces=["DE"],
    )

    assert reports.read().height == 9
    bodies = [b for b in amazon.bodies if b]
    spans = sorted(
        tuple(datetime.fromisoformat(b[n]) for n in ("dataStartTime", "dataEndTime"))
        for b in bodies
    )
    assert len(spans) == 3
    assert spans[0][0] == datetime(2026, 7, 1, tzinfo=UTC)
    for (_, end), (start, _) in pairwise(spans):
        assert timedelta(0) <= start - end <= timedelta(seconds=1)
    assert spans[-1][1] >= datetime(2026, 9, 19, 23, 59, 59, tzinfo=UTC)
    assert all(end - start <= timedelta(days=30) for start, end in spans)


def test_a_second_client_adopts_what_the_first_has_made(
    connect: Connect, amazon: Amazon
) -> None:
    plotted(amazon, "IN_QUEUE", "DONE", held=Held("d1", packed(ORDERS_TEXT)))
    window = {
        "start": datetime(2026, 10, 1, tzinfo=UTC),
        "end": datetime(2026, 10, 8, tzinfo=UTC),
        "marketplaces": ["DE"],
    }
    first = connect().reports(ORDERS, **window).read()  # type: ignore[arg-type] # a dict of several types
    second = connect().reports(ORDERS, **window).read()  # type: ignore[arg-type] # as above

    assert second.equals(first)
    assert amazon.count("createReport") == 1
    assert amazon.count("getReportDocument") == 1


def test_a_status_that_nobody_knows_yet_is_waited_out(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.liberal = True
    held = Held("d1", packed(ORDERS_TEXT))
    plotted(amazon, "IN_QUEUE", "ON_HOLD", "IN_PROGRESS", "DONE", held=held)

    assert orders(client).read().height == 3


def test_a_report_without_data_is_an_empty_frame_with_its_columns(
    client: spr.Client, amazon: Amazon
) -> None:
    plotted(amazon, "IN_QUEUE", "IN_PROGRESS", "CANCELLED")

    frame = orders(client).read()
    assert frame.height == 0
    assert "amazon-order-id" in frame.columns
    assert amazon.count("getReportDocument") == 0


def test_a_window_without_data_beside_one_with_data_is_just_shorter(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    plotted(amazon, "IN_PROGRESS", "CANCELLED")
    plotted(amazon, "IN_QUEUE", "DONE", held=Held("d1", packed(ORDERS_TEXT)))
    reports = client.reports("orders", start="45d", marketplaces=["DE"])

    assert reports.read().height == 3
    assert reports.sink(tmp_path / "lake").rows == 3


def test_a_report_cancelled_on_request_is_an_error(
    client: spr.Client, amazon: Amazon
) -> None:
    plotted(amazon, "IN_QUEUE", "CANCELLED")

    with pytest.raises(spr.ReportCancelledError) as cancelled:
        orders(client).read()
    assert cancelled.value.report_id == next(iter(amazon.reports))


@pytest.mark.parametrize(
    ("stored", "compression", "reason"),
    [
        (b"Report is not ready yet", None, "Report is not ready yet"),
        (b"Report is not ready yet", "GZIP", "Report is not ready yet"),
        (packed("Data für 2026 fehlt\n"), "GZIP", "Data für 2026 fehlt"),
        (
            json.dumps({"errorDetails": "reportPeriod must be WEEK"}).encode(),
            None,
            "reportPeriod must be WEEK",
        ),
        (
            gzip.compress(
                json.dumps({"errors": [{"message": "too old"}]}).encode(), mtime=0
            ),
            "GZIP",
            "too old",
        ),
    ],
)
def test_a_fatal_report_says_what_its_document_says(
    client: spr.Client,
    amazon: Amazon,
    stored: bytes,
    compression: str | None,
    reason: str,
) -> None:
    held = Held("d1", stored, compression=compression)
    plotted(amazon, "IN_QUEUE", "IN_PROGRESS", "FATAL", held=held)

    with pytest.raises(spr.ReportFatalError) as fatal:
        orders(client).read()
    assert fatal.value.reason == reason
    assert reason in str(fatal.value)
    assert fatal.value.report_id == next(iter(amazon.reports))


@pytest.mark.parametrize("etag", [True, False])
def test_a_fatal_report_whose_document_is_lost_is_fatal_all_the_same(
    client: spr.Client, amazon: Amazon, etag: bool
) -> None:
    always = Delivery(status=404) if etag else Delivery(framing="close", etag=False)
    plotted(amazon, "FATAL", held=Held("d1", b"why", always=always))
    plotted(amazon, "FATAL")

    with pytest.raises(spr.ReportFatalError) as fatal:
        orders(client).read()
    assert fatal.value.reason == (None if etag else "why")
    assert ("report document d1: " in str(fatal.value)) is etag
    assert "gives no reason" not in str(fatal.value)
    with pytest.raises(spr.ReportFatalError) as fatal:
        client.reports("orders", start="3d", marketplaces=["DE"]).read()
    assert fatal.value.reason is None
    assert "Amazon gives no reason" in str(fatal.value)


def test_a_report_that_failed_is_asked_for_again_by_a_new_request(
    client: spr.Client, amazon: Amazon
) -> None:
    window = {
        "start": datetime(2026, 10, 1, tzinfo=UTC),
        "end": datetime(2026, 10, 8, tzinfo=UTC),
    }
    plotted(amazon, "IN_QUEUE", "FATAL")
    plotted(amazon, "IN_QUEUE", "DONE", held=Held("d1", packed(ORDERS_TEXT)))
    asked = client.reports(ORDERS, marketplaces=["DE"], **window)  # type: ignore[arg-type] # a dict of times
    with pytest.raises(spr.ReportFatalError):
        asked.read()
    again = client.reports(ORDERS, marketplaces=["DE"], **window)  # type: ignore[arg-type] # as above

    assert again.read().height == 3


def test_waiting_ends_in_time_and_goes_on_later(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    held = Held("d1", packed(ORDERS_TEXT))
    plotted(amazon, *["IN_QUEUE"] * 12, "DONE", held=held)
    seen: list[str] = []
    reports = orders(client)
    with pytest.raises(spr.WaitTimeoutError) as late:
        reports.wait(timeout=10, on_progress=lambda p: seen.append(str(p)))
    assert late.value.report_id == next(iter(amazon.reports))
    assert isinstance(late.value, TimeoutError)
    assert seen

    assert reports.wait().read().height == 3
    assert amazon.count("createReport") == 1
    (report,) = list(reports)
    assert report.processing_status is spr.ProcessingStatus.DONE


def test_polling_stays_far_below_the_usage_plan(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    held = Held("d1", packed(ORDERS_TEXT))
    plotted(amazon, *["IN_QUEUE"] * 30, *["IN_PROGRESS"] * 30, "DONE", held=held)

    assert orders(client).read().height == 3
    assert amazon.count("getReport") == 61
    assert sum(time.slept) > 30 * 60


def test_a_new_report_that_cannot_be_seen_yet_is_taken_up_and_not_asked_for_twice(
    client: spr.Client,
    amazon: Amazon,
    time: Timepiece,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, from_then_on = amazon.get_report, time.now() + timedelta(seconds=20)

    def late(*asked: object) -> tuple[int, object]:
        there = time.now() >= from_then_on
        return seen(*asked) if there else (404, "NotFound")  # type: ignore[arg-type] # as it was asked

    monkeypatch.setattr(amazon, "get_report", late)
    held = Held("d1", packed(ORDERS_TEXT), compression="GZIP")
    plotted(amazon, "IN_QUEUE", "DONE", held=held)

    def asked() -> spr.Reports:
        return client.reports("orders", start=FIRST, end=LAST, marketplaces=["DE"])

    for _ in range(2):
        with pytest.raises(spr.WaitTimeoutError):
            asked().wait(timeout=5)

    assert asked().read().height == 3
    assert amazon.count("createReport") == 1


def test_settlements_are_listed_and_never_asked_for(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", SETTLEMENT_TEXT.encode("cp1252"), content_type="text/plain"))
    for _ in range(2):
        amazon.add_report(
            reportType=SETTLEMENT, marketplaceIds=[DE], reportDocumentId="d1"
        )
    found = client.existing("settlement")

    assert len(found) == 1
    assert found.read().height == 2
    assert amazon.count("createReport") == 0
    assert amazon.count("getReports") == 1


FIRST, LAST = (datetime(2026, 10, day, tzinfo=UTC) for day in (1, 15))
SECOND = timedelta(seconds=1)


def period(start: datetime, end: datetime) -> dict[str, str]:
    return {"dataStartTime": written(start), "dataEndTime": written(end)}


@pytest.mark.parametrize(
    "times",
    [
        ({}, {}),
        (period(FIRST, LAST), {}),
        ({}, period(FIRST, LAST)),
        (period(FIRST, LAST), period(FIRST, LAST + SECOND)),
        (period(FIRST, LAST), period(FIRST - SECOND, LAST)),
        (period(FIRST, FIRST), period(FIRST, FIRST)),
        ({"dataStartTime": written(FIRST)}, {"dataEndTime": written(LAST)}),
    ],
)
def test_a_settlement_is_listed_once_whatever_its_reports_say_of_its_times(
    client: spr.Client, amazon: Amazon, times: tuple[dict[str, str], ...]
) -> None:
    text = SETTLEMENT_TEXT.encode("cp1252")
    other = text.replace(b"00063004072110", b"00063004072111")
    made = []
    bodies = (text, text + b"\r\n", other)
    for number, (body, said) in enumerate(zip(bodies, (*times, {}), strict=True)):
        amazon.hold(Held(f"d{number}", body, content_type="text/plain"))
        report = amazon.add_report(
            reportType=SETTLEMENT,
            marketplaceIds=[DE],
            reportDocumentId=f"d{number}",
            **said,
        )
        made.append(report["reportId"])

    found = client.existing("settlement")

    assert [report.report_id for report in found] == [made[0], made[2]]
    assert found.read().height == 4


def test_existing_reports_of_many_pages_are_all_found(
    client: spr.Client, amazon: Amazon
) -> None:
    for number in range(230):
        begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=2 * number)
        amazon.add_report(
            reportType=SETTLEMENT,
            marketplaceIds=[DE],
            reportDocumentId=f"d{number}",
            **period(begins, begins + timedelta(hours=1)),
        )
    assert len(client.existing("settlement", marketplaces=["DE"])) == 230
    assert amazon.count("getReports") == 3


def test_restricted_reports_come_with_a_token_for_their_document_alone(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    held = Held("d/1", packed(SHIPPING_TEXT), "text/plain;charset=UTF-8", "GZIP", True)
    held.lifetimes = deque([-1.0])
    amazon.plot(SHIPPING, Plot(("IN_QUEUE", "DONE"), held))

    frame = client.reports(SHIPPING, start="7d", marketplaces=["US"]).read()
    assert frame["recipient-name"].to_list() == ["Ana Placeholder"]
    assert amazon.count("createRestrictedDataToken") == 2
    assert amazon.count("getReportDocument") == 2
    client.close()
    rest = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert not [p for p in rest if b"Ana Placeholder" in p.read_bytes()]


def test_one_bad_report_of_several_is_told_after_the_others_are_written(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    plotted(amazon, "IN_QUEUE", "FATAL")
    plotted(amazon, "IN_QUEUE", "DONE", held=Held("d1", packed(many_orders(9))))
    reports = client.reports("orders", start="45d", marketplaces=["DE"])

    with pytest.raises(spr.ReportFatalError):
        reports.sink(tmp_path / "lake")
    (written,) = (tmp_path / "lake").rglob("*.parquet")
    assert written.name.startswith(list(amazon.reports)[1])
