"""``python -m benchmarks.orders [MiB] [RUNS]``: orders to batches and to Parquet.

Four documents: one in which nearly every name is another one and days stand in no
order, the same with one day after the other, one of a catalogue, and one whose texts
gzip packs less. The first goes into a partition a day, which are 50, and into one a day
and sales channel, 250.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.catalogue_documents import catalogue_orders
from benchmarks.documents import daily_orders, emptied, orders
from benchmarks.measure import compare, show
from benchmarks.same_rows import check_same_rows
from benchmarks.served import served
from benchmarks.varied_documents import varied_orders

DATA = Path(__file__).parent / "data"
PYTHON = [sys.executable, "-m"]
# A document at Amazon is brought and verified; one that is opened is read as it comes
OURS, OPENED = "spreports, from HTTP", "open_document, from HTTP"
PROVED = "the same, with an MD5 as S3 tells it"
PEERS = {
    "pandas, as users do": "pandas_today",
    "duckdb COPY": "duckdb_copy",
    "pyarrow write_dataset": "pyarrow_dataset",
    "polars read + write": "polars_read",
    "polars scan + sink": "polars_scan",
}
BY_DAY = ("purchase-date:day",)
SUMS = (
    'sum("item-price"::DECIMAL(18, 2)), sum(quantity), '
    'sum(hash("amazon-order-id", sku, "product-name", epoch_us("purchase-date")))'
)


def orders_to_batches(mebibytes: int, runs: int) -> None:
    """Compare typed batches of one orders document with polars.scan_csv."""
    _to_batches(orders(DATA, mebibytes), f"orders, {mebibytes} MiB", runs)


def varied_to_all(mebibytes: int, runs: int) -> None:
    """Compare orders that gzip packs less: batches, partitions and one file."""
    path, title = varied_orders(DATA, mebibytes), f"varied orders, {mebibytes} MiB"
    _to_batches(path, title, runs)
    for keys in (BY_DAY, ()):
        _to_parquet(
            path,
            f"{title} of text, gzip, to Parquet",
            runs,
            keys=keys,
            every_peer=False,
        )


def _to_batches(path: Path, title: str, runs: int) -> None:
    """Compare typed batches of one document with polars.scan_csv."""
    with served(path) as url, served(path, tells_md5=True) as told:
        figures = compare(
            {
                OURS: [*PYTHON, "benchmarks.orders_ours", url],
                PROVED: [*PYTHON, "benchmarks.orders_ours", told],
                OPENED: [*PYTHON, "benchmarks.opened", "orders", url],
                "polars scan, batches": [
                    *(*PYTHON, "benchmarks.orders_peers", "polars_scan", str(path))
                ],
            },
            runs,
        )
    show(f"{title} of text, gzip, to typed batches", figures)


def orders_to_parquet(
    mebibytes: int, runs: int, *, partitioned: bool, every_peer: bool
) -> None:
    """Compare one orders document to Parquet with polars, or with every peer."""
    _to_parquet(
        orders(DATA, mebibytes),
        f"orders, {mebibytes} MiB of text, gzip, to Parquet",
        runs,
        keys=BY_DAY if partitioned else (),
        every_peer=every_peer,
    )


def channels_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare orders into a partition a day and sales channel with polars."""
    _to_parquet(
        orders(DATA, mebibytes),
        f"orders, {mebibytes} MiB of text, gzip, to Parquet",
        runs,
        keys=(*BY_DAY, "sales-channel"),
        every_peer=False,
    )


def daily_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare orders whose days follow each other, a partition a day, with polars."""
    _to_parquet(
        daily_orders(DATA, mebibytes),
        f"orders in order of time, {mebibytes} MiB of text, gzip, to Parquet",
        runs,
        keys=BY_DAY,
        every_peer=False,
    )


def catalogue_to_parquet(mebibytes: int, runs: int) -> None:
    """Compare orders of a catalogue, whose server tells no charset, with polars."""
    path = catalogue_orders(DATA, mebibytes)
    for keys in (BY_DAY, ()):
        _to_parquet(
            path,
            f"orders of a catalogue, {mebibytes} MiB of text, gzip, to Parquet",
            runs,
            keys=keys,
            every_peer=False,
            content_type="text/plain",
        )


def _to_parquet(
    path: Path,
    title: str,
    runs: int,
    *,
    keys: tuple[str, ...],
    every_peer: bool,
    content_type: str = "text/plain;charset=UTF-8",
) -> None:
    """Compare one document to Parquet with peers, and its rows with theirs."""
    peers = dict(list(PEERS.items())[0 if every_peer else -1 :])
    folders = {
        name: emptied(DATA / word) / "orders"
        for name, word in {OURS: "ours", OPENED: "opened", **peers}.items()
    }
    with served(path, content_type) as url:
        commands = {
            OURS: [
                *(*PYTHON, "benchmarks.orders_ours", url, str(folders[OURS])),
                *keys,
            ],
            OPENED: [
                *(*PYTHON, "benchmarks.opened", "orders", url, str(folders[OPENED])),
                *keys,
            ],
        }
        for name, word in peers.items():
            commands[name] = [
                *(*PYTHON, "benchmarks.orders_peers", word, str(path)),
                *(str(folders[name]), *keys),
            ]
        figures = compare(commands, runs, fresh=folders)
    check_same_rows(folders, SUMS)
    where = f"by {' and '.join(keys)}" if keys else "one file"
    show(f"{title}, {where}", figures)


if __name__ == "__main__":
    size, runs = ([int(word) for word in sys.argv[1:]] + [200, 3][len(sys.argv) - 1 :])[
        :2
    ]
    orders_to_batches(size, runs)
    orders_to_parquet(size, runs, partitioned=True, every_peer=False)
    orders_to_parquet(size, runs, partitioned=False, every_peer=False)
    channels_to_parquet(size, runs)
    daily_to_parquet(size, runs)
    catalogue_to_parquet(size, runs)
    varied_to_all(size, runs)
