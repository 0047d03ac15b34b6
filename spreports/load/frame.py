"""Stage record batches as one Parquet file, and scan it as a LazyFrame.

A LazyFrame over staged Parquet can be collected any number of times and never asks
Amazon again; a LazyFrame over a stream loses its rows at the second collect.
"""

from __future__ import annotations

import contextlib
import os
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


def scan(path: Path) -> pl.LazyFrame:
    """Scan a staged file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    polars.LazyFrame

    Raises
    ------
    SinkError
        The staged file is gone or is no Parquet file.
    """
    import polars as pl  # noqa: PLC0415 - heavy; a sink does without it

    try:
        pq.read_schema(path)
    except (OSError, pa.ArrowException) as exc:
        msg = "a staged file is gone or damaged: read the report again"
        raise SinkError(msg) from exc
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)
