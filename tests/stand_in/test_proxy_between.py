"""A proxy that knows the reference, between clients and the simulator."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sp_api.api import Reports
from sp_api.auth import AccessTokenClient
from sp_api.base import SellingApiException

import spreports as spr
from spreports.simulator import Simulator
from tests.stand_in.proxy import Proxy, answer_misfits
from tests.stand_in.raw import ask
from tests.stand_in.reference import OPERATIONS, REPORTS, SCHEDULES
from tests.stand_in.serving import Answer
from tests.stand_in.texts import DE, FR, ORDERS, SHIPPING


@pytest.fixture
def morning() -> None:
    """Leave the simulator the machine's time: these clients have no other clock."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(speed=1.0, delays=(0.2, 0.3), rows=20) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def proxy(simulator: Simulator) -> Iterator[Proxy]:
    with Proxy(simulator.endpoint, simulator.token_url) as between:
        yield between
        assert between.of_answers == []


@pytest.fixture
def client(simulator: Simulator, proxy: Proxy, tmp_path: Path) -> Iterator[spr.Client]:
    with spr.connect(
        endpoint=proxy.endpoint,
        token_url=proxy.token_url,
        credentials=spr.Credentials(
            simulator.credentials.refresh_token,
            simulator.credentials.client_id,
            simulator.credentials.client_secret,
        ),
        home=tmp_path / "store",
    ) as connected:
        yield connected
        assert proxy.of_requests == []
        assert simulator.breaches == []


def test_our_client_and_the_simulator_keep_to_the_reference(
    client: spr.Client, proxy: Proxy, tmp_path: Path
) -> None:
    api = client.api
    now = datetime.now(UTC)
    for _ in range(3):
        made = api.create_report(
            report_type=ORDERS,
            marketplace_ids=[DE, FR],
            report_options={"a": "true"},
            data_start_time=now - timedelta(days=2),
            data_end_time=now - timedelta(days=1),
        )
    api.cancel_report(made)
    api.get_report(made)
    page = api.get_reports(
        report_types=[ORDERS, SHIPPING],
        processing_statuses=["IN_QUEUE", "CANCELLED", "IN_PROGRESS", "DONE"],
        marketplace_ids=[DE, FR],
        page_size=1,
        created_since=now - timedelta(days=3),
        created_until=now + timedelta(days=1),
    )
    assert page.next_token
    assert api.get_reports(next_token=page.next_token).reports
    schedule_id = api.create_report_schedule(
        report_type=SHIPPING,
        marketplace_ids=[DE],
        period="P1D",
        report_options={"ShowSalesChannel": "true"},
        next_report_creation_time=now + timedelta(days=1),
    )
    api.get_report_schedule(schedule_id)
    api.get_report_schedules(report_types=[SHIPPING])
    api.cancel_report_schedule(schedule_id)
    for refused in (
        lambda: api.get_report("0"),
        lambda: api.cancel_report(made),
        lambda: api.get_report_schedule(schedule_id),
        lambda: api.get_report_document("amzn1.spdoc.none"),
        lambda: api.get_reports(next_token="a+/=&b"),
    ):
        with pytest.raises(spr.APIError):
            refused()

    orders = client.reports("orders", start="3d", marketplaces=["DE", "FR"])
    shipping = client.reports("orders_shipping", start="3d", marketplaces=["DE"])
    assert orders.sink(tmp_path / "lake", partition_by=["purchase-date:day"]).rows == 20
    assert shipping.read().height == 20
    assert client.existing("settlement").read().height > 0
    asked = {each.operation for each in proxy.passed}
    assert asked == {operation.name for operation in OPERATIONS}


