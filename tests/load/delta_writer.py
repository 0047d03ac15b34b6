"""One of several writers on one Delta table; a program of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from spreports.arrays import array_of
from spreports.load.delta import sink_delta
from spreports.load.delta_report import DeltaReport

MADE = datetime(2026, 10, 2, tzinfo=UTC)


def report(
    name: str,
    numbers: Sequence[int],
    *,
    window: str | None = None,
    made: datetime = MADE,
    **columns: pa.Array,
) -> DeltaReport:
    rows = pa.table(
        {
            "n": array_of(list(numbers), pa.int64()),
            "sku": array_of([f"{n % 7:03d}" for n in numbers], pa.string()),
            "price": array_of(
                [Decimal(n) / 100 for n in numbers], pa.decimal128(38, 6)
            ),
            "purchase-date": array_of(
                [MADE + timedelta(hours=n) for n in numbers], pa.timestamp("us", "UTC")
            ),
            **columns,
        }
    )
    return DeltaReport(
        name=name,
        window=window or f"w{name}",
        made=made,
        constants={"report_id": pa.scalar(name)},
        open=lambda _: pa.RecordBatchReader.from_batches(
            rows.schema, rows.to_batches(max_chunksize=100)
        ),
    )


def main(number: int, url: str, options: dict[str, object], turns: int) -> None:
    """Write reports of our own, one that all write, and versions of shared windows."""
    for turn in range(turns):
        first = 100 * (10 * number + turn)
        own = report(f"{number}-{turn}", range(first, first + 100))
        shared = report(f"shared-{turn}", [10_000 + turn])
        version = report(
            f"{number}-v{turn}",
            [20_000 + turn],
            window=f"r{turn}",
            made=MADE + timedelta(minutes=number),
        )
        for each in ([own, version], [shared]):
            sink_delta(each, url, storage_options=options)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]))
