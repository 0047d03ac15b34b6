"""Sellers of their own, others on the same quota, and a clock that jumps."""

from __future__ import annotations

import threading
from collections import Counter
from inspect import signature

import pytest

import spreports as spr
from spreports.client.connecting import connect_simulator
from spreports.fetch.beside import Beside
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock
from spreports.simulator.usage_plans import UsagePlans
from tests.clocks import ManualClock

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


def test_a_client_of_a_simulator_is_told_what_connect_simulator_is() -> None:
    told = [*signature(Simulator.client).parameters.values()][1:]
    taken = [*signature(connect_simulator).parameters.values()][1:]
    assert told == taken


def test_sellers_have_reports_and_buckets_of_their_own() -> None:
    plans = {"getReports": (0.01, 1)}
    with (
        JumpingClock() as clock,
        Simulator(
            clock=clock, accounts=True, usage_plans=plans, settlements=False
        ) as simulator,
        simulator.client(seller="one") as one,
        simulator.client(seller="two") as two,
    ):
        made = one.api.create_report(
            report_type=ORDERS, marketplace_ids=["A1PA6795UKMFR9"]
        )

        listed = [
            [r.report_id for r in client.api.get_reports(report_types=[ORDERS]).reports]
            for client in (one, two)
        ]
        assert listed == [[made], []]
        with pytest.raises(spr.NotFoundError):
            two.api.get_report(made)
        assert clock.monotonic() == 0  # neither waited for the other's bucket


def test_others_take_their_share_of_what_flows_in() -> None:
    clock = ManualClock()
    plans = UsagePlans(clock, {"createReport": (0.1, 5)}, others={"createReport": 0.5})
    granted = 0
    for _ in range(1000):
        clock.advance(5)
        granted += plans.take("createReport")

    assert granted == pytest.approx(0.05 * 5000, rel=0.05)


def test_cool_downs_of_the_catalogue_cancel_what_is_asked_for_too_soon() -> None:
    inventory = "GET_AFN_INVENTORY_DATA"
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, cooldowns=True) as simulator,
        simulator.client() as client,
    ):
        ends = []
        for place in ("A1PA6795UKMFR9", "A1PA6795UKMFR9", "A13V1IB3VIYZZH"):
            made = client.api.create_report(
                report_type=inventory, marketplace_ids=[place]
            )
            clock.sleep(200)
            ends.append(str(client.api.get_report(made).processing_status))

    assert ends == ["DONE", "CANCELLED", "DONE"]


def test_time_jumps_only_when_everybody_sleeps() -> None:
    seen: list[float] = []
    with JumpingClock() as clock:
        working = threading.Barrier(3)

        def sleep(seconds: float) -> None:
            clock.enrol()
            working.wait(600)
            clock.sleep(seconds)
            seen.append(clock.monotonic())

        threads = [threading.Thread(target=sleep, args=(s,)) for s in (3600.0, 60.0)]
        for thread in threads:
            thread.start()
        working.wait(600)  # both are enrolled
        assert clock.monotonic() == 0
        with clock.away():
            for thread in threads:
                thread.join(600)

    assert seen == [60.0, 3600.0]


def test_a_thread_that_waits_for_more_of_a_download_holds_no_time_up() -> None:
    beside = Beside(lambda chunks: sum(map(len, chunks)), "test")
    with JumpingClock() as clock:
        beside.feed(b"x" * (1 << 20))  # from which on it is a thread

        def sleep() -> None:
            clock.enrol()
            clock.sleep(3600)

        sleeper = threading.Thread(target=sleep, daemon=True)
        sleeper.start()
        with clock.away():
            sleeper.join(10)

        assert not sleeper.is_alive()
        assert clock.monotonic() == 3600
        assert beside.end() == 1 << 20


def test_a_waiter_is_woken_by_the_doing_of_others_before_time_jumps() -> None:
    order: Counter[str] = Counter()
    with JumpingClock() as clock:
        condition = threading.Condition()
        done: list[float] = []

        def wait() -> None:
            clock.enrol()
            with condition:
                held = clock.wait_for(condition, lambda: order["told"] > 0, 100.0)
            done.append(clock.monotonic() if held else -1.0)

        thread = threading.Thread(target=wait)
        thread.start()
        clock.sleep(30.0)
        with condition:
            order["told"] += 1
            condition.notify_all()
        with clock.away():
            thread.join(600)

    assert done == [30.0]