@pytest.mark.slow
def test_the_simulator_refuses_in_the_form_of_the_reference(
    simulator: Simulator, proxy: Proxy, tmp_path: Path
) -> None:
    own = simulator.credentials
    with spr.connect(
        endpoint=proxy.endpoint,
        token_url=proxy.token_url,
        credentials=spr.Credentials(
            own.refresh_token, own.client_id, own.client_secret
        ),
        home=tmp_path / "store",
    ) as client:
        made = client.reports("orders_shipping", start="3d", marketplaces=["DE"])
        (report,) = list(made)
        with pytest.raises(spr.ForbiddenError):
            client.api.get_report_document(str(report.report_document_id))
        with pytest.raises(spr.APIError):
            client.api.create_report(report_type="nonsense", marketplace_ids=["XXXXX"])
        with pytest.raises(spr.APIError):
            client.api.create_report_schedule(
                report_type=ORDERS, marketplace_ids=["XXXXX"], period="P1D"
            )
    statuses = [each.status for each in proxy.passed]
    assert max(statuses) < 500
    assert sum(status >= 400 for status in statuses) >= 2


@dataclass(frozen=True)
class Place:
    """What python-amazon-sp-api takes for a marketplace."""

    endpoint: str
    marketplace_id: str = DE
    region: str = "eu-west-1"


@pytest.fixture
def reports(simulator: Simulator, proxy: Proxy) -> Iterator[Reports]:
    class Login(AccessTokenClient):  # type: ignore[misc]  # it ships no types
        scheme = "http://"
        host = proxy.token_url.removeprefix("http://").partition("/")[0]

    own = simulator.credentials
    with Reports(
        marketplace=Place(proxy.endpoint),
        refresh_token=own.refresh_token,
        credentials={
            "lwa_app_id": own.client_id,
            "lwa_client_secret": own.client_secret,
        },
        auth_token_client_class=Login,
    ) as client:
        yield client
        client._auth._transport.close()


def finished(reports: Reports, report_id: str) -> Any:
    deadline = time.monotonic() + 600
    while True:
        report = reports.get_report(report_id).payload
        if report["processingStatus"] in {"DONE", "FATAL", "CANCELLED"}:
            return report
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_python_amazon_sp_api_gets_answers_of_the_reference(
    reports: Reports, proxy: Proxy
) -> None:
    ids = [
        reports.create_report(
            reportType=ORDERS,
            marketplaceIds=[DE, FR],
            dataStartTime=datetime.now(UTC) - timedelta(days=9),
            reportOptions={"a": "b"},
        ).payload["reportId"]
        for _ in range(3)
    ]
    report = finished(reports, ids[0])
    document = reports.get_report_document(report["reportDocumentId"], download=True)
    assert document.payload["document"].startswith("amazon-order-id\t")
    page = reports.get_reports(
        reportTypes=[ORDERS, SHIPPING],
        processingStatuses=["DONE", "IN_PROGRESS", "IN_QUEUE"],
        marketplaceIds=[DE, FR],
        pageSize=1,
        createdSince=datetime.now(UTC) - timedelta(days=1),
    )
    assert page.next_token
    assert reports.get_reports(nextToken=page.next_token).payload["reports"]
    made = reports.create_report_schedule(
        reportType=SHIPPING, period="P1D", marketplaceIds=[DE]
    ).payload["reportScheduleId"]
    reports.get_report_schedule(made)
    reports.get_report_schedules(reportTypes=[SHIPPING])
    reports.cancel_report_schedule(made)
    refusals: list[Callable[[], object]] = [
        lambda: reports.get_report("0"),
        lambda: reports.cancel_report(ids[0]),
        lambda: reports.get_report_schedule(made),
        lambda: reports.get_report_document("amzn1.spdoc.none"),
    ]
    for refused in refusals:
        with pytest.raises(SellingApiException):
            refused()
    asked = {each.operation for each in proxy.passed}
    every = {operation.name for operation in OPERATIONS}
    assert asked == every - {"createRestrictedDataToken"}
    # Its own habits, which Amazon bears with; nothing but these
    habits = {each.partition(": ")[2] for each in proxy.of_requests}
    spellings = ("marketplaceIds", "MarketplaceIds", "MarketplaceId", "marketplace_ids")
    assert habits <= {
        *(f"query {name} is not in the reference" for name in spellings),
        *(f"body.{name} is not in the reference" for name in spellings),
        "Content-Type without a body",
        f"User-Agent has not Amazon's form: {reports.user_agent}",
    }


