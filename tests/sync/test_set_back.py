"""A store or a lake that is older than the other: nothing doubled, nothing lost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from spreports.simulator.marketplaces import Marketplace
from spreports.simulator.world.world import Row
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import LASTING, calls
from tests.sync.lake import ORDERS, SETTLEMENT, TRAFFIC, day, order

if TYPE_CHECKING:
    import polars as pl

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=2)
TRAFFIC_FEED = spr.Feed(
    "sales_and_traffic", marketplaces=["DE"], since="2026-11-05", lookback=1
)
LACKS = "was it restored from an older copy"


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A business whose rows are settled after two days."""
    world = World(seed=1, orders_per_hour=1, settled_days=1)
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        rows=20,
        world=world,
    ) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


def check(simulator: Simulator, clock: ManualClock, lake: str, end: datetime) -> None:
    """The newest versions are the world's orders, each of them once."""
    truth = simulator.truth("orders", day(1), end, clock.now(), marketplaces=["DE"])
    found = spr.scan_lake(lake, "orders", latest=True).collect().to_dicts()
    assert Counter(map(_name, found)) == Counter(_name(dict(row)) for row in truth)


def _name(row: dict[str, Any]) -> tuple[Any, ...]:
    """What of an order no night changes."""
    return order(row)[0], order(row)[6]


@pytest.mark.slow
@pytest.mark.parametrize("compacted", [False, True])
def test_a_store_that_was_set_back_learns_from_the_lake_what_it_lacks(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path, compacted: bool
) -> None:
    feeds = [FEED, TRAFFIC_FEED]
    with simulator.client(home=home) as client:
        for feed in feeds:  # one's cool-downs take the other's time on this clock
            assert client.sync(feed, lake).failed == ()
    with simulator.client(home=home.with_name("other host")) as other:
        for _ in range(3):
            clock.advance(DAY)
            other.sync(feeds, lake)
    if compacted:
        spr.Lake(lake).compact(drop_superseded=True)
    documents = calls(simulator)["document"]

    with simulator.client(home=home) as client:
        assert client.sync(feeds, lake, dry_run=True).plan.windows == ()
        assert client.sync(feeds, lake).windows == 0
        assert calls(simulator)["document"] == documents
        clock.advance(DAY)
        assert client.sync(feeds, lake).windows == 3 + 2

    check(simulator, clock, lake, day(14))
    kept = spr.scan_lake(lake, TRAFFIC, latest=True).collect()
    assert sorted(kept["date"].unique()) == [date(2026, 11, n) for n in range(5, 14)]
    assert kept.height == kept["date"].n_unique()


@pytest.mark.slow
def test_a_lake_that_was_away_for_some_nights_comes_back_whole(
    client: spr.Client, simulator: Simulator, clock: ManualClock, tmp_path: Path
) -> None:
    disks = [tmp_path / "disk1", tmp_path / "disk2"]
    client.sync(FEED, disks[0])
    disks[0].rename(disks[1])
    for _ in range(3):
        clock.advance(DAY)
        client.sync(FEED, disks[1])
    disks[1].rename(disks[0])
    clock.advance(DAY)

    client.sync(FEED, disks[0])

    check(simulator, clock, str(disks[0]), day(14))


