"""``python -m benchmarks.listings [MiB] [RUNS]``: cp1252 with raw quotes to Parquet."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import emptied
from benchmarks.listings_documents import listings
from benchmarks.measure import compare, show
from benchmarks.same_rows import check_same_rows
from benchmarks.served import served

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
OURS, PEER = "spreports, from HTTP", "decode + polars read, file"
SUMS = (
    'sum(price::DECIMAL(18, 2)), sum(quantity), sum(hash("item-name", '
    '"item-description", "seller-sku", asin1, epoch_us("open-date")))'
)


def listings_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare one listings document to Parquet with decoding and polars."""
    path = listings(DATA, mebibytes)
    folders = {
        OURS: emptied(DATA / "ours") / "listings",
        PEER: emptied(DATA / "polars") / "listings",
    }
    with served(path, "text/plain;charset=Cp1252") as url:
        figures = compare(
            {
                OURS: [*PYTHON, "benchmarks.listings_ours", url, str(folders[OURS])],
                PEER: [
                    *(*PYTHON, "benchmarks.listings_polars"),
                    *(str(path), str(folders[PEER])),
                ],
            },
            runs,
            fresh=folders,
        )
    check_same_rows(folders, SUMS)
    show(f"listings, {mebibytes} MiB of cp1252, gzip, to one Parquet file", figures)


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [100, 3][len(sys.argv) - 1 :])[
        :2
    ]
    listings_to_parquet(size, runs)
