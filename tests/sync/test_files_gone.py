"""Data files that are gone while their markers are there: told, and brought again."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest

import spreports as spr
from spreports.lake.place import Place
from spreports.ledger import LakeWindows
from spreports.simulator import Simulator, World
from spreports.sync.delta_looks import DeltaLooks
from spreports.sync.known import Known
from spreports.sync.lakeside import Lakeside
from spreports.sync.roots import lake_name
from tests.clocks import ManualClock
from tests.sync.conftest import LASTING, calls
from tests.sync.lake import LISTINGS, ORDERS, TRAFFIC, day, order

DAY = 86_400.0
SINCE = "2026-10-01"
FEED = spr.Feed("orders", marketplaces=["DE"], since=SINCE, lookback=3)
FRENCH = spr.Feed("orders", marketplaces=["FR"], since=SINCE, lookback=3)
BY_MONTH = spr.Feed(
    "orders",
    marketplaces=["DE"],
    since=SINCE,
    lookback=3,
    partition_by=["purchase-date:month"],
)
STOCK = spr.Feed("listings", marketplaces=["DE"])
GONE = "refill=True"
# Where a frame is made, and where it is collected
REFUSED = (spr.SinkError, pl.exceptions.ComputeError)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A business whose rows are settled after a day."""
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        rows=20,
        world=World(seed=1, orders_per_hour=1, settled_days=1),
    ) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


def files(lake: str, root: str = ORDERS) -> list[Path]:
    """The data files of a type, the largest first."""
    found = Path(lake, root).rglob("*.parquet")
    return sorted(found, key=lambda path: -path.stat().st_size)


def shown(lake: str, **how: Any) -> pl.DataFrame:
    return spr.scan_lake(lake, "orders", **({"latest": True} | how)).collect()


def check_whole(
    simulator: Simulator, clock: ManualClock, lake: str, **how: Any
) -> None:
    """Every order is there once, and the lake is as its markers say."""
    options = how.get("storage_options")
    truth = simulator.truth(
        "orders",
        day(1) - timedelta(days=31),
        clock.now().replace(hour=0),
        clock.now(),
        marketplaces=["DE"],
    )
    found = shown(lake, **how).to_dicts()
    assert Counter(_name(row) for row in found) == Counter(
        _name(dict(row)) for row in truth
    )
    assert spr.Lake(lake, storage_options=options).check("orders").problems == ()


def _name(row: dict[str, Any]) -> tuple[Any, ...]:
    """What of an order no night changes."""
    return order(row)[0], order(row)[6]


def the_folder(lake: str) -> None:
    shutil.rmtree(Path(lake, ORDERS))


def all_files(lake: str) -> None:
    for path in files(lake):
        path.unlink()


def one_file(lake: str) -> None:
    files(lake)[0].unlink()


WAYS = [the_folder, all_files, one_file]


@pytest.mark.slow
@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("feed", [FEED, BY_MONTH])
@pytest.mark.parametrize("delete", WAYS)
def test_files_that_are_gone_are_told_before_anything_is_asked_and_come_again(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    delete: Callable[[str], None],
    feed: spr.Feed,
    compacted: bool,
) -> None:
    client.sync(feed, lake)
    if compacted:
        spr.Lake(lake).compact()
    delete(lake)
    clock.advance(DAY)
    before = calls(simulator)

    for dry in (True, False):
        with pytest.raises(spr.SinkError, match=GONE):
            client.sync(feed, lake, dry_run=dry)
    assert calls(simulator) == before
    with pytest.raises(REFUSED, match=r"refill=True \(--refill\)"):
        shown(lake)
    client.sync(feed, lake, refill=True)
    again = client.sync(feed, lake)
    then = client.sync(feed, lake)

    assert (again.failed, again.gaps, then.windows) == ((), (), 0)
    check_whole(simulator, clock, lake)


@pytest.mark.slow
@pytest.mark.parametrize("compacted", [False, True])
def test_files_that_were_gone_come_again_from_reports_that_are_there_still(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    compacted: bool,
) -> None:
    client.sync(FEED, lake)
    if compacted:
        spr.Lake(lake).compact()
    markers = {path.name for path in Path(lake, "_spreports", ORDERS).iterdir()}
    one_file(lake)

    again = client.sync(FEED, lake, refill=True)

    assert (again.failed, again.created) == ((), 0)
    now = {path.name for path in Path(lake, "_spreports", ORDERS).iterdir()}
    assert compacted or now == markers
    check_whole(simulator, clock, lake)


@pytest.mark.slow
@pytest.mark.parametrize("delete", WAYS)
def test_files_that_are_gone_with_the_store_are_told_and_come_again(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    *,
    delete: Callable[[str], None],
) -> None:
    client.sync(FEED, lake)
    delete(lake)
    clock.advance(DAY)

    with simulator.client(home=home.with_name("new")) as other:
        with pytest.raises(spr.SinkError, match=GONE):
            other.sync(FEED, lake)
        other.sync(FEED, lake, refill=True)
        assert other.sync(FEED, lake).gaps == ()

    check_whole(simulator, clock, lake)


