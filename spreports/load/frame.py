"""Stage record batches as one Parquet file, and scan staged files as a LazyFrame.

A LazyFrame over staged Parquet can be collected any number of times and never asks
Amazon again; a LazyFrame over a stream loses its rows at the second collect.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.errors import SinkError
from spreports.load.durable import on_disk
from spreports.load.leftovers import unique_name
from spreports.load.one_file import write_whole
from spreports.load.rowgroups import as_written
from spreports.load.sink_errors import as_sink_errors

if TYPE_CHECKING:
    import polars as pl

__all__ = ["scan", "stage"]


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
        with as_sink_errors(path.parent):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
            os.close(os.open(temp, flags, 0o600))
        schema = batches.schema
        rows = write_whole(temp, batches, schema, written=as_written(schema), note={})
        with as_sink_errors(path.parent):
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
