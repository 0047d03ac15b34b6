"""``python -m benchmarks.json_search_terms [MiB] [RUNS]``: search terms and peers.

Ours, polars.read_json and forms of ijson, in turn on the same document: plain and gzip
into record batches, gzip to one Parquet file (ijson by its backend without C, too).
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.documents import emptied
from benchmarks.json_documents import search_terms
from benchmarks.measure import Figures, compare, show
from benchmarks.served import served

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
OURS, FIRST = "spreports", "spreports, first batch"
# ijson needs minutes for more than this: it then runs once, in turn with ours
IJSON_RUNS_AT_MOST = 300


def search_terms_and_peers(mebibytes: int, runs: int) -> None:
    """Compare record batches and Parquet of one search terms document."""
    for compressed in (False, True):
        path = str(search_terms(DATA, mebibytes, compressed=compressed))
        kind = "gzip" if compressed else "plain"
        title = f"search terms, {mebibytes} MiB of JSON, {kind}, to record batches"
        ours = [*PYTHON, "benchmarks.json_ours", path]
        _run_all(
            title,
            {FIRST: [*ours, "first"], OURS: ours},
            _peers(path, {}),
            mebibytes,
            runs,
        )
    path = str(search_terms(DATA, mebibytes, compressed=True))
    folders = {
        name: str(emptied(DATA / name))
        for name in ("ours", "polars", "default", "floats", "python")
    }
    with served(Path(path)) as url:
        _run_all(
            f"search terms, {mebibytes} MiB of JSON, gzip, to one Parquet file",
            {OURS: [*PYTHON, "benchmarks.json_ours", url, folders["ours"] + "/terms"]},
            _peers(path, folders),
            mebibytes,
            runs,
        )
    same_rows(*(Path(folder) for folder in folders.values()))


def _peers(path: str, folders: dict[str, str]) -> dict[str, list[str]]:
    """Return the peers' commands; to record batches where there are no folders."""
    folder = {name: [each] for name, each in folders.items()}
    ijson = [*PYTHON, "benchmarks.json_ijson"]
    return {
        "polars.read_json": [
            *(*PYTHON, "benchmarks.json_polars", path),
            *folder.get("polars", []),
        ],
        **{
            f"ijson.items, {form}": [*ijson, form, path, *folder.get(form, [])]
            for form in ("default", "floats", *(["python"] if folders else []))
        },
    }


def _run_all(
    title: str,
    ours: dict[str, list[str]],
    peers: dict[str, list[str]],
    mebibytes: int,
    runs: int,
) -> None:
    """Run ours and all peers in turn, and show ours beside each of them."""
    slow = {name: peer for name, peer in peers.items() if name.startswith("ijson")}
    quick = {name: peer for name, peer in peers.items() if name not in slow}
    few = 1 if mebibytes > IJSON_RUNS_AT_MOST else runs
    for some, times in ((quick, runs), (slow, few)):
        figures = {each.name: each for each in compare({**ours, **some}, times)}
        for name in some:
            shown: list[Figures] = [*(figures[own] for own in ours), figures[name]]
            show(f"{title} (runs: {times})", shown)


def same_rows(*folders: Path) -> None:
    """Stop when the files do not hold the same rows: no figure counts before that."""
    sums = {
        folder.name: duckdb.execute(
            "SELECT count(*), sum(hash(departmentName, searchTerm, clickedAsin, "
            "searchFrequencyRank::BIGINT, clickShareRank::BIGINT, "
            "round(clickShare::DOUBLE * 1e6)::BIGINT, "
            "round(conversionShare::DOUBLE * 1e6)::BIGINT)) "
            f"FROM read_parquet('{folder}/**/*.parquet')"
        ).fetchall()
        for folder in folders
    }
    if len({str(each) for each in sums.values()}) != 1:
        raise SystemExit(f"the rows differ: {sums}")
    print(f"all hold the same {sums[folders[0].name][0][0]:,} rows")


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [256, 3][len(sys.argv) - 1 :])[
        :2
    ]
    search_terms_and_peers(size, runs)