@pytest.mark.slow
def test_of_a_compaction_that_lacks_a_file_what_is_whole_stays(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(BY_MONTH, lake)
    spr.Lake(lake).compact()
    clock.advance(DAY)
    client.sync(BY_MONTH, lake)  # it has read the compactions
    before = {r.report_id for r in spr.Lake(lake).reports()}
    november = [path for path in files(lake) if "compact-" in path.name]
    november = [path for path in november if "2026-11" in str(path.parent)]
    lost = min(november, key=lambda path: path.stat().st_size)
    lost.unlink()

    # How many files a compaction has no listing tells; who reads, or checks, finds it
    assert client.sync(BY_MONTH, lake, dry_run=True).plan.windows == ()
    assert [p.kind for p in spr.Lake(lake).check().problems] == ["missing"]
    result = client.sync(BY_MONTH, lake, refill=True)

    after = {r.report_id for r in spr.Lake(lake).reports()}
    assert 0 < result.windows < len(before)
    assert before & after
    client.sync(BY_MONTH, lake)
    check_whole(simulator, clock, lake)


@pytest.mark.slow
def test_a_report_of_many_files_that_lacks_one_is_told_and_comes_again_whole(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(BY_MONTH, lake)
    clock.advance(DAY)
    client.sync(BY_MONTH, lake)  # its marker is known, and not read again
    stems = Counter(path.name for path in files(lake))
    several = next(path for path in files(lake) if stems[path.name] > 1)
    several.unlink()

    with pytest.raises(spr.SinkError, match="of 1 windows"):
        client.sync(BY_MONTH, lake)
    assert client.sync(BY_MONTH, lake, refill=True).windows == 1

    check_whole(simulator, clock, lake)


@pytest.mark.slow
def test_one_table_of_several_whose_folder_is_gone_comes_again(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-05")
    client.sync(feed, lake)
    before = spr.scan_lake(lake, "sales_and_traffic", latest=True).collect()
    shutil.rmtree(Path(lake, TRAFFIC, "salesAndTrafficByDate"))

    with pytest.raises(spr.SinkError, match=GONE):
        client.sync(feed, lake)
    assert client.sync(feed, lake, refill=True).failed == ()

    after = spr.scan_lake(lake, "sales_and_traffic", latest=True).collect()
    assert after.equals(before)
    assert spr.Lake(lake).check().problems == ()


@pytest.mark.slow
def test_what_another_feed_has_lost_is_left_to_that_feed(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync([FEED, FRENCH], lake)
    the_folder(lake)

    client.sync(FEED, lake, refill=True)
    with pytest.raises(REFUSED, match=GONE):
        shown(lake)
    with pytest.raises(spr.SinkError, match=GONE):
        client.sync([FEED, FRENCH], lake)
    client.sync([FEED, FRENCH], lake, refill=True)

    found = shown(lake).to_dicts()
    truth = simulator.truth(
        "orders",
        day(1) - timedelta(days=31),
        day(10),
        clock.now(),
        marketplaces=["DE"],
    )
    french = simulator.truth(
        "orders",
        day(1) - timedelta(days=31),
        day(10),
        clock.now(),
        marketplaces=["FR"],
    )
    assert Counter(map(order, found)) == Counter(
        order(dict(row)) for row in (*truth, *french)
    )


@pytest.fixture
def snapshots(client: spr.Client, clock: ManualClock, lake: str) -> list[int]:
    """The rows of two nights' snapshots; the file of the first one is gone."""
    rows = [client.sync(STOCK, lake).rows]
    first = files(lake, LISTINGS)
    clock.advance(DAY)
    rows.append(client.sync(STOCK, lake).rows)
    first[0].unlink()
    return rows


def test_an_older_snapshot_whose_file_is_gone_is_told(
    client: spr.Client, lake: str, snapshots: list[int]
) -> None:
    with pytest.raises(spr.SinkError, match="of 1 windows"):
        client.sync(STOCK, lake)
    client.sync(STOCK, lake, refill=True)

    newest = spr.scan_lake(lake, "listings", latest=True).collect()
    assert newest.height == snapshots[-1]
    assert client.sync(STOCK, lake).windows == 0
    assert spr.Lake(lake).check().problems == ()


class Killed(BaseException):
    """In the place of SIGKILL: nothing of ours catches it."""


@pytest.mark.parametrize("refill", [False, True])
@pytest.mark.parametrize("method", ["put_all", "take_away_broken"])
def test_a_refill_of_snapshots_that_is_killed_is_gone_on_with_by_the_next_run(
    client: spr.Client,
    lake: str,
    snapshots: list[int],
    monkeypatch: pytest.MonkeyPatch,
    *,
    method: str,
    refill: bool,
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    owner = Known if method == "take_away_broken" else LakeWindows
    with monkeypatch.context() as patched:
        patched.setattr(owner, method, killed)
        with pytest.raises(Killed):
            client.sync(STOCK, lake, refill=True)

    with suppress(spr.SinkError):  # told again, where nothing was written down yet
        client.sync(STOCK, lake, refill=refill)
    client.sync(STOCK, lake, refill=True)
    assert [each.rows for each in spr.Lake(lake).reports()] == snapshots
    assert spr.scan_lake(lake, "listings").collect().height == sum(snapshots)
    assert client.sync(STOCK, lake).gaps == ()


def test_a_snapshot_that_is_lost_is_taken_up_by_a_store_that_did_not_ask_for_it(
    client: spr.Client,
    simulator: Simulator,
    lake: str,
    tmp_path: Path,
    snapshots: list[int],
) -> None:
    with simulator.client(home=tmp_path / "other") as other:
        filled = other.sync(STOCK, lake, refill=True)

    assert (filled.rows, filled.created, filled.gaps) == (snapshots[0], 0, ())
    assert [each.rows for each in spr.Lake(lake).reports()] == snapshots
    assert client.sync(STOCK, lake).rows == 0


@pytest.mark.slow
def test_what_was_purged_is_not_missed_where_its_files_went_first(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake)
    spr.Lake(lake).purge(date(2026, 11, 20))
    client.sync(FEED, lake)
    backfill = client.reports(
        "orders", marketplaces=["DE"], start="2026-10-01", end="2026-11-01", reuse=False
    )
    backfill.sink(f"{lake}/{ORDERS}")
    all_files(lake)

    assert client.sync(FEED, lake).windows == 0


@pytest.mark.slow
def test_a_night_lists_the_files_of_each_data_root_once(
    client: spr.Client, clock: ManualClock, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []

    def names(place: Place) -> list[str]:
        listed.append(place.path)
        return found(place)

    feeds = [FEED, FRENCH]
    client.sync(feeds, lake)
    found = Place.names
    monkeypatch.setattr(Place, "names", names)
    clock.advance(DAY)

    assert client.sync(feeds, lake).windows > 0

    assert listed == [f"{lake}/{ORDERS}"]


@pytest.mark.slow
def test_what_comes_or_goes_after_the_listing_of_files_is_not_taken_for_lost(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    client.sync(FEED, lake)
    stream, ledger = client._stream(FEED), client._connection.ledger.windows
    known = Lakeside(
        name=lake_name(lake),
        to=lake,
        storage_options=None,
        is_delta=False,
        refill=False,
        looks=DeltaLooks(lake, None, client._connection.ledger.counts),
    )

    def look() -> Known:
        return Known.of(stream, ledger, known, clock.now())

    before = look()
    clock.advance(DAY)
    with simulator.client(home=home.with_name("other host")) as other:
        other.sync(FEED, lake)
    come = look()
    known.files.of(spr.Lake(lake)._place.below(ORDERS), anew=True)
    spr.Lake(lake).compact()

    went = look()

    assert len(come.windows) == len(before.windows) + 1
    assert {w.name for w in went.windows} == {w.name for w in come.windows}
    assert all(window.rows for window in went.windows)


@pytest.mark.slow
def test_a_refill_that_is_killed_before_the_ledger_knows_is_told_and_goes_on(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake)
    spr.Lake(lake).compact()
    one_file(lake)
    stream, ledger = client._stream(FEED), client._connection.ledger.windows
    known = Lakeside(
        name=lake_name(lake),
        to=lake,
        storage_options=None,
        is_delta=False,
        refill=True,
        looks=DeltaLooks(lake, None, client._connection.ledger.counts),
    )

    Known.of(stream, ledger, known, clock.now()).take_away_broken()

    with pytest.raises(spr.SinkError, match=GONE):
        client.sync(FEED, lake)
    assert client.sync(FEED, lake, refill=True).failed == ()
    check_whole(simulator, clock, lake)


@pytest.mark.slow
@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("everything", [False, True])
def test_a_rule_of_the_bucket_that_took_files_is_told_and_they_come_again(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    on_s3: tuple[str, dict[str, Any]],
    *,
    everything: bool,
    compacted: bool,
) -> None:
    lake, options = on_s3
    fs = fsspec.filesystem("s3", **options)
    client.sync(FEED, lake, storage_options=options)
    if compacted:
        spr.Lake(lake, storage_options=options).compact()
    found = fs.find(f"{lake}/{ORDERS}")
    for path in found if everything else found[:1]:
        fs.rm_file(path)
    before = calls(simulator)

    with pytest.raises(spr.SinkError, match=GONE):
        client.sync(FEED, lake, storage_options=options)
    assert calls(simulator) == before
    client.sync(FEED, lake, storage_options=options, refill=True)
    client.sync(FEED, lake, storage_options=options)

    check_whole(simulator, clock, lake, storage_options=options)
