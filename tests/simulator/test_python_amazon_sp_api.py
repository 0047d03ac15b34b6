"""python-amazon-sp-api, unchanged, at work on the simulator.

Two of its own doors suffice: a marketplace is any object with an endpoint, an id and a
region, and the class of its token client is an argument of its constructor.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sp_api.api import Reports
from sp_api.auth import AccessTokenClient
from sp_api.base import SellingApiException, SellingApiForbiddenException

from spreports.simulator import Simulator
from tests.simulator.asking import BASE, DE, FR, JP, LISTINGS, ORDERS, SHIPPING


@dataclass(frozen=True)
class SimulatedMarketplace:
    endpoint: str
    marketplace_id: str
    region: str = "eu-west-1"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(
        speed=2000.0,
        rows=30,
        usage_plans=False,
        # It lives by the machine's clock and keeps a token for most of an hour
        token_lifetime=1e7,
        url_lifetime=1e6,
    ) as made:
        yield made
        assert made.failures == []


@pytest.fixture
def reports(simulator: Simulator) -> Iterator[Reports]:
    class SimulatorLogin(AccessTokenClient):  # type: ignore[misc]  # it ships no types
        scheme = "http://"
        host = simulator.endpoint.removeprefix("http://")

    own = simulator.credentials
    with Reports(
        marketplace=SimulatedMarketplace(simulator.endpoint, DE),
        refresh_token=own.refresh_token,
        credentials={
            "lwa_app_id": own.client_id,
            "lwa_client_secret": own.client_secret,
        },
        auth_token_client_class=SimulatorLogin,
    ) as client:
        yield client
        client._auth._transport.close()


def done(reports: Reports, report_type: str, places: list[str]) -> Any:
    """Create a report and wait for its end, which is near at this speed."""
    made = reports.create_report(reportType=report_type, marketplaceIds=places)
    deadline = time.monotonic() + 600
    while True:
        report = reports.get_report(made.payload["reportId"]).payload
        if report["processingStatus"] == "DONE":
            return report
        assert time.monotonic() < deadline, report


def test_a_report_from_its_making_to_its_text(
    reports: Reports, simulator: Simulator
) -> None:
    report = done(reports, ORDERS, [DE, FR])
    document_id = report["reportDocumentId"]
    answer = reports.get_report_document(document_id, download=True)

    lines = answer.payload["document"].split("\n")
    assert lines[0].startswith("amazon-order-id\t")
    assert len(lines) == 32
    assert any("ü" in line or "é" in line for line in lines)
    assert simulator.breaches == []


def test_japanese_text_arrives_by_the_charset_of_the_header(reports: Reports) -> None:
    report = done(reports, LISTINGS, [JP])
    answer = reports.get_report_document(report["reportDocumentId"], download=True)

    assert answer.payload["document"].startswith("商品名\t出品ID")


def test_pages_and_cancelling(reports: Reports, simulator: Simulator) -> None:
    made = [
        reports.create_report(reportType=ORDERS).payload["reportId"] for _ in range(5)
    ]
    page = reports.get_reports(reportTypes=[ORDERS], pageSize=2)
    seen = [each["reportId"] for each in page.payload["reports"]]
    while page.next_token:
        page = reports.get_reports(nextToken=page.next_token)
        seen += [each["reportId"] for each in page.payload["reports"]]

    assert seen == made[::-1]
    assert simulator.breaches == []
    assert simulator.ignored["createReport MarketplaceIds"] == 5
    with pytest.raises(SellingApiException):
        reports.cancel_report("0")


def test_schedules_come_and_go(reports: Reports) -> None:
    made = reports.create_report_schedule(
        reportType=SHIPPING, period="P1D", marketplaceIds=[DE]
    )
    schedule_id = made.payload["reportScheduleId"]

    assert reports.get_report_schedule(schedule_id).payload["period"] == "P1D"
    listed = reports.get_report_schedules(reportTypes=[SHIPPING]).payload
    assert len(listed["reportSchedules"]) == 1
    reports.cancel_report_schedule(schedule_id)
    listed = reports.get_report_schedules(reportTypes=[SHIPPING]).payload
    assert listed["reportSchedules"] == []


def test_a_restricted_document_without_its_token_is_forbidden(
    reports: Reports, simulator: Simulator
) -> None:
    report = done(reports, SHIPPING, [DE])

    with pytest.raises(SellingApiForbiddenException):
        reports.get_report_document(report["reportDocumentId"], download=True)
    last = simulator.requests[-1]
    assert (last.operation, last.status) == ("getReportDocument", 403)
    assert last.path == f"{BASE}/documents/{report['reportDocumentId']}"
