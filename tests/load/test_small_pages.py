"""Arrow's allocator, in a process of its own: in this one others have asked already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# The flags of the memory that holds what Arrow gives
FLAGS = """
import sys
from pathlib import Path
import pyarrow as pa

def flags():
    place = pa.allocate_buffer(1 << 16).address
    holds = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        head = line.split()[0]
        if "-" in head:
            start, stop = (int(end, 16) for end in head.split("-"))
            holds = start <= place < stop
        elif holds and head == "VmFlags:":
            return line.split()[1:]

print("hg" in flags(), "nh" in flags())
"""
SINK = """
from spreports.load.parquet import sink
batch = pa.record_batch({"sku": ["A1"]})
sink(pa.RecordBatchReader.from_batches(batch.schema, [batch]), sys.argv[1], stem="R1")
print("hg" in flags(), "nh" in flags())
"""
ASK = """
from spreports.load.small_pages import use_small_pages
print(use_small_pages())
"""


def shown(code: str, *words: str, pool: str = "mimalloc") -> list[str]:
    ended = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": pool},
    )
    return ended.stdout.splitlines()


@pytest.mark.slow
def test_a_sink_takes_no_huge_pages_which_mimalloc_asks_for(tmp_path: Path) -> None:
    before, after = shown(FLAGS + SINK, str(tmp_path / "lake"))

    if before != "True False":
        pytest.skip("this Arrow asks for no huge pages, or this Linux has none")
    assert after == "False True"


def test_another_allocator_is_left_as_it_is() -> None:
    assert shown(ASK, pool="system") == ["False"]
