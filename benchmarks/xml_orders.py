"""``python -m benchmarks.xml_orders [MiB] [RUNS]``: XML orders to Parquet and lxml.

Once as they are, and once with a comment in each order and names in CDATA sections.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.documents import emptied
from benchmarks.measure import compare, show
from benchmarks.served import served
from benchmarks.xml_documents import xml_orders

DATA = Path(__file__).parent / "data"


def same_rows(one: Path, other: Path) -> None:
    """Stop when two lakes do not hold the same orders: no figure counts before that."""
    sums = [
        duckdb.execute(
            'SELECT count(*), sum(len("OrderItem")), sum(hash("AmazonOrderID", '
            '"PurchaseDate", "FulfillmentData/Address/City", "IsBusinessOrder", '
            f"\"OrderItem\"::VARCHAR)) FROM read_parquet('{folder}/**/*.parquet')"
        ).fetchall()
        for folder in (one, other)
    ]
    if sums[0] != sums[1]:
        raise SystemExit(f"the rows differ: {sums}")
    print(f"both hold the same {sums[0][0][0]:,} orders")


def xml_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare XML orders documents to Parquet with lxml."""
    for asides in (False, True):
        _to_parquet(xml_orders(DATA, mebibytes, asides=asides), runs)


def _to_parquet(path: Path, runs: int) -> None:
    """Run ours and lxml in turn, compare the rows, show the figures."""
    ours, theirs = emptied(DATA / "ours"), emptied(DATA / "lxml")
    python = [sys.executable, "-m"]
    with served(path) as url:
        figures = compare(
            {
                "spreports, from HTTP": [
                    *python,
                    "benchmarks.xml_ours",
                    url,
                    str(ours / "orders"),
                ],
                "lxml iterparse, file": [
                    *python,
                    "benchmarks.xml_lxml",
                    str(path),
                    str(theirs / "orders"),
                ],
            },
            runs,
        )
    same_rows(ours / "orders", theirs / "orders")
    show(f"{path.name}, to one Parquet file", figures)


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [100, 3][len(sys.argv) - 1 :])[
        :2
    ]
    xml_to_parquet(size, runs)
