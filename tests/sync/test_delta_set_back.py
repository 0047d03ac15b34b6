"""Delta tables that are older than the store: told, and filled where they lack rows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.load import delta_restored
from spreports.load.delta_restored import TakenBack
from spreports.simulator import Simulator
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import (
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    TRAFFIC,
    day,
    delete_before,
)
from tests.sync.test_hosts_at_once import KilledError, die_when_planned
from tests.sync.test_set_back import (
    DAY,
    FEED,
    LACKS,
    TRAFFIC_FEED,
    Deserted,
    simulator,
)

__all__ = ["simulator"]

LISTINGS_FEED = spr.Feed("listings", marketplaces=["DE"])
# Each day sits out a cool-down, which takes the others' time where all have one clock
DAYS_FEED = replace(TRAFFIC_FEED, since="2026-11-07")
SETTLED = spr.Feed("settlement", marketplaces=["DE"])
BY_DATE = f"{TRAFFIC}/salesAndTrafficByDate"


def rows(lake: str, root: str) -> list[tuple[object, ...]]:
    table = pl.read_delta(f"{lake}/{root}")
    return sorted(table.rows(), key=repr)


@pytest.mark.slow
def test_what_older_copies_of_tables_lack_is_told_and_brought_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feeds = [FEED, DAYS_FEED, LISTINGS_FEED, SETTLED]
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(feeds, lake, format="delta")
    shutil.copytree(lake, home.with_name("copy"))
    simulator.place_report(SETTLEMENT, ["DE"], day(5), day(9))
    for _ in range(2):
        clock.advance(DAY)
        assert client.sync(feeds, lake, format="delta").failed == ()
    roots = (ORDERS, BY_DATE, LISTINGS, f"{SETTLEMENT}/rows")
    whole = {root: rows(lake, root) for root in roots}
    shutil.rmtree(lake)
    shutil.copytree(home.with_name("copy"), lake)
    before = calls(simulator)

    for dry in (True, False):
        with pytest.raises(spr.SinkError, match=LACKS) as caught:
            client.sync(feeds, lake, format="delta", dry_run=dry)
    assert "refill=True" in str(caught.value)
    assert calls(simulator) == before
    result = client.sync(feeds, lake, format="delta", refill=True)

    assert (result.failed, result.gaps, result.created) == ((), (), 0)
    assert {root: rows(lake, root) for root in roots} == whole
    assert client.sync(feeds, lake, format="delta").windows == 0


@pytest.mark.slow
def test_what_a_restore_of_tables_took_back_is_told_and_brought_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feeds = [FEED, DAYS_FEED, LISTINGS_FEED, SETTLED]
    roots = (ORDERS, BY_DATE, LISTINGS, f"{SETTLEMENT}/rows")
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(feeds, lake, format="delta")
    first = {root: deltalake.DeltaTable(f"{lake}/{root}").version() for root in roots}
    simulator.place_report(SETTLEMENT, ["DE"], day(5), day(9))
    for _ in range(2):
        clock.advance(DAY)
        assert client.sync(feeds, lake, format="delta").failed == ()
    whole = {root: rows(lake, root) for root in roots}
    for root in roots:
        deltalake.DeltaTable(f"{lake}/{root}").restore(first[root])
    older = {root: rows(lake, root) for root in roots}
    before = calls(simulator)

    for dry in (True, False):
        with pytest.raises(spr.SinkError, match=LACKS) as caught:
            client.sync(feeds, lake, format="delta", dry_run=dry)
    assert "refill=True" in str(caught.value)
    assert calls(simulator) == before
    result = client.sync(feeds, lake, format="delta", refill=True)

    assert (result.failed, result.gaps, result.created) == ((), (), 0)
    assert all(older[root] != whole[root] for root in roots)
    assert {root: rows(lake, root) for root in roots} == whole
    assert client.sync(feeds, lake, format="delta").windows == 0


@pytest.mark.slow
def test_a_refill_that_was_killed_goes_on_without_being_told_so(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake, format="delta")
    whole = rows(lake, ORDERS)
    deltalake.DeltaTable(f"{lake}/{ORDERS}").restore(0)
    with pytest.raises(KilledError):
        run(
            client._connection,
            [client._stream(FEED)],
            lake,
            format="delta",
            refill=True,
            at=die_when_planned,
        )

    assert client.sync(FEED, lake, format="delta").failed == ()
    assert rows(lake, ORDERS) == whole


def test_another_store_brings_what_a_restore_took_back(
    client: spr.Client, other_host: spr.Client, lake: str
) -> None:
    client.sync(FEED, lake, format="delta")
    whole = rows(lake, ORDERS)
    deltalake.DeltaTable(f"{lake}/{ORDERS}").restore(0)

    assert other_host.sync(FEED, lake, format="delta").created == 0

    assert rows(lake, ORDERS) == whole


@pytest.mark.slow
def test_a_refill_after_a_restore_leaves_alone_what_people_deleted(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake, format="delta")
    table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
    delete_before(table, day(8))
    kept = table.version()
    clock.advance(DAY)
    client.sync(FEED, lake, format="delta")
    whole = rows(lake, ORDERS)
    deltalake.DeltaTable(f"{lake}/{ORDERS}").restore(kept)

    client.sync(FEED, lake, format="delta", refill=True)

    assert rows(lake, ORDERS) == whole
    starts = pl.read_delta(f"{lake}/{ORDERS}")["data_start_time"]
    assert starts.min() == day(8)


@pytest.mark.slow
def test_an_older_version_of_a_day_is_told_though_no_day_lacks(
    client: spr.Client, clock: ManualClock, lake: str, home: Path
) -> None:
    client.sync(FEED, lake, format="delta")
    clock.advance(DAY)
    client.sync(FEED, lake, format="delta")
    days = pl.read_delta(f"{lake}/{ORDERS}")["data_start_time"].n_unique()
    (*_, last) = sorted(Path(lake, ORDERS, "_delta_log").glob("*.json"))
    last.unlink()

    assert pl.read_delta(f"{lake}/{ORDERS}")["data_start_time"].n_unique() == days
    with pytest.raises(spr.SinkError, match=LACKS):
        client.sync(FEED, lake, format="delta")


@pytest.mark.slow
def test_rows_that_people_delete_from_a_table_are_not_taken_for_a_loss(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feeds = [FEED, DAYS_FEED, SETTLED]
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    assert client.sync(feeds, lake, format="delta").failed == ()
    for root in (ORDERS, BY_DATE, f"{SETTLEMENT}/rows"):
        table = deltalake.DeltaTable(f"{lake}/{root}")
        table.delete()
        table.optimize.compact()
        table.create_checkpoint()
    clock.advance(DAY)

    result = client.sync(feeds, lake, format="delta")

    assert (result.failed, result.gaps) == ((), ())
    assert result.windows == 3 + 2


@pytest.mark.slow
def test_rows_that_are_deleted_stay_so_for_hosts_that_have_run_since_they_settled(
    client: spr.Client,
    other_host: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
) -> None:
    for _ in range(4):
        for host in (client, other_host):
            assert host.sync(FEED, lake, format="delta").failed == ()
        clock.advance(DAY)
    table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
    delete_before(table, day(10))

    for refill in (False, True):
        for host in (client, other_host):
            host.sync(FEED, lake, format="delta", refill=refill)
        starts = pl.read_delta(f"{lake}/{ORDERS}")["data_start_time"]
        assert starts.min() == day(10)
    # As the README says: a new store knows of no window that was deleted
    with simulator.client(home=Path(lake).with_name("new store")) as another:
        another.sync(FEED, lake, format="delta")
    assert pl.read_delta(f"{lake}/{ORDERS}")["data_start_time"].min() == day(1)


def test_a_restore_is_told_though_amazon_made_long_ago_what_it_took_back(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    old = clock.now() - timedelta(days=60)
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(SETTLED, lake, format="delta")
    first = deltalake.DeltaTable(f"{lake}/{SETTLEMENT}/rows").version()
    simulator.place_report(SETTLEMENT, ["DE"], old - timedelta(7), old, created=old)
    client.sync(SETTLED, lake, format="delta")
    whole = rows(lake, f"{SETTLEMENT}/rows")
    deltalake.DeltaTable(f"{lake}/{SETTLEMENT}/rows").restore(first)
    clock.advance(20 * DAY)

    with pytest.raises(spr.SinkError, match=LACKS):
        client.sync(SETTLED, lake, format="delta")
    client.sync(SETTLED, lake, format="delta", refill=True)

    assert rows(lake, f"{SETTLEMENT}/rows") == whole


@pytest.mark.slow
@pytest.mark.parametrize("restored", [True, False])
def test_a_day_that_was_restated_to_no_rows_shows_none_of_an_older_table(
    clock: ManualClock, lake: str, home: Path, *, restored: bool
) -> None:
    copy, root = home.with_name("copy"), f"{lake}/{ORDERS}"
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-10", lookback=9)
    with (
        Simulator(
            clock=clock,
            usage_plans=False,
            delays=(0.3, 0.5),
            settlements=False,
            world=Deserted(seed=1),
        ) as amazon,
        amazon.client(home=home) as client,
    ):
        clock.advance(DAY)
        client.sync(feed, lake, format="delta")
        shutil.copytree(lake, copy)
        first = deltalake.DeltaTable(root).version()
        clock.advance(DAY)
        client.sync(feed, lake, format="delta")
        assert rows(lake, ORDERS) == []
        if restored:
            deltalake.DeltaTable(root).restore(first)
        else:
            shutil.rmtree(lake)
            shutil.copytree(copy, lake)
        assert rows(lake, ORDERS) != []

        result = client.sync(feed, lake, format="delta")

        assert (result.failed, result.gaps, result.created) == ((), (), 0)
        assert rows(lake, ORDERS) == []
        assert client.sync(feed, lake, format="delta").windows == 0


@pytest.mark.slow
def test_the_log_is_read_once_a_night_for_what_was_deleted_of_all_feeds(
    client: spr.Client, clock: ManualClock, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(url: str, *_: object) -> TakenBack:
        read.append(url)
        return TakenBack()

    monkeypatch.setattr("spreports.sync.delta_looks.taken_back", counted)
    feeds = [FEED, replace(FEED, marketplaces=["FR"])]
    client.sync(feeds, lake, format="delta")
    assert read == []
    deltalake.DeltaTable(f"{lake}/{ORDERS}").delete()

    client.sync(feeds, lake, format="delta", dry_run=True)

    assert read == [f"{lake}/{ORDERS}"]


@pytest.mark.slow
def test_of_a_log_that_a_run_has_read_the_next_reads_what_came_since(
    client: spr.Client, clock: ManualClock, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []
    commit = delta_restored._commit

    def counted(text: bytes) -> delta_restored._Commit:
        read.append(text)
        return commit(text)

    monkeypatch.setattr(delta_restored, "_commit", counted)
    client.sync(FEED, lake, format="delta")
    table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
    table.delete()
    client.sync(FEED, lake, format="delta")
    before, first = len(read), deltalake.DeltaTable(f"{lake}/{ORDERS}").version()
    read.clear()
    clock.advance(DAY)

    client.sync(FEED, lake, format="delta")

    assert len(read) <= 2 < before
    assert deltalake.DeltaTable(f"{lake}/{ORDERS}").version() > first
