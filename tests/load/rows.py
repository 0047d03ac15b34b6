"""Rows to write, for the tests of the load room and for the processes that they start.

Those begin quickly: nothing here has pyarrow look for pandas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from spreports.arrays import array_of


def cut(table: pa.Table, sizes: Sequence[int]) -> pa.RecordBatchReader:
    """Give a table as a reader whose batches have these sizes, then the rest."""

    def pieces() -> Iterator[pa.RecordBatch]:
        start = 0
        for size in [*sizes, table.num_rows]:
            yield from table.slice(start, size).to_batches()
            start += size

    return pa.RecordBatchReader.from_batches(table.schema, pieces())


def reader(table: pa.Table) -> pa.RecordBatchReader:
    return cut(table, [])


def breaking(table: pa.Table, after: int, error: BaseException) -> Any:
    """Give `after` copies of a table, then raise."""

    def pieces() -> Iterator[pa.RecordBatch]:
        for _ in range(after):
            yield from table.to_batches()
        raise error

    return pa.RecordBatchReader.from_batches(table.schema, pieces())


def orders(rows: int, channels: int = 3) -> pa.Table:
    """Give rows whose `n` tells their place."""
    numbers = range(rows)
    return pa.table(
        {
            "n": array_of(list(numbers), pa.int64()),
            "sku": array_of([f"{i % 7:03d}" for i in numbers], pa.string()),
            "sales-channel": array_of(
                [f"Amazon.{i % channels}" for i in numbers], pa.string()
            ),
            "purchase-date": array_of(
                [1_790_000_000_000_000 + i * 7_200_000_000 for i in numbers],
                pa.timestamp("us", "UTC"),
            ),
        }
    )
