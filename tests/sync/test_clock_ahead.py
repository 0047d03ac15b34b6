"""A clock that was ahead for one run, and is right again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports.clock import Clock
from spreports.ledger import LakeWindow, TableRows, WindowState
from spreports.simulator import Simulator
from spreports.sync.calendar import plan_dated
from spreports.sync.days import plan_snapshot
from spreports.sync.known import timely
from spreports.sync.stream import Kind
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import LISTINGS, day
from tests.sync.test_calendar import FIRST, committed, stream

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-08", lookback=6)


@dataclass(frozen=True)
class Ahead:
    """Amazon's clock, and some days."""

    clock: ManualClock
    days: float

    def now(self) -> datetime:
        return self.clock.now() + timedelta(days=self.days)

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


@pytest.mark.slow
@pytest.mark.parametrize("days", [4, 40, 365])
def test_a_clock_that_was_ahead_for_a_run_stops_no_later_one(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path, days: int
) -> None:
    feeds = [FEED, spr.Feed("listings", marketplaces=["DE"])]
    with simulator.client(home=home) as client:
        client.sync(feeds, lake)
    clock.advance(DAY)
    with simulator.client(home=home, clock=Ahead(clock, days)) as client:
        client.sync(feeds, lake)
    with simulator.client(home=home) as client:
        for _ in range(2):
            clock.advance(DAY)
            as_of = clock.now()
            result = client.sync(feeds, lake)
            assert (result.failed, result.gaps) == ((), ())
            assert result.created > 0

    found = spr.scan_lake(lake, "orders", latest=True).collect()
    names = Counter(found["amazon-order-id"].to_list())
    truth = simulator.truth("orders", day(8), day(13), as_of, marketplaces=["DE"])
    assert {str(row["amazon-order-id"]) for row in truth} <= set(names)
    assert max(Counter(found.rows()).values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("days", "free"), [(1, 0), (4, 3)])
def test_each_night_keeps_its_snapshot_though_a_clock_was_ahead_for_one(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    *,
    days: int,
    free: int,
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    first = clock.now()
    runs: list[tuple[int, Clock]] = [(0, Ahead(clock, days))]
    runs += [(free + night, clock) for night in (1, 2)]
    for night, its in runs:
        clock.advance((first + timedelta(night) - clock.now()).total_seconds())
        with simulator.client(home=home, clock=its) as client:
            assert client.sync(feed, lake, format="delta").created == 1
        with simulator.client(home=home.with_name("other host")) as client:
            assert client.sync(feed, lake, format="delta").created == 0

    found = pl.read_delta(f"{lake}/{LISTINGS}")["report_created_time"].unique().sort()
    assert [made.day for made in found] == [first.day + night for night, _ in runs]


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 4])
def test_a_snapshot_of_a_clock_that_is_ahead_takes_no_place_of_one_of_that_day(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path, *, days: int
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    clocks: tuple[Clock, ...] = (clock, Ahead(clock, days))
    for its in clocks:
        with simulator.client(home=home, clock=its) as client:
            assert client.sync(feed, lake, format="delta").created == 1
        clock.advance(3600)

    found = pl.read_delta(f"{lake}/{LISTINGS}")["report_created_time"]
    assert found.n_unique() == 2


@pytest.mark.slow
def test_a_clock_that_is_minutes_ahead_at_midnight_replaces_no_snapshot(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    little: Clock = Ahead(clock, 1 / 72)
    runs = ((0.0, clock), (20.75, little), (24.5, clock))
    for hours, its in runs:
        clock.advance(hours * 3600)
        with simulator.client(home=home, clock=its) as client:
            assert client.sync(feed, lake, format="delta").created == 1

    found = pl.read_delta(f"{lake}/{LISTINGS}")["report_created_time"]
    assert found.n_unique() == 3


@pytest.mark.parametrize(
    ("hours", "days", "most"), [(17, 5 / 24, 2), (20.75, 1 / 72, 1)]
)
def test_a_clock_that_stays_ahead_asks_for_no_more_snapshots_than_a_right_one(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    *,
    hours: float,
    days: float,
    most: int,
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    clock.advance(hours * 3600)
    with simulator.client(home=home, clock=Ahead(clock, days)) as client:
        for _ in range(8):
            client.sync(feed, lake)
            clock.advance(3 * 3600)

    assert calls(simulator)["createReport"] <= most


def test_days_of_a_clock_that_was_ahead_are_cut_anew_where_the_lake_has_none() -> None:
    feed = stream(lookback=2)
    now = FIRST + timedelta(days=3, hours=4)
    asked = [d.window for d in plan_dated(feed, (), now + timedelta(days=40)).due]
    gaps = [replace(window, state=WindowState.GAP) for window in asked]

    for known in (asked, committed(asked, now), gaps):
        assert timely(feed, known, now) == ()


def test_a_window_of_the_future_with_rows_is_asked_for_once_it_is_over() -> None:
    feed = stream(lookback=2)
    now = FIRST + timedelta(days=3, hours=4)
    long = LakeWindow(
        name="long",
        start=FIRST,
        end=FIRST + timedelta(days=30),
        state=WindowState.COMMITTED,
        created_time=now,
        tables={"rows": TableRows(3, ())},
    )

    assert timely(feed, [long], now) == (long,)
    assert plan_dated(feed, [long], now).due == ()
    over = FIRST + timedelta(days=30, hours=4)
    assert [d.reason for d in plan_dated(feed, [long], over).due] == ["restated"]


def test_a_snapshot_of_a_clock_that_was_ahead_does_not_stand_for_its_day() -> None:
    feed = replace(stream("listings"), kind=Kind.SNAPSHOT)
    now = datetime(2026, 3, 1, 4, tzinfo=UTC)
    later = now + timedelta(days=5)
    (asked,) = (due.window for due in plan_snapshot(feed, (), later, (), 0).due)
    (made,) = committed([asked], now)
    made = replace(made, tables={"rows": TableRows(3, ())})

    assert timely(feed, [asked], now) == ()
    assert timely(feed, [made], now) == (made,)
    assert [d.window.name for d in plan_snapshot(feed, [made], later, (), 0).due] == [
        asked.name
    ]
