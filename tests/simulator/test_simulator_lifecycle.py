"""The course of a report on the clock, and its ends."""

from __future__ import annotations

import gzip
import threading
import time
from datetime import date
from typing import Any

import pytest
import requests

from spreports.simulator import Fault, Simulator
from spreports.simulator.clock import HurriedClock
from tests.simulator.asking import (
    BASE,
    DE,
    FR,
    INVENTORY,
    LOGIN,
    ORDERS,
    SETTLEMENT,
    SHIPPING,
    US,
    Caller,
    moment,
)
from tests.simulator.conftest import MakeCaller
from tests.simulator.shapes import misfits


def test_a_report_is_queued_then_in_progress_then_done(calling: MakeCaller) -> None:
    caller = calling(delays=(20.0, 40.0))
    report_id = caller.create(ORDERS, [DE]).json()["reportId"]
    seen = []
    for _ in range(40):
        report = caller.report(report_id)
        assert misfits("Report", report) == []
        seen.append(report["processingStatus"])
        assert ("reportDocumentId" in report) == (seen[-1] == "DONE")
        assert ("processingStartTime" in report) == (seen[-1] != "IN_QUEUE")
        assert ("processingEndTime" in report) == (seen[-1] == "DONE")
        caller.clock.advance(2)

    assert sorted(set(seen), key=seen.index) == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert 15 <= 2 * seen.count("IN_QUEUE") <= 27
    assert 29 <= 2 * seen.count("IN_PROGRESS") <= 51


def test_the_same_seed_gives_the_same_delays(calling: MakeCaller) -> None:
    def delays(seed: int) -> list[str]:
        caller = calling(seed=seed)
        reports = [caller.finished(ORDERS, [DE]) for _ in range(3)]
        return [each["processingEndTime"] for each in reports]

    assert delays(5) == delays(5)
    assert delays(5) != delays(6)


def test_only_a_queued_report_can_be_cancelled(caller: Caller) -> None:
    report_id = caller.create(ORDERS, [DE]).json()["reportId"]
    path = f"{BASE}/reports/{report_id}"

    assert caller.call("DELETE", path).status_code == 200
    caller.clock.advance(300)
    report = caller.report(report_id)
    assert report["processingStatus"] == "CANCELLED"
    assert "processingStartTime" not in report
    assert "reportDocumentId" not in report
    assert caller.call("DELETE", path).status_code == 400
    other = caller.create(ORDERS, [DE]).json()["reportId"]
    caller.clock.advance(30)
    answer = caller.call("DELETE", f"{BASE}/reports/{other}")
    assert answer.status_code == 400


def test_a_window_before_the_first_day_is_cancelled_of_itself(
    calling: MakeCaller,
) -> None:
    caller = calling(first_day=date(2026, 9, 1))
    old = {
        "dataStartTime": "2026-08-01T00:00:00Z",
        "dataEndTime": "2026-08-20T00:00:00Z",
    }

    report = caller.finished(ORDERS, [DE], **old)

    assert report["processingStatus"] == "CANCELLED"
    began = moment(report["processingStartTime"])
    assert 1 <= (moment(report["processingEndTime"]) - began).total_seconds() <= 5
    assert "reportDocumentId" not in report
    done = caller.finished(INVENTORY, [US], **old)
    assert done["processingStatus"] == "DONE"


def test_asked_again_too_soon_is_cancelled(calling: MakeCaller) -> None:
    caller = calling(cooldowns={INVENTORY: 1800.0})

    statuses = [
        caller.finished(INVENTORY, [place])["processingStatus"]
        for place in (US, US, FR)
    ]
    caller.clock.advance(1800)
    statuses.append(caller.finished(INVENTORY, [US])["processingStatus"])

    assert statuses == ["DONE", "CANCELLED", "DONE", "DONE"]


def test_fatal_reports_say_why_in_their_document(calling: MakeCaller) -> None:
    caller = calling(fatal={ORDERS: "Dates must be whole weeks."})

    report = caller.finished(ORDERS, [DE])
    shown = caller.document(report["reportDocumentId"]).json()
    answer = caller.session.get(shown["url"])

    assert report["processingStatus"] == "FATAL"
    assert "compressionAlgorithm" not in shown
    assert answer.json() == {"errorDetails": "Dates must be whole weeks."}


def test_the_course_of_a_report_can_be_scripted(calling: MakeCaller) -> None:
    caller = calling(
        faults=[
            Fault(operation="report", kind="fatal", nth=1, body="no roles"),
            Fault(operation="report", kind="cancelled", nth=2),
            Fault(operation="report", kind="stuck", nth=3),
            Fault(operation="report", kind="fatal", report_type=INVENTORY),
        ],
        settlements=False,
    )
    reports = [caller.finished(ORDERS, [DE]) for _ in range(4)]
    inventory = caller.finished(INVENTORY, [US])

    assert [each["processingStatus"] for each in reports] == [
        "FATAL",
        "CANCELLED",
        "IN_PROGRESS",
        "DONE",
    ]
    assert inventory["processingStatus"] == "FATAL"
    url = caller.document(reports[0]["reportDocumentId"]).json()["url"]
    assert caller.session.get(url).text == "no roles"
    # A document is there only once its report has ended
    assert caller.document("amzn1.spdoc.none").status_code == 404


