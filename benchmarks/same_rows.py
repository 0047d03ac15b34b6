"""No figure counts before both sides hold the same rows."""

from __future__ import annotations

from pathlib import Path

import duckdb


def check_same_rows(folders: dict[str, Path], sums: str) -> None:
    """Stop when lakes do not hold the same rows.

    Parameters
    ----------
    folders : dict of str to Path
        Who wrote it, and where.
    sums : str
        SQL expressions over all rows, after ``count(*)``.
    """
    found = {
        name: duckdb.execute(
            f"SELECT count(*), {sums} "
            f"FROM read_parquet('{folder}/**/*.parquet', hive_partitioning=false)"
        ).fetchall()
        for name, folder in folders.items()
    }
    if len({str(each) for each in found.values()}) != 1:
        raise SystemExit(f"the rows differ: {found}")
    print(f"all hold the same {next(iter(found.values()))[0][0]:,} rows")
