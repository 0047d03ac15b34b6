"""A lake on Azure and on Google is a lake: the promises of one on S3, kept there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.cli import main
from spreports.load.parquet import sink
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.load.lake import Bucket, markers
from tests.load.rows import breaking, orders, reader
from tests.load.test_target import noise
from tests.sync.conftest import client, clock, home, other_host, simulator
from tests.sync.lake import check_windows, day

__all__ = ["client", "clock", "home", "other_host", "simulator"]

pytestmark = [
    pytest.mark.slow,
    # aiohttp of what adlfs and gcsfs hand it
    pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning"),
]
FEEDS = [
    spr.Feed("orders", marketplaces=["DE"], since="2026-11-06", lookback=2),
    spr.Feed("listings", marketplaces=["DE"]),
]


def test_a_large_file_arrives_whole_and_others_read_it(store: Bucket) -> None:
    table = noise(250_000)  # more than a block of an upload

    result = sink(reader(table), store.url, stem="7", storage_options=store.options)

    (key,) = (each for each in store.objects() if each.endswith(".parquet"))
    assert store.fs.size(f"{store.name}/{key}") == result.bytes > 8 << 20
    found = pq.read_table(f"{store.name}/{key}", filesystem=store.fs)
    assert found.equals(table)
    with duckdb.connect() as connection:
        connection.register_filesystem(store.fs)
        url = f"{store.url.partition('://')[0]}://{store.name}/{key}"
        rows = connection.execute(
            "SELECT count(DISTINCT n) FROM read_parquet(?)", [url]
        )
        assert rows.fetchall() == [(250_000,)]


def test_a_reader_that_breaks_leaves_nothing_and_what_was_there_stays(
    store: Bucket,
) -> None:
    broken = breaking(noise(250_000), 1, RuntimeError("broken"))
    with pytest.raises(RuntimeError):
        sink(broken, store.url, stem="7", storage_options=store.options)
    assert store.objects() == set()

    sink(reader(orders(30)), store.url, stem="7", storage_options=store.options)
    before = {key: store.fs.cat_file(f"{store.name}/{key}") for key in store.objects()}
    broken = breaking(noise(250_000), 1, RuntimeError("broken"))
    with pytest.raises(RuntimeError):
        sink(broken, store.url, stem="8", storage_options=store.options)

    after = {key: store.fs.cat_file(f"{store.name}/{key}") for key in store.objects()}
    assert after == before


def test_an_upload_that_breaks_off_leaves_nothing_of_its_blocks(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    # The emulator knows no way to give an upload up, which gcsfs then tries six times
    monkeypatch.setattr(store.fs, "retries", 1, raising=False)
    handle = type(store.fs.open(f"{store.name}/x", "wb", autocommit=False))
    monkeypatch.setattr(handle, "close", full)
    with pytest.raises(spr.SinkError, match="No space left"):
        sink(reader(noise(250_000)), store.url, stem="7", storage_options=store.options)

    monkeypatch.undo()
    assert not any(key.endswith(".parquet") for key in store.objects())
    assert markers(store.url, store.options) == []


def test_nights_of_two_hosts_bring_each_row_once_through_all_that_keeps_a_lake(
    client: spr.Client,
    other_host: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    store: Bucket,
) -> None:
    lake = f"{store.url.rpartition('/')[0]}/lake"
    for host in (client, other_host, client):
        result = host.sync(FEEDS, lake, storage_options=store.options)
        assert (result.failed, result.gaps) == ((), ())
        clock.advance(86_400)
        opened = spr.Lake(lake, storage_options=store.options)
        assert opened.check(deep=True)
        opened.compact()
    assert client.sync(FEEDS, lake, storage_options=store.options).failed == ()

    whole = spr.scan_lake(
        lake, "orders", latest=True, metadata=True, storage_options=store.options
    ).collect()
    made = {one.report_id: one.created_time for one in opened.reports("orders")}
    rows = [
        {**row, "report_created_time": made[row["report_id"]]}
        for row in whole.to_dicts()
    ]
    assert check_windows(simulator, rows, day(6)) == day(13)
    frame = spr.scan_lake(lake, "orders", latest=True, storage_options=store.options)
    assert frame.select(pl.len()).collect().item() == whole.height
    some = frame.filter(pl.col("purchase-date") >= day(11)).collect()
    assert some.height == (whole["purchase-date"] >= day(11)).sum() > 0

    opened.purge(day(10).date(), "orders")
    left = spr.scan_lake(lake, "orders", storage_options=store.options).collect()
    assert left["purchase-date"].min() >= day(10)  # type: ignore[operator]  # a time
    assert opened.check(deep=True)


def test_a_host_whose_store_is_lost_asks_for_nothing_again(
    client: spr.Client, other_host: spr.Client, store: Bucket
) -> None:
    lake = f"{store.url.rpartition('/')[0]}/lake"
    first = client.sync(FEEDS, lake, storage_options=store.options)
    before = store.objects()

    second = other_host.sync(FEEDS, lake, storage_options=store.options)

    assert first.windows > 0
    assert (second.windows, second.rows, second.failed) == (0, 0, ())
    assert store.objects() == before


def test_a_document_in_a_store_is_read_as_one_on_the_disk(
    store: Bucket, tmp_path: Path
) -> None:
    lines = "".join(f"{n}\tB{n:09}\t{n}.50\n" for n in range(5_000))
    (tmp_path / "all.txt").write_text(f"seller-sku\tasin1\tprice\n{lines}")
    store.fs.put(str(tmp_path / "all.txt"), f"{store.name}/all.txt")
    url = f"{store.url.rpartition('/')[0]}/all.txt"

    there = spr.open_document(
        url, report_type="listings", storage_options=store.options
    ).read()

    here = spr.open_document(tmp_path / "all.txt", report_type="listings").read()
    assert there.equals(here)
    with pytest.raises(
        spr.DocumentError, match=r"other\.txt cannot be read: .*[Nn]o such"
    ):
        spr.open_document(
            url.replace("all", "other"),
            report_type="listings",
            storage_options=store.options,
        ).read()


def test_a_container_that_is_missing_is_named_by_its_stores_word(
    store: Bucket,
) -> None:
    protocol = store.url.partition("://")[0]
    word = {"az": "container", "gs": "bucket"}[protocol]
    with pytest.raises(
        spr.SinkError, match=f"{protocol}://no-such-one/orders: there is no such {word}"
    ):
        sink(
            reader(orders(3)),
            f"{protocol}://no-such-one/orders",
            stem="7",
            storage_options=store.options,
        )


def test_the_commands_reach_a_lake_by_what_the_environment_says(
    azure: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sink(reader(orders(30)), azure.url, stem="7", storage_options=azure.options)
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", azure.options["connection_string"]
    )

    status = main(["lake", "check", azure.url.rpartition("/")[0]])

    assert status == os.EX_OK, capsys.readouterr().err
