"""The peer: polars.read_json of the whole document, told the schema.

``FILE``: a frame; ``FILE FOLDER``: one Parquet file.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import polars as pl

from benchmarks.json_schema import COLUMNS, RECORDS

if __name__ == "__main__":
    path, *folder = sys.argv[1:]
    whole = gzip.decompress(Path(path).read_bytes()) if path.endswith(".gz") else path
    frame = pl.read_json(whole, schema={RECORDS: pl.List(pl.Struct(COLUMNS))})
    rows = frame.explode(RECORDS).unnest(RECORDS)
    if folder:
        rows.write_parquet(f"{folder[0]}/all.parquet", compression="zstd")
    print(rows.height)
