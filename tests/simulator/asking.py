"""A plain HTTP client for the simulator's tests: no retries, no cleverness."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from spreports.simulator import Simulator
from tests.clocks import ManualClock

BASE = "/reports/2021-06-30"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
INVENTORY = "GET_FBA_MYI_ALL_INVENTORY_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
SHIPPING = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
US, DE, FR, JP = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1VC38T7YXB528"
LOGIN = {
    "grant_type": "refresh_token",
    "refresh_token": "made-up",
    "client_id": "made-up",
    "client_secret": "made-up",
}


class Caller:
    """Logs in once and calls what a test wants called."""

    def __init__(self, simulator: Simulator, clock: ManualClock) -> None:
        self.simulator = simulator
        self.clock = clock
        self.session = requests.Session()
        self._opened: list[requests.Response] = []
        self.session.hooks["response"].append(self._keep)
        self.token = ""
        self.login()

    def _keep(self, answer: requests.Response, **_: object) -> None:
        self._opened.append(answer)

    def close(self) -> None:
        """Close everything, also what a test has read in part."""
        for answer in self._opened:
            answer.close()
        self.session.close()

    def login(self) -> None:
        """Take a token; a strict simulator gives none for these values."""
        answer = self.session.post(self.simulator.token_url, data=LOGIN)
        self.token = answer.json().get("access_token", "")

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        sent = {"x-amz-access-token": token or self.token, **(headers or {})}
        return self.session.request(
            method,
            self.simulator.endpoint + path,
            params=params,
            json=json,
            headers=sent,
        )

    def create(
        self, report_type: str, places: list[str], **more: Any
    ) -> requests.Response:
        body = {"reportType": report_type, "marketplaceIds": places, **more}
        return self.call("POST", f"{BASE}/reports", json=body)

    def report(self, report_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"{BASE}/reports/{report_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def finished(
        self, report_type: str, places: list[str], **more: Any
    ) -> dict[str, Any]:
        """Create a report, let five minutes pass, and return it."""
        made = self.create(report_type, places, **more)
        assert made.status_code == 202, made.text
        self.clock.advance(300)
        return self.report(made.json()["reportId"])

    def document(
        self, document_id: str, token: str | None = None, **params: str
    ) -> requests.Response:
        path = f"{BASE}/documents/{document_id}"
        return self.call("GET", path, token=token, params=params)

    def url(self, report_type: str, places: list[str], **more: Any) -> str:
        """Return a fresh URL of the document of a new, finished report."""
        report = self.finished(report_type, places, **more)
        shown = self.document(report["reportDocumentId"]).json()
        assert isinstance(shown["url"], str)
        return shown["url"]

    def restricted_token(self, path: str) -> requests.Response:
        body = {"restrictedResources": [{"method": "GET", "path": path}]}
        return self.call("POST", "/tokens/2021-03-01/restrictedDataToken", json=body)


def md5(stored: bytes) -> str:
    return hashlib.md5(stored, usedforsecurity=False).hexdigest()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
