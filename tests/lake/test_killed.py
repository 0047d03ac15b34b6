"""What a killed sink leaves goes, also where nobody sinks that report again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from spreports.lake.care import clear_killed
from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.load import local
from spreports.load.marker import intent_bytes
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of

REPOSITORY = Path(__file__).parents[2]
DAY = 86_400.0
BY = ["sku"]

# Stops at the write of a state file: there it is killed, or waits until it is told
CHILD = """
import os, signal, sys
from spreports.load import local
from spreports.load.marker import intent_bytes
from tests.lake.lakes import Lakeside, orders

lake, name, how, report_id, rows = sys.argv[1:]
write = local.LocalTarget.write_state

def stopped(self, state, data):
    if state == name:
        print("there", flush=True)
        if how == "waits":
            sys.stdin.readline()
        elif how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
    write(self, state, data)
    if state == name and how == "dies after":
        os.kill(os.getpid(), signal.SIGKILL)

local.LocalTarget.write_state = stopped
lakeside = Lakeside(lake, {}, None)
lakeside.put(report_id, orders(1, int(rows)), day=1, partition_by=["sku"])
"""


def start(
    shore: Lakeside, name: str, how: str, report_id: str = "9", rows: int = 5
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", CHILD, shore.url, name, how, report_id, str(rows)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(shore: Lakeside, name: str = "9.json", how: str = "dies", **what: Any) -> None:
    with start(shore, name, how, **what) as child:
        assert child.wait(600) == -signal.SIGKILL


def by_duckdb(shore: Lakeside) -> list[tuple[Any, ...]]:
    """Order and quantity of all that lies below the root, whatever the markers say."""
    with duckdb.connect() as connection:
        found: list[tuple[Any, ...]] = connection.execute(
            'SELECT "amazon-order-id", quantity FROM read_parquet(?) ORDER BY ALL',
            [f"{shore.root()}/**/*.parquet"],
        ).fetchall()
    return found


def by_scan(shore: Lakeside) -> list[tuple[Any, ...]]:
    """The same of what counts."""
    return (
        shore.scan()
        .select("amazon-order-id", "quantity")
        .collect()
        .sort("amazon-order-id")
        .rows()
    )


def orders_of(*days: tuple[int, int]) -> list[tuple[Any, ...]]:
    """The same of so many rows of some days."""
    tables = [orders(day, rows) for day, rows in days]
    both = pl.DataFrame(pa.concat_tables(tables))
    return both.select("amazon-order-id", "quantity").rows()


def kinds(shore: Lakeside) -> list[str]:
    return sorted(problem.kind for problem in spr.Lake(shore.url).check().problems)


def fill(shore: Lakeside) -> list[tuple[Any, ...]]:
    shore.put("1", orders(0), day=0, partition_by=BY)
    return orders_of((0, 6))


@pytest.mark.slow
def test_a_compaction_clears_a_killed_sink_that_nobody_repeats(shore: Lakeside) -> None:
    rows = fill(shore)
    kill(shore)
    assert len(by_duckdb(shore)) == len(rows) + 5
    assert "unfinished" in kinds(shore)

    cleared = spr.Lake(shore.url).compact().cleared

    assert cleared == 3
    assert by_duckdb(shore) == by_scan(shore) == rows
    assert spr.Lake(shore.url).check(deep=True)
    left = Path(shore.url, "_spreports", ORDERS).iterdir()
    assert [path.name for path in left] == ["1.json"]


@pytest.mark.slow
def test_partitions_of_a_killed_sink_alone_go_with_their_folders(
    shore: Lakeside,
) -> None:
    kill(shore)

    spr.Lake(shore.url).compact()

    assert not list(Path(shore.root()).rglob("*"))


@pytest.mark.slow
def test_a_clearing_that_is_killed_itself_is_ended_by_the_next(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fill(shore)
    kill(shore)
    drop, dropped = local.LocalTarget.drop, 0

    def pressed(self: local.LocalTarget, path: str) -> None:
        nonlocal dropped
        drop(self, path)
        dropped += 1
        if dropped == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(local.LocalTarget, "drop", pressed)
        with pytest.raises(KeyboardInterrupt):
            spr.Lake(shore.url).compact()
    assert by_scan(shore) == rows
    spr.Lake(shore.url).compact()

    assert by_duckdb(shore) == rows
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.slow
def test_files_that_a_marker_names_are_never_cleared(shore: Lakeside) -> None:
    shore.put("9", orders(1, 4), day=1, partition_by=BY)
    before = shore.data_files()
    kill(shore, how="dies", rows=6)
    first = shore.data_files()

    spr.Lake(shore.url).compact()
    later = clear_killed(Place.open(shore.root()), ["9"], now=_tomorrow)

    assert later == 0
    assert set(before) <= set(first) == set(shore.data_files())
    shore.put("9", orders(1, 6), day=1, partition_by=BY)
    assert by_duckdb(shore) == orders_of((1, 6))
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.slow
def test_a_sink_killed_behind_its_marker_counts(shore: Lakeside) -> None:
    fill(shore)
    kill(shore, how="dies after")
    assert by_scan(shore) == orders_of((0, 6), (1, 5))

    spr.Lake(shore.url).compact()

    assert by_duckdb(shore) == by_scan(shore) == orders_of((0, 6), (1, 5))
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.slow
def test_a_marker_that_is_not_the_one_to_come_stays_hidden(shore: Lakeside) -> None:
    rows = fill(shore)
    shore.put("9", orders(1, 5), day=1, partition_by=BY, version="older")
    kill(shore)

    spr.Lake(shore.url).compact()
    assert clear_killed(Place.open(shore.root()), ["9"], now=_tomorrow) == 0

    assert by_scan(shore) == rows
    assert "unfinished" in kinds(shore)
    shore.put("9", orders(1, 5), day=1, partition_by=BY)
    assert by_duckdb(shore) == by_scan(shore) == orders_of((0, 6), (1, 5))


@pytest.mark.parametrize("lacks", [False, True])
def test_an_announced_marker_counts_at_once_where_its_files_are_whole(
    lakeside: Lakeside, *, lacks: bool
) -> None:
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    (state,) = [name for name in lakeside.files() if name.endswith("/9.json")]
    files = lakeside.data_files()
    more = files[0].replace("9-0", "9-1")
    lakeside.overwrite(more, lakeside.bytes_of(files[0]))
    paths = [name.removeprefix(f"{ORDERS}/") for name in (*files, more)]
    intent = json.loads(intent_bytes(paths, lakeside.bytes_of(state)))
    intent["owner"] = "00000000-1-1"
    name = state.replace(".json", ".intent")
    lakeside.overwrite(name, json.dumps(intent).encode())
    if lacks:
        lakeside.remove(files[0])
    place = Place.open(lakeside.root(), lakeside.options)

    assert bool(read_state(place).unfinished) == lacks
    assert clear_killed(place, ["9"]) == (0 if lacks else 1)
    assert clear_killed(place, ["9"], now=_tomorrow) == 0
    now = read_state(place)
    assert (bool(now.unfinished), now.noted) == (lacks, ())
    assert lakeside.data_files() == (sorted([*files[1:], more]) if lacks else files)


@pytest.mark.slow
def test_what_a_killed_sink_left_stays_hidden_where_the_next_one_fails(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fill(shore)
    shore.put("9", orders(1, 4), day=1, partition_by=BY)
    # Its files are in the places of older ones, and the marker is theirs
    kill(shore, rows=5)

    def full(*_: object) -> None:
        raise spr.SinkError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(local.LocalTarget, "put", full)
        with pytest.raises(spr.SinkError, match="No space"):
            shore.put("9", orders(1, 5), day=1, partition_by=BY)

    assert read_state(Place.open(shore.root())).unfinished.keys() == {"9"}
    assert by_scan(shore) == rows
    shore.put("9", orders(1, 5), day=1, partition_by=BY)
    assert by_duckdb(shore) == by_scan(shore) == orders_of((0, 6), (1, 5))


@pytest.mark.slow
def test_a_sink_that_runs_is_left_alone(shore: Lakeside) -> None:
    fill(shore)
    done: list[object] = []
    care = threading.Thread(target=lambda: done.append(spr.Lake(shore.url).compact()))
    with start(shore, "9.json", "waits") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "there\n"
        assert read_state(Place.open(shore.root())).unfinished
        care.start()
        child.communicate("go on\n", timeout=600)
        assert child.returncode == 0
    care.join(600)

    assert len(done) == 1
    assert by_duckdb(shore) == orders_of((0, 6), (1, 5))
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 2 * DAY])
def test_where_nobody_can_be_kept_out_a_sink_that_runs_is_left_alone(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, after: float
) -> None:
    monkeypatch.setattr(local, "_locked", lambda _: False)
    with start(shore, "9.json", "waits") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "there\n"
        cleared = clear_killed(
            Place.open(shore.root()), ["9"], now=lambda: time.time() + after
        )
        child.communicate("go on\n", timeout=600)
        assert child.returncode == 0

    assert cleared == 0
    assert by_duckdb(shore) == orders_of((1, 5))


@pytest.mark.slow
def test_without_a_lock_a_killed_sink_is_cleared_after_a_day(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_locked", lambda _: False)
    rows = fill(shore)
    kill(shore)

    assert clear_killed(Place.open(shore.root()), ["9"]) == 0
    assert clear_killed(Place.open(shore.root()), ["9"], now=_tomorrow) == 3

    assert by_duckdb(shore) == rows
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.slow
@pytest.mark.parametrize("whose", [None, "00000000-1-1"])
def test_a_sink_of_another_host_or_of_an_older_version_is_given_a_day(
    shore: Lakeside, whose: str | None
) -> None:
    rows = fill(shore)
    kill(shore)
    intent = Path(shore.url, "_spreports", ORDERS, "9.intent")
    told = json.loads(intent.read_text())
    told["owner"] = whose
    intent.write_text(json.dumps(told))

    assert clear_killed(Place.open(shore.root()), ["9"]) == 0
    assert clear_killed(Place.open(shore.root()), ["9"], now=_tomorrow) == 3
    assert by_duckdb(shore) == rows


@pytest.mark.slow
def test_on_an_object_store_what_is_unfinished_is_cleared_after_a_day(
    lakeside: Lakeside,
) -> None:
    lakeside.put("1", orders(0), day=0, partition_by=BY)
    rows = rows_of(lakeside.scan().collect())
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    (state,) = [name for name in lakeside.files() if name.endswith("/9.json")]
    files = [file["path"] for file in json.loads(lakeside.bytes_of(state))["files"]]
    intent = json.dumps({"format": 1, "files": files, "owner": "00000000-1-1"})
    lakeside.overwrite(state.replace(".json", ".intent"), intent.encode())
    lakeside.remove(state)
    place = Place.open(lakeside.root(), lakeside.options)

    lake = spr.Lake(lakeside.url, storage_options=lakeside.options)
    assert lake.compact().cleared == 0
    there = clear_killed(place, ["9"], now=lambda: time.time() + DAY - 60)
    assert (there, len(lakeside.data_files())) == (0, 6)
    assert clear_killed(place, ["9"], now=_tomorrow) == 3

    assert rows_of(lakeside.scan().collect()) == rows
    assert len(lakeside.data_files()) == 3
    assert lake.check(deep=True), lake.check().problems


def test_a_note_that_cannot_be_read_stays(shore: Lakeside) -> None:
    fill(shore)
    intent = Path(shore.url, "_spreports", ORDERS, "9.intent")
    intent.write_text("{")

    assert clear_killed(Place.open(shore.root()), ["9"], now=_tomorrow) == 0
    assert intent.exists()


def _tomorrow() -> float:
    return time.time() + DAY + 60
