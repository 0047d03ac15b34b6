"""``python -m benchmarks.prototypes.parquet_writers [RUNS]``: a row group, two writers.

What another native encoder would bring to a sink: Arrow's, in C++, with our settings,
and polars', in Rust, on the same rows, each in one thread, zstd at level 1. And Arrow's
with dictionaries of few values alone, without those of values that come back. CPU time;
the least of RUNS counts.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Final

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.catalogue_documents import catalogue_orders
from benchmarks.documents import orders
from benchmarks.listings_documents import listings
from spreports.catalog import lookup
from spreports.fetch.document import open_batches
from spreports.load.encoding import choose_encoding

DATA: Final = Path(__file__).parents[1] / "data"
ROWS: Final = 65_536


def compared(
    kind: str, path: Path, charset: str, runs: int, *, title: str = ""
) -> None:
    """Write the first row group of a document each way, and show the figures."""
    title = title or kind
    with open_batches(
        lambda: path.open("rb"),
        lookup(kind),
        content_type=f"text/plain;charset={charset}",
    ) as reader:
        table = pa.Table.from_batches(reader).slice(0, ROWS).combine_chunks()
    encoding = choose_encoding(table)
    frame = pl.DataFrame(pl.from_arrow(table)).rechunk()

    def by_arrow(dictionary: Collection[str]) -> int:
        bare = set(encoding.bare).intersection(dictionary)
        stats = [name for name in table.column_names if name not in bare]
        with (
            io.BytesIO() as file,
            pq.ParquetWriter(
                file,
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=list(dictionary),
                write_statistics=stats,
            ) as writer,
        ):
            writer.write_table(table, row_group_size=ROWS)
            return file.tell()

    def by_polars() -> int:
        with io.BytesIO() as file:
            frame.write_parquet(
                file, compression="zstd", compression_level=1, row_group_size=ROWS
            )
            return file.tell()

    print(f"\n{title}: {table.num_rows} rows, {table.num_columns} columns")
    found = {
        "polars": _least(by_polars, runs),
        "Arrow, few": _least(partial(by_arrow, encoding.few), runs),
        "Arrow": _least(partial(by_arrow, encoding.dictionary), runs),
    }
    for name, (milliseconds, size) in found.items():
        ratio = milliseconds / found["Arrow"][0]
        print(f"{name:11}{milliseconds:8.1f} ms{size >> 10:8} KiB{ratio:8.2f}")
    print(json.dumps({"title": f"{title}, one row group", **found}))


def _least(write: Callable[[], int], runs: int) -> tuple[float, int]:
    """Return CPU milliseconds, and how large the file is."""
    least, size = 1e9, 0
    for _ in range(runs):
        since = time.process_time()
        size = write()
        least = min(least, time.process_time() - since)
    return least * 1e3, size


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    compared("orders", orders(DATA, 32), "UTF-8", times)
    compared(
        *("orders", catalogue_orders(DATA, 32), "UTF-8", times),
        title="orders of a catalogue",
    )
    compared("listings", listings(DATA, 32), "Cp1252", times)
