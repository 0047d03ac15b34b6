"""Queries of a lake of 90 days, ours and polars' own scan of the same files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lake_queries import DAYS, QUERIES, lake
from benchmarks.measure import compare, show

PYTHON = [sys.executable, "-m"]


def lake_to_answers(folder: Path, rows: int, runs: int) -> None:
    """Compare the answers, and then what they cost.

    Parameters
    ----------
    folder : Path
        For the lake, which is written once.
    rows : int
        Orders of each day.
    runs : int
    """
    root = str(lake(folder, rows))
    for query in QUERIES:
        commands: dict[str, Sequence[str]] = {
            "spreports scan_lake": [*PYTHON, "benchmarks.lake_ours", root, query],
            "polars scan_parquet": [*PYTHON, "benchmarks.lake_polars", root, query],
        }
        answers = {
            subprocess.run(command, capture_output=True, check=True).stdout
            for command in commands.values()
        }
        if len(answers) > 1:
            raise SystemExit(f"the answers differ: {answers}")
        figures = compare(commands, runs)
        show(f"{query} of a lake of {DAYS} days, {rows:,} orders a day", figures)
