"""Made-up sales and traffic documents of any size, the same for the same seed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from benchmarks.documents import fill, kept
from spreports.catalog import Table, lookup

DAYS = 730
FIRST_DAY = date(2024, 10, 1)
BLOCK_ROWS = 5_000
MARK = "<>"  # Where a value goes
BY_DATE, BY_ASIN = lookup("sales_and_traffic").tables
SPECIFICATION = {
    "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
    "reportOptions": {"dateGranularity": "DAY", "asinGranularity": "SKU"},
    "dataStartTime": str(FIRST_DAY),
    "dataEndTime": str(FIRST_DAY + timedelta(days=DAYS - 1)),
    "marketplaceIds": ["A1PA6795UKMFR9"],
}


def sales_traffic(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return a document of two years and about so many MiB; see `kept`.

    The days are as many in each; what fills it are the items.
    """
    return kept(
        folder / f"sales-traffic-{mebibytes}-{seed}.json",
        lambda file: _write(file, mebibytes, seed),
    )


def _write(file: BinaryIO, mebibytes: int, seed: int) -> None:
    """Write the echo of the request, the days, and the items."""
    days = pl.int_range(DAYS, eager=True)
    head = json.dumps({"reportSpecification": SPECIFICATION}, indent=2)[:-2]
    by_date = _records(BY_DATE, days, seed)
    file.write(f'{head},\n  "{BY_DATE.name}" : [ {by_date} ],\n'.encode())
    file.write(f'  "{BY_ASIN.name}" : [ '.encode())
    fill(file, mebibytes, partial(_items, seed))
    file.write(b" ]\n}")


def _items(seed: int, block: int) -> bytes:
    """Return one block of items, a comma before all but the first."""
    rows = pl.int_range(BLOCK_ROWS, eager=True) + block * BLOCK_ROWS
    return (", " * bool(block) + _records(BY_ASIN, rows, seed)).encode()


def _records(table: Table, rows: pl.Series, seed: int) -> str:
    """Return one record for each row number, with commas between them."""
    columns = [column for column in table.columns if not column.optional]
    nested: dict[str, Any] = {}
    for column in columns:
        *parents, leaf = column.name.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = MARK if column.dtype in ("string", "date") else [MARK]
    # What is no text loses the brackets and quotes that held its place
    text = json.dumps(nested, separators=(", ", " : ")).replace(f'["{MARK}"]', MARK)
    pieces = text.split(MARK)
    values = [
        _value(column.name, column.dtype, rows, seed * 1000 + number)
        for number, column in enumerate(columns)
    ]
    parts = [pl.lit(pieces[0])]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += [value, pl.lit(piece)]
    made = pl.select(pl.concat_str(parts).alias("record"))
    return ", ".join(made["record"].to_list())


def _value(name: str, dtype: str, rows: pl.Series, seed: int) -> pl.Expr:
    """Return the values of one column as text."""
    draw = pl.lit(rows.hash(seed))
    number = pl.lit(rows)
    if dtype == "date":
        days = pl.lit(FIRST_DAY) + pl.duration(days=number)
        return days.dt.to_string("%Y-%m-%d")
    if dtype == "string":
        if name.endswith("currencyCode"):
            return pl.lit("EUR")
        if name == "parentAsin":
            return pl.format("B0{}", number // 4 + 10_000_000)
        return pl.format(
            "B0{}" if name == "childAsin" else "00{}-DE", number + 20_000_000
        )
    if dtype == "int64":
        return (draw % 5_000).cast(pl.String)
    hundredths = (draw % (10_000 if dtype == "float64" else 5_000_000)).cast(pl.Int64)
    cents = (hundredths % 100).cast(pl.String).str.zfill(2)
    return pl.format("{}.{}", hundredths // 100, cents)
