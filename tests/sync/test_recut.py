"""Days that another host has filled anew, in windows of its own: never twice."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.sync.lake import ORDERS, check_orders, day, order
from tests.sync.test_set_back import simulator

__all__ = ["simulator"]

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=3)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_store_drops_its_windows_where_another_one_has_filled_the_lake_anew(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    how: str,
) -> None:
    client.sync(FEED, lake, format=how)
    other_host.sync(FEED, lake, format=how)
    clock.advance(2 * DAY)
    shutil.rmtree(lake)
    other_host.sync(FEED, lake, format=how, refill=True)

    assert client.sync(FEED, lake, format=how).failed == ()
    assert client.sync(FEED, lake, format=how, refill=True).windows == 0
    assert other_host.sync(FEED, lake, format=how).windows == 0

    truth = simulator.truth("orders", day(1), day(12), clock.now(), marketplaces=["DE"])
    if how == "parquet":
        newest = spr.scan_lake(lake, "orders", latest=True).collect()
        assert spr.Lake(lake).check(deep=True)
    else:
        newest = pl.read_delta(f"{lake}/{ORDERS}")
    assert Counter(map(order, newest.to_dicts())) == Counter(
        order(dict(row)) for row in truth
    )


@pytest.mark.slow
def test_days_that_another_host_has_not_filled_yet_are_missed_and_brought(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
) -> None:
    """The other one was killed amid its refill: it has brought its newest days."""
    client.sync(FEED, lake)
    other_host.sync(FEED, lake)
    clock.advance(2 * DAY)
    shutil.rmtree(lake)
    other_host.sync(FEED, lake, refill=True)
    (oldest,) = (r for r in spr.Lake(lake).reports() if r.dates[0] == day(1))
    assert oldest.dates[1] == day(9)
    for path in (
        *Path(lake, ORDERS).glob(f"{oldest.stem}-*"),
        Path(lake, "_spreports", ORDERS, f"{oldest.stem}.json"),
    ):
        path.unlink()

    # The day that both cut alike is no loss; the others' are, as none has them
    with pytest.raises(spr.SinkError, match="lacks"):
        client.sync(FEED, lake)
    client.sync(FEED, lake, refill=True)
    client.sync(FEED, lake)

    end = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    check_orders(
        simulator, f"{lake}/{ORDERS}", day(1), end, clock.now(), marketplaces=["DE"]
    )


@pytest.mark.slow
def test_rows_of_a_window_that_was_given_up_are_missed_like_all_others(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=5)
    client.sync(feed, lake)
    for night in range(2, 8):
        clock.advance(DAY)
        simulator.faults.clear()
        simulator.faults.add(
            Fault(operation="report", kind="fatal", nth=min(night, 6), times=1)
        )
        client.sync(feed, lake)
    simulator.faults.clear()
    (given_up,) = client.sync(feed, lake, dry_run=True).gaps
    assert "rows stay" in given_up.reason
    for report in spr.Lake(lake).reports():
        if report.dates[0] == given_up.start:
            for path in Path(lake, ORDERS).glob(f"{report.stem}-*"):
                path.unlink()

    with pytest.raises(spr.SinkError, match="lacks"):
        client.sync(feed, lake)
    result = client.sync(feed, lake, refill=True)
    client.sync(feed, lake)

    assert (result.failed, result.gaps) == ((), ())
    end = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    check_orders(
        simulator, f"{lake}/{ORDERS}", day(9), end, clock.now(), marketplaces=["DE"]
    )
