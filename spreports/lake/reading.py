"""Read the rows of one file that are wanted: these columns, these row groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spreports.lake.layout import Layout, conformed, derived, plain_schema
from spreports.lake.predicate import Condition
from spreports.lake.ranges import joined
from spreports.lake.row_groups import RowGroup, row_groups, runs
from spreports.lake.sieve import Sieve, sieve_of
from spreports.lake.stock import Piece

__all__ = ["SMALL_FILE", "Wanted", "open_piece", "read_piece"]

# A file of fewer rows costs what it takes to look at it: nothing is numbered or shared
SMALL_FILE = 4_096
# Texts as `Place.parquet` gives them where it is told to
NUMBERED = pa.dictionary(pa.int32(), pa.string())
# Bytes a row of a column that has few texts: what is not numbered takes four and more
FEW_TEXTS = 4
# Share of a row group's rows: where more are wanted, polars leaves out the others
WORTH_LEAVING_OUT = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a scan wants of every file.

    Attributes
    ----------
    layout : Layout
    columns : tuple of str
        Of the layout, in order.
    conditions : sequence of Condition
        To leave row groups out by; the rows are not filtered.
    schema : pyarrow.Schema
        Of the columns.
    """

    layout: Layout
    columns: tuple[str, ...]
    conditions: Sequence[Condition]
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        fields = [self.layout.schema.field(name) for name in self.columns]
        object.__setattr__(self, "schema", pa.schema(fields))


def open_piece(piece: Piece, wanted: Wanted) -> pq.ParquetFile:
    """Open a piece's file; FileNotFoundError when it was replaced."""
    return piece.root.parquet(
        piece.path, numbered=lambda file: _of_few_texts(file, wanted)
    )


def _of_few_texts(file: pq.ParquetFile, wanted: Wanted) -> list[str]:
    """Return the columns whose texts are the same few, as the first row group tells.

    To write them out takes Arrow nearly twice as long as to give their numbers. Where
    they are not few, it would have to number them first.
    """
    facts = file.metadata
    if facts.num_rows < SMALL_FILE:
        return []
    group = facts.row_group(0)
    most = FEW_TEXTS * group.num_rows
    names = {
        name
        for name in wanted.columns
        if pa.types.is_string(wanted.layout.schema.field(name).type)
    }
    columns = (group.column(i) for i in range(group.num_columns))
    return [
        each.path_in_schema
        for each in columns
        if each.path_in_schema in names
        and each.physical_type == "BYTE_ARRAY"
        and each.has_dictionary_page
        and each.total_uncompressed_size < most
    ]


def read_piece(
    piece: Piece, file: pq.ParquetFile, wanted: Wanted
) -> Iterator[pa.Table]:
    """Yield a piece's rows.

    Parameters
    ----------
    piece : Piece
    file : pyarrow.parquet.ParquetFile
        Closed in the end.
    wanted : Wanted

    Yields
    ------
    pyarrow.Table
        The columns wanted, in the layout's types; texts may be numbered (a dictionary
        with int32). Rows that cannot be wanted may be left out.

    Raises
    ------
    FileNotFoundError
        The file was replaced while it was read.
    SinkError
        It is damaged, or a value does not fit; see `conformed`.
    """
    with file, piece.root.refusals("read", gone=True):
        there = file.schema_arrow
        columns = _physical(piece, wanted, there)
        spans = _merged(piece.spans)
        sieve = None
        if wanted.conditions:
            there = plain_schema(there)
            sieve = sieve_of(wanted.conditions, _as_wanted(file, columns, wanted))
        types = there, wanted.layout.schema
        for run in runs(row_groups(file, spans, wanted.conditions, types)):
            for rows, hits, first in _read(file, run, columns, sieve):
                for start, end in spans:
                    low, high = max(start, first), min(end, first + rows.num_rows)
                    if low < high:
                        part = rows.slice(low - first, high - low)
                        if hits is not None:
                            part = part.filter(hits.slice(low - first, high - low))
                        yield _completed(part, piece, wanted)


