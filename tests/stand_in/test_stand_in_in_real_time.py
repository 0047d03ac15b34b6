"""The same by the machine's own clock: nothing is patched, and little is waited for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import spreports as spr
from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon, Fault, error
from tests.stand_in.document_host import Held
from tests.stand_in.kept import Plot
from tests.stand_in.texts import ORDERS, ORDERS_TEXT, packed

QUOTA = error("QuotaExceeded", "You exceeded your quota for the requested resource.")


def connected(amazon: Amazon, home: Path) -> spr.Client:
    return spr.connect(
        endpoint=amazon.endpoint,
        token_url=amazon.token_url,
        credentials=spr.Credentials("Atzr|made up", CLIENT_ID, CLIENT_SECRET),
        home=home,
    )


def test_a_report_from_request_to_frame_by_the_clock(tmp_path: Path) -> None:
    with Amazon() as amazon, connected(amazon, tmp_path) as client:
        held = Held("d1", packed(ORDERS_TEXT), compression="GZIP")
        amazon.plot(ORDERS, Plot(("IN_PROGRESS", "DONE"), held))
        frame = client.reports("orders", start="7d", marketplaces=["DE"]).read()
        assert frame.height == 3
        assert amazon.breaches == []


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [({}, 0.5, 2.0), ({"x-amzn-RateLimit-Limit": "10"}, 0.1, 0.45)],
    ids=["without a header", "with a header"],
)
def test_a_throttled_call_waits_by_the_clock(
    tmp_path: Path, headers: dict[str, str], least: float, most: float
) -> None:
    with Amazon() as amazon, connected(amazon, tmp_path) as client:
        amazon.add_report(reportId="r1", reportType=ORDERS)
        client.api.get_report("r1")
        amazon.script("getReport", Fault(429, QUOTA, headers))
        started = time.monotonic()
        client.api.get_report("r1")
        assert least <= time.monotonic() - started <= most
        assert amazon.breaches == []
