"""What first and missed nights left: the next ones bring it, or a warning names it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import NIGHT


def at_night(clock: ManualClock, number: int) -> None:
    clock.advance((NIGHT + timedelta(days=number) - clock.now()).total_seconds())


@pytest.mark.slow
def test_missed_nights_of_a_type_with_a_long_cool_down_are_made_up_for(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feed = spr.Feed("fba_returns", marketplaces=["DE"], since="10d", lookback=2)
    cooling = []
    for night in (0, 1, 2, 3, 6, 7, 8):
        at_night(clock, night)
        with simulator.client(home=home) as client:
            result = client.sync(feed, lake)
        cooling.append(sum(each.kind == "CoolingDownError" for each in result.failed))
        assert result.gaps == ()

    days = set[date]()
    for report in spr.Lake(lake).reports():
        first, last = report.dates
        assert first is not None
        assert last is not None
        days |= {first.date() + timedelta(days=n) for n in range((last - first).days)}
    missed = NIGHT.date() + timedelta(days=5)
    assert {missed - timedelta(days=n) for n in range(16)} <= days
    assert cooling[0] == 0
    assert cooling[-2:] == [0, 0]


def test_days_that_neither_lake_nor_store_knows_of_are_named_until_they_are_there(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def orders(since: str) -> spr.Feed:
        return spr.Feed("orders", marketplaces=["DE"], since=since, lookback=0)

    with simulator.client(home=home) as client:
        client.sync(orders("1d"), lake)
        at_night(clock, 6)
        # The newest day alone, as of a run that was broken off behind it
        client.sync(orders("2026-11-15"), lake)
    shutil.rmtree(home)

    with simulator.client(home=home) as client:
        assert client.sync(orders("1d"), lake).windows == 0
        assert "of 5 days from 2026-11-10 to 2026-11-15 the lake has" in caplog.text
        assert "since='2026-11-10'" in caplog.text
        client.sync(orders("2026-11-10"), lake)
        caplog.clear()
        client.sync(orders("1d"), lake)

    assert "the lake has nothing" not in caplog.text
