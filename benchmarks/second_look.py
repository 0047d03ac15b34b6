"""``python -m benchmarks.second_look [MiB]``: a frame collected a second time."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import spreports as spr
from benchmarks.documents import orders

DATA = Path(__file__).parent / "data"
LOOKS = 5


def second_look(mebibytes: int) -> None:
    """Compare the first collect of a filter and a group-by with those after it."""
    path = orders(DATA, mebibytes)
    with tempfile.TemporaryDirectory() as home:
        os.environ["SPREPORTS_HOME"] = home
        start = time.perf_counter()
        frame = (
            spr.open_document(path, report_type="orders")
            .scan()
            .filter(pl.col("order-status") == "Shipped")
            .group_by("sales-channel")
            .agg(pl.col("item-price").sum())
            .sort("sales-channel")
        )
        first = frame.collect()
        seconds = [time.perf_counter() - start]
        for _ in range(LOOKS):
            start = time.perf_counter()
            if not frame.collect().equals(first):
                raise SystemExit("the second collect gave other rows")
            seconds.append(time.perf_counter() - start)
    later = statistics.median(seconds[1:])
    print(
        f"\norders, {mebibytes} MiB of text: a filter and a group-by, collected again"
    )
    print(f"first {seconds[0]:.2f} s, later {later:.2f} s: {later / seconds[0]:.2f}")


if __name__ == "__main__":
    second_look(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
