"""``python -m benchmarks.flat_quirks [MiB] [RUNS]``: two flat files with their quirks.

Listings in cp1252 with raw quotes, and a settlement with decimal commas, both to one
Parquet file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import emptied
from benchmarks.listings_documents import listings
from benchmarks.measure import compare, show
from benchmarks.same_rows import check_same_rows
from benchmarks.served import served
from benchmarks.settlement_documents import settlement

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
OURS, OPENED = "spreports, from HTTP", "open_document, from HTTP"
LISTING_SUMS = (
    'sum(price::DECIMAL(18, 2)), sum(quantity), sum(hash("item-name", '
    '"item-description", "seller-sku", asin1, epoch_us("open-date")))'
)
SETTLEMENT_SUMS = (
    'sum(amount::DECIMAL(18, 2)), sum("quantity-purchased"), sum(hash("order-id", '
    'sku, "amount-description", "posted-date", epoch_us("posted-date-time")))'
)


def listings_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare one listings document to Parquet with decoding and polars."""
    _to_parquet(
        listings(DATA, mebibytes),
        "listings",
        ("decode + polars read, file", "benchmarks.listings_polars"),
        sums=LISTING_SUMS,
        content_type="text/plain;charset=Cp1252",
        runs=runs,
    )


def settlement_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare one settlement to Parquet with polars scan + sink."""
    _to_parquet(
        settlement(DATA, mebibytes),
        "settlement",
        ("polars scan + sink, file", "benchmarks.settlement_polars"),
        sums=SETTLEMENT_SUMS,
        content_type="text/plain;charset=UTF-8",
        runs=runs,
    )


def _to_parquet(
    path: Path,
    report_type: str,
    peer: tuple[str, str],
    *,
    sums: str,
    content_type: str,
    runs: int,
) -> None:
    """Run ours and the peer in turn, compare the rows, show the figures."""
    name, module = peer
    folders = {
        OURS: emptied(DATA / "ours") / report_type,
        OPENED: emptied(DATA / "opened") / report_type,
        name: emptied(DATA / "polars") / report_type,
    }
    with served(path, content_type) as url:
        figures = compare(
            {
                OURS: [
                    *(*PYTHON, "benchmarks.flat_ours"),
                    *(report_type, url, str(folders[OURS])),
                ],
                OPENED: [
                    *(*PYTHON, "benchmarks.opened"),
                    *(report_type, url, str(folders[OPENED])),
                ],
                name: [*PYTHON, module, str(path), str(folders[name])],
            },
            runs,
            fresh=folders,
        )
    check_same_rows(folders, sums)
    show(f"{path.name}, to one Parquet file", figures)


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [100, 3][len(sys.argv) - 1 :])[
        :2
    ]
    listings_to_parquet(size, runs)
    settlement_to_parquet(size, runs)
