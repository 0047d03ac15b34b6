"""Write rows as one Parquet file, however the batches were cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.load.encoding import Encoding, choose_encoding
from spreports.load.rowgroups import ROW_GROUP_ROWS, abandon, open_writer, windows
from spreports.load.sink_errors import as_sink_errors

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["write_whole"]

ROW_GROUP_BYTES = 32 << 20


def write_whole(
    path: Path,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    written: pa.Schema | None = None,
    note: Mapping[str, str],
) -> int:
    """Write all rows to a local file; closed in any case.

    Parameters
    ----------
    path : Path
        In a folder of temporary files.
    batches : iterable of pyarrow.RecordBatch, n rows x m columns
        What it raises passes through.
    schema : pyarrow.Schema
        Of the batches.
    written : pyarrow.Schema, optional
        What the columns are converted to; without it they go as they are.
    note : mapping of str to str
        Goes to the file's key-value metadata.

    Returns
    -------
    int
        n.

    Raises
    ------
    SinkError
        The disk refused, or Parquet cannot hold a column's type.
    """
    there = schema if written is None else written
    rows = 0
    writer: pq.ParquetWriter | None = None
    try:
        for window in windows(batches, schema, ROW_GROUP_ROWS, ROW_GROUP_BYTES):
            with as_sink_errors(path.parent):
                table = window if there == schema else window.cast(there)
                if writer is None:
                    chosen = choose_encoding(table)
                    writer = open_writer(path, there, note=note, encoding=chosen)
                writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
        with as_sink_errors(path.parent):
            if writer is None:
                writer = open_writer(path, there, note=note, encoding=Encoding())
            writer.close()
    except BaseException:
        if writer is not None:
            abandon(writer)
        raise
    return rows
