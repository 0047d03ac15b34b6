"""A lake of so many days, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from spreports.load.parquet import sink

DAYS = 90
START = datetime(2026, 7, 1, tzinfo=UTC)
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


def one_day(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Ask for one day by its time."""
    day = START + timedelta(days=40)
    when = pl.col("purchase-date")
    return frame.filter(when >= day, when < day + timedelta(days=1)).select(
        pl.len(), pl.col("item-price").sum()
    )


def all_days(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Ask for sums over all days."""
    return (
        frame.group_by("sales-channel")
        .agg(pl.len(), pl.col("item-price").sum(), pl.col("quantity").sum())
        .sort("sales-channel")
    )


def one_order(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Ask for all that is known of one order."""
    first = _first(START + timedelta(days=40))
    return frame.filter(pl.col("amazon-order-id") == _order(100, first))


def some_rows(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Ask for the sums of rows that are everywhere, one in 5,000."""
    return frame.filter(pl.col("text-3") == "word 17").select(
        pl.len(), pl.col("amazon-order-id").max(), pl.col("item-price").sum()
    )


def all_columns(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Ask for the greatest of each column."""
    return frame.select(pl.all().max())


QUERIES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "one day": one_day,
    "all days": all_days,
    "one order": one_order,
    "some rows": some_rows,
    "all columns": all_columns,
}


def lake(folder: Path, rows: int, days: int = DAYS) -> Path:
    """Write the lake, once: a report a day, in a folder a day.

    Parameters
    ----------
    folder : Path
    rows : int
        Of each day.
    days : int
    """
    root = folder / f"lake-{rows}-{days}" / "orders"
    if (root.parent / "_spreports").exists():
        return root
    random = np.random.default_rng(1)
    for day in range(days):
        start = START + timedelta(days=day)
        table = _orders(start, rows, random)
        note = {
            "report_id": str(day),
            "report_type": ORDERS,
            "data_start_time": start.isoformat(),
            "data_end_time": (start + timedelta(days=1)).isoformat(),
        }
        sink(
            pa.RecordBatchReader.from_batches(table.schema, table.to_batches()),
            str(root),
            stem=str(day),
            partition_by=["purchase-date:day"],
            note={f"spreports.{name}": value for name, value in note.items()},
        )
    return root


def _orders(start: datetime, rows: int, random: np.random.Generator) -> pa.Table:
    """Make up a day of orders of 20 columns."""
    seconds = np.sort(random.integers(0, 86_400, rows)) * 1_000_000
    first = _first(start)
    cents = random.integers(100, 99_999, rows)
    columns: dict[str, pa.Array] = {
        "amazon-order-id": pa.array([_order(number, first) for number in range(rows)]),
        "purchase-date": pa.array(seconds + first, pa.timestamp("us", "UTC")),
        "sales-channel": pa.array([f"Amazon.{'dfi'[i % 3]}" for i in range(rows)]),
        "quantity": pa.array(random.integers(1, 9, rows)),
        "item-price": pa.array(cents / 100).cast(pa.decimal128(38, 6), safe=False),
    }
    for number in range(15):
        words = random.integers(0, 5_000, rows)
        columns[f"text-{number}"] = pa.array([f"word {word}" for word in words])
    return pa.table(columns)


def _first(start: datetime) -> int:
    """Return the first microsecond of a day."""
    return int(start.timestamp()) * 1_000_000


def _order(number: int, first: int) -> str:
    """Return the id of a day's order."""
    return f"302-{number:07d}-{first % 9973}"
