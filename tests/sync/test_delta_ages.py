"""Nights of a Delta lake do not grow with its age; what others do to it is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from tests.clocks import ManualClock
from tests.sync.conftest import LASTING
from tests.sync.lake import ORDERS, delete_before
from tests.sync.test_set_back import DAY

FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-08", lookback=1)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A small business."""
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        rows=5,
        world=World(seed=1, orders_per_hour=1),
    ) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def requests(
    on_s3: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Counter[str]:
    """Counts what the lake's bucket is asked for: logs, data and the rest."""
    asked: Counter[str] = Counter()
    bucket = on_s3[0].removeprefix("s3://").partition("/")[0]
    parse = BaseHTTPRequestHandler.parse_request

    def noting(handler: BaseHTTPRequestHandler) -> bool:
        is_whole = parse(handler)
        if is_whole and handler.path.startswith(f"/{bucket}"):
            is_log, is_data = "_delta_log" in handler.path, ".parquet" in handler.path
            what = "log" if is_log else "data" if is_data else "other"
            asked[f"{handler.command} {what}"] += 1
        return is_whole

    monkeypatch.setattr(BaseHTTPRequestHandler, "parse_request", noting)
    return asked


@pytest.mark.slow
def test_a_night_asks_an_old_lake_no_more_than_a_young_one(
    client: spr.Client,
    clock: ManualClock,
    on_s3: tuple[str, dict[str, Any]],
    requests: Counter[str],
) -> None:
    lake, options = on_s3

    def night() -> Counter[str]:
        requests.clear()
        result = client.sync(FEED, lake, storage_options=options, format="delta")
        assert (result.failed, result.gaps) == ((), ())
        return +requests

    def nights(count: int) -> tuple[Counter[str], Counter[str]]:
        for _ in range(count):
            clock.advance(DAY)
            working = night()
        return working, night()

    night()
    young = nights(6)
    # As many commits after the last checkpoint: there are two a night
    old = nights(5)

    for before, after in zip(young, old, strict=True):
        assert before["GET log"] > 0
        assert after["GET data"] <= before["GET data"]
        assert after.total() <= before.total() + 3


def rows(lake: str) -> list[tuple[object, ...]]:
    return sorted(pl.read_delta(f"{lake}/{ORDERS}").rows(), key=repr)


def data_files(lake: str) -> list[Path]:
    """The files that the table has now."""
    return list(map(Path, deltalake.DeltaTable(f"{lake}/{ORDERS}").file_uris()))


def test_a_file_that_is_known_is_not_read_again_but_has_to_be_there(
    client: spr.Client, lake: str
) -> None:
    client.sync(FEED, lake, format="delta")
    client.sync(FEED, lake, format="delta")
    spoilt, *others = data_files(lake)
    whole = spoilt.read_bytes()
    spoilt.write_bytes(b"no Parquet")

    assert client.sync(FEED, lake, format="delta").windows == 0

    spoilt.unlink()
    with pytest.raises(spr.SinkError):
        client.sync(FEED, lake, format="delta")
    spoilt.write_bytes(whole)
    assert others
    assert client.sync(FEED, lake, format="delta").windows == 0


def test_files_of_a_partitioned_table_are_not_read_again(
    client: spr.Client, lake: str
) -> None:
    feed = spr.Feed(
        "orders",
        marketplaces=["DE"],
        since="2026-11-08",
        partition_by=["purchase-date:day", "order-status"],
    )
    client.sync(feed, lake, format="delta")
    client.sync(feed, lake, format="delta")
    for path in data_files(lake):
        path.write_bytes(b"no Parquet")

    assert client.sync(feed, lake, format="delta").windows == 0


@pytest.mark.slow
def test_what_others_do_to_files_that_are_known_is_seen(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEED, lake, format="delta")
    for _ in range(3):
        clock.advance(DAY)
        assert client.sync(FEED, lake, format="delta").failed == ()
    whole = rows(lake)

    deltalake.DeltaTable(f"{lake}/{ORDERS}").optimize.compact()
    assert client.sync(FEED, lake, format="delta").windows == 0
    assert rows(lake) == whole

    # Back to files that are known from before, but for the last nights'
    deltalake.DeltaTable(f"{lake}/{ORDERS}").restore(2)
    with pytest.raises(spr.SinkError, match="refill=True"):
        client.sync(FEED, lake, format="delta")
    assert client.sync(FEED, lake, format="delta", refill=True).failed == ()
    assert rows(lake) == whole

    table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
    table.vacuum(0, enforce_retention_duration=False, dry_run=False)
    assert client.sync(FEED, lake, format="delta").windows == 0
    delete_before(deltalake.DeltaTable(f"{lake}/{ORDERS}"), clock.now())
    assert client.sync(FEED, lake, format="delta").failed == ()
    assert rows(lake) == []