@pytest.mark.slow
def test_a_marker_that_is_known_is_not_read_again(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    french = spr.Feed("orders", marketplaces=["FR"], since="2026-11-01", lookback=2)
    for _ in range(2):
        client.sync([FEED, french], lake)
        clock.advance(DAY)
    for marker in Path(lake, "_spreports", ORDERS).glob("*.json"):
        marker.write_text("nobody reads this")

    assert client.sync([FEED, french], lake).windows == 6


@pytest.mark.slow
def test_a_report_whose_last_table_comes_later_is_found_whole_then(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    client.sync(TRAFFIC_FEED, lake)
    clock.advance(DAY)
    state = Path(lake, TRAFFIC, "_spreports")
    with simulator.client(home=home.with_name("other host")) as other:
        other.sync(TRAFFIC_FEED, lake)
        first, last = sorted(folder.name for folder in state.iterdir())
        away = home.with_name("away")
        new = [path.name for path in (state / first).glob("*.json")]
        shutil.copytree(state / last, away)
        for name in sorted(new)[-2:]:
            (state / last / name).unlink()
    # The other host is not done yet: this one waits for nobody, and asks for the days
    asked = client.sync(TRAFFIC_FEED, lake, dry_run=True).plan.windows
    shutil.copytree(away, state / last, dirs_exist_ok=True)

    assert len(asked) == 2
    assert client.sync(TRAFFIC_FEED, lake).windows == 0


@pytest.mark.slow
def test_a_lake_that_was_set_back_is_told_and_filled_where_it_lacks_rows(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    copy = home.with_name("copy")
    client.sync([FEED, TRAFFIC_FEED], lake)
    shutil.copytree(lake, copy)
    for _ in range(3):
        clock.advance(DAY)
        client.sync([FEED, TRAFFIC_FEED], lake)
    shutil.rmtree(lake)
    shutil.copytree(copy, lake)
    before = calls(simulator)

    for dry in (True, False):
        with pytest.raises(spr.SinkError, match=LACKS) as caught:
            client.sync([FEED, TRAFFIC_FEED], lake, dry_run=dry)
    assert "refill=True" in str(caught.value)
    assert calls(simulator) == before
    result = client.sync([FEED, TRAFFIC_FEED], lake, refill=True)

    assert (result.failed, result.gaps, result.created) == ((), (), 0)
    assert client.sync([FEED, TRAFFIC_FEED], lake).windows == 0
    check(simulator, clock, lake, day(13))
    kept = spr.scan_lake(lake, TRAFFIC, latest=True).collect()
    assert sorted(kept["date"].unique()) == [date(2026, 11, n) for n in range(5, 13)]


class Deserted(World):
    """A world of which reports have nothing but columns from a day on."""

    def rows(
        self,
        report_type: str,
        places: Sequence[Marketplace],
        start: datetime,
        end: datetime,
        as_of: datetime,
        *,
        period: str = "DAY",
    ) -> dict[str, list[Row]]:
        found = World.rows(self, report_type, places, start, end, as_of, period=period)
        return {name: [] for name in found} if as_of >= day(12) else found


def test_a_day_that_was_restated_to_no_rows_shows_none_of_an_older_copy(
    clock: ManualClock, lake: str, home: Path
) -> None:
    copy = home.with_name("copy")
    with (
        Simulator(
            clock=clock,
            usage_plans=False,
            delays=(0.3, 0.5),
            settlements=False,
            world=Deserted(seed=1),
        ) as simulator,
        simulator.client(home=home) as client,
    ):
        # Two days of windows, that each night asks for again
        feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-10", lookback=9)
        clock.advance(DAY)
        first = client.sync(feed, lake)
        shutil.copytree(lake, copy)
        clock.advance(DAY)
        last = client.sync(feed, lake)
        assert (first.rows > 0, last.windows, last.rows) == (True, 2, 0)
        assert shown(lake).is_empty()
        for drop in (False, True):
            spr.Lake(lake).compact(drop_superseded=drop)
            assert client.sync(feed, lake).windows == 0
        shutil.rmtree(lake)
        shutil.copytree(copy, lake)
        assert shown(lake).height == first.rows
        before = calls(simulator)

        result = client.sync(feed, lake)

        assert (result.failed, result.gaps, result.created) == ((), (), 0)
        assert shown(lake).is_empty()
        assert calls(simulator)["document"] == before["document"]
        assert client.sync(feed, lake).windows == 0


def shown(lake: str) -> pl.DataFrame:
    return spr.scan_lake(lake, "orders", latest=True).collect()


def test_settlements_of_a_lake_that_was_set_back_are_listed_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feed = spr.Feed("settlement", marketplaces=["DE"])
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(feed, lake)
    shutil.copytree(lake, home.with_name("copy"))
    clock.advance(DAY)
    simulator.place_report(SETTLEMENT, ["DE"], day(5), day(9))
    second = client.sync(feed, lake)
    whole = spr.scan_lake(lake, "settlement").collect()
    shutil.rmtree(lake)
    shutil.copytree(home.with_name("copy"), lake)

    with pytest.raises(spr.SinkError, match=LACKS):
        client.sync(feed, lake)
    again = client.sync(feed, lake, refill=True)

    assert again.rows == second.rows > 0
    assert spr.scan_lake(lake, "settlement").collect().height == whole.height


@pytest.mark.slow
def test_what_people_do_to_a_lake_is_not_taken_for_a_loss(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    listings = spr.Feed("listings", marketplaces=["DE"])
    settled = spr.Feed("settlement", marketplaces=["DE"])
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    feeds = [FEED, TRAFFIC_FEED, listings, settled]
    for _ in range(3):
        client.sync(feeds, lake)
        clock.advance(DAY)
    kept = spr.Lake(lake)

    def night(*these: spr.Feed) -> None:
        result = client.sync(these or feeds, lake)
        assert (result.failed, result.gaps) == ((), ())
        clock.advance(DAY)

    kept.compact()
    night()
    kept.compact(drop_superseded=True)
    night()
    kept.protect(["ship-postal-code"], "orders")
    night()
    kept.purge(date(2026, 11, 9))
    night()
    kept.compact(drop_superseded=True)
    by_month = spr.Feed(
        "orders",
        marketplaces=["DE"],
        since="2026-11-01",
        lookback=2,
        partition_by=["purchase-date:month"],
    )
    night(by_month, TRAFFIC_FEED, listings, settled)
    # The very same days by a plain sink, newer; the version of the feed is dropped
    client.reports(
        "orders", marketplaces=["DE"], start=day(15), end=day(16), reuse=False
    ).sink(f"{lake}/{ORDERS}")
    kept.compact(drop_superseded=True)
    night()
    kept.purge(date(2026, 12, 20))
    night()


@pytest.mark.slow
def test_a_feed_that_shares_a_marketplace_is_refused_by_what_the_lake_has(
    client: spr.Client, simulator: Simulator, lake: str, home: Path
) -> None:
    wider = spr.Feed("orders", marketplaces=["DE", "FR"], since="2026-11-01")
    beside = spr.Feed("orders", marketplaces=["FR"], since="2026-11-01")
    later = spr.Feed("orders", marketplaces=["DE", "FR"], since="2026-11-10")
    client.sync(FEED, lake)
    before = calls(simulator)

    with simulator.client(home=home.with_name("other")) as other:
        with pytest.raises(spr.SinkError, match="would be there twice"):
            other.sync(wider, lake)
        assert calls(simulator) == before
        assert other.sync(later, lake).failed == ()
    with simulator.client(home=home.with_name("third")) as third:
        assert third.sync(beside, lake).rows > 0


def test_what_a_killed_run_has_landed_is_not_downloaded_again(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    def killed(step: str) -> None:
        if step == "landed":
            raise KeyboardInterrupt

    stream = client._stream(FEED)
    with pytest.raises(KeyboardInterrupt):
        run(client._connection, [stream], lake, at=killed)

    landed = len(spr.Lake(lake).reports())
    due = client.sync(FEED, lake, dry_run=True).plan.windows
    result = client.sync(FEED, lake)

    assert landed == 1
    assert len(due) == result.windows == 2
    assert (result.failed, result.gaps) == ((), ())
