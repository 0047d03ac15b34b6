"""``python -m benchmarks``: minutes; ``--full``: the sizes of the targets."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version

from benchmarks import growth, quota
from benchmarks.flat_quirks import listings_to_parquet, settlement_to_parquet
from benchmarks.json_search_terms import search_terms_and_peers
from benchmarks.kernel import kernel
from benchmarks.lake_answers import lake_to_answers, small_files_to_answers
from benchmarks.numbers import numbers
from benchmarks.orders import (
    DATA,
    catalogue_to_parquet,
    channels_to_parquet,
    daily_to_parquet,
    orders_to_batches,
    orders_to_parquet,
    varied_to_all,
)
from benchmarks.sales_traffic import sales_traffic_and_peer
from benchmarks.second_look import second_look
from benchmarks.small_documents import small_documents
from benchmarks.small_report import small_report
from benchmarks.startup import startup
from benchmarks.xml_orders import xml_to_parquet

PACKAGES = ("polars", "pyarrow", "duckdb", "isal", "wasmtime", "ijson")


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
    orders_to_batches(size, runs)
    for partitioned in (True, False):
        orders_to_parquet(size, runs, partitioned=partitioned, every_peer=True)
    channels_to_parquet(size, runs)
    daily_to_parquet(size, runs)
    catalogue_to_parquet(size, runs)
    varied_to_all(size, runs)
    listings_to_parquet(min(size, 300), runs)
    settlement_to_parquet(min(size, 300), runs)
    search_terms_and_peers(size, runs)
    sales_traffic_and_peer(min(size, 300), runs)
    kernel(size, runs)
    numbers(200)
    xml_to_parquet(min(size, 300), runs)
    startup(3 * runs)
    second_look(size)
    small_report(110 if arguments.full else 33)
    growth.growth(growth.FULL if arguments.full else growth.SHORT)
    small_documents(10_000 if arguments.full else 1_000)
    lake_to_answers(DATA, 100_000 if arguments.full else 20_000, runs)
    small_files_to_answers(DATA, runs)
    quota.run([], short=not arguments.full)


if __name__ == "__main__":
    main()
