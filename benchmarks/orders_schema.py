"""The orders document as the peers are told of it."""

from __future__ import annotations

import polars as pl

from spreports.catalog import lookup

DTYPES = {
    "string": pl.String(),
    "int64": pl.Int64(),
    "decimal": pl.Decimal(38, 6),
    "timestamp": pl.String(),
    "boolean": pl.Boolean(),
}
COLUMNS = [c for c in lookup("orders").columns() if not c.optional]
TIMES = [c.name for c in COLUMNS if c.dtype == "timestamp"]
TEXTS = [c.name for c in COLUMNS if c.dtype == "string"]
SCHEMA = {c.name: DTYPES[c.dtype] for c in COLUMNS}
INSTANTS = [
    pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us")
    for name in TIMES
]
DAY = "purchase-date_day"
