"""The stand-in notes what a bad client does: no breach means something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.stand_in.document_host import Held
from tests.stand_in.raw import ask
from tests.stand_in.reference import BASE

AGENT = {"User-Agent": "Bad/1.0 (Language=Python/3.11; Platform=Linux)"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CREDENTIALS = "grant_type=refresh_token&refresh_token=r&client_id={}&client_secret={}"
SPEC = {"reportType": "T", "marketplaceIds": ["M"]}


@pytest.fixture
def strict() -> Iterator[Amazon]:
    with Amazon() as running:
        yield running


def log_in(amazon: Amazon) -> dict[str, str]:
    form = CREDENTIALS.format(CLIENT_ID, CLIENT_SECRET.replace("+", "%2B"))
    form = form.replace("=&%", "%3D%26%25")
    status, body = ask(amazon.token_url, "POST", "/auth/o2/token", FORM, form)
    assert status == 200
    return {**AGENT, "x-amz-access-token": json.loads(body)["access_token"]}


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", "/reports?reportTypes=A&reportTypes=B", "twice"),
        ("GET", "/reports?reportTypes=A&nextToken=x", "only parameter"),
        ("GET", "/reports?nextToken=a+b", "percent-encoded"),
        ("GET", "/reports?nextToken=a=b", "percent-encoded"),
        ("GET", "/reports?nextToken=a/b", "percent-encoded"),
        ("GET", "/reports", "reportTypes is missing"),
        ("GET", "/reports?reportTypes=", "entries"),
        ("GET", f"/reports?reportTypes={','.join('ABCDEFGHIJK')}", "entries"),
        ("GET", "/reports?reportTypes=A&pageSize=101", "integer"),
        ("GET", "/reports?reportTypes=A&pagesize=10", "not in the reference"),
        ("GET", "/reports?reportTypes=A&processingStatuses=OK", "none of"),
        ("GET", "/reports?reportTypes=A&createdSince=2026-10-01T00:00:00", "offset"),
        (
            "GET",
            "/reports?reportTypes=A&createdSince=2026-10-01T00:00:00+00:00",
            "percent",
        ),
        ("GET", "/schedules", "reportTypes is missing"),
        ("PUT", "/reports", "no such operation"),
        ("GET", "/report/1", "no such operation"),
    ],
)
def test_bad_queries_are_noted(
    strict: Amazon, method: str, target: str, said: str
) -> None:
    headers = log_in(strict)
    assert strict.breaches == []
    ask(strict.endpoint, method, BASE + target, headers)
    assert any(said in each for each in strict.breaches), strict.breaches


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "body.reportType is missing"),
        ({**SPEC, "marketplaceIds": "M"}, "no array"),
        ({**SPEC, "marketplaceIds": []}, "entries"),
        ({**SPEC, "MarketplaceIds": ["M"]}, "not in the reference"),
        ({**SPEC, "reportOptions": {"a": True}}, "no string"),
        ({**SPEC, "dataStartTime": None}, "no string"),
        ({**SPEC, "dataStartTime": "2026-10-01T00:00:00"}, "offset"),
        ({**SPEC, "dataStartTime": "2026-10-01"}, "offset"),
        ({**SPEC, "dataEndTime": "2100-10-01T00:00:00Z"}, "future"),
    ],
)
def test_bad_bodies_are_noted(strict: Amazon, body: Any, said: str) -> None:
    headers = {**log_in(strict), **JSON}
    ask(strict.endpoint, "POST", f"{BASE}/reports", headers, json.dumps(body))
    assert any(said in each for each in strict.breaches), strict.breaches


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"User-Agent": "python-requests/2.34"}, "User-Agent"),
        ({"Authorization": "Basic x"}, "authorization has no place"),
        ({"Cookie": "a=b"}, "cookie has no place"),
        ({"Content-Type": "application/json"}, "without a body"),
        ({"x-amz-access-token": "Atza|invented"}, "never issued"),
    ],
)
def test_bad_headers_are_noted(strict: Amazon, more: dict[str, str], said: str) -> None:
    headers = {**log_in(strict), **more}
    ask(strict.endpoint, "GET", f"{BASE}/reports/1", headers)
    assert any(said in each for each in strict.breaches), strict.breaches


def test_tokens_elsewhere_and_changed_urls_are_noted(strict: Amazon) -> None:
    headers = log_in(strict)
    held = strict.hold(Held("d1", b"x"))
    url = strict.host.issue(held)
    target = url.removeprefix(strict.host.origin)

    assert ask(strict.host.origin, "GET", target, headers)[0] == 200
    assert ask(strict.host.origin, "GET", target.replace("%2B", "+"), {})[0] == 403
    ask(strict.token_url, "POST", "/auth/o2/token", {**headers, **FORM}, CREDENTIALS)
    assert len(strict.breaches) == 3


def test_calls_beyond_the_plan_and_blind_repeats_are_noted(strict: Amazon) -> None:
    headers = log_in(strict)
    for _ in range(11):
        ask(strict.endpoint, "GET", f"{BASE}/schedules/s1", headers)
    assert strict.breaches == ["getReportSchedule: beyond the usage plan"]


def test_an_unrestricted_or_general_path_gets_no_restricted_token(
    strict: Amazon,
) -> None:
    headers = {**log_in(strict), **JSON}
    strict.hold(Held("d1", b"x"))
    for path in (f"{BASE}/documents/d1", f"{BASE}/documents/{{reportDocumentId}}"):
        wanted = {"restrictedResources": [{"method": "GET", "path": path}]}
        target = "/tokens/2021-03-01/restrictedDataToken"
        status, _ = ask(strict.endpoint, "POST", target, headers, json.dumps(wanted))
        assert status == 400
    assert len(strict.breaches) == 2
