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
from datetime import UTC, date, datetime, timedelta
from itertools import count
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
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


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

    def read(self, day: date, operations: list[str]) -> bytes:
        """Make the requests that `operations` names; return the stored bytes."""
        report: dict[str, str] = {}
        body = b""
        for operation in operations:
            if operation == "getReports":
                since = datetime.combine(day, datetime.min.time(), UTC).isoformat()
                self._call(
                    "GET",
                    "/reports",
                    params={
                        "reportTypes": REPORT_TYPE,
                        "marketplaceIds": GERMANY,
                        "createdSince": since,
                        "pageSize": 100,
                    },
                )
            elif operation == "createReport":
                wanted = {
                    "reportType": REPORT_TYPE,
                    "marketplaceIds": [GERMANY],
                    "dataStartTime": f"{day}T00:00:00Z",
                    "dataEndTime": f"{day + timedelta(days=1)}T00:00:00Z",
                }
                report = self._call("POST", "/reports", json=wanted)
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

    def read(self, day: date) -> pd.DataFrame:
        """Ask for one day, poll, download, read."""
        made = self._reports.create_report(
            reportType=REPORT_TYPE,
            marketplaceIds=[GERMANY],
            dataStartTime=f"{day}T00:00:00Z",
            dataEndTime=f"{day + timedelta(days=1)}T00:00:00Z",
        ).payload
        report = self._reports.get_report(made["reportId"]).payload
        answer = self._reports.get_report_document(
            report["reportDocumentId"], download=True
        )
        return pd.read_csv(io.StringIO(answer.payload["document"]), sep="\t")


def small_report(reports: int) -> None:
    """Compare `reports` small reports with their bare requests."""
    days = (YESTERDAY - timedelta(days=number) for number in count())
    with simulated(ROWS) as amazon:
        bare, today = Bare(amazon), AsToday(amazon)
        seen: dict[str, list[float]] = {"ours": [], "bare": [], "today": []}
        for _ in range(-(-reports // (BURST - 1))):
            for each in _session(amazon, bare, today, days):
                for name, seconds in each.items():
                    seen[name].append(1000 * seconds)
    middle = {name: statistics.median(each) for name, each in seen.items()}
    pairs = zip(seen["ours"], seen["bare"], strict=True)
    over = [ours - theirs for ours, theirs in pairs]
    print(f"\na report of {ROWS} rows, {len(over)} times, medians")
    print(f"spreports, all layers     {middle['ours']:6.1f} ms")
    print(f"bare requests             {middle['bare']:6.1f} ms")
    print(f"python-amazon-sp-api      {middle['today']:6.1f} ms, with pandas")
    quarters = statistics.quantiles(over)
    print(
        f"above the round trips     {statistics.median(over):6.1f} ms "
        f"(quartiles {quarters[0]:.1f} and {quarters[2]:.1f})"
    )


def _session(
    amazon: Simulated, bare: Bare, today: AsToday, days: Iterator[date]
) -> Iterator[dict[str, float]]:
    """Yield the seconds of ours, the bare requests and the peer, in turn."""
    with (
        tempfile.TemporaryDirectory() as home,
        amazon.connect(home) as client,
    ):
        for number, day in zip(range(BURST), days):  # noqa: B905 - days have no end
            amazon.operations()

            def read(day: date = day) -> pl.DataFrame:
                end = day + timedelta(days=1)
                return client.reports(
                    "orders", start=day, end=end, marketplaces=["DE"]
                ).read()

            ours, frame = _timed(read)
            asked = [name for name in amazon.operations() if name != "token"]
            alone, _ = _timed(lambda: bare.read(day, asked))  # noqa: B023
            theirs, table = _timed(lambda: today.read(day))  # noqa: B023
            if number:  # the first opens the connections
                yield {"ours": ours, "bare": alone, "today": theirs}
            else:
                _check(frame, table)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


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
