"""``python -m benchmarks``: minutes; ``--full``: the sizes of the targets."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import duckdb

from benchmarks import quota
from benchmarks.documents import emptied, orders
from benchmarks.json_search_terms import search_terms_and_peers
from benchmarks.measure import compare, show
from benchmarks.served import served
from benchmarks.xml_orders import xml_to_parquet

DATA = Path(__file__).parent / "data"
PACKAGES = ("polars", "pyarrow", "duckdb", "isal", "ijson")


def same_rows(one: Path, other: Path) -> None:
    """Stop when two lakes do not hold the same rows: no figure counts before that."""
    sums = [
        duckdb.connect()
        .execute(
            'SELECT count(*), sum("item-price"), sum(quantity), '
            'sum(hash("amazon-order-id", sku, "product-name", "purchase-date")) '
            f"FROM read_parquet('{folder}/**/*.parquet', hive_partitioning=false)"
        )
        .fetchall()
        for folder in (one, other)
    ]
    if sums[0] != sums[1]:
        raise SystemExit(f"the rows differ: {sums}")
    print(f"both hold the same {sums[0][0][0]:,} rows")


def orders_to_parquet(mebibytes: int, runs: int, *, partitioned: bool) -> None:
    """Compare one orders document to Parquet with polars."""
    path = orders(DATA, mebibytes)
    ours, theirs = emptied(DATA / "ours"), emptied(DATA / "polars")
    by_day = ["purchase-date:day"] if partitioned else []
    with served(path) as url:
        figures = compare(
            {
                "spreports, from HTTP": [
                    sys.executable,
                    "-m",
                    "benchmarks.orders_ours",
                    url,
                    str(ours / "orders"),
                    *by_day,
                ],
                "polars scan + sink, file": [
                    sys.executable,
                    "-m",
                    "benchmarks.orders_polars",
                    str(path),
                    str(theirs / "orders"),
                    *by_day,
                ],
            },
            runs,
        )
    same_rows(ours / "orders", theirs / "orders")
    where = "50 partitions" if partitioned else "one file"
    show(f"orders, {mebibytes} MiB of text, gzip, to Parquet, {where}", figures)


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--full", action="store_true", help="1 GiB, medians of five")
    parser.add_argument("--size", type=int, help="MiB of text")
    parser.add_argument("--runs", type=int)
    arguments = parser.parse_args()
    size = arguments.size or (1024 if arguments.full else 200)
    runs = arguments.runs or (5 if arguments.full else 3)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, {versions}; medians of {runs}")
    orders_to_parquet(size, runs, partitioned=True)
    orders_to_parquet(size, runs, partitioned=False)
    search_terms_and_peers(size, runs)
    xml_to_parquet(min(size, 300), runs)
    quota.run([], short=not arguments.full)


if __name__ == "__main__":
    main()
