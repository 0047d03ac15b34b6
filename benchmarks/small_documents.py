"""``python -m benchmarks.small_documents [COUNT]``: small documents into one lake.

What a document costs must not grow with the documents that are there, and neither may
the memory of the process that brings them.
"""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.documents import orders
from spreports.catalog import lookup
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.work import Reading, Target, write

DATA = Path(__file__).parent / "data"
ROWS = 80  # about 20 kB


def small_documents(count: int) -> None:
    """Sink the same small document under `count` names; compare first and last.

    Hours of a shared host differ: beside each of the last, one goes into a new lake.
    """
    folder = Path(tempfile.mkdtemp(dir=DATA))
    small = folder / "small.txt.gz"
    with gzip.open(orders(DATA, 1)) as whole:
        lines = [whole.readline() for _ in range(ROWS + 1)]
    small.write_bytes(gzip.compress(b"".join(lines)))
    stored = StoredBytes(lambda: small.open("rb"), "text/plain;charset=UTF-8")
    reading = Reading(entry=lookup("orders"))
    tenth = max(1, count // 10)
    cost: list[float] = []
    anew: list[float] = []
    memory: list[float] = []

    def sunk(lake: str, number: int) -> float:
        start = time.process_time()
        target = Target(
            url=f"{lake}/orders", stem=f"R{number}", partition_by=("sales-channel",)
        )
        write(stored, reading, target)
        return time.process_time() - start

    with (
        tempfile.TemporaryDirectory(dir=folder) as lake,
        tempfile.TemporaryDirectory(dir=folder) as new,
    ):
        for number in range(count):
            cost.append(sunk(lake, number))
            if number >= count - tenth:
                anew.append(sunk(new, number))
            if len(cost) % tenth == 0:
                memory.append(_resident())
    small.unlink()
    folder.rmdir()
    first, last = sum(cost[:tenth]) / tenth, sum(cost[-tenth:]) / tenth
    print(f"\n{count} documents of {ROWS} rows into one lake, five partitions each")
    print(
        f"CPU a document: first {tenth} {1000 * first:.1f} ms, last {tenth} "
        f"{1000 * last:.1f} ms: {last / first:.2f}"
    )
    beside = sum(anew) / tenth
    print(
        f"beside the last, the first {tenth} of a new lake {1000 * beside:.1f} ms: "
        f"{last / beside:.2f}"
    )
    print(
        f"memory after each tenth: {', '.join(f'{each:.0f}' for each in memory)} MiB: "
        f"{memory[-1] / memory[0]:.2f}"
    )


def _resident() -> float:
    """Return what this process holds in memory, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


if __name__ == "__main__":
    small_documents(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
