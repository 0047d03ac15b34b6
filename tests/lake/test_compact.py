"""Compaction: fewer files, the same rows, readers undisturbed, nothing lost."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.lake import rewrite
from spreports.load.one_file import write_whole
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of, rows_of_table

REPOSITORY = Path(__file__).parents[2]
BY = ["sku"]


def fill(lake: Lakeside, days: int = 4) -> list[tuple[object, ...]]:
    """Put days of orders into a lake, one of them restated; return the newest rows."""
    for day in range(days):
        lake.put(str(100 + day), orders(day, 6), day=day, partition_by=BY)
    lake.put("200", orders(0, 7), day=0, created=5, partition_by=BY)
    newest = [orders(0, 7), *(orders(day, 6) for day in range(1, days))]
    return rows_of_table(*newest)


def test_a_compacted_lake_has_the_same_rows_in_fewer_files(lakeside: Lakeside) -> None:
    newest = fill(lakeside)
    everything = rows_of(lakeside.scan().collect())
    lake = spr.Lake(lakeside.url, storage_options=lakeside.options)
    held = lake.reports()

    done = lake.compact("orders")

    assert (done.files_before, done.files_after, done.reports) == (15, 3, 5)
    assert len(lakeside.data_files()) == 3
    assert rows_of(lakeside.scan().collect()) == everything
    assert rows_of(lakeside.scan(latest=True).collect()) == newest
    assert lake.reports() == held
    assert lake.check(deep=True), lake.check().problems
    assert lake.compact() == type(done)()
    by_report = lakeside.scan(metadata=True).group_by("report_id").len().collect()
    assert dict(by_report.rows()) == {"100": 6, "101": 6, "102": 6, "103": 6, "200": 7}


@pytest.mark.parametrize(("worth", "pieces"), [(4_096, [27]), (10, [12, 12, 3])])
def test_rows_of_small_reports_are_written_together_in_their_order(
    shore: Lakeside,
    monkeypatch: pytest.MonkeyPatch,
    worth: int,
    pieces: list[int],
) -> None:
    tables = [orders(day, 6) for day in range(4)] + [orders(4, 3)]
    for day, table in enumerate(tables):
        shore.put(str(day), table, day=day)
    before = [row for table in tables for row in table.to_pylist()]
    written: list[int] = []

    def noted(
        path: Path, batches: Iterator[pa.RecordBatch], *of: Any, **as_: Any
    ) -> int:
        held = list(batches)
        written.extend(batch.num_rows for batch in held)
        return write_whole(path, iter(held), *of, **as_)

    monkeypatch.setattr(rewrite, "write_whole", noted)
    monkeypatch.setattr(rewrite, "_WORTH_ROWS", worth)

    spr.Lake(shore.url, storage_options=shore.options).compact()

    assert written == pieces
    (name,) = shore.data_files()
    assert pq.read_table(io.BytesIO(shore.bytes_of(name))).to_pylist() == before


def test_versions_and_reports_that_come_later_are_seen(shore: Lakeside) -> None:
    fill(shore)
    lake = spr.Lake(shore.url, storage_options=shore.options)
    lake.compact()
    shore.put("300", orders(1, 3), day=1, created=9, partition_by=BY)
    shore.put("102", orders(2, 2), day=2, partition_by=BY, version="newer")

    latest = shore.scan(latest=True).collect()
    expected = [orders(0, 7), orders(1, 3), orders(2, 2), orders(3, 6)]
    assert rows_of(latest) == rows_of_table(*expected)
    done = lake.compact(drop_superseded=True)

    assert done.superseded == 2
    assert rows_of(shore.scan().collect()) == rows_of_table(*expected)
    assert {report.report_id for report in lake.reports()} == {
        "200",
        "300",
        "102",
        "103",
    }
    assert lake.check(deep=True)


def test_a_report_that_is_sunk_again_as_it_was_is_not_doubled(shore: Lakeside) -> None:
    fill(shore)
    everything = rows_of(shore.scan().collect())
    lake = spr.Lake(shore.url)
    lake.compact()
    shore.put("101", orders(1, 6), day=1, partition_by=BY)

    assert rows_of(shore.scan().collect()) == everything
    assert lake.check(deep=True)
    assert lake.compact().cleared == 0


def test_reports_of_two_accounts_with_one_id_never_replace_each_other(
    shore: Lakeside,
) -> None:
    other: dict[str, Any] = {"account": "account-2", "report_document_id": "another"}
    shore.put("50041", orders(0, 6), day=0)

    with pytest.raises(spr.SinkError, match="a report of another account there"):
        shore.put("50041", orders(1, 4), day=1, **other)
    assert shore.scan().collect().height == 6

    # Nothing stands in its way once the files of the first have another name
    shore.put("50042", orders(2, 3), day=2)
    spr.Lake(shore.url, storage_options=shore.options).compact()
    shore.put("50041", orders(1, 4), day=1, **other)
    spr.Lake(shore.url, storage_options=shore.options).compact()
    rows = shore.scan(metadata=True).collect()
    assert rows.group_by("report_id").len().sort("report_id").rows() == [
        ("50041", 10),
        ("50042", 3),
    ]
    assert rows["amazon-order-id"].n_unique() == 13


def test_a_report_is_the_same_whatever_its_account_is_called(shore: Lakeside) -> None:
    shore.put("50041", orders(0, 6), day=0)

    shore.put("50041", orders(0, 5), day=0, account="account-2")

    assert shore.scan().collect().height == 5


def test_a_scan_goes_on_while_its_files_are_compacted(shore: Lakeside) -> None:
    newest = fill(shore)
    before = shore.scan(latest=True)
    spr.Lake(shore.url, storage_options=shore.options).compact()

    assert rows_of(before.collect()) == newest


@pytest.mark.slow
def test_readers_never_see_half_of_it(shore: Lakeside) -> None:
    newest = fill(shore, 6)
    stop = threading.Event()
    seen: list[bool] = []

    def reader() -> None:
        while not stop.is_set():
            seen.append(rows_of(shore.scan(latest=True).collect()) == newest)

    thread = threading.Thread(target=reader)
    thread.start()
    try:
        for turn in range(1, 5):
            spr.Lake(shore.url).compact(drop_superseded=turn % 2 == 0)
            for day in range(1, 4):
                # A version with the same rows, so that any moment has the same answer
                name = str(1000 + 10 * turn + day)
                again = orders(day, 6)
                shore.put(name, again, day=day, created=turn, partition_by=BY)
    finally:
        stop.set()
        thread.join()

    assert len(seen) > 2
    assert all(seen)


def test_compacted_files_are_read_alike_by_duckdb_pandas_and_polars(
    shore: Lakeside,
) -> None:
    for day in range(5):
        shore.put(str(day), orders(day), day=day)
    spr.Lake(shore.url).compact()
    (name,) = shore.data_files()
    path = f"{shore.url}/{name}"

    by_polars = pl.read_parquet(path)
    by_pandas = pd.read_parquet(path)
    with duckdb.connect() as connection:
        by_duckdb = connection.execute(
            'SELECT "amazon-order-id", sku, quantity FROM read_parquet(?)', [path]
        ).fetchall()

    assert rows_of(by_polars) == rows_of(shore.scan().collect())
    columns = ["amazon-order-id", "sku", "quantity"]
    assert by_polars.select(columns).rows() == by_duckdb
    assert list(by_pandas[columns].itertuples(index=False, name=None)) == by_duckdb


def test_what_was_for_its_owner_alone_stays_so(shore: Lakeside) -> None:
    fill(shore)
    root = Path(shore.root())
    # As of an entry of the caller's own, that restricts what the catalogue does not
    next(root.rglob("*.parquet")).chmod(0o600)

    assert spr.Lake(shore.url).compact().files_after == 3

    assert {path.stat().st_mode & 0o777 for path in root.rglob("*.parquet")} == {0o600}


def test_other_columns_and_other_months_stay_apart(shore: Lakeside) -> None:
    for day in (0, 1, 40, 41):
        shore.put(str(day), orders(day), day=day)
    shore.put("7", orders(2).drop_columns(["sku"]), day=2)
    shore.put("8", orders(3).drop_columns(["sku"]), day=3)

    done = spr.Lake(shore.url).compact()

    assert (done.files_before, done.files_after) == (6, 3)
    assert shore.scan().collect().height == 36


def test_large_files_are_left_alone(shore: Lakeside) -> None:
    fill(shore)

    assert spr.Lake(shore.url).compact(good_size=1).files_after == 0


@pytest.mark.parametrize("size", ["64MB", -1, 0.5, None])
def test_a_size_that_is_no_number_of_bytes_is_told_before_anything_is_done(
    shore: Lakeside, size: Any
) -> None:
    with pytest.raises(ValueError, match=r"good_size=.*number of bytes"):
        spr.Lake(shore.url).compact(good_size=size)


def test_a_full_disk_is_told_with_where_it_is_and_changes_nothing(
    shore: Lakeside,
) -> None:
    for day in range(2):
        shore.put(str(day), orders(day, 1500), day=day)
    before = shore.files()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(spr.SinkError, match=r"files below /.* nothing .* changed"):
            spr.Lake(shore.url).compact()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert shore.files() == before


# Kills itself at its n-th rename, unlink or fsync, or runs to its end
CHILD = """
import os, signal, sys
from pathlib import Path
from spreports.lake.compact import compact_root
from spreports.lake.place import Place
from spreports.load import local

