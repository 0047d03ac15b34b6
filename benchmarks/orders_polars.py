"""The peer: polars scan_csv of the same file, typed, to sink_parquet by day."""

from __future__ import annotations

import sys

import polars as pl

from spreports.catalog import lookup

DTYPES = {
    "string": pl.String(),
    "int64": pl.Int64(),
    "decimal": pl.Decimal(38, 6),
    "timestamp": pl.String(),
    "boolean": pl.Boolean(),
}

if __name__ == "__main__":
    path, target = sys.argv[1:3]
    columns = [c for c in lookup("orders").columns() if not c.optional]
    times = [c.name for c in columns if c.dtype == "timestamp"]
    frame = pl.scan_csv(
        path,
        separator="\t",
        quote_char=None,
        schema={c.name: DTYPES[c.dtype] for c in columns},
    ).with_columns(
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us")
        for name in times
    )
    if len(sys.argv) > 3:
        day = pl.col("purchase-date").dt.date().alias("purchase-date_day")
        frame.sink_parquet(
            pl.PartitionBy(target, key=[day]), compression="zstd", mkdir=True
        )
    else:
        frame.sink_parquet(f"{target}/all.parquet", compression="zstd", mkdir=True)
