"""``python -m benchmarks.small_documents [COUNT]``: small documents into one lake.

What a document costs must not grow with the documents that are there.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.documents import orders
from spreports.catalog import lookup
from spreports.reports.origin import StoredBytes
from spreports.reports.work import Reading, Target, write

DATA = Path(__file__).parent / "data"
ROWS = 80  # about 20 kB


def small_documents(count: int) -> None:
    """Sink the same small document under `count` names; compare first and last."""
    folder = Path(tempfile.mkdtemp(dir=DATA))
    small = folder / "small.txt.gz"
    with gzip.open(orders(DATA, 1)) as whole:
        lines = [whole.readline() for _ in range(ROWS + 1)]
    small.write_bytes(gzip.compress(b"".join(lines)))
    stored = StoredBytes(lambda: small.open("rb"), "text/plain;charset=UTF-8")
    reading = Reading(entry=lookup("orders"))
    cost = []
    with tempfile.TemporaryDirectory(dir=folder) as lake:
        for number in range(count):
            start = time.process_time()
            target = Target(
                url=f"{lake}/orders", stem=f"R{number}", partition_by=("sales-channel",)
            )
            write(stored, reading, target)
            cost.append(time.process_time() - start)
    small.unlink()
    folder.rmdir()
    tenth = max(1, count // 10)
    first, last = sum(cost[:tenth]) / tenth, sum(cost[-tenth:]) / tenth
    print(f"\n{count} documents of {ROWS} rows into one lake, five partitions each")
    print(
        f"CPU a document: first {tenth} {1000 * first:.1f} ms, last {tenth} "
        f"{1000 * last:.1f} ms: {last / first:.2f}"
    )


if __name__ == "__main__":
    small_documents(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
