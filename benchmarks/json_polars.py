"""The peer: polars.read_json of the whole document, told the schema."""

from __future__ import annotations

import sys

import polars as pl

from benchmarks.json_schema import COLUMNS, RECORDS

if __name__ == "__main__":
    frame = pl.read_json(sys.argv[1], schema={RECORDS: pl.List(pl.Struct(COLUMNS))})
    print(frame.explode(RECORDS).unnest(RECORDS).height)
