"""The peer: the same query by polars' own scan of the same files, by listing."""

from __future__ import annotations

import sys

import polars as pl

from benchmarks.lake_queries import QUERIES

if __name__ == "__main__":
    root, query, *options = sys.argv[1:]
    storage = dict(option.split("=", 1) for option in options)
    # A folder of days, which a user of polars alone has to know of
    frame = pl.scan_parquet(
        root,
        hive_partitioning=True,
        hive_schema={"purchase-date_day": pl.Date},
        storage_options=storage or None,
    )
    print(QUERIES[query](frame).collect().rows())
