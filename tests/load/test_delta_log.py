"""Transaction ids read from the log at once, as deltalake tells them one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import deltalake
import pytest

from spreports.load.delta import sink_delta
from spreports.load.delta_log import Transactions
from tests.load.delta_writer import report
from tests.load.lake import Bucket

Told = dict[str, int | None]


def ids_of(last: int) -> list[str]:
    names = [f"spreports/report/{n}" for n in range(last)]
    return [*names, *(f"spreports/window/w{n}" for n in range(last)), "none"]


def begun(url: str, commits: int) -> tuple[deltalake.DeltaTable, list[str]]:
    for number in range(commits):
        sink_delta([report(str(number), [number])], url)
    return deltalake.DeltaTable(url), ids_of(commits)


def told(table: deltalake.DeltaTable, ids: list[str]) -> Told:
    return {each: table.transaction_version(each) for each in ids}


def read(
    table: deltalake.DeltaTable, url: str, ids: list[str]
) -> dict[str, int | None]:
    transactions = Transactions(table, url, None)
    return {each: transactions.get(each) for each in ids}


# Prints how many threads of Arrow's a process has before and after the log is read
THREADS = """
import sys
import deltalake
from pathlib import Path
from spreports.load.delta_log import Transactions

def threads():
    names = [name.read_text() for name in Path("/proc/self/task").glob("*/comm")]
    return names.count(Path("/proc/self/comm").read_text())

table = deltalake.DeltaTable(sys.argv[1])
before = threads()
print(len(list(Transactions(table, sys.argv[1], None).ids)), threads() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts Linux's tasks")
def test_a_checkpoint_leaves_no_thread_that_could_outlive_the_interpreter(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    begun(url, 3)
    deltalake.DeltaTable(url).create_checkpoint()

    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", THREADS, url], check=True, capture_output=True, text=True
    )

    assert done.stdout.split() == ["6", "0"]


@pytest.mark.slow
def test_ids_are_those_that_deltalake_tells_before_and_after_checkpoints(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    log = tmp_path / "table" / "_delta_log"
    for commits in (3, 14):
        table, ids = begun(url, commits)
        assert read(table, url, ids) == told(table, ids)
    older = deltalake.DeltaTable(url, version=5)
    assert read(older, url, ids) == told(older, ids)
    # What a checkpoint holds may be cleaned away: after 30 days it is
    for version in range(10):
        (log / f"{version:020}.json").unlink()
    table = deltalake.DeltaTable(url)
    known = read(table, url, ids)

    assert (log / f"{9:020}.checkpoint.parquet").exists()
    assert known == told(table, ids)
    assert [name for name in ids if known[name] is None] == ["none"]
    again = sink_delta([report(str(n), [n]) for n in range(14)], url)
    assert {result.rows for result in again} == {0}
    # deltalake finds the checkpoint by its name
    (log / "_last_checkpoint").unlink()
    assert read(deltalake.DeltaTable(url), url, ids) == known


@pytest.mark.parametrize(
    "hint",
    [
        "no JSON",
        "{}",
        "[]",
        json.dumps({"version": 9, "size": 40, "parts": 2}),
        json.dumps({"version": 99, "size": 40}),
    ],
)
def test_a_log_that_is_read_otherwise_is_left_to_deltalake(
    tmp_path: Path, hint: str
) -> None:
    url = str(tmp_path / "table")
    table, ids = begun(url, 12)
    before = told(table, ids)
    (tmp_path / "table" / "_delta_log" / "_last_checkpoint").write_text(hint)

    assert read(table, url, ids) == before


def test_ids_that_expire_are_left_to_deltalake(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    table, ids = begun(url, 3)
    table.alter.set_table_properties(
        {"delta.setTransactionRetentionDuration": "interval 1 days"}
    )
    table = deltalake.DeltaTable(url)

    assert read(table, url, ids) == told(table, ids)


@pytest.mark.slow
def test_ids_are_told_on_s3(bucket: Bucket) -> None:
    url, options = f"{bucket.url}/table", bucket.options
    for number in range(11):
        one = report(str(number), [number])
        assert sink_delta([one], url, storage_options=options)[0].rows == 1

    again = sink_delta(
        [report("3", [3]), report("x", [4])], url, storage_options=options
    )

    assert [result.rows for result in again] == [0, 1]
