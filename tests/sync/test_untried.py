"""What Amazon was never asked for is no try: it comes once it can be asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import spreports as spr
from spreports.client.connecting import simulator_settings
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import ORDERS, check_orders, day

DAY = 86_400.0
# Windows of 30 days that are restated no more, and with each night one of a day
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-08-01", lookback=0)
NIGHTS = 7


def check(simulator: Simulator, clock: ManualClock, lake: str) -> None:
    """All days are there, as the world has them."""
    end = day(10 + NIGHTS)
    check_orders(
        simulator,
        f"{lake}/{ORDERS}",
        day(1).replace(month=8),
        end,
        clock.now(),
        marketplaces=["DE"],
    )


@pytest.mark.slow
def test_windows_of_a_refused_type_wait_for_the_role_at_a_call_a_night(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=403, times=0)
    )
    created = []
    for _ in range(NIGHTS):
        before = calls(simulator)["createReport"]
        night = client.sync(FEED, lake)
        created.append(calls(simulator)["createReport"] - before)
        clock.advance(DAY)
    simulator.faults.clear()

    granted = client.sync(FEED, lake)

    assert created == [1] * NIGHTS
    assert night.gaps == ()
    assert {one.kind for one in night.failed} == {"ForbiddenError"}
    assert max(one.tries for one in night.failed) == 1
    untried = [one for one in night.failed if "not asked for" in one.reason]
    assert len(untried) == len(night.failed) - 1 > 5
    assert (granted.failed, granted.gaps) == ((), ())
    check(simulator, clock, lake)


def test_feeds_beside_a_refused_type_come(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="status", status=403))
    stock = spr.Feed("listings", marketplaces=["DE"])

    night = client.sync([FEED, stock], lake)

    assert night.windows == 1
    assert {one.report_type for one in night.failed} == {ORDERS}
    assert calls(simulator)["createReport"] == 2


@pytest.mark.slow
def test_a_region_that_is_wrong_for_a_week_asks_nothing_and_gives_up_no_window(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    def night(region: str) -> spr.SyncResult:
        settings = replace(simulator_settings(simulator, home), region=region)
        with spr.Client(settings, clock=clock) as client:
            return client.sync(FEED, lake)

    for _ in range(NIGHTS):
        with pytest.raises(spr.ConfigError, match="set by region="):
            night("na")
        clock.advance(DAY)
    assert simulator.requests == []

    mended = night("eu")

    assert (mended.failed, mended.gaps) == ((), ())
    check(simulator, clock, lake)
