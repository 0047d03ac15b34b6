"""The API's host: who asks what, may he, and what goes wrong on the way."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from spreports.clock import Clock
from spreports.simulator.faults import Fault, FaultScript
from spreports.simulator.journal import Journal, RequestRecord
from spreports.simulator.refusal import Refusal, json_answer, not_found
from spreports.simulator.sellers import Sellers
from spreports.simulator.server import Answer, Request
from spreports.simulator.tokens import TokenOffice, parse_json_object

BASE = "/reports/2021-06-30"
ROUTES = (
    ("POST", re.compile(r"/auth/o2/token"), "token"),
    (
        "POST",
        re.compile(r"/tokens/2021-03-01/restrictedDataToken"),
        "createRestrictedDataToken",
    ),
    ("GET", re.compile(rf"{BASE}/reports"), "getReports"),
    ("POST", re.compile(rf"{BASE}/reports"), "createReport"),
    ("GET", re.compile(rf"{BASE}/reports/([^/]+)"), "getReport"),
    ("DELETE", re.compile(rf"{BASE}/reports/([^/]+)"), "cancelReport"),
    ("GET", re.compile(rf"{BASE}/schedules"), "getReportSchedules"),
    ("POST", re.compile(rf"{BASE}/schedules"), "createReportSchedule"),
    ("GET", re.compile(rf"{BASE}/schedules/([^/]+)"), "getReportSchedule"),
    ("DELETE", re.compile(rf"{BASE}/schedules/([^/]+)"), "cancelReportSchedule"),
    ("GET", re.compile(rf"{BASE}/documents/([^/]+)"), "getReportDocument"),
)
# Statuses whose headers in the reference include the rate: success, 400 and 404
WITH_RATE = frozenset({200, 201, 202, 400, 404})
# The operations that have query parameters read and count their own
WITH_QUERY = frozenset({"getReports", "getReportSchedules", "getReportDocument"})
RDT_KEYS = frozenset({"targetApplication", "restrictedResources"})
PAGE = b"<!doctype html><title>Sign in</title><p>This network wants you to sign in."


class APIOrigin:
    """Answers every request to the API's host.

    Parameters
    ----------
    clock : Clock
    office : TokenOffice
    sellers : Sellers
    faults : FaultScript
    journal : Journal
    is_restricted : callable, str -> bool
        Whether a document id belongs to a restricted report.
    rate_header_on_429 : bool
        The reference has no rate header there; some answers had (docs#592).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        office: TokenOffice,
        sellers: Sellers,
        faults: FaultScript,
        journal: Journal,
        is_restricted: Callable[[str], bool],
        rate_header_on_429: bool,
    ) -> None:
        self._clock = clock
        self._office = office
        self._sellers = sellers
        self._faults = faults
        self._journal = journal
        self._is_restricted = is_restricted
        self._rate_header_on_429 = rate_header_on_429

    def __call__(self, request: Request) -> Answer:
        """Return the answer to a request, faults included."""
        operation, argument = route(request)
        fault = self._faults.take(operation)
        if fault is None:
            answer = self._answer(operation, argument, request)
        else:
            answer = self._faulty(fault, operation, argument, request)
        answer.headers.setdefault("x-amzn-RequestId", secrets.token_hex(16))
        self._journal.note(
            RequestRecord(
                operation=operation,
                method=request.method,
                path=request.path,
                status=0 if answer.reset else answer.status,
                parameters=tuple(name for name, _ in request.query),
                time=self._clock.now(),
            )
        )
        return answer

    def _faulty(
        self, fault: Fault, operation: str, argument: str, request: Request
    ) -> Answer:
        """Return the answer as a fault has it."""
        if fault.kind == "slow":
            self._clock.sleep(fault.seconds)
        if fault.acts or fault.kind in {"slow", "bad_json"}:
            answer = self._answer(operation, argument, request)
        if fault.kind == "reset":
            return Answer(status=500, reset=True)
        if fault.kind == "html":
            answer = Answer(
                status=200, headers={"Content-Type": "text/html"}, body=PAGE
            )
        elif fault.kind == "status":
            refusal = Refusal(fault.status, fault.code, fault.message, fault.details)
            answer = refusal.login() if operation == "token" else refusal.answer()
        elif fault.kind == "bad_json":
            answer.body = (
                answer.body[: len(answer.body) // 2] + b'{"'
                if isinstance(answer.body, bytes)
                else b'{"'
            )
        answer.headers.update(fault.sent_headers())
        return answer

    def _answer(self, operation: str, argument: str, request: Request) -> Answer:
        """Return the answer to a request without faults."""
        if "user-agent" not in request.headers:
            self._journal.breach(f"{operation}: no User-Agent")
        if operation == "token":
            return self._office.login(request)
        try:
            answer = self._admitted(operation, argument, request)
        except Refusal as refusal:
            answer = refusal.answer()
        seller = self._sellers.of(self._office.owner_of(request))
        rate = seller.plans.rate_header(operation)
        wanted = answer.status in WITH_RATE or (
            answer.status == 429 and self._rate_header_on_429
        )
        if rate is not None and wanted:
            answer.headers["x-amzn-RateLimit-Limit"] = rate
        return answer

    def _admitted(self, operation: str, argument: str, request: Request) -> Answer:
        """Check the caller, the quota and the content type; then do what is asked."""
        restricted = operation == "getReportDocument" and self._is_restricted(argument)
        self._office.check(request, restricted=restricted)
        if operation == "unknown":
            raise not_found("There is no such resource.")
        owner = self._office.owner_of(request)
        seller = self._sellers.of(owner)
        if not seller.plans.take(operation):
            raise Refusal(
                429,
                "QuotaExceeded",
                "You exceeded your quota for the requested resource.",
            )
        if request.method == "POST":
            kind = request.headers.get("content-type", "").partition(";")[0].strip()
            if kind.lower() != "application/json":
                raise Refusal(
                    415, "UnsupportedMediaType", "Content-Type is not application/json."
                )
        if operation == "createRestrictedDataToken":
            return json_answer(200, self._restricted_token(request, owner))
        if operation not in WITH_QUERY:
            for name, _ in request.query:
                self._journal.ignore(operation, name)
        status, body = seller.operations.handlers[operation](request, argument)
        return Answer(status=status) if body is None else json_answer(status, body)

    def _restricted_token(self, request: Request, owner: str) -> dict[str, Any]:
        body = parse_json_object(request)
        for name in body:
            if name not in RDT_KEYS:
                self._journal.ignore("createRestrictedDataToken", name)
        return self._office.restricted_token(body, owner)


def route(request: Request) -> tuple[str, str]:
    """Return the operation of a request and the id in its path."""
    for method, pattern, operation in ROUTES:
        match = pattern.fullmatch(request.path)
        if match is not None and method == request.method:
            return operation, unquote(match[1]) if match.groups() else ""
    return "unknown", ""
