"""Sync into Delta tables: restated, killed, and by several hosts at once."""

from __future__ import annotations

import pickle
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.killed import Place
from tests.sync.lake import (
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    TRAFFIC,
    Window,
    by_window,
    check_windows,
    day,
)
from tests.sync.night_clock import NightClock
from tests.sync.zygote import Zygote, zygote_of

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=3)


def window_rows(root: str) -> dict[Window, list[dict[str, Any]]]:
    """The rows of each window by its dates, as polars reads the table."""
    return by_window(pl.read_delta(root).to_dicts())


def check_orders(simulator: Simulator, root: str, first: datetime) -> datetime:
    """Each window has one version, whole; return where the last one ends."""
    return check_windows(simulator, pl.read_delta(root).to_dicts(), first)


def test_a_restated_window_replaces_its_older_version(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    root = f"{lake}/{ORDERS}"
    first = client.sync(FEED, lake, format="delta")
    asked = calls(simulator)
    again = client.sync(FEED, lake, format="delta")
    before = window_rows(root)
    clock.advance(DAY)
    second = client.sync(FEED, lake, format="delta")

    assert (first.windows, again.windows, second.windows) == (4, 0, 4)
    assert asked["createReport"] == 4
    assert [w.reason for w in second.plan.windows] == ["new", *["restated"] * 3]
    assert first.rows == sum(map(len, before.values())) > 100
    assert check_orders(simulator, root, day(1)) == day(11)
    # What was restated is there in its newer version alone
    assert window_rows(root)[day(9), day(10)] != before[day(9), day(10)]


@pytest.mark.slow
def test_a_lost_ledger_is_read_back_from_the_tables(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    feeds = [
        FEED,
        spr.Feed("listings", marketplaces=["DE"]),
        spr.Feed("settlement", marketplaces=["DE"]),
        spr.Feed(
            "sales_and_traffic", marketplaces=["DE"], since="2026-11-07", lookback=1
        ),
    ]
    first = client.sync(feeds, lake, format="delta")
    roots = [ORDERS, LISTINGS, f"{SETTLEMENT}/rows", f"{SETTLEMENT}/summary"]
    roots += [f"{TRAFFIC}/{name}" for name in ("salesAndTrafficByDate",)]
    before = {root: pl.read_delta(f"{lake}/{root}") for root in roots}
    asked = calls(simulator)
    client.close()
    shutil.rmtree(home)

    with simulator.client(home=home) as another:
        result = another.sync(feeds, lake, format="delta")
        clock.advance(DAY)
        night = another.sync(FEED, lake, format="delta")

    assert (first.failed, first.gaps) == ((), ())
    # The settlement is known by the lake's note
    assert (result.windows, result.created, result.rows) == (0, 0, 0)
    assert night.windows == 4
    assert calls(simulator)["createReport"] == asked["createReport"] + 4
    assert check_orders(simulator, f"{lake}/{ORDERS}", day(1)) == day(11)
    for root in roots[1:]:
        assert pl.read_delta(f"{lake}/{root}").equals(before[root])


def in_deltas_words(fsspecs: dict[str, Any]) -> dict[str, Any]:
    client_kwargs = fsspecs["client_kwargs"]
    return {
        "aws_access_key_id": fsspecs["key"],
        "aws_secret_access_key": fsspecs["secret"],
        "aws_endpoint_url": client_kwargs["endpoint_url"],
        "aws_region": client_kwargs["region_name"],
        "aws_allow_http": "true",
    }


def test_a_lake_on_s3_takes_the_options_that_delta_lake_knows(
    client: spr.Client, clock: ManualClock, on_s3: tuple[str, dict[str, Any]]
) -> None:
    lake, fsspecs = on_s3
    options = in_deltas_words(fsspecs)

    first = client.sync(FEED, lake, format="delta", storage_options=options)
    again = client.sync(FEED, lake, format="delta", storage_options=options)
    clock.advance(DAY)
    second = client.sync(FEED, lake, format="delta", storage_options=options)

    assert (first.failed, again.windows, second.failed) == ((), 0, ())
    frame = pl.read_delta(f"{lake}/{ORDERS}", storage_options=options)
    assert frame.height > first.rows > 0


@pytest.mark.slow
def test_a_lake_on_s3_tells_a_new_store_which_settlements_it_has(
    client: spr.Client,
    other_host: spr.Client,
    simulator: Simulator,
    on_s3: tuple[str, dict[str, Any]],
) -> None:
    lake, options = on_s3
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    feed = spr.Feed("settlement", marketplaces=["DE"])

    first, second = (
        host.sync(feed, lake, format="delta", storage_options=how)
        for host, how in ((client, in_deltas_words(options)), (other_host, options))
    )

    assert (first.windows, second.windows) == (1, 0)


@pytest.mark.slow
def test_feeds_of_a_file_make_the_lake_that_the_file_says(
    client: spr.Client, lake: str, tmp_path: Path
) -> None:
    path = tmp_path / "feeds.toml"
    said = "[[feed]]\nreport_type = 'orders'\nmarketplaces = ['DE']\nsince = '2d'\n"
    path.write_text(f"format = 'parquet'\n{said}")
    other = spr.read_feeds(path).feeds
    path.write_text(f"format = 'delta'\n{said}")
    file = spr.read_feeds(path)
    (feed,) = pickle.loads(pickle.dumps(file)).feeds  # noqa: S301 - our own

    client.sync(feed, f"{lake}/one")
    client.sync([*file.feeds, spr.Feed("listings", marketplaces=["FR"])], f"{lake}/two")
    client.sync(file.feeds, f"{lake}/three", format="parquet")
    client.sync([replace(feed, lookback=3) for feed in file.feeds], f"{lake}/changed")

    assert feed == other[0]
    assert pl.read_delta(f"{lake}/one/{ORDERS}").height > 0
    assert pl.read_delta(f"{lake}/two/{LISTINGS}").height > 0
    assert pl.read_delta(f"{lake}/changed/{ORDERS}").height > 0
    assert spr.scan_lake(f"{lake}/three", "orders").collect().height > 0
    with pytest.raises(ValueError, match="of files that say format='delta' and "):
        client.sync([*file.feeds, *other], f"{lake}/four")


def test_two_settlements_of_the_same_dates_are_both_there(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    # Of two currencies: the same dates, and listed for the same marketplaces
    for places in (["DE", "SE"], ["SE", "DE"]):
        simulator.place_report(SETTLEMENT, places, day(1), day(5))
    reports = client.existing("settlement", since="30d")

    reports.sink(lake, table="summary", format="delta")

    assert pl.read_delta(lake).height == 2


@pytest.mark.slow
def test_a_lake_stays_what_it_was_begun_as(
    client: spr.Client, lake: str, tmp_path: Path
) -> None:
    plain = str(tmp_path / "plain")
    client.sync(FEED, lake, format="delta")
    client.sync(FEED, plain)

    with pytest.raises(spr.SinkError, match=r"is a Delta table: sync it with format="):
        client.sync(FEED, lake)
    with pytest.raises(
        spr.SinkError, match=r"is kept as plain Parquet: sync it without"
    ):
        client.sync(FEED, plain, format="delta")
    with pytest.raises(ValueError, match="'parquet' or 'delta'"):
        client.sync(FEED, plain, format="iceberg")
    for url in (lake, f"{lake}/{ORDERS}"):
        with pytest.raises(spr.SinkError, match=r"read it with polars\.scan_delta"):
            spr.scan_lake(url, "orders", latest=True)
    with pytest.raises(spr.SinkError, match=r"deltalake cares for it"):
        spr.Lake(lake).compact()


@pytest.mark.slow
def test_who_scans_a_delta_lake_is_told_which_tables_are_there(
    client: spr.Client, lake: str
) -> None:
    traffic = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-08")
    client.sync([FEED, traffic], lake, format="delta")
    by_date, by_asin = "salesAndTrafficByDate", "salesAndTrafficByAsin"

    for url in (lake, f"{lake}/{TRAFFIC}"):
        with pytest.raises(spr.SinkError, match=rf"{by_date} is a .*{by_asin}$"):
            spr.scan_lake(url, "sales_and_traffic")
        with pytest.raises(spr.SinkError, match=rf"{by_asin} is a .*{by_date}$"):
            spr.scan_lake(url, "sales_and_traffic", table=by_asin)
    with pytest.raises(spr.SinkError, match=rf"there are {ORDERS}, {TRAFFIC}$"):
        spr.scan_lake(lake, "listings")


@pytest.mark.slow
def test_what_differs_is_held_back_from_a_delta_table_too(
    client: spr.Client, clock: ManualClock, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sync(FEED, lake, format="delta")
    version = deltalake.DeltaTable(f"{lake}/{ORDERS}").version()
    monkeypatch.setattr(
        "spreports.sync.quality.TableQuality.drift", lambda _: ["a column is new"]
    )
    clock.advance(DAY)

    result = client.sync(FEED, lake, format="delta", on_drift="fail")

    assert {one.kind for one in result.failed} == {"DriftError"}
    assert deltalake.DeltaTable(f"{lake}/{ORDERS}").version() == version


class Hosts:
    """An Amazon, one Delta lake, and hosts with a store each."""

    def __init__(self, folder: Path, zygote: Zygote) -> None:
        self.clock = NightClock(begun=time.monotonic())
        self.simulator = Simulator(
            clock=self.clock,
            usage_plans=False,
            delays=(0.2, 0.3),
            settlements=False,
            world=World(seed=3),
        )
        self.folder, self.lake = folder, str(folder / "lake")
        self.zygote = zygote

    def night(self, *names: str, step: str = "", nth: int = 0) -> list[int]:
        """Run hosts at once; killed where a step is reached for the n-th time."""
        made_up = self.simulator.credentials
        secrets = (made_up.refresh_token, made_up.client_id, made_up.client_secret)
        jobs = [
            {
                "place": asdict(
                    Place(
                        endpoint=self.simulator.endpoint,
                        token_url=self.simulator.token_url,
                        credentials=secrets,
                        home=str(self.folder / name),
                        lake=self.lake,
                        storage_options=None,
                        clock=asdict(self.clock),
                        format="delta",
                    )
                ),
                "step": step,
                "nth": nth,
            }
            for name in names
        ]
        codes: list[int] = self.zygote.ask(jobs)
        return codes

    def check(self) -> None:
        today = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        root = f"{self.lake}/{ORDERS}"
        first = datetime(2026, 11, 5, tzinfo=UTC)
        assert check_orders(self.simulator, root, first) == today
        covered = datetime(2026, 11, 9, tzinfo=UTC)
        by_date = window_rows(f"{self.lake}/{TRAFFIC}/salesAndTrafficByDate")
        for (start, end), rows in sorted(by_date.items()):
            assert start == covered
            covered = end + timedelta(days=1)  # asked for by its last day
            made = rows[0]["report_created_time"]
            truth = self.simulator.truth(
                "sales_and_traffic", start, covered, made, marketplaces=["DE"]
            )
            units = "salesByDate.unitsOrdered"
            assert [row[units] for row in rows] == [int(r[units]) for r in truth]
        assert covered == today
        assert self.simulator.failures == []


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with zygote_of("tests.sync.delta_host") as running:
        yield running


@pytest.fixture
def hosts(tmp_path: Path, zygote: Zygote) -> Iterator[Hosts]:
    made = Hosts(tmp_path, zygote)
    with made.simulator:
        yield made


@pytest.mark.slow
def test_killed_between_commit_and_ledger_nothing_is_lost_or_doubled(
    hosts: Hosts,
) -> None:
    assert hosts.night("one", step="landed", nth=2) == [-signal.SIGKILL]
    asked = calls(hosts.simulator)

    assert hosts.night("one") == [0]

    hosts.check()
    after = calls(hosts.simulator)
    assert after["createReport"] == asked["createReport"] == 3
    assert after["document"] == 3


@pytest.mark.slow
def test_two_hosts_at_once_lose_and_double_nothing(hosts: Hosts) -> None:
    for _ in range(2):
        assert hosts.night("one", "two") == [0, 0]
        hosts.check()
        hosts.clock.days += 1
    assert hosts.night("three") == [0]
    hosts.check()


def test_other_partitions_than_the_tables_are_refused_before_anything_is_asked(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = replace(FEED, since="2026-11-09", partition_by=("purchase-date:day",))
    client.sync(feed, lake, format="delta")
    clock.advance(DAY)
    asked = calls(simulator)

    said = "is partitioned by purchase-date:day: say the same"
    for by in ((), ("purchase-date:month",), ("order-status",)):
        with pytest.raises(spr.SinkError, match=said):
            client.sync(replace(feed, partition_by=by), lake, format="delta")

    assert calls(simulator) == asked
    assert client.sync(feed, lake, format="delta").failed == ()
    rows = pl.read_delta(f"{lake}/{ORDERS}")
    assert rows["purchase-date_day"].null_count() == rows["purchase-date"].null_count()


@pytest.mark.slow
def test_a_table_that_is_partitioned_by_plain_columns_takes_a_feed_that_says_none(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = replace(FEED, since="2026-11-09", partition_by=("order-status", "report_id"))
    client.sync(feed, lake, format="delta")
    clock.advance(DAY)

    assert client.sync(replace(feed, partition_by=()), lake, format="delta").rows > 0
    assert client.sync(feed, lake, format="delta").failed == ()
