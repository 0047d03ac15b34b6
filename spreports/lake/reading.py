"""Read the rows of one file that are wanted: these columns, these row groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spreports.lake.layout import Layout, conformed, derived, plain_schema
from spreports.lake.predicate import Condition, excluded
from spreports.lake.ranges import joined
from spreports.lake.sieve import Sieve, sieve_of
from spreports.lake.stock import Piece

__all__ = ["Wanted", "open_piece", "read_piece"]

# Row groups read in one go; each has at most 65,536 rows as we write them
GROUPS = 4
# Texts as `Place.parquet` gives them where it is told to
NUMBERED = pa.dictionary(pa.int32(), pa.string())
# Bytes a row of a column that has few texts: what is not numbered takes four and more
FEW_TEXTS = 4
# Share of a row group's rows: where more are wanted, polars leaves out the others
WORTH_LEAVING_OUT = 0.5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """

    layout: Layout
    columns: tuple[str, ...]
    conditions: Sequence[Condition]


class RowGroup(NamedTuple):
    """Where a row group stands in its file.

    Attributes
    ----------
    number : int
    first : int
        The number of its first row.
    rows : int
    """

    number: int
    first: int
    rows: int


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
    if not facts.num_row_groups:
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
        there = plain_schema(file.schema_arrow)
        columns = _physical(piece, wanted, there)
        spans = _merged(piece.spans)
        sieve = sieve_of(wanted.conditions, _as_wanted(file, columns, wanted))
        for run in _runs(_groups(file, spans, wanted, there)):
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
    return file.read_row_groups([group.number for group in groups], columns=columns)


def _as_wanted(
    file: pq.ParquetFile, columns: Sequence[str], wanted: Wanted
) -> pa.Schema:
    """Return the columns that come out as they stand in the file."""
    schema = wanted.layout.schema
    kept = []
    for field in file.schema_arrow:
        if field.name in columns and field.name in wanted.columns:
            want = schema.field(field.name)
            there = pa.string() if field.type == NUMBERED else field.type
            if there == want.type:
                kept.append(want)
    return pa.schema(kept)


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


def _groups(
    file: pq.ParquetFile,
    spans: Sequence[tuple[int, int]],
    wanted: Wanted,
    there: pa.Schema,
) -> Iterator[RowGroup]:
    """Yield the row groups that may hold rows wanted."""
    facts = file.metadata
    places = {facts.schema.column(i).path: i for i in range(facts.num_columns)}
    useful = [
        c
        for c in wanted.conditions
        if c.column in places and _comparable(c.column, wanted.layout, there)
    ]
    first = 0
    for number in range(facts.num_row_groups):
        group = facts.row_group(number)
        end = first + group.num_rows
        if any(start < end and first < stop for start, stop in spans):
            bounds = {c.column: _bounds(group, places[c.column]) for c in useful}
            known = {name: found for name, found in bounds.items() if found}
            if not excluded(useful, known):
                yield RowGroup(number, first, group.num_rows)
        first = end


def _comparable(name: str, layout: Layout, there: pa.Schema) -> bool:
    """Tell whether a file's statistics speak of the values that come out.

    Not where a column changes its type; not for floats, whose NaN is in no statistic.
    """
    dtype = there.field(name).type
    return bool(dtype == layout.schema.field(name).type) and not pa.types.is_floating(
        dtype
    )


def _bounds(group: pq.RowGroupMetaData, place: int) -> tuple[Any, Any] | None:
    """Return a column's least and greatest value in a row group, if they are known."""
    facts = group.column(place).statistics
    if facts is None or not facts.has_min_max:
        return None
    kind = str(facts.logical_type)
    if "Timestamp" in kind and "isAdjustedToUTC=true" in kind:
        # The ready values would come with pandas, where it is installed
        tick = {"microseconds": 1, "milliseconds": 1_000}
        size = next((n for unit, n in tick.items() if f"={unit}" in kind), None)
        if size is None:
            return None
        raw = (facts.min_raw, facts.max_raw)
        low, high = (EPOCH + timedelta(microseconds=size * each) for each in raw)
        return low, high
    return facts.min, facts.max


def _runs(groups: Iterable[RowGroup]) -> Iterator[list[RowGroup]]:
    """Join up to `GROUPS` row groups that follow one another."""
    run: list[RowGroup] = []
    for group in groups:
        if run and (len(run) == GROUPS or group.first != run[-1].first + run[-1].rows):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _completed(rows: pa.Table, piece: Piece, wanted: Wanted) -> pa.Table:
    """Give a table all the columns wanted, in their types."""
    layout = wanted.layout
    columns: dict[str, Any] = {}
    for name in wanted.columns:
        dtype = layout.schema.field(name).type
        key = layout.derived.get(name)
        if name in piece.constants:
            columns[name] = pa.repeat(piece.constants[name], rows.num_rows)
        elif name in rows.schema.names:
            found = rows[name]
            if not (found.type == NUMBERED and pa.types.is_string(dtype)):
                found = conformed(found, name, layout)
            columns[name] = found
        elif key is not None and key.source in piece.constants:
            source = pa.repeat(piece.constants[key.source], rows.num_rows)
            columns[name] = derived(pa.chunked_array([source]), key, layout)
        elif key is not None and key.source in rows.schema.names:
            columns[name] = derived(rows[key.source], key, layout)
        else:
            columns[name] = pa.nulls(rows.num_rows, dtype)
    return pa.table(columns)
