"""What Amazon says is empty, of days that nobody asks for again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import spreports as spr
from spreports.simulator import Fault, Simulator, World
from tests.clocks import ManualClock
from tests.sync.lake import day

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=0)


def test_rows_that_one_cancelled_report_denied_come_on_the_next_night(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind="cancelled"))
    first = client.sync(FEED, lake)
    assert (first.empty, first.rows, client.sync(FEED, lake).created) == (1, 0, 0)
    clock.advance(DAY)

    second = client.sync(FEED, lake)

    assert (second.created, second.empty, second.failed) == (2, 0, ())
    found = spr.scan_lake(lake, "orders").collect()
    truth = simulator.truth("orders", day(1), day(11), clock.now(), marketplaces=["DE"])
    assert found.height >= len(truth) - 5 > 0
    clock.advance(DAY)
    assert client.sync(FEED, lake).created == 1


def test_a_window_that_is_empty_twice_is_asked_for_no_more(
    clock: ManualClock, lake: str, home: Path
) -> None:
    world = World(seed=1, empty_days=frozenset(date(2026, 11, n) for n in range(1, 10)))
    created = []
    with (
        Simulator(
            clock=clock,
            usage_plans=False,
            delays=(0.3, 0.5),
            settlements=False,
            world=world,
        ) as simulator,
        simulator.client(home=home) as client,
    ):
        for _ in range(4):
            created.append(client.sync(FEED, lake).created)
            clock.advance(DAY)

    # The long window and its second report; then only each night's own day
    assert created == [1, 2, 1, 1]


def test_a_window_called_empty_whose_days_another_host_has_cut_otherwise_is_let_go(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-10-01", lookback=2)
    plan = client.sync(feed, lake, dry_run=True).plan
    assert plan is not None
    starts = [str(window.start)[:10] for window in plan.windows]
    wrong = starts.index("2026-10-31") + 1
    simulator.faults.add(Fault(operation="report", kind="cancelled", nth=wrong))
    assert client.sync(feed, lake).empty == 1
    # Another host begins its windows where the purge ended
    spr.Lake(lake).purge(date(2026, 11, 4))
    clock.advance(DAY)
    with simulator.client(home=home.with_name("other host")) as other:
        assert other.sync(feed, lake).failed == ()

    assert client.sync(feed, lake).created == 0

    orders = spr.scan_lake(lake, "orders", latest=True).collect()["amazon-order-id"]
    assert orders.len() > 0
    assert orders.is_duplicated().sum() == 0
