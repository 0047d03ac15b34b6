"""Many nights on a clock of ours: the lake is what the world's business was.

Rows are restated and come late, reports end FATAL or never, days are empty, nights are
missed, a column is added, the ledger is lost once.
"""

from __future__ import annotations

import os
import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator, World
from tests.clocks import ManualClock
from tests.sync.conftest import LASTING, calls
from tests.sync.lake import ORDERS, TRAFFIC, check_orders, rows, versions

SHORT = os.environ.get("SPREPORTS_SLOW") == "short"
FIRST = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LOOKBACK = 6
FEEDS = [
    spr.Feed(
        "orders",
        marketplaces=["DE", "FR"],
        since=FIRST.date(),
        lookback=LOOKBACK,
        partition_by=["sales-channel", "purchase-date:month"],
    ),
    spr.Feed(
        "sales_and_traffic",
        marketplaces=["DE"],
        since=FIRST.date() + 16 * DAY,
        lookback=1,
    ),
]


def run_nights(count: int, tmp_path: Path) -> None:
    """Let nights pass; then hold the lake against the world."""
    source = random.Random(count)  # noqa: S311 - what goes wrong when
    clock = ManualClock(FIRST + 20 * DAY + timedelta(hours=3))
    first_night = clock.now().date()
    empty = {FIRST.date() + timedelta(days=n) for n in (3, 22, 23, 24)}
    world = World(
        seed=9,
        orders_per_hour=1,
        settled_days=LOOKBACK - 1,
        empty_days=frozenset(empty),
        new_column=(first_night + timedelta(days=max(2, count // 3)), "gift-note"),
    )
    lake, home = str(tmp_path / "lake"), tmp_path / "home"
    new_columns: list[str] = []
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.2, 0.3),
        settlements=False,
        world=world,
    ) as simulator:
        for number in range(count):
            if source.random() < 0.3 and number < count - 2:
                kind = source.choice(["fatal", "fatal", "stuck"])
                simulator.faults.add(
                    Fault(operation="report", kind=kind, nth=source.randint(1, 6))
                )
            if number == count // 2:
                shutil.rmtree(home)
                before = calls(simulator)
            with simulator.client(home=home) as client:
                if number == count // 2:
                    again = client.sync(FEEDS, lake, dry_run=True)
                    assert calls(simulator) == before
                    known = {w.start for w in again.plan.windows}
                    assert min(w for w in known if w) > clock.now() - 12 * DAY or (
                        _has_empty(known, empty)
                    )
                result = client.sync(FEEDS, lake, timeout=4 * 3600)
            assert result.gaps == ()
            new_columns += [c for t in result.quality for c in t.new_columns]
            night = clock.now().replace(hour=3, minute=0, second=0, microsecond=0)
            missed = 2 if source.random() < 0.1 and number < count - 3 else 1
            clock.advance((night + missed * DAY - clock.now()).total_seconds())
        simulator.faults.clear()
        with simulator.client(home=home) as client:
            last = client.sync(FEEDS, lake)
            assert (last.failed, last.gaps) == ((), ())
            assert client.sync(FEEDS, lake).created == 0
        assert simulator.failures == []
        assert set(new_columns) == {"gift-note"}
        _check(simulator, lake, clock.now(), empty)


def _has_empty(starts: set[datetime | None], empty: set[date]) -> bool:
    """Windows without data have no files: a lost ledger has them asked for again."""
    return any(start is not None and start.date() in empty for start in starts)


def _check(simulator: Simulator, lake: str, now: datetime, empty: set[date]) -> None:
    """What has settled is final, what has not is as it was this night."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    served = check_orders(
        simulator, f"{lake}/{ORDERS}", FIRST, today, now, marketplaces=["DE", "FR"]
    )
    assert served > 24 * 15
    # Anybody's reader finds the same rows where it is given the files
    files = [
        f"{lake}/{ORDERS}/{file.path}"
        for marker in versions(f"{lake}/{ORDERS}")
        for file in marker.files
    ]
    (count,) = duckdb.execute(
        "SELECT count(*) FROM read_parquet($1, union_by_name = true)", [files]
    ).fetchall()[0]
    assert count == served
    scanned = spr.scan_lake(lake, "orders", latest=True).collect()
    assert scanned.height == served
    assert scanned["gift-note"].null_count() < served
    by_date = rows(f"{lake}/{TRAFFIC}/salesAndTrafficByDate")
    start = FIRST + 16 * DAY
    found = {row["date"]: row["salesByDate.unitsOrdered"] for row in by_date}
    days = {(start + timedelta(days=n)).date() for n in range((today - start).days)}
    assert set(found) == days - empty
    assert len(by_date) == len(found)


def test_a_few_nights_make_the_lake_that_the_world_was(tmp_path: Path) -> None:
    run_nights(3, tmp_path)


@pytest.mark.slow
def test_a_season_of_nights_makes_the_lake_that_the_world_was(tmp_path: Path) -> None:
    run_nights(20 if SHORT else 90, tmp_path)