def _read(
    file: pq.ParquetFile,
    run: Sequence[RowGroup],
    columns: Sequence[str],
    sieve: Sieve | None,
) -> Iterator[tuple[pa.Table, pa.ChunkedArray | None, int]]:
    """Yield rows, which of them may be wanted (None: all), and the first one's number.

    With a sieve only row groups that hold such a row.
    """
    if sieve is None:
        yield _rows(file, run, columns), None, run[0].first
        return
    known = _rows(file, run, [name for name in columns if name in sieve.columns])
    hits = sieve.hits(known)
    useful = []
    for group in run:
        start = group.first - run[0].first
        there = hits.slice(start, group.rows)
        count = pc.sum(there).as_py() or 0
        if count:
            few = count < group.rows * WORTH_LEAVING_OUT
            cells = known.slice(start, group.rows)
            useful.append((group, cells, there if few else None))
    if not useful:
        return
    others = [name for name in columns if name not in sieve.columns]
    rest = _rows(file, [group for group, _, _ in useful], others)
    start = 0
    for group, cells, found in useful:
        named = {name: cells[name] for name in cells.column_names}
        named |= {name: rest[name].slice(start, group.rows) for name in others}
        start += group.rows
        yield pa.table(named), found, group.first


def _rows(
    file: pq.ParquetFile, groups: Sequence[RowGroup], columns: Sequence[str]
) -> pa.Table:
    """Return all rows of some row groups."""
    numbers = [group.number for group in groups]
    shared = file.metadata.num_rows >= SMALL_FILE
    return file.read_row_groups(numbers, columns=columns, use_threads=shared)


def _as_wanted(
    file: pq.ParquetFile, columns: Sequence[str], wanted: Wanted
) -> pa.Schema:
    """Return the columns that come out as they stand in the file."""
    there = {
        each.name: pa.string() if each.type == NUMBERED else each.type
        for each in file.schema_arrow
        if each.name in columns
    }
    return pa.schema(
        each for each in wanted.schema if there.get(each.name) == each.type
    )


def _physical(piece: Piece, wanted: Wanted, there: pa.Schema) -> list[str]:
    """Return the columns to read from the file."""
    found = dict.fromkeys(c for c in wanted.columns if c not in piece.constants)
    for name in list(found):
        key = wanted.layout.derived.get(name)
        if key is not None:
            found[key.source] = None
    return [name for name in there.names if name in found]


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans as (start, end), neighbours joined."""
    return joined([(start, start + rows) for start, rows in spans if rows], apart=0)


def _completed(rows: pa.Table, piece: Piece, wanted: Wanted) -> pa.Table:
    """Give a table all the columns wanted, in their types."""
    names = list(wanted.columns)
    served = set(rows.column_names)
    if served.issuperset(names) and piece.constants.keys().isdisjoint(names):
        as_served = rows.select(names)
        if as_served.schema.equals(wanted.schema):
            return as_served
    layout = wanted.layout
    columns: list[Any] = []
    for name, dtype in zip(names, wanted.schema.types, strict=True):
        key = layout.derived.get(name)
        if name in piece.constants:
            column = pa.repeat(piece.constants[name], rows.num_rows)
        elif name in served:
            column = rows[name]
            if not (column.type == NUMBERED and pa.types.is_string(dtype)):
                column = conformed(column, name, layout)
        elif key is not None and key.source in piece.constants:
            source = pa.repeat(piece.constants[key.source], rows.num_rows)
            column = derived(pa.chunked_array([source]), key, layout)
        elif key is not None and key.source in served:
            column = derived(rows[key.source], key, layout)
        else:
            column = pa.nulls(rows.num_rows, dtype)
        columns.append(column)
    return pa.Table.from_arrays(columns, names=names)
