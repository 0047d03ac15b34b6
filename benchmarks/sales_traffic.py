"""``python -m benchmarks.sales_traffic [MiB] [RUNS]``: nested JSON of two tables.

Sales and traffic, to typed batches and to one Parquet file for each table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import emptied
from benchmarks.measure import compare, show
from benchmarks.sales_traffic_documents import sales_traffic
from benchmarks.same_rows import check_same_rows
from benchmarks.served import served

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
OURS = "spreports, from HTTP"
PEER = "polars.read_json + unnest"
SUMS = {
    "salesAndTrafficByDate": (
        'sum(hash(date, "trafficByDate.pageViews", "salesByDate.unitsOrdered")), '
        'sum("salesByDate.orderedProductSales.amount"::DECIMAL(18, 2))'
    ),
    "salesAndTrafficByAsin": (
        'sum(hash("parentAsin", "childAsin", sku, "trafficByAsin.sessions", '
        '"trafficByAsin.buyBoxPercentage")), '
        'sum("salesByAsin.orderedProductSales.amount"::DECIMAL(18, 2))'
    ),
}


def sales_traffic_and_peer(mebibytes: int, runs: int) -> None:
    """Compare one document with polars: to batches, and to Parquet."""
    path = sales_traffic(DATA, mebibytes)
    folders = {
        OURS: emptied(DATA / "ours") / "sales_traffic",
        PEER: emptied(DATA / "polars") / "sales_traffic",
    }
    ours = [*PYTHON, "benchmarks.sales_traffic_ours"]
    peer = [*PYTHON, "benchmarks.sales_traffic_polars", str(path)]
    title = f"sales and traffic, {mebibytes} MiB of JSON, both tables"
    with served(path) as url:
        batches = compare({OURS: [*ours, url], PEER: peer}, runs)
        files = compare(
            {
                OURS: [*ours, url, str(folders[OURS])],
                PEER: [*peer, str(folders[PEER])],
            },
            runs,
            fresh=folders,
        )
    for table, sums in SUMS.items():
        check_same_rows({name: each / table for name, each in folders.items()}, sums)
    show(f"{title}, to typed batches", batches)
    show(f"{title}, to Parquet", files)


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [64, 3][len(sys.argv) - 1 :])[
        :2
    ]
    sales_traffic_and_peer(size, runs)
