"""How our Parquet files are written: one place for options and row groups.

Dictionaries only where the first rows say they pay: a dictionary of nearly distinct
values costs time and space. No statistics for texts that are a few values over and
over: every row group has them all, so that no query leaves one out, and finding the
first and last of 65,536 texts is a seventh of the encoding. Page checksums, since a
flipped bit is otherwise read back as another value. The same rows give the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = [
    "Encoding",
    "abandon",
    "as_written",
    "can_take_dictionaries",
    "choose_encoding",
    "is_text",
    "open_writer",
    "row_bytes",
    "windows",
    "with_dictionaries",
    "without_views",
]

# pyarrow from 23 on would cut a row group's columns at 20,000 rows
PAGE_ROWS = 65_536
SAMPLE_ROWS = 8_192
DISTINCT_SHARE = 1 / 16


def windows(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    rows: int,
    max_bytes: int,
    *,
    copy: bool = True,
) -> Generator[pa.Table, None, None]:
    """Yield the rows again in tables of one size, however the batches were cut.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
    schema : pyarrow.Schema
    rows : int
        Of each table but the last.
    max_bytes : int
        A table ends early above this; only then do the cuts of `batches` show.
    copy : bool
        Have each column in one piece. Slices, without it, keep their batches in memory.

    Yields
    ------
    pyarrow.Table
        1 to `rows` rows.
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
                table = pa.Table.from_batches(held, schema)
                held, count, size = [], 0, 0
                yield table.combine_chunks() if copy else table
                del table, piece  # not while the next one is read
    if held:
        table = pa.Table.from_batches(held, schema)
        yield table.combine_chunks() if copy else table


def row_bytes(rows: pa.Table) -> int:
    """Return how much memory a row takes on average, however the columns are cut.

    Parameters
    ----------
    rows : pyarrow.Table
        At least one row.

    Returns
    -------
    int, bytes
    """
    total = sum(_column_bytes(column) for column in rows.columns)
    return total // int(rows.num_rows)


def _column_bytes(column: pa.ChunkedArray) -> int:
    """Return the memory of a column, but for which values are null."""
    if is_text(column.type):
        texts = pc.sum(pc.binary_length(column)).as_py() or 0
        return int(texts) + 4 * len(column)
    try:
        return int(column.type.bit_width) * len(column) // 8
    except ValueError:  # not of one width
        return int(column.combine_chunks().nbytes)


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
            if distinct > 1 and is_text(column.type):
                bare.append(field.name)
    return Encoding(tuple(dictionary), tuple(bare))


def is_text(dtype: pa.DataType) -> bool:
    """Tell whether values are texts, small or large."""
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))


def open_writer(
    path: Path,
    schema: pa.Schema,
    *,
    note: Mapping[str, str],
    encoding: Encoding,
    handed: Collection[str] = (),
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
    handed : collection of str
        Columns that come as dictionaries, and are texts to whoever reads the file.

    Returns
    -------
    pyarrow.parquet.ParquetWriter
    """
    counted = [name for name in schema.names if name not in encoding.bare]
    schema = schema.with_metadata(dict(note) or None)
    writer = pq.ParquetWriter(
        path,
        with_dictionaries(schema, handed),
        compression="zstd",
        compression_level=1,
        use_dictionary=list(encoding.dictionary) or False,
        # A list names leaves, which leaves nested columns out: only where it must be
        write_statistics=counted if encoding.bare else True,
        write_page_checksum=True,
        store_schema=not handed,
        **_page_rows(),
    )
    if handed:
        # What `store_schema` would write: it keeps the zone of timestamps
        stored = base64.b64encode(schema.serialize())
        writer.add_key_value_metadata({**note, "ARROW:schema": stored})
    return writer


def _page_rows() -> dict[str, int]:
    """Return how pyarrow is told the rows of a page, where it wants to be."""
    name = "max_rows_per_page"
    return {name: PAGE_ROWS} if name in signature(pq.ParquetWriter).parameters else {}


def abandon(writer: pq.ParquetWriter) -> None:
    """Close a file that nobody will read, whatever it says."""
    try:
        writer.close()
    except (OSError, pa.ArrowException):
        # Its finalizer would try again and print what it gets
        writer.is_open = False


def can_take_dictionaries() -> bool:
    """Tell whether texts can be written from dictionaries: since pyarrow 17."""
    return hasattr(pq.ParquetWriter, "add_key_value_metadata")


def with_dictionaries(schema: pa.Schema, names: Collection[str]) -> pa.Schema:
    """Return a schema in which some columns are dictionaries of what they hold."""
    return pa.schema(
        [
            f.with_type(pa.dictionary(pa.int32(), f.type)) if f.name in names else f
            for f in schema
        ],
        schema.metadata,
    )


def as_written(schema: pa.Schema) -> pa.Schema:
    """Return the columns as a file has them.

    Parameters
    ----------
    schema : pyarrow.Schema

    Returns
    -------
    pyarrow.Schema
        As `without_views`, and plain values in place of dictionaries: which columns
        have one in a file is ours to choose.
    """
    return pa.schema(
        [
            f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f
            for f in without_views(schema)
        ]
    )


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
    plain.update((pa.dictionary(pa.int32(), view), plain[view]) for view in [*plain])
    return pa.schema(
        [f.with_type(plain[f.type]) if f.type in plain else f for f in schema]
    )