def test_bad_requests_are_refused_in_the_form_of_the_reference(
    simulator: Simulator, proxy: Proxy
) -> None:
    own = simulator.credentials
    form = {
        "grant_type": "refresh_token",
        "refresh_token": own.refresh_token,
        "client_id": own.client_id,
        "client_secret": own.client_secret,
    }
    path = proxy.token_url.removeprefix("http://").partition("/")[2]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, body = ask(proxy.token_url, "POST", f"/{path}", kind, urlencode(form))
    assert status == 200
    token = {
        "x-amz-access-token": json.loads(body)["access_token"],
        "User-Agent": "Raw/1 (Language=Python/3; Platform=Linux)",
    }
    sent = {**token, "Content-Type": "application/json"}
    spec = {"reportType": ORDERS, "marketplaceIds": [DE]}
    cases: list[tuple[set[int], str, str, dict[str, str], str]] = [
        ({401, 403}, "GET", REPORTS + "/1", {}, ""),
        ({401, 403}, "GET", REPORTS + "/1", {"x-amz-access-token": "Atza|no"}, ""),
        ({400}, "GET", REPORTS, token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes=T&nextToken=x", token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes=T&pageSize=101", token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes=T&pageSize=x", token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes=T&processingStatuses=X", token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes={','.join('ABCDEFGHIJK')}", token, ""),
        ({400}, "GET", f"{REPORTS}?reportTypes=T&createdSince=yesterday", token, ""),
        ({400}, "GET", SCHEDULES, token, ""),
        ({400}, "POST", REPORTS, sent, "{"),
        ({400}, "POST", REPORTS, sent, "[]"),
        ({400}, "POST", REPORTS, sent, json.dumps({"reportType": ORDERS})),
        ({400}, "POST", REPORTS, sent, json.dumps({**spec, "marketplaceIds": []})),
        ({400}, "POST", REPORTS, sent, json.dumps({**spec, "marketplaceIds": DE})),
        ({400}, "POST", REPORTS, sent, json.dumps({**spec, "dataEndTime": "x"})),
        ({400}, "POST", REPORTS, sent, json.dumps({**spec, "reportOptions": {"a": 1}})),
        ({400}, "POST", SCHEDULES, sent, json.dumps({**spec, "period": "P2M"})),
        ({400}, "POST", SCHEDULES, sent, json.dumps(spec)),
        ({415}, "POST", REPORTS, {**sent, "Content-Type": "text/xml"}, "<a/>"),
        ({404}, "GET", REPORTS + "/%2e%2e", token, ""),
    ]
    for expected, method, target, headers, text in cases:
        status, _ = ask(proxy.endpoint, method, target, headers, text)
        assert status in expected, (method, target, text, status)
    for _ in range(20):
        status, _ = ask(proxy.endpoint, "GET", f"{SCHEDULES}/1", token)
    assert status == 429


def test_the_proxy_notes_bad_answers() -> None:
    operation = next(each for each in OPERATIONS if each.name == "getReport")
    good = {
        "reportId": "1",
        "reportType": "T",
        "createdTime": "2026-10-01T00:00:00Z",
        "processingStatus": "DONE",
    }
    headers = {"x-amzn-RequestId": "r", "Content-Type": "application/json"}
    bad: list[tuple[int, object, dict[str, str]]] = [
        (200, {**good, "createdTime": "2026-10-01"}, headers),
        (200, {**good, "processingStatus": "OK"}, headers),
        (200, {**good, "more": 1}, headers),
        (200, {**good, "reportDocumentId": None}, headers),
        (200, good, {"Content-Type": "application/json"}),
        (202, good, headers),
        (404, good, headers),
        (429, {"errors": []}, {**headers, "x-amzn-RateLimit-Limit": "2"}),
    ]
    for status, value, sent in bad:
        answer = Answer(status, json.dumps(value).encode(), sent)
        assert answer_misfits(operation, answer)[1], (status, value)
    fine = Answer(200, json.dumps(good).encode(), headers)
    assert answer_misfits(operation, fine) == (good, [])
