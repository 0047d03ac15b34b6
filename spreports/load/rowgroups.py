"""How our Parquet files are written: one place for options and row groups.

Page checksums, since a flipped bit is otherwise read back as another value. The same
rows give the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from functools import cache
from inspect import signature
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

from spreports.load.encoding import DICTIONARY_BYTES, Encoding
from spreports.load.row_bytes import bytes_of

__all__ = [
    "ROW_GROUP_ROWS",
    "STEP_ROWS",
    "abandon",
    "as_written",
    "in_steps",
    "is_nested",
    "open_writer",
    "opener",
    "windows",
    "with_dictionaries",
    "without_views",
]

ROW_GROUP_ROWS = 65_536
# pyarrow from 23 on would cut a row group's columns at 20,000 rows
PAGE_ROWS = 65_536
STEP_ROWS = 8_192


def windows(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    rows: int | Callable[[], int],
    max_bytes: int,
    *,
    copy: bool = True,
) -> Generator[pa.Table, None, None]:
    """Yield the rows again in tables of one size, however the batches were cut.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
    schema : pyarrow.Schema
    rows : int or callable
        Of each table but the last; a function is asked at the start of each.
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
    most = rows if isinstance(rows, int) else rows()
    for batch in batches:
        total = batch.num_rows
        total_bytes = max(1, bytes_of(batch))
        start = 0
        while start < total:
            room = max(1, (max_bytes - size) * total // total_bytes)
            piece = batch.slice(start, min(room, most - count))
            start += piece.num_rows
            held.append(piece)
            count += piece.num_rows
            # Rounded up, or a byte too few would have another piece follow
            size += -(-total_bytes * piece.num_rows // total)
            if count >= most or size >= max_bytes:
                table = pa.Table.from_batches(held, schema)
                held, count, size = [], 0, 0
                yield table.combine_chunks() if copy else table
                del table, piece  # not while the next one is read
                most = rows if isinstance(rows, int) else rows()
    if held:
        table = pa.Table.from_batches(held, schema)
        yield table.combine_chunks() if copy else table


def open_writer(
    path: Path,
    schema: pa.Schema,
    *,
    note: Mapping[str, str],
    encoding: Encoding,
) -> pq.ParquetWriter:
    """Begin a Parquet file; parameters as `opener`."""
    return opener(schema, note=note, encoding=encoding)(path)


def opener(
    schema: pa.Schema,
    *,
    note: Mapping[str, str],
    encoding: Encoding,
    handed: Collection[str] = (),
) -> Callable[[Path], pq.ParquetWriter]:
    """Return what begins Parquet files that are alike: there may be thousands.

    Parameters
    ----------
    schema : pyarrow.Schema
        Its own metadata is dropped: it describes another table.
    note : mapping of str to str
        Goes to the files' key-value metadata.
    encoding : Encoding
    handed : collection of str
        Columns that come as dictionaries, and are texts to whoever reads a file.

    Returns
    -------
    callable
        Takes a path, gives a pyarrow.parquet.ParquetWriter.
    """
    counted = [name for name in schema.names if name not in encoding.bare]
    schema = schema.with_metadata(dict(note) or None)
    taken = with_dictionaries(schema, handed)
    # What `store_schema` would write: it keeps the zone of timestamps
    stored = {**note, "ARROW:schema": base64.b64encode(schema.serialize())}
    files = LocalFileSystem()

    def begin(path: Path) -> pq.ParquetWriter:
        writer = pq.ParquetWriter(
            path,
            taken,
            filesystem=files,  # left out, the path is first tried as a URI
            compression="zstd",
            compression_level=1,
            use_dictionary=list(encoding.dictionary) or False,
            # A list names leaves, which leaves nested columns out: only where it must
            write_statistics=counted if encoding.bare else True,
            write_page_checksum=True,
            data_page_size=encoding.page_bytes,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            store_schema=not handed,
            **_page_rows(),
        )
        if handed:
            writer.add_key_value_metadata(stored)
        return writer

    return begin


def in_steps(rows: pa.Table) -> pa.Table:
    """Return the same rows, as they are to be handed to a writer.

    Arrow writes a column piece by piece, and keeps room for the largest piece of any in
    every file that is open: a MiB in each, were a row group one piece.

    Parameters
    ----------
    rows : pyarrow.Table

    Returns
    -------
    pyarrow.Table
    """
    if rows.num_rows <= STEP_ROWS:
        return rows
    columns = [
        pa.chunked_array(
            [
                chunk.slice(at, STEP_ROWS)
                for chunk in column.chunks
                for at in range(0, len(chunk), STEP_ROWS)
            ],
            column.type,
        )
        for column in rows.columns
    ]
    return pa.Table.from_arrays(columns, schema=rows.schema)


@cache
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


def is_nested(schema: pa.Schema) -> bool:
    """Tell whether some column holds lists or objects."""
    return any(pa.types.is_nested(field.type) for field in schema)


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
