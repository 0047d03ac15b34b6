"""Ours: a query of a lake by `scan_lake`."""

from __future__ import annotations

import sys

import spreports as spr
from benchmarks.lake_queries import QUERIES

if __name__ == "__main__":
    root, query, *options = sys.argv[1:]
    storage = dict(option.split("=", 1) for option in options)
    print(
        QUERIES[query](spr.scan_lake(root, "orders", storage_options=storage))
        .collect()
        .rows()
    )
