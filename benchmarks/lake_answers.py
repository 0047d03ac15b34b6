"""Queries of a lake of 90 days, ours and polars' own scan of the same files.

``python -m benchmarks.lake_answers [ROWS] [RUNS]``, ROWS a day; then all columns of a
lake of many small files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.lake_queries import DAYS, QUERIES, lake
from benchmarks.measure import compare, show
from benchmarks.slow_s3 import slow_s3

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
LATE = 0.03
SMALL_FILES, SMALL_ROWS = 1_500, 20


def lake_to_answers(folder: Path, rows: int, runs: int) -> None:
    """Compare the answers, and then what they cost; on a disk and on an S3.

    Parameters
    ----------
    folder : Path
        For the lake, which is written once.
    rows : int
        Orders of each day.
    runs : int
    """
    root = lake(folder, rows)
    what = f"of a lake of {DAYS} days, {rows:,} orders a day"
    _answers(what, (str(root), ()), (str(root), ()), runs)
    # Nobody's, but both clients want some
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    os.environ.update(keys | {"AWS_DEFAULT_REGION": "us-east-1"})
    with slow_s3(LATE) as endpoint:
        url = _copied(root, endpoint)
        _answers(
            f"{what}, on an S3 that answers {LATE * 1000:.0f} ms later",
            (url, [f"endpoint_url={endpoint}"]),
            (f"{url}/", [f"aws_endpoint_url={endpoint}", "aws_allow_http=true"]),
            runs,
        )


def small_files_to_answers(folder: Path, runs: int) -> None:
    """Compare what files cost that have next to no rows, on a disk."""
    root = str(lake(folder, SMALL_ROWS, SMALL_FILES))
    what = f"of {SMALL_FILES:,} files of {SMALL_ROWS} rows"
    _answers(what, (root, ()), (root, ()), runs, ["all columns"])


def _copied(root: Path, endpoint: str) -> str:
    """Bring a lake to an S3; return its URL there."""
    import s3fs  # noqa: PLC0415 - an extra

    fs = s3fs.S3FileSystem(endpoint_url=endpoint)
    fs.mkdir("lake")
    fs.put(f"{root.parent}/", "lake/", recursive=True)
    return f"s3://lake/{root.name}"


def _answers(
    what: str,
    ours: tuple[str, Sequence[str]],
    peer: tuple[str, Sequence[str]],
    runs: int,
    queries: Iterable[str] = QUERIES,
) -> None:
    """Ask both for everything; each is a root with its storage options."""
    for query in queries:
        commands: dict[str, Sequence[str]] = {
            "spreports scan_lake": _command("benchmarks.lake_ours", ours, query),
            "polars scan_parquet": _command("benchmarks.lake_polars", peer, query),
        }
        answers = {
            subprocess.run(command, capture_output=True, check=True).stdout
            for command in commands.values()
        }
        if len(answers) > 1:
            raise SystemExit(f"the answers differ: {answers}")
        show(f"{query} {what}", compare(commands, runs))


def _command(module: str, where: tuple[str, Sequence[str]], query: str) -> list[str]:
    root, options = where
    return [*PYTHON, module, root, query, *options]


if __name__ == "__main__":
    rows, runs = (
        [int(word) for word in sys.argv[1:]] + [100_000, 3][len(sys.argv) - 1 :]
    )[:2]
    lake_to_answers(DATA, rows, runs)
    small_files_to_answers(DATA, runs)
