"""The peer: polars.read_json and unnest, both tables of a sales and traffic document.

``FILE``: frames; ``FILE FOLDER``: one Parquet file for each table. Money stays a float.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

TABLES = ("salesAndTrafficByDate", "salesAndTrafficByAsin")


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Unnest structs until none is left; columns are named by their path."""
    while nested := [n for n, t in frame.schema.items() if isinstance(t, pl.Struct)]:
        frame = frame.unnest(nested, separator=".")
    return frame


def both_tables(path: Path, folder: Path | None) -> int:
    """Read the document once; return the rows of both tables."""
    whole = pl.read_json(path)
    rows = 0
    for name in TABLES:
        table = flat(whole.select(name).explode(name).unnest(name))
        if "date" in table.columns:
            table = table.with_columns(pl.col("date").str.to_date())
        rows += table.height
        if folder is not None:
            (folder / name).mkdir(parents=True, exist_ok=True)
            table.write_parquet(folder / name / "document.parquet")
    return rows


if __name__ == "__main__":
    print(both_tables(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None))
