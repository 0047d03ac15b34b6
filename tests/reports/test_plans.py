"""A plan knows the ledger, the store and the buckets, and asks nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import spreports as spr
from spreports.plan.estimate import PROCESSING_SECONDS
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with JumpingClock() as clock, Simulator(clock=clock, rows=5) as running:
        yield running


def orders(client: spr.Client, days: int) -> spr.Reports:
    return client.reports("orders", start=f"{days}d", marketplaces=["DE"])


def test_a_plan_opens_no_socket(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a plan reached for the network")

    with simulator.client(home=tmp_path) as client:
        orders(client, 7).read()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    with simulator.client(home=tmp_path) as client:
        plan = orders(client, 90).plan()

    assert plan.reports == 3
    assert plan._repr_html_()


def test_a_plan_comes_true(simulator: Simulator) -> None:
    with simulator.client() as client:
        reports = orders(client, 30 * 22)
        plan = reports.plan()
        assert plan.ready_time is not None
        asked = simulator.clock.now()

        assert reports.read().height == 22 * 5

    took = (simulator.clock.now() - asked).total_seconds()
    assert plan.bottleneck == "getReportDocument"
    assert took == pytest.approx(plan.eta.total_seconds(), rel=0.15)


def test_a_report_is_polled_about_as_often_as_its_plan_says() -> None:
    # Delays are a quarter more or less, which is a poll more or less
    course = (0.3 * PROCESSING_SECONDS, 0.7 * PROCESSING_SECONDS)
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=5, delays=course) as simulator,
        simulator.client() as client,
    ):
        reports = orders(client, 7)
        planned = reports.plan().calls["getReport"]
        reports.wait()

        assert abs(calls(simulator, "getReport") - planned) <= 1


def test_plans_added_up_come_true_where_reports_share_a_cool_down(
    simulator: Simulator,
) -> None:
    with simulator.client() as client:
        days = [
            client.reports(
                "sales_and_traffic",
                start=f"2026-10-0{day}",
                end=f"2026-10-0{day + 1}",
                marketplaces=["DE"],
            )
            for day in range(1, 5)
        ]
        first, *others = (each.plan() for each in days)
        total = sum(others, first)
        asked = simulator.clock.now()

        for each in days:
            each.wait()

    took = (simulator.clock.now() - asked).total_seconds()
    assert total.bottleneck == "cool-down of GET_SALES_AND_TRAFFIC_REPORT"
    assert took == pytest.approx(total.eta.total_seconds(), rel=0.15)


def test_what_is_known_is_not_planned_again(simulator: Simulator) -> None:
    with simulator.client() as client:
        reports = client.reports(
            "orders", start="2026-08-01", end="2026-10-30", marketplaces=["DE"]
        )
        assert reports.plan().calls["createReport"] == 3
        reports.wait()
        again = client.reports(
            "orders", start="2026-08-01", end="2026-10-30", marketplaces=["DE"]
        )
        waited = again.plan()
        reports.read()
        stored = again.plan()

    assert (waited.adopted, waited.stored) == (3, 0)
    assert waited.calls == {"getReport": 3, "getReportDocument": 3}
    assert (stored.adopted, stored.stored) == (3, 3)
    assert stored.bottleneck is None


def test_spent_buckets_and_a_cool_down_are_seen(simulator: Simulator) -> None:
    with simulator.client() as client:
        before = orders(client, 30).plan()
        for _ in range(15):
            client._connection.throttle.acquire("createReport", float("inf"))
        after = orders(client, 30).plan()
        client._connection.cooldowns.claim(
            "GET_AFN_INVENTORY_DATA", ["A1PA6795UKMFR9"], 1800
        )
        cooling = client.reports("GET_AFN_INVENTORY_DATA", marketplaces=["DE"]).plan()

    assert before.waits["createReport"].total_seconds() == 0
    assert 50 < after.waits["createReport"].total_seconds() < 70
    assert after.eta > before.eta
    assert cooling.bottleneck == "cool-down of GET_AFN_INVENTORY_DATA"
    assert 1700 < cooling.waits[cooling.bottleneck].total_seconds() <= 1800


def test_planning_books_nothing(simulator: Simulator) -> None:
    with simulator.client() as client:
        first = orders(client, 700).plan()
        for _ in range(20):
            assert orders(client, 700).plan().eta == first.eta


def test_a_report_that_shows_the_past_is_planned_anew(simulator: Simulator) -> None:
    with simulator.client() as client:
        listings = client.reports("listings", marketplaces=["DE"])
        listings.wait()
        assert client.reports("listings", marketplaces=["DE"]).plan().adopted == 1

        simulator.clock.sleep(3600)

        assert client.reports("listings", marketplaces=["DE"]).plan().adopted == 0