count = 0

def dying(work):
    def step(*arguments, **named):
        global count
        count += 1
        if count == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments, **named)
    return step

Path.replace = dying(Path.replace)
Path.unlink = dying(Path.unlink)
local.on_disk = dying(local.on_disk)
compact_root(Place.open(sys.argv[1]), drop_superseded=True)
"""


def compact_and_die(lake: Lakeside, nth: int) -> int:
    child = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", CHILD, lake.root(), str(nth)],
        cwd=REPOSITORY,
        check=False,
    )
    return child.returncode


def check_kills(home: Path, points: list[int]) -> None:
    for nth in points:
        lake = Lakeside(str(home / str(nth)), {}, None)
        newest = fill(lake, 3)
        assert compact_and_die(lake, nth) == -signal.SIGKILL, nth

        assert rows_of(lake.scan(latest=True).collect()) == newest
        spr.Lake(lake.url).compact(drop_superseded=True)

        assert rows_of(lake.scan().collect()) == newest
        found = spr.Lake(lake.url).check(deep=True)
        assert {problem.kind for problem in found.problems} <= {"leftover"}
        files = [p for p in (home / str(nth) / ORDERS).rglob("*") if p.is_file()]
        assert len(files) == 3


def test_a_killed_compaction_loses_and_doubles_nothing(tmp_path: Path) -> None:
    check_kills(tmp_path, [30])


@pytest.mark.slow
def test_a_compaction_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path) -> None:
    step = 9 if os.environ.get("SPREPORTS_SLOW") == "short" else 1
    check_kills(tmp_path, list(range(1, 60, step)))
