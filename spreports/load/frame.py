"""Stage record batches as one Parquet file, and scan staged files as a LazyFrame.

A LazyFrame over staged Parquet can be collected any number of times and never asks
Amazon again; a LazyFrame over a stream loses its rows at the second collect.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.errors import SinkError
from spreports.load.durable import on_disk
from spreports.load.encoding import Encoding, choose_encoding
from spreports.load.leftovers import unique_name
from spreports.load.rowgroups import abandon, as_written, open_writer, windows

if TYPE_CHECKING:
    import polars as pl

__all__ = ["scan", "stage"]

ROW_GROUP_ROWS = 65_536
ROW_GROUP_BYTES = 32 << 20


def stage(batches: pa.RecordBatchReader, path: Path) -> int:
    """Write record batches to one Parquet file: whole, or not at all.

    Parameters
    ----------
    batches : pyarrow.RecordBatchReader, n rows x m columns
        Read once, to its end; what it raises passes through.
    path : Path
        In a private folder (see `Store`); replaced when it exists. Written 0600.

    Returns
    -------
    int
        n.

    Raises
    ------
    SinkError
        The disk refused, or Parquet cannot hold a column's type. Nothing of this call
        is left, and an earlier file at `path` stands.
    """
    temp = path.with_name(unique_name(".tmp"))
    try:
        rows = _write(batches, temp)
        with _disk(path):
            on_disk(temp)
            temp.replace(path)
            on_disk(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise
    return rows


def scan(paths: Sequence[Path]) -> pl.LazyFrame:
    """Scan staged files as one frame.

    Parameters
    ----------
    paths : sequence of Path
        At least one. Columns may differ: they are united by name, in the order of the
        first file, later ones after; what a file lacks is null there; where types
        differ the wider one serves, text at last.

    Returns
    -------
    polars.LazyFrame
        Rows in the order of `paths`.

    Raises
    ------
    ValueError
        No path.
    SinkError
        A staged file is gone or is no Parquet file.
    """
    import polars as pl  # noqa: PLC0415 - heavy; a sink does without it

    if not paths:
        msg = "nothing to scan: no staged file was given"
        raise ValueError(msg)
    try:
        schemas = [pq.read_schema(path).remove_metadata() for path in paths]
    except (OSError, pa.ArrowException) as exc:
        msg = "a staged file is gone or damaged: read the report again"
        raise SinkError(msg) from exc
    if all(schema == schemas[0] for schema in schemas):
        return pl.scan_parquet(list(paths), glob=False, hive_partitioning=False)
    return pl.concat(
        [pl.scan_parquet(p, glob=False, hive_partitioning=False) for p in paths],
        how="diagonal_relaxed",
    )


def _write(batches: pa.RecordBatchReader, temp: Path) -> int:
    """Write all rows to `temp`; closed in any case."""
    schema = as_written(batches.schema)
    with _disk(temp):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(temp, flags, 0o600))
    rows = 0
    writer: pq.ParquetWriter | None = None
    try:
        for window in windows(batches, batches.schema, ROW_GROUP_ROWS, ROW_GROUP_BYTES):
            with _disk(temp):
                table = window.cast(schema) if schema != batches.schema else window
                if writer is None:
                    chosen = choose_encoding(table)
                    writer = open_writer(temp, schema, note={}, encoding=chosen)
                writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
        with _disk(temp):
            if writer is None:
                writer = open_writer(temp, schema, note={}, encoding=Encoding())
            writer.close()
    except BaseException:
        if writer is not None:
            abandon(writer)
        raise
    return rows


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turn what the disk and Arrow say into a SinkError."""
    try:
        yield
    except OSError as exc:
        raise SinkError(f"cannot stage {path.name}: {exc.strerror or exc}") from exc
    except pa.ArrowException as exc:
        # Arrow quotes values
        msg = f"cannot stage {path.name} as Parquet: {type(exc).__name__}"
        raise SinkError(msg) from None
