"""``python -m benchmarks.small_report [COUNT]``: what all layers cost a small report.

A report is asked for, polled, brought, verified, staged and read as a frame; the
simulator is in another process on loopback and answers at once. What the very same
requests take by themselves, with a bare ``requests`` session, is taken off.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import requests
from sp_api.api import Reports
from sp_api.auth import AccessTokenClient

from benchmarks.simulated import Simulated, simulated

if TYPE_CHECKING:
    import polars as pl

ROWS = 72  # about 20 kB
# Of one client: its buckets hold 15 requests, and quota is not what is measured
BURST = 12
REPORT_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
GERMANY = "A1PA6795UKMFR9"
BASE = "/reports/2021-06-30"

Spent = tuple[float, float]  # wall and CPU, in milliseconds


@dataclass(frozen=True)
class Window:
    """Time that ends now: nobody else can have asked for it, so nothing is listed."""

    start: datetime
    end: datetime

    def body(self) -> dict[str, Any]:
        """Return what createReport is told."""
        return {
            "reportType": REPORT_TYPE,
            "marketplaceIds": [GERMANY],
            "dataStartTime": self.start.isoformat(),
            "dataEndTime": self.end.isoformat(),
        }


class Bare:
    """The requests alone."""

    def __init__(self, amazon: Simulated) -> None:
        self._amazon = amazon
        self._session = requests.Session()
        self._session.trust_env = False
        answer = self._session.post(
            amazon.token_url,
            data={
                "grant_type": "refresh_token",
                "refresh_token": amazon.refresh_token,
                "client_id": amazon.client_id,
                "client_secret": amazon.client_secret,
            },
            timeout=10,
        )
        self._headers = {"x-amz-access-token": answer.json()["access_token"]}

    def read(self, window: Window, operations: list[str]) -> bytes:
        """Make the requests that `operations` names; return the stored bytes."""
        report: dict[str, str] = {}
        body = b""
        for operation in operations:
            if operation == "createReport":
                report = self._call("POST", "/reports", json=window.body())
            elif operation == "getReport":
                report = self._call("GET", f"/reports/{report['reportId']}")
            elif operation == "getReportDocument":
                report = self._call("GET", f"/documents/{report['reportDocumentId']}")
            elif operation == "document":
                body = self._session.get(report["url"], timeout=10).content
            else:
                raise SystemExit(f"no bare request for {operation}")
        return body

    def _call(self, method: str, path: str, **more: object) -> dict[str, str]:
        answer = self._session.request(
            method,
            self._amazon.endpoint + BASE + path,
            headers=self._headers,
            timeout=10,
            **more,  # type: ignore[arg-type]  # requests' own names, passed on
        )
        answer.raise_for_status()
        told: dict[str, str] = json.loads(answer.content)
        return told


@dataclass(frozen=True)
class _Marketplace:
    """What python-amazon-sp-api asks of a marketplace."""

    endpoint: str
    marketplace_id: str = GERMANY
    region: str = "eu-west-1"


class AsToday:
    """python-amazon-sp-api and pandas, as people do it today."""

    def __init__(self, amazon: Simulated) -> None:
        class Login(AccessTokenClient):  # type: ignore[misc]  # it ships no types
            scheme = "http://"
            host = amazon.endpoint.removeprefix("http://")

        self._reports = Reports(
            marketplace=_Marketplace(amazon.endpoint),
            refresh_token=amazon.refresh_token,
            credentials={
                "lwa_app_id": amazon.client_id,
                "lwa_client_secret": amazon.client_secret,
            },
            auth_token_client_class=Login,
        )

    def read(self, window: Window) -> pd.DataFrame:
        """Ask for the report, poll, download, read."""
        made = self._reports.create_report(**window.body()).payload
        report = self._reports.get_report(made["reportId"]).payload
        answer = self._reports.get_report_document(
            report["reportDocumentId"], download=True
        )
        return pd.read_csv(io.StringIO(answer.payload["document"]), sep="\t")


NAMES = {
    "ours": "spreports, all layers",
    "bare": "bare requests",
    "today": "python-amazon-sp-api, pandas",
}


def small_report(reports: int) -> None:
    """Compare `reports` small reports with their bare requests."""
    seen: dict[str, list[Spent]] = {name: [] for name in NAMES}
    with simulated(ROWS) as amazon:
        bare, today = Bare(amazon), AsToday(amazon)
        for _ in range(-(-reports // (BURST - 1))):
            for each in _session(amazon, bare, today):
                for name, spent in each.items():
                    seen[name].append(spent)
    print(f"\na report of {ROWS} rows, {len(seen['ours'])} times, medians")
    print(f"{'':30}{'wall ms':>9}{'cpu ms':>9}")
    for name, told in NAMES.items():
        walls, cpus = zip(*seen[name], strict=True)
        print(f"{told:30}{statistics.median(walls):9.1f}{statistics.median(cpus):9.1f}")
    for which, kind in enumerate(("wall", "CPU")):
        pairs = zip(seen["ours"], seen["bare"], strict=True)
        over = [ours[which] - theirs[which] for ours, theirs in pairs]
        low, middle, high = statistics.quantiles(over)
        print(
            f"{kind} above the round trips: {middle:.1f} ms "
            f"(quartiles {low:.1f} and {high:.1f})"
        )


def _session(
    amazon: Simulated, bare: Bare, today: AsToday
) -> Iterator[dict[str, Spent]]:
    """Yield what ours, the bare requests and the peer took, in turn."""
    with (
        tempfile.TemporaryDirectory() as home,
        amazon.connect(home) as client,
    ):
        for number in range(BURST):
            amazon.operations()
            now = datetime.now(UTC).replace(microsecond=0)
            window = Window(now - timedelta(days=1, hours=number), now)

            def read(window: Window = window) -> pl.DataFrame:
                return client.reports(
                    "orders", start=window.start, end=window.end, marketplaces=["DE"]
                ).read()

            ours, frame = _timed(read)
            asked = [name for name in amazon.operations() if name != "token"]
            alone, _ = _timed(partial(bare.read, window, asked))
            theirs, table = _timed(partial(today.read, window))
            if number:  # the first opens the connections
                yield {"ours": ours, "bare": alone, "today": theirs}
            else:
                _check(frame, table)


def _timed(work: Callable[[], Any]) -> tuple[Spent, Any]:
    """Return what some work took, and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    spent = (1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu))
    return spent, result


def _check(frame: pl.DataFrame, table: pd.DataFrame) -> None:
    """Stop when ours and the peer's are not the same rows."""
    same = (
        frame["amazon-order-id"].to_list() == table["amazon-order-id"].tolist()
        and frame["sku"].to_list() == table["sku"].tolist()
        and frame["quantity"].sum() == table["quantity"].sum()
        and round(float(frame["item-price"].sum()), 2)
        == round(float(table["item-price"].sum()), 2)
    )
    if not same or not frame.height:
        raise SystemExit("the rows differ")


if __name__ == "__main__":
    small_report(int(sys.argv[1]) if len(sys.argv) > 1 else 44)
