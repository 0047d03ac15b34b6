"""The nine operations over real sockets: what they answer and what they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import spreports as spr
from spreports import catalog
from spreports.simulator.content import has_content
from tests.simulator.asking import (
    BASE,
    DE,
    FR,
    INVENTORY,
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    SHIPPING,
    US,
    Caller,
    moment,
)
from tests.simulator.conftest import MakeCaller
from tests.simulator.shapes import misfits

UNKNOWN_COLUMNS = "GET_CSV_MFN_PRIME_RETURNS_REPORT"
WEEK = {
    "dataStartTime": "2026-10-01T00:00:00Z",
    "dataEndTime": "2026-10-08T00:00:00Z",
}


def test_every_operation_answers_in_the_shape_and_status_of_the_reference(
    caller: Caller,
) -> None:
    def check(answer: Any, status: int, shape: str | None) -> Any:
        assert answer.status_code == status, answer.text
        assert answer.headers["x-amzn-RequestId"]
        assert float(answer.headers["x-amzn-RateLimit-Limit"]) > 0
        if shape is None:
            assert answer.content == b""
            return None
        assert misfits(shape, answer.json()) == []
        return answer.json()

    made = check(caller.create(ORDERS, [DE], **WEEK), 202, "CreateReportResponse")
    path = f"{BASE}/reports/{made['reportId']}"
    queued = check(caller.call("GET", path), 200, "Report")
    assert queued["processingStatus"] == "IN_QUEUE"
    check(caller.call("DELETE", path), 200, None)
    done = caller.finished(ORDERS, [DE], **WEEK)
    check(caller.document(done["reportDocumentId"]), 200, "ReportDocument")
    found = caller.call("GET", f"{BASE}/reports", params={"reportTypes": ORDERS})
    assert len(check(found, 200, "GetReportsResponse")["reports"]) == 2
    body = {
        "reportType": SHIPPING,
        "marketplaceIds": [DE],
        "period": "PT1H",
        "reportOptions": {"ShowSalesChannel": "true"},
    }
    answer = caller.call("POST", f"{BASE}/schedules", json=body)
    schedule = check(answer, 201, "CreateReportScheduleResponse")["reportScheduleId"]
    path = f"{BASE}/schedules/{schedule}"
    assert check(caller.call("GET", path), 200, "ReportSchedule")["period"] == "PT1H"
    params = {"reportTypes": SHIPPING}
    listed = caller.call("GET", f"{BASE}/schedules", params=params)
    assert len(check(listed, 200, "ReportScheduleList")["reportSchedules"]) == 1
    check(caller.call("DELETE", path), 200, None)
    token = caller.restricted_token(f"{BASE}/documents/a")
    check(token, 200, "CreateRestrictedDataTokenResponse")
    assert caller.simulator.breaches == []
    assert caller.simulator.ignored == {}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"reportTypes": ""},
        {"reportTypes": ",".join([ORDERS] * 11)},
        {"reportTypes": ORDERS, "pageSize": "0"},
        {"reportTypes": ORDERS, "pageSize": "101"},
        {"reportTypes": ORDERS, "pageSize": "ten"},
        {"reportTypes": ORDERS, "pageSize": "²"},
        {"reportTypes": ORDERS, "processingStatuses": "LOST"},
        {"reportTypes": ORDERS, "processingStatuses": ""},
        {"reportTypes": ORDERS, "marketplaceIds": ",".join([DE] * 11)},
        {"reportTypes": ORDERS, "marketplaceIds": ""},
        {"reportTypes": ORDERS, "createdSince": "yesterday"},
        {"reportTypes": ORDERS, "createdSince": "2026-08-02T23:59:59Z"},
        {
            "reportTypes": ORDERS,
            "createdSince": "2026-10-20T00:00:00Z",
            "createdUntil": "2026-10-19T00:00:00Z",
        },
        {"nextToken": "never given"},
        {"nextToken": "never given", "reportTypes": ORDERS},
    ],
)
def test_get_reports_refuses_what_the_reference_forbids(
    caller: Caller, params: dict[str, str]
) -> None:
    answer = caller.call("GET", f"{BASE}/reports", params=params)

    assert answer.status_code == 400, answer.text
    assert misfits("ErrorList", answer.json()) == []
    assert "x-amzn-RateLimit-Limit" in answer.headers


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reportType": None}, 400),
        ({"reportType": "GET_NOTHING"}, 400),
        ({"reportType": "orders"}, 400),
        ({"reportType": SETTLEMENT}, 400),
        ({"marketplaceIds": None}, 400),
        ({"marketplaceIds": []}, 400),
        ({"marketplaceIds": DE}, 400),
        ({"marketplaceIds": [DE] * 26}, 400),
        ({"marketplaceIds": ["A1"]}, 400),
        ({"marketplaceIds": [["A1"]]}, 400),
        ({"marketplaceIds": [US]}, 403),
        ({"reportOptions": {"custom": True}}, 400),
        ({"reportOptions": "custom=true"}, 400),
        ({"dataStartTime": "2026-10-09T00:00:00Z"}, 400),
        ({"dataEndTime": "2026-11-02T00:00:00Z"}, 400),
        ({"dataStartTime": 1}, 400),
        ({"dataStartTime": "1 October 2026"}, 400),
    ],
)
def test_create_report_refuses_what_the_reference_forbids(
    calling: MakeCaller, change: dict[str, Any], status: int
) -> None:
    caller = calling(region="eu")
    body = {"reportType": ORDERS, "marketplaceIds": [DE], **WEEK, **change}
    body = {name: value for name, value in body.items() if value is not None}

    answer = caller.call("POST", f"{BASE}/reports", json=body)

    assert answer.status_code == status, answer.text
    assert misfits("ErrorList", answer.json()) == []
    assert ("x-amzn-RateLimit-Limit" in answer.headers) == (status == 400)


@pytest.mark.parametrize(
    "change",
    [
        {"period": None},
        {"period": "PT6H"},
        {"period": ["PT1H"]},
        {"marketplaceIds": []},
        {"reportType": "GET_NOTHING"},
        {"reportType": SETTLEMENT},
        {"reportType": ORDERS},
        {"nextReportCreationTime": "soon"},
        {"nextReportCreationTime": "2026-10-01T00:00:00Z"},
    ],
)
def test_create_report_schedule_refuses_what_the_reference_forbids(
    caller: Caller, change: dict[str, Any]
) -> None:
    body = {"reportType": SHIPPING, "marketplaceIds": [DE], "period": "PT1H", **change}
    body = {name: value for name, value in body.items() if value is not None}

    answer = caller.call("POST", f"{BASE}/schedules", json=body)

    assert answer.status_code == 400, answer.text


def test_bodies_that_are_no_json_objects_and_other_content_types_are_refused(
    caller: Caller,
) -> None:
    url = caller.simulator.endpoint + f"{BASE}/reports"
    headers = {"x-amz-access-token": caller.token, "Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b"[" * 100_000):
        answer = caller.session.post(url, data=body, headers=headers)
        assert answer.status_code == 400

    headers["Content-Type"] = "text/xml"
    answer = caller.session.post(url, data=b"{}", headers=headers)
    assert answer.status_code == 415
    assert "x-amzn-RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{BASE}/reports/1"),
        ("DELETE", f"{BASE}/reports/1"),
        ("GET", f"{BASE}/schedules/1"),
        ("DELETE", f"{BASE}/schedules/1"),
        ("GET", f"{BASE}/documents/amzn1.spdoc.1"),
        ("PUT", f"{BASE}/reports"),
        ("GET", "/orders/v0/orders"),
    ],
)
def test_what_is_not_there_is_a_404(caller: Caller, method: str, path: str) -> None:
    answer = caller.call(method, path)

    assert answer.status_code == 404
    assert misfits("ErrorList", answer.json()) == []


def test_a_report_type_without_a_role_is_refused_of_schedules_as_of_reports(
    calling: MakeCaller,
) -> None:
    caller = calling(no_role_for=[SHIPPING])
    body = {"reportType": SHIPPING, "marketplaceIds": [DE]}
    types = {"reportTypes": SHIPPING}

    answers = [
        caller.call("POST", f"{BASE}/reports", json=body),
        caller.call("GET", f"{BASE}/reports", params=types),
        caller.call("POST", f"{BASE}/schedules", json={**body, "period": "P1D"}),
        caller.call("GET", f"{BASE}/schedules", params=types),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert len({answer.text for answer in answers}) == 1


def test_get_report_schedules_needs_report_types(caller: Caller) -> None:
    path = f"{BASE}/schedules"
    assert caller.call("GET", path).status_code == 400
    many = {"reportTypes": ",".join([ORDERS] * 11)}
    assert caller.call("GET", path, params=many).status_code == 400


def test_unknown_keys_and_parameters_are_ignored_and_counted(caller: Caller) -> None:
    answer = caller.create(ORDERS, [DE], **{"dataEndTime ": "x"}, colour="red")
    params = {"reportTypes": ORDERS, "MarketplaceId": DE}
    found = caller.call("GET", f"{BASE}/reports", params=params)
    path = f"{BASE}/reports/{answer.json()['reportId']}"
    assert caller.call("GET", path, params={"MarketplaceId": DE}).status_code == 200

    assert (answer.status_code, found.status_code) == (202, 200)
    assert caller.simulator.ignored == {
        "createReport dataEndTime ": 1,
        "createReport colour": 1,
        "getReports MarketplaceId": 1,
        "getReport MarketplaceId": 1,
    }


def test_pages_go_from_new_to_old_and_their_tokens_are_awkward_and_mortal(
    calling: MakeCaller,
) -> None:
    caller = calling(page_token_lifetime=600)
    made = []
    for _ in range(7):
        made.append(caller.create(ORDERS, [DE]).json()["reportId"])
        caller.clock.advance(1)
    params = {"reportTypes": ORDERS, "pageSize": "3"}
    page = caller.call("GET", f"{BASE}/reports", params=params).json()
    caller.create(ORDERS, [DE])
    seen = [report["reportId"] for report in page["reports"]]
    tokens = [page["nextToken"]]
    while "nextToken" in page:
        params = {"nextToken": page["nextToken"]}
        page = caller.call("GET", f"{BASE}/reports", params=params).json()
        seen += [report["reportId"] for report in page["reports"]]
        tokens.append(page.get("nextToken", tokens[-1]))

    assert seen == made[::-1]
    assert all(sign in tokens[0] for sign in "+/=&")
    path = f"{BASE}/reports"
    assert caller.call("GET", f"{path}?nextToken={tokens[0]}").status_code == 400
    both = {"nextToken": tokens[0], "pageSize": "3"}
    assert caller.call("GET", path, params=both).status_code == 400
    # Pasted without encoding, its "&" makes a second parameter
    assert caller.simulator.breaches == ["getReports: nextToken is not alone"] * 2
    caller.clock.advance(600)
    old = {"nextToken": tokens[0]}
    assert caller.call("GET", path, params=old).status_code == 400


def test_filters_of_get_reports_hold(caller: Caller) -> None:
    caller.finished(ORDERS, [DE])
    caller.create(ORDERS, [FR])
    caller.create(LISTINGS, [US])

    def count(**params: str) -> int:
        types = {"reportTypes": f"{ORDERS},{LISTINGS},{INVENTORY}"}
        answer = caller.call("GET", f"{BASE}/reports", params={**types, **params})
        return len(answer.json()["reports"])

    assert count() == 3
    assert count(processingStatuses="DONE") == 1
    assert count(processingStatuses="IN_QUEUE,IN_PROGRESS") == 2
    assert count(marketplaceIds=f"{FR},{US}") == 2
    assert count(createdSince="2026-11-01T00:01:00Z") == 2
    assert count(createdUntil="2026-11-01T00:01:00Z") == 1


def test_a_date_time_without_an_offset_is_taken_as_utc_and_noted(
    caller: Caller,
) -> None:
    report = caller.finished(ORDERS, [DE], dataStartTime="2026-10-31T00:00:00")

    assert report["dataStartTime"] == "2026-10-31T00:00:00+00:00"
    assert len(caller.simulator.breaches) == 1


def test_what_a_request_does_not_say_of_its_window_is_now(caller: Caller) -> None:
    report = caller.finished(ORDERS, [DE])

    assert report["dataStartTime"] == report["dataEndTime"] == report["createdTime"]


def test_a_schedule_makes_reports_when_their_time_comes(caller: Caller) -> None:
    body = {"reportType": SHIPPING, "marketplaceIds": [DE], "period": "PT4H"}
    made = caller.call("POST", f"{BASE}/schedules", json=body).json()
    body["period"] = "PT1H"
    again = caller.call("POST", f"{BASE}/schedules", json=body).json()
    old = caller.call("GET", f"{BASE}/schedules/{made['reportScheduleId']}")
    assert old.status_code == 404

    caller.clock.advance(3 * 3600 + 600)
    caller.login()
    params = {"reportTypes": SHIPPING}
    found = caller.call("GET", f"{BASE}/reports", params=params).json()["reports"]

    assert [each["reportScheduleId"] for each in found] == [
        again["reportScheduleId"]
    ] * 3
    assert [each["createdTime"][11:13] for each in found] == ["03", "02", "01"]
    for report in found:
        length = moment(report["dataEndTime"]) - moment(report["dataStartTime"])
        assert length == timedelta(hours=1)
    path = f"{BASE}/schedules/{again['reportScheduleId']}"
    shown = caller.call("GET", path).json()
    assert shown["nextReportCreationTime"] == "2026-11-01T04:00:00+00:00"


def test_a_monthly_schedule_keeps_its_day(caller: Caller) -> None:
    body = {
        "reportType": SHIPPING,
        "marketplaceIds": [DE],
        "period": "P1M",
        "nextReportCreationTime": "2026-11-30T12:00:00Z",
    }
    made = caller.call("POST", f"{BASE}/schedules", json=body).json()
    caller.clock.advance(40 * 86_400)
    caller.login()

    path = f"{BASE}/schedules/{made['reportScheduleId']}"
    shown = caller.call("GET", path).json()

    assert shown["nextReportCreationTime"] == "2026-12-28T12:00:00+00:00"


def test_what_the_simulator_cannot_make_is_refused_as_its_own_limit(
    caller: Caller,
) -> None:
    refused = caller.create(UNKNOWN_COLUMNS, [DE], **WEEK)

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert f"The simulator cannot make {UNKNOWN_COLUMNS}, " in error["message"]
    shown = spr.report_types().filter(columns=0)["report_type"]
    made = {e.report_type for e in catalog.entries() if has_content(e.report_type)}
    assert set(shown) == {e.report_type for e in catalog.entries()} - made


def test_a_schedule_of_what_it_cannot_make_gives_fatal_reports_that_say_so(
    caller: Caller,
) -> None:
    body = {"reportType": UNKNOWN_COLUMNS, "marketplaceIds": [DE], "period": "PT1H"}
    assert caller.call("POST", f"{BASE}/schedules", json=body).status_code == 201
    caller.clock.advance(2.5 * 3600)
    caller.login()
    asked = {"reportTypes": UNKNOWN_COLUMNS, "processingStatuses": "FATAL"}

    (report, *_) = caller.call("GET", f"{BASE}/reports", params=asked).json()["reports"]

    url = caller.document(report["reportDocumentId"]).json()["url"]
    assert "simulator cannot make" in caller.session.get(url).json()["errorDetails"]


def test_the_end_of_a_report_that_it_cannot_make_can_be_rehearsed(
    calling: MakeCaller,
) -> None:
    caller = calling(fatal={UNKNOWN_COLUMNS: "Ask another day."})

    report = caller.finished(UNKNOWN_COLUMNS, [DE])

    url = caller.document(report["reportDocumentId"]).json()["url"]
    assert caller.session.get(url).json()["errorDetails"] == "Ask another day."
