"""How our Parquet files are written: one place for options and row groups.

Dictionaries only where the first rows say they pay: a dictionary of nearly distinct
values costs time and space. No statistics for texts that are a few values over and
over: every row group has them all, so that no query leaves one out, and finding the
first and last of 65,536 texts is a seventh of the encoding. Page checksums, since a
flipped bit is otherwise read back as another value. The same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = [
    "Encoding",
    "abandon",
    "choose_encoding",
    "open_writer",
    "windows",
    "without_views",
]

SAMPLE_ROWS = 8_192
DISTINCT_SHARE = 1 / 16


def windows(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int, max_bytes: int
) -> Iterator[pa.Table]:
    """Yield the rows again in tables of one size, however the batches were cut.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
    schema : pyarrow.Schema
    rows : int
        Of each table but the last.
    max_bytes : int
        A table ends early above this; only then do the cuts of `batches` show.

    Yields
    ------
    pyarrow.Table
        1 to `rows` rows, each column in one piece, copied: a slice would keep all of
        its batch in memory.
    """
    held: list[pa.RecordBatch] = []
    count = size = 0
    for batch in batches:
        total = batch.num_rows
        step = max(1, total * max_bytes // max(1, batch.nbytes))
        start = 0
        while start < total:
            piece = batch.slice(start, min(step, rows - count))
            start += piece.num_rows
            held.append(piece)
            count += piece.num_rows
            size += piece.nbytes
            if count >= rows or size >= max_bytes:
                table = pa.Table.from_batches(held, schema).combine_chunks()
                held, count, size = [], 0, 0
                yield table
                del table  # not while the next one is read
    if held:
        yield pa.Table.from_batches(held, schema).combine_chunks()


@dataclass(frozen=True, slots=True)
class Encoding:
    """How columns are written.

    Attributes
    ----------
    dictionary : tuple of str
        Columns with a dictionary.
    bare : tuple of str
        Columns without statistics.
    """

    dictionary: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()


def choose_encoding(sample: pa.Table) -> Encoding:
    """Choose how to write columns from a document's first rows.

    Parameters
    ----------
    sample : pyarrow.Table
        The first 8,192 rows of it are looked at.

    Returns
    -------
    Encoding
        A dictionary for columns with at most one distinct value in 16 rows; no
        statistics for texts among them that have more than one.
    """
    sample = sample.slice(0, SAMPLE_ROWS)
    limit = max(1, int(sample.num_rows * DISTINCT_SHARE))
    dictionary, bare = [], []
    for field in sample.schema:
        if pa.types.is_nested(field.type) or pa.types.is_null(field.type):
            continue
        column = sample[field.name]
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        distinct = pc.count_distinct(column).as_py()
        if distinct <= limit:
            dictionary.append(field.name)
            if distinct > 1 and _is_text(column.type):
                bare.append(field.name)
    return Encoding(tuple(dictionary), tuple(bare))


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


def open_writer(
    path: Path,
    schema: pa.Schema,
    *,
    note: Mapping[str, str],
    encoding: Encoding,
) -> pq.ParquetWriter:
    """Begin a Parquet file.

    Parameters
    ----------
    path : Path
    schema : pyarrow.Schema
        Its own metadata is dropped: it describes another table.
    note : mapping of str to str
        Goes to the file's key-value metadata.
    encoding : Encoding

    Returns
    -------
    pyarrow.parquet.ParquetWriter
    """
    counted = [name for name in schema.names if name not in encoding.bare]
    return pq.ParquetWriter(
        path,
        schema.with_metadata(dict(note) or None),
        compression="zstd",
        compression_level=1,
        use_dictionary=list(encoding.dictionary) or False,
        # A list names leaves, which leaves nested columns out: only where it must be
        write_statistics=counted if encoding.bare else True,
        write_page_checksum=True,
        store_schema=True,  # keeps the zone of timestamps and the type of columns
    )


def abandon(writer: pq.ParquetWriter) -> None:
    """Close a file that nobody will read, whatever it says."""
    try:
        writer.close()
    except (OSError, pa.ArrowException):
        # Its finalizer would try again and print what it gets
        writer.is_open = False


def without_views(schema: pa.Schema) -> pa.Schema:
    """Replace string and binary views, which not every kernel and reader knows.

    Parameters
    ----------
    schema : pyarrow.Schema

    Returns
    -------
    pyarrow.Schema
    """
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    return pa.schema(
        [f.with_type(plain[f.type]) if f.type in plain else f for f in schema]
    )