def test_a_fault_is_for_a_report_that_a_test_makes_and_no_settlement_of_the_start(
    calling: MakeCaller,
) -> None:
    caller = calling(faults=[Fault(operation="report", kind="fatal", times=2)])
    asked = {"reportTypes": SETTLEMENT}
    laid = caller.call("GET", f"{BASE}/reports", params=asked).json()["reports"]
    schedule: dict[str, Any] = {
        "reportType": SHIPPING,
        "marketplaceIds": [DE],
        "period": "PT1H",
    }
    schedule["nextReportCreationTime"] = "2026-11-01T00:01:00Z"
    caller.call("POST", f"{BASE}/schedules", json=schedule)
    caller.clock.advance(600)
    asked = {"reportTypes": SHIPPING}
    (made,) = caller.call("GET", f"{BASE}/reports", params=asked).json()["reports"]
    reports = [made, *(caller.finished(ORDERS, [DE]) for _ in range(2))]

    assert [each["processingStatus"] for each in laid] == ["DONE", "DONE"]
    ends = [each["processingStatus"] for each in reports]
    assert ends == ["FATAL", "FATAL", "DONE"]


def test_more_than_thirty_days_of_orders_is_done_with_an_error_sentence(
    caller: Caller,
) -> None:
    def text(start: str) -> str:
        end = "2026-10-31T00:00:00Z"
        url = caller.url(ORDERS, [DE], dataStartTime=start, dataEndTime=end)
        return gzip.decompress(caller.session.get(url).content).decode()

    assert text("2026-10-01T00:00:00Z").startswith("amazon-order-id\t")
    assert "30 days" in text("2026-09-30T23:59:59Z")
    assert "\t" not in text("2026-09-30T23:59:59Z")


def test_two_settlements_are_there_from_the_start(caller: Caller) -> None:
    params = {"reportTypes": SETTLEMENT}
    found = caller.call("GET", f"{BASE}/reports", params=params).json()["reports"]

    assert [each["processingStatus"] for each in found] == ["DONE", "DONE"]
    assert found[0]["marketplaceIds"][0] == US
    assert found[1]["marketplaceIds"][0] == DE
    assert FR in found[1]["marketplaceIds"]


def test_reports_are_forgotten_after_ninety_days(caller: Caller) -> None:
    report = caller.finished(ORDERS, [DE])
    caller.clock.advance(91 * 86_400)
    caller.login()

    path = f"{BASE}/reports/{report['reportId']}"
    assert caller.call("GET", path).status_code == 404
    assert caller.document(report["reportDocumentId"]).status_code == 400
    found = caller.call("GET", f"{BASE}/reports", params={"reportTypes": ORDERS})
    assert found.json()["reports"] == []


def test_a_report_of_somebody_else_can_be_placed(caller: Caller) -> None:
    start, end = moment("2026-10-01T00:00:00Z"), moment("2026-10-02T00:00:00Z")

    report_id = caller.simulator.place_report(ORDERS, ["DE", FR], start, end)

    report = caller.report(report_id)
    assert report["processingStatus"] == "DONE"
    assert report["marketplaceIds"] == [DE, FR]
    with pytest.raises(ValueError, match="no marketplace 'XX'"):
        caller.simulator.place_report(ORDERS, ["XX"], start, end)


def test_ids_of_two_simulators_differ(calling: MakeCaller) -> None:
    reports = [calling(seed=1).finished(ORDERS, [DE]) for _ in range(2)]

    assert reports[0]["reportId"] != reports[1]["reportId"]
    assert reports[0]["reportDocumentId"] != reports[1]["reportDocumentId"]


def test_the_hurried_clock_runs_by_its_speed() -> None:
    clock = HurriedClock(1000.0)
    began, first = time.monotonic(), clock.now()

    clock.sleep(20)

    passed = (clock.now() - first).total_seconds()
    assert 20 <= passed <= (time.monotonic() - began) * 1000 + 1
    with pytest.raises(ValueError, match="speed"):
        HurriedClock(0)


def test_a_simulator_ends_its_threads_though_connections_are_open() -> None:
    before = set(threading.enumerate())
    with requests.Session() as session:
        with Simulator() as simulator:
            answer = session.post(simulator.token_url, data=LOGIN)
            assert answer.status_code == 200
            endpoint = simulator.endpoint
        simulator.close()
        for thread in set(threading.enumerate()) - before:
            thread.join(600)  # the client would hold its connection for ever
            assert not thread.is_alive()
        with pytest.raises(requests.ConnectionError):
            session.post(f"{endpoint}/auth/o2/token", data=LOGIN)


def test_a_simulator_takes_the_ports_it_is_given() -> None:
    with Simulator() as first:
        port = int(first.endpoint.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Simulator(port=port)
    with Simulator(port=port) as second:
        assert second.endpoint == first.endpoint


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": -1}, "port=-1 is no port"),
        ({"document_port": 70_000}, "document_port=70000 is no port"),
        ({"delays": (1,)}, r"delays=\(1,\): give two numbers of seconds"),
        ({"fatal": "x"}, "fatal='x': give what is told, for each report type"),
        ({"world": 3}, r"world=3: give a World\(\.\.\.\), or None"),
        ({"faults": "x"}, r"faults: 'x' is none; give Fault\(\.\.\.\)"),
        ({"faults": [1]}, "faults: 1 is none"),
        ({"rows": {"nosuch": 3}}, "rows: 'nosuch' is no report type; give the full"),
        ({"rows": "9"}, "rows='9': give a number"),
        ({"cooldowns": {"orders": 60.0}}, "cooldowns: 'orders' is no report type"),
    ],
)
def test_an_argument_that_can_never_do_is_named_with_what_it_takes(
    settings: dict[str, object], said: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{said}"):
        Simulator(**settings)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "settings",
    [{"etag": "sha"}, {"region": "us"}, {"rows": -1}, {"samples": "/nowhere"}],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"etag|region|rows|samples"):
        Simulator(**settings)  # type: ignore[arg-type]  # wrong on purpose
