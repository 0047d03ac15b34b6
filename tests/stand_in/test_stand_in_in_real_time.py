"""The same by the machine's own clock: time is real, and little is waited for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import spreports as spr
from spreports.clock import SystemClock
from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon, Fault, error
from tests.stand_in.document_host import Held
from tests.stand_in.kept import Plot
from tests.stand_in.texts import ORDERS, ORDERS_TEXT, packed
from tests.stand_in.timepiece import Timepiece

QUOTA = error("QuotaExceeded", "You exceeded your quota for the requested resource.")


def connected(amazon: Amazon, home: Path) -> spr.Client:
    return spr.connect(
        endpoint=amazon.endpoint,
        token_url=amazon.token_url,
        credentials=spr.Credentials("Atzr|made up", CLIENT_ID, CLIENT_SECRET),
        home=home,
    )


@pytest.mark.slow
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
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    least: float,
    most: float,
) -> None:
    slept: list[float] = []
    sleep = SystemClock.sleep

    def noted(clock: SystemClock, seconds: float) -> None:
        slept.append(seconds)
        sleep(clock, seconds)

    monkeypatch.setattr(SystemClock, "sleep", noted)
    with Amazon() as amazon, connected(amazon, tmp_path) as client:
        amazon.add_report(reportId="r1", reportType=ORDERS)
        client.api.get_report("r1")
        amazon.script("getReport", Fault(429, QUOTA, headers))
        slept.clear()
        started = time.monotonic()
        client.api.get_report("r1")
        assert least <= time.monotonic() - started
        # What it meant to wait: a busy machine makes more of it
        assert sum(slept) <= most
        assert amazon.breaches == []


def test_an_amazon_whose_clock_is_ahead_is_asked_for_no_more_than_its_90_days(
    tmp_path: Path,
) -> None:
    ahead = Timepiece()
    ahead.skip(3600)
    with Amazon(ahead) as amazon, connected(amazon, tmp_path / "home") as client:
        amazon.add_report(
            reportId="r1",
            reportType="GET_LEDGER_DETAIL_VIEW_DATA",
            marketplaceIds=["A1PA6795UKMFR9"],
            reportDocumentId="d1",
        )
        assert len(client.existing("ledger_detail", since="90d")) == 1
        assert client.schedules.harvest("ledger_detail", since="90d") is not None
        feed = spr.Feed("settlement", marketplaces=["DE"])
        assert client.sync(feed, to=tmp_path / "lake").failed == ()
        assert amazon.breaches == []


def test_existing_takes_more_marketplaces_than_one_listing_filters_by(
    tmp_path: Path,
) -> None:
    many = ["DE", "FR", "IT", "ES", "NL", "BE", "PL", "SE", "GB", "IE", "TR"]
    with Amazon() as amazon, connected(amazon, tmp_path) as client:
        for name, place in (("r1", "A1PA6795UKMFR9"), ("r2", "ATVPDKIKX0DER")):
            amazon.add_report(
                reportId=name,
                reportType="GET_LEDGER_DETAIL_VIEW_DATA",
                marketplaceIds=[place],
                reportDocumentId=f"of-{name}",
            )
        found = client.existing("ledger_detail", marketplaces=many)
        assert [report.report_id for report in found] == ["r1"]
