"""`kill -9` at any moment loses no row and doubles none once the sink ran again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

REPOSITORY = Path(__file__).parents[2]
ROWS = 60_000

# Kills itself at its n-th rename or fsync, or runs to its end
CHILD = """
import os, signal, sys
from pathlib import Path
from spreports.load import local, parquet
from tests.load.rows import orders, reader

root, by, nth = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0

def dying(work):
    def step(*arguments):
        global count
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments)
    return step

Path.replace = dying(Path.replace)
local.on_disk = dying(local.on_disk)
print("ready", flush=True)
parquet.sink(reader(orders(int(sys.argv[4]), 20)), root, stem="7", partition_by=[by])
"""


def start(root: Path, by: str, nth: int, rows: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", CHILD, str(root), by, str(nth), str(rows)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def check_and_repeat(home: Path, by: str, rows: int) -> None:
    """No half file is visible; another run gives exactly the rows."""
    root = home / "orders"
    for path in root.rglob("*"):
        assert path.is_dir() or pq.read_metadata(path).num_rows

    with start(root, by, 0, rows) as child:
        assert child.wait(600) == 0

    found: list[int] = []
    for path in root.rglob("*.parquet"):
        found += pq.ParquetFile(path).read(["n"])["n"].to_pylist()
    assert sorted(found) == list(range(rows))
    kept = [path.name for path in (home / "_spreports").rglob("*") if path.is_file()]
    assert kept == ["7.json"]
    assert not (home / "_spreports" / "tmp").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("nth", "by"), [(12, "sku"), (45, "sales-channel")])
def test_a_sink_killed_while_publishing_is_put_right_by_the_next(
    tmp_path: Path, nth: int, by: str
) -> None:
    with start(tmp_path / "orders", "sales-channel", nth, 2_000) as child:
        assert child.wait(600) == -signal.SIGKILL

    # Another partition: nothing of the killed run may stay
    check_and_repeat(tmp_path, by, 2_000)


@pytest.mark.slow
def test_twenty_kills_at_any_time_lose_and_double_nothing(tmp_path: Path) -> None:
    rng = random.Random(20261101)  # noqa: S311 - when to kill
    root = tmp_path / "orders"
    for turn in range(20):
        by = rng.choice(["sku", "sales-channel", "purchase-date:month"])
        nth = rng.randrange(1, 60) if turn % 2 else 0
        with start(root, by, nth, ROWS) as child:
            if child.stdout is not None:
                child.stdout.readline()
            if not nth:
                time.sleep(rng.random() * 0.15)  # a real kill at a real time
                os.kill(child.pid, signal.SIGKILL)
            child.wait(600)
    check_and_repeat(tmp_path, "sku", ROWS)
