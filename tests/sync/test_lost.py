"""A lake that is gone while its ledger is there: told, never silently begun anew."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Simulator
from spreports.sync.roots import lake_name
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import ORDERS, SETTLEMENT, check_orders, day, order

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=3)
GONE = "was it deleted or moved, or is its disk not mounted"


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_lake_that_is_gone_is_an_error_before_anything_is_asked(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, how: str
) -> None:
    first = client.sync(FEED, lake, format=how)
    shutil.rmtree(lake)
    clock.advance(DAY)
    before = calls(simulator)

    for dry in (False, True):
        with pytest.raises(spr.SinkError, match=GONE) as caught:
            client.sync(FEED, lake, format=how, dry_run=dry)

    assert f"none of the {first.rows} rows" in str(caught.value)
    assert "2026-11-01" in str(caught.value)
    assert calls(simulator) == before
    assert not Path(lake).exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_lake_that_is_gone_is_filled_anew_when_that_is_said(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, how: str
) -> None:
    first = client.sync(FEED, lake, format=how)
    clock.advance(DAY)
    shutil.rmtree(lake)

    again = client.sync(FEED, lake, format=how, refill=True)
    # Reports of the night before were taken up again: they are restated at once
    client.sync(FEED, lake, format=how)
    then = client.sync(FEED, lake, format=how)

    assert again.rows > first.rows
    assert (again.failed, again.gaps, then.windows) == ((), (), 0)
    if how == "parquet":
        newest = spr.scan_lake(lake, "orders", latest=True).collect()
    else:
        newest = pl.read_delta(f"{lake}/{ORDERS}")
    truth = simulator.truth("orders", day(1), day(11), clock.now(), marketplaces=["DE"])
    assert Counter(map(order, newest.to_dicts())) == Counter(
        order(dict(row)) for row in truth
    )


def test_refill_leaves_a_lake_alone_that_is_there(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    client.sync(FEED, lake)
    before = calls(simulator)

    assert client.sync(FEED, lake, refill=True).windows == 0
    assert calls(simulator) == before


def test_what_amazon_makes_by_itself_is_listed_again_for_a_lake_that_is_gone(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    feed = spr.Feed("settlement", marketplaces=["DE"])
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    first = client.sync(feed, lake)
    before = spr.scan_lake(lake, "settlement").collect()
    shutil.rmtree(lake)

    with pytest.raises(spr.SinkError, match=GONE):
        client.sync(feed, lake)
    again = client.sync(feed, lake, refill=True)

    assert again.rows == first.rows > 0
    assert spr.scan_lake(lake, "settlement").collect().equals(before)


def test_a_refill_tells_from_when_on_amazon_lists_what_it_makes_by_itself(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    feed = spr.Feed("settlement", marketplaces=["DE"], since="200d")
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    first = client.sync(feed, lake)
    shutil.rmtree(lake)

    again = client.sync(feed, lake, refill=True)

    assert [gap.kind for gap in again.gaps] == ["Expired"]
    assert again.gaps == first.gaps


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_snapshots_of_a_lake_that_is_gone_come_again_from_their_own_reports(
    client: spr.Client, clock: ManualClock, lake: str, how: str
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE"])
    rows = 0
    for _ in range(3):
        rows += client.sync(feed, lake, format=how).rows
        clock.advance(DAY)
    shutil.rmtree(lake)

    again = client.sync(feed, lake, format=how, refill=True)

    assert (again.windows, again.created, again.adopted) == (4, 1, 3)
    assert (again.failed, again.gaps) == ((), ())
    assert again.rows > rows > 0
    assert client.sync(feed, lake, format=how).windows == 0


@pytest.mark.slow
def test_a_feed_that_is_gone_is_told_beside_one_that_is_there(
    client: spr.Client, lake: str
) -> None:
    traffic = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-07")
    client.sync([FEED, traffic], lake)
    for folder in (f"{lake}/{ORDERS}", f"{lake}/_spreports/{ORDERS}"):
        shutil.rmtree(folder)

    with pytest.raises(spr.SinkError, match=f"{ORDERS} has none of"):
        client.sync([traffic, FEED], lake)
    assert client.sync(traffic, lake).failed == ()


@pytest.mark.slow
def test_a_compacted_lake_is_not_taken_for_a_lost_one(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake)
    spr.Lake(lake).compact()
    assert not list(Path(lake, "_spreports", ORDERS).glob("[0-9]*.json"))

    assert client.sync(FEED, lake).windows == 0
    clock.advance(DAY)
    assert client.sync(FEED, lake).windows == 4


def test_a_lake_whose_every_row_was_purged_is_not_taken_for_a_lost_one(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake)
    kept = spr.Lake(lake)
    kept.purge(date(2026, 11, 20))
    kept.purge(date(2026, 11, 5))  # an earlier day takes nothing back
    assert kept.reports() == ()

    assert client.sync(FEED, lake).windows == 0
    clock.advance(DAY)
    assert client.sync(FEED, lake).windows == 1


@pytest.mark.slow
def test_a_bucket_that_was_emptied_is_told_and_one_that_was_purged_is_not(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    on_s3: tuple[str, dict[str, Any]],
) -> None:
    lake, options = on_s3
    client.sync(FEED, lake, storage_options=options)
    fs = fsspec.filesystem("s3", **options)

    spr.Lake(lake, storage_options=options).purge(date(2026, 11, 20))
    assert client.sync(FEED, lake, storage_options=options).windows == 0

    clock.advance(20 * DAY)
    assert client.sync(FEED, lake, storage_options=options).rows > 0
    fs.rm(lake, recursive=True)
    with pytest.raises(spr.SinkError, match=GONE):
        client.sync(FEED, lake, storage_options=options)
    client.sync(FEED, lake, storage_options=options, refill=True)
    check_orders(
        simulator,
        f"{lake}/{ORDERS}",
        day(1),
        day(30),
        clock.now(),
        marketplaces=["DE"],
        storage_options=options,
    )


def test_one_bucket_name_at_two_services_is_two_lakes() -> None:
    def name(**options: object) -> str:
        return lake_name("s3://bucket/lake/", options)

    here = name(endpoint_url="http://minio.example:9000")
    there = name(client_kwargs={"endpoint_url": "https://r2.example"})
    assert len({name(), name(key="k", secret="s"), here, there}) == 3
    assert name(key="k") == lake_name("s3://bucket/lake") == "s3://bucket/lake"
    assert "hidden" not in name(endpoint_url="http://user:hidden@minio.example")
    azure = {lake_name("abfs://lake", {"account_name": one}) for one in ("a", "b")}
    azure |= {lake_name(f"abfs://{one}@a.dfs.core.windows.net/x") for one in "ab"}
    assert len(azure) == 4
    assert lake_name("~no-one/lake").endswith("/~no-one/lake")  # it is nobody's home


def test_a_lake_has_one_name_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    wanted = str((tmp_path / "disk" / "lake").resolve())
    ways = [
        "disk/lake",
        "./disk/lake/",
        "~/disk/lake",
        "link/lake",
        "link/../disk/lake",
    ]
    ways += [str(tmp_path / "link" / "lake"), f"file://{tmp_path}/disk/lake"]
    ways += [f"local://{tmp_path}/disk/lake", f"file:{tmp_path}/link/lake/"]
    ways += ["file:disk/lake", "file:~/disk/lake", f"local:{tmp_path}/disk/lake"]

    assert {lake_name(way) for way in ways} == {wanted}
    assert lake_name("s3a://bucket/lake") == lake_name("s3://bucket/lake/")
    assert lake_name("s3://user:word@bucket/lake") == "s3://bucket/lake"


def test_a_lake_that_was_named_by_the_working_directory_is_known_by_its_files(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    feeds = [spr.Feed("orders", marketplaces=["DE"], since="2026-11-08")]
    client.sync(feeds, f"file:{lake}")
    asked = calls(simulator)["createReport"]
    ledger = client._connection.ledger
    with ledger._write() as db:  # as `lake_name` once was
        for table in ("lake_windows", "lake_feeds", "lake_markers"):
            db.execute(f"UPDATE {table} SET lake = ?", (str(Path(f"file:{lake}")),))

    again = client.sync(feeds, f"file:{lake}")

    assert (again.windows, again.failed, again.gaps) == (0, (), ())
    assert calls(simulator)["createReport"] == asked > 0
