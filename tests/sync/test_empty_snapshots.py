"""A snapshot that Amazon says has no data is the newest one, and shows no rows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import spreports as spr
from spreports.errors import SinkError
from spreports.lake.contents import LakeReport
from spreports.simulator import Fault, Simulator
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import LISTINGS

DAY = 86_400.0
FOLDERS: tuple[tuple[str, ...], ...] = (
    (),
    ("fulfillment-channel",),
    ("report_id",),
    ("date:month", "data_start_time:day"),
)


def feed(partition_by: Sequence[str] = ()) -> spr.Feed:
    return spr.Feed("listings", marketplaces=["DE"], partition_by=partition_by)


def cancel(simulator: Simulator, clock: ManualClock) -> None:
    """Let a day go by, and the next report have no data."""
    clock.advance(DAY)
    simulator.faults.add(Fault(operation="report", kind="cancelled"))


def shown(lake: str) -> pl.DataFrame:
    return spr.scan_lake(lake, "listings", latest=True).collect()


@pytest.mark.parametrize("folders", FOLDERS)
def test_an_empty_snapshot_takes_the_place_of_the_last_one_until_there_is_another(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    folders: tuple[str, ...],
) -> None:
    client.sync(feed(folders), lake)
    before = shown(lake)
    cancel(simulator, clock)

    empty = client.sync(feed(folders), lake, on_drift="fail")
    during, same_day = shown(lake), client.sync(feed(folders), lake)
    cancel(simulator, clock)
    client.sync(feed(folders), lake)
    clock.advance(DAY)
    later = client.sync(feed(folders), lake, on_drift="fail")

    assert (empty.windows, empty.empty, empty.rows, empty.failed) == (1, 1, 0, ())
    assert not before.is_empty()
    assert during.is_empty()
    assert during.schema == before.schema
    assert same_day.windows == 0
    assert (later.failed, later.rows) == ((), shown(lake).height)
    assert shown(lake).height > 0
    written = spr.Lake(lake)
    assert len(written.reports()) == 3  # the second empty day showed nothing anew
    assert written.check(deep=True), written.check(deep=True).problems


@pytest.mark.slow
@pytest.mark.parametrize("folders", FOLDERS)
@pytest.mark.parametrize("lost", [False, True])
def test_an_empty_snapshot_outlives_compaction_purge_and_a_lost_ledger(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    home: Path,
    folders: tuple[str, ...],
    lost: bool,
) -> None:
    client.sync(feed(folders), lake)
    clock.advance(DAY)
    second = client.sync(feed(folders), lake)
    cancel(simulator, clock)
    client.sync(feed(folders), lake)
    written = spr.Lake(lake)

    written.compact()
    after_one = shown(lake)
    dropped = written.compact(drop_superseded=True).superseded
    with_rows = spr.scan_lake(lake, "listings").collect()
    written.purge(date(2030, 1, 1))

    assert after_one.is_empty()
    assert dropped == 1  # Amazon never says why there are no rows: the last stay
    assert with_rows.height == second.rows > 0
    assert shown(lake).is_empty()
    assert written.check(deep=True), written.check(deep=True).problems
    client.close()
    if lost:
        shutil.rmtree(home)
    with simulator.client(home=home) as another:
        same_day = another.sync(feed(folders), lake)
        clock.advance(DAY)
        later = another.sync(feed(folders), lake)
    assert (same_day.windows, same_day.failed) == (0, ())
    assert (later.windows, later.failed) == (1, ())
    assert shown(lake).height == later.rows > 0


def test_an_empty_snapshot_that_a_run_was_killed_over_is_written_once(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(feed(), lake)
    cancel(simulator, clock)

    def killed(step: str) -> None:
        if step == "landed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(client._connection, [client._stream(feed())], lake, at=killed)
    result = client.sync(feed(), lake)

    assert (result.created, result.failed) == (0, ())
    assert shown(lake).is_empty()
    assert len(spr.Lake(lake).reports()) == 2


@pytest.mark.parametrize("folders", FOLDERS)
def test_an_empty_snapshot_that_an_older_copy_of_the_lake_lacks_is_written_again(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    home: Path,
    folders: tuple[str, ...],
) -> None:
    client.sync(feed(folders), lake)
    copy = home.with_name("copy")
    shutil.copytree(lake, copy)
    cancel(simulator, clock)
    client.sync(feed(folders), lake)
    was = spr.Lake(lake).reports()
    set_back(lake, copy)
    assert shown(lake).height > 0
    before = calls(simulator)

    dry = client.sync(feed(folders), lake, dry_run=True).plan
    same_day = client.sync(feed(folders), lake)

    assert dry is not None
    assert (dry.windows, same_day.windows, same_day.failed) == ((), 0, ())
    assert calls(simulator) == before
    assert shown(lake).is_empty()
    again = spr.Lake(lake)
    assert again.check(deep=True), again.check().problems
    assert told(again.reports()) == told(was)
    # And by the next day, of which there is no data either
    set_back(lake, copy)
    cancel(simulator, clock)
    later = client.sync(feed(folders), lake)
    assert (later.empty, later.failed, later.gaps) == (1, (), ())
    assert shown(lake).is_empty()
    assert client.sync(feed(folders), lake).windows == 0
    clock.advance(DAY)
    assert client.sync(feed(folders), lake).rows == shown(lake).height > 0


def test_of_many_empty_snapshots_that_a_copy_lacks_the_last_is_written(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    client.sync(feed(), lake)
    shutil.copytree(lake, home.with_name("copy"))
    for _ in range(2):
        cancel(simulator, clock)
        client.sync(feed(), lake)
        clock.advance(DAY)
        client.sync(feed(), lake)
    cancel(simulator, clock)
    client.sync(feed(), lake)
    set_back(lake, home.with_name("copy"))

    with pytest.raises(SinkError, match="restored from an older copy"):
        client.sync(feed(), lake)
    result = client.sync(feed(), lake, refill=True)

    assert (result.created, result.failed, result.gaps) == (0, (), ())
    assert shown(lake).is_empty()
    found = spr.Lake(lake).reports()
    assert client.sync(feed(), lake).windows == 0
    assert spr.Lake(lake).reports() == found


def set_back(lake: str, copy: Path) -> None:
    shutil.rmtree(lake)
    shutil.copytree(copy, lake)


def told(reports: Sequence[LakeReport]) -> list[tuple[object, ...]]:
    """What of reports a ledger is made of."""
    return [(r.report_id, r.window, r.created_time, r.rows) for r in reports]


def test_an_empty_snapshot_before_any_other_makes_a_lake_without_rows(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    cancel(simulator, clock)

    result = client.sync(feed(), lake)

    assert (result.empty, result.files) == (1, 0)
    assert spr.scan_lake(lake, "listings").collect().is_empty()
    assert spr.Lake(lake).check().reports == 0


def test_an_empty_snapshot_changes_nothing_in_a_delta_lake(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    first = client.sync(feed(), lake, format="delta")
    cancel(simulator, clock)

    result = client.sync(feed(), lake, format="delta")

    assert (result.empty, result.files, result.failed) == (1, 0, ())
    assert pl.read_delta(f"{lake}/{LISTINGS}").height == first.rows
