"""Of a report of several tables a killed run landed some: its days come once."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from spreports.sync import landing
from spreports.sync.roots import table_root
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import TRAFFIC, day

DAY = 86_400.0
# Windows of several days once they are settled, and no cool-down to wait for
ENTRY = replace(
    spr.report_type("sales_and_traffic"), window_days=30, cooldown_seconds=None
)
FEED = spr.Feed(ENTRY, marketplaces=["DE"], since="2026-11-04", lookback=3)
BY_DATE, BY_ASIN = "salesAndTrafficByDate", "salesAndTrafficByAsin"

FORMATS = pytest.mark.parametrize("form", ["parquet", "delta"])


class KilledError(BaseException):
    """Nothing of a run goes on after it."""


def kill(
    client: spr.Client, lake: str, form: str, *, before: int, feed: spr.Feed = FEED
) -> None:
    """A run that is killed when it is about to write its n-th table."""
    begun = 0

    def dying(*args: Any) -> str:
        nonlocal begun
        begun += 1
        if begun == before:
            raise KilledError
        return table_root(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "table_root", dying)
        with pytest.raises(KilledError):
            client.sync(feed, lake, format=form)


def read(lake: str, form: str, table: str) -> pl.DataFrame:
    if form == "delta":
        return pl.read_delta(f"{lake}/{TRAFFIC}/{table}")
    frame = spr.scan_lake(lake, TRAFFIC, table=table, latest=True, metadata=True)
    return frame.collect()


def spans(lake: str, form: str, table: str) -> list[tuple[datetime, datetime]]:
    """The windows that a table has, each once."""
    frame = read(lake, form, table).select("data_start_time", "data_end_time")
    return sorted(frame.unique().rows())


def check(lake: str, form: str, days: int) -> None:
    """Both tables have the same windows, and each day is there once."""
    found = Counter(read(lake, form, BY_DATE)["date"].to_list())
    assert [str(date)[:10] for date in sorted(found)] == [
        f"2026-11-{number:02}" for number in range(4, 4 + days)
    ]
    assert set(found.values()) == {1}
    assert spans(lake, form, BY_DATE) == spans(lake, form, BY_ASIN)


@pytest.mark.slow
@FORMATS
@pytest.mark.parametrize("table", [2, 4, 6])
def test_a_new_store_completes_what_a_killed_run_left_half_landed(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    *,
    form: str,
    table: int,
) -> None:
    with simulator.client(home=home) as client:
        kill(client, lake, form, before=table)
    shutil.rmtree(home)
    # The oldest day of single windows would be one of several days now
    clock.advance(DAY)

    with simulator.client(home=home) as client:
        asked = calls(simulator)["createReport"]
        first = client.sync(FEED, lake, format=form)
        check(lake, form, 7)
        # What was taken up is of the day before, and still restated
        again = client.sync(FEED, lake, format=form)
        last = client.sync(FEED, lake, format=form)

    check(lake, form, 7)
    assert (first.failed, again.failed, last.windows) == ((), (), 0)
    assert "resumed" in {window.reason for window in first.plan.windows}
    assert calls(simulator)["createReport"] == asked + first.created + again.created


@pytest.mark.slow
@FORMATS
@pytest.mark.parametrize("table", [2, 6])
def test_another_host_completes_what_a_killed_one_left_half_landed(
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    form: str,
    table: int,
) -> None:
    for one in (client, other_host):
        assert one.sync(FEED, lake, format=form).failed == ()
    clock.advance(6 * DAY)
    kill(client, lake, form, before=table)
    clock.advance(DAY)

    for _ in range(2):
        for one in (other_host, client):
            assert one.sync(FEED, lake, format=form).failed == ()
        check(lake, form, (clock.now() - day(4)).days)
        clock.advance(DAY)


@pytest.mark.slow
@pytest.mark.parametrize("table", [BY_DATE, BY_ASIN])
@pytest.mark.parametrize("how", ["restored", "removed", "removed beside an older one"])
def test_what_one_delta_table_has_lost_is_brought_under_the_windows_of_the_other(
    client: spr.Client, clock: ManualClock, lake: str, *, how: str, table: str
) -> None:
    path = f"{lake}/{TRAFFIC}/{table}"
    (other,) = (f"{lake}/{TRAFFIC}/{name}" for name in {BY_DATE, BY_ASIN} - {table})
    client.sync(FEED, lake, format="delta")
    first = deltalake.DeltaTable(other).version()
    for _ in range(3):
        clock.advance(DAY)
        assert client.sync(FEED, lake, format="delta").failed == ()
    if how == "restored":
        deltalake.DeltaTable(path).restore(0)
    else:
        shutil.rmtree(path)
    if how == "removed beside an older one":
        deltalake.DeltaTable(other).restore(first)

    with pytest.raises(spr.SinkError, match=r"lacks up to \d+ rows"):
        client.sync(FEED, lake, format="delta")
    result = client.sync(FEED, lake, format="delta", refill=True)

    assert (result.failed, result.gaps) == ((), ())
    check(lake, "delta", 9)


@pytest.mark.slow
@pytest.mark.parametrize("table", [BY_DATE, BY_ASIN])
def test_a_table_that_a_report_left_empty_lacks_nothing_until_a_newer_one_fills_it(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    table: str,
) -> None:
    rows = World.rows

    def left_out(*asked: Any, **how: Any) -> dict[str, Any]:
        return {**rows(*asked, **how), table: []}

    def due(feed: spr.Feed) -> list[str]:
        """What a host with a new store is about to ask for, and why."""
        shutil.rmtree(home, ignore_errors=True)
        with simulator.client(home=home) as client:
            plan = client.sync(feed, lake, format="delta", dry_run=True).plan
        return [f"{window.start:%d} {window.reason}" for window in plan.windows]

    feed = replace(FEED, since="2026-11-09")
    monkeypatch.setattr(World, "rows", left_out)
    with simulator.client(home=home) as client:
        assert client.sync(feed, lake, format="delta").rows > 0
    assert due(feed) == []
    clock.advance(DAY)
    with simulator.client(home=home) as client:
        assert client.sync(replace(feed, lookback=0), lake, format="delta").created == 1
    monkeypatch.setattr(World, "rows", rows)
    assert due(feed) == ["09 restated"]

    with simulator.client(home=home) as client:
        kill(client, lake, "delta", before=2, feed=feed)

    assert due(replace(feed, lookback=0)) == ["09 resumed"]
