"""Rows to folders: parse `partition_by`, group rows by their folder.

The folder's key stands as it is: pyarrow decodes a percent-encoded key, polars and
DuckDB do not. A column whose name could not stand there is refused as a partition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.catalog.spelling import bare_spelling
from spreports.errors import SinkError
from spreports.load.hive import UNITS, days_of, is_time, segments
from spreports.load.numbers import in_one_piece
from spreports.load.share import Share

__all__ = ["Key", "Partitioner", "is_folder_name", "parse_keys"]

# Breaks a path, a glob or a URL, or pyarrow would decode it
_NOT_IN_KEY = re.compile(r"[\x00-\x1f\x7f/\\=%?*\[\]{}#:]|^[.\s]|[.\s]$")


@dataclass(frozen=True, slots=True)
class Key:
    """One level of folders.

    Attributes
    ----------
    name : str
        What stands before ``=``.
    source : str
        The column or constant its values come from.
    unit : str or None
        ``"day"``, ``"month"`` or ``"year"`` of a date or timestamp, in UTC.
    constant : bool
        One value for all rows, not a column.
    """

    name: str
    source: str
    unit: str | None
    constant: bool


def is_folder_name(name: str) -> bool:
    """Tell whether a column's name can stand in a path, before ``=``."""
    return bool(name) and _NOT_IN_KEY.search(name) is None


def parse_keys(
    schema: pa.Schema, partition_by: Sequence[str], constants: Mapping[str, object]
) -> tuple[Key, ...]:
    """Understand `partition_by` against a schema.

    Parameters
    ----------
    schema : pyarrow.Schema
    partition_by : sequence of str
        Columns, names of constants, or either with ``:day``, ``:month`` or ``:year``.
        A column that is really called ``"x:day"`` comes first, and a column comes
        before a constant of its name.
    constants : mapping of str to object

    Returns
    -------
    tuple of Key

    Raises
    ------
    ValueError
        The same folder twice.
    SinkError
        A name that is neither, a unit of something that is not a time, a type or name
        that cannot be a folder, or no column left for the files.
    """
    keys = tuple(_parse_key(entry, schema, constants) for entry in partition_by)
    names = [key.name for key in keys]
    if len({name.lower() for name in names}) < len(names):
        raise ValueError(f"partition_by names a folder twice: {', '.join(names)}")
    left = _left(schema, keys)
    # DuckDB and Delta tell no names apart by case
    alike = {column.lower(): column for column in left}
    for name in names:
        if name.lower() in alike:
            raise SinkError(
                f"the folders {name!r} would hide the column {alike[name.lower()]!r}:"
                " partition by that column, or by something else"
            )
    if keys and not left:
        raise SinkError("partition_by takes every column: none is left for the files")
    return keys


class Partitioner:
    """Split tables by their folders.

    Parameters
    ----------
    schema, partition_by, constants
        As for `parse_keys`, which says what is raised.

    Attributes
    ----------
    keys : tuple of Key
    columns : list of str
        What stays in the files: all but the columns partitioned by as they are.
    one_folder : bool
        All rows go to one, since no column decides.
    """

    def __init__(
        self,
        schema: pa.Schema,
        partition_by: Sequence[str],
        constants: Mapping[str, object],
    ) -> None:
        self.keys = parse_keys(schema, partition_by, constants)
        self.columns: list[str] = _left(schema, self.keys)
        self.one_folder = all(key.constant for key in self.keys)
        self._fixed = {
            key.name: _texts(key, _constant(constants[key.source]))[0]
            for key in self.keys
            if key.constant
        }

    def split(
        self, table: pa.Table, rows: pa.Table | None = None
    ) -> Iterator[tuple[str, Share]]:
        """Yield each folder that has rows here, in order of its first row.

        Parameters
        ----------
        table : pyarrow.Table, n rows
            What the keys are taken from.
        rows : pyarrow.Table, n rows, optional
            What is split; `columns` of `table` without it.

        Yields
        ------
        tuple of str and Share
            ``"a=1/b=2"`` (empty without keys) and its rows, in their order: a share of
            one copy of `rows` that is sorted by folder.

        Raises
        ------
        SinkError
            A value that no folder can hold; names the column, not the value.
        """
        if table.num_rows == 0:
            return
        folders, codes = self._fold(table)
        rows = table.select(self.columns) if rows is None else rows
        if len(folders) == 1:
            yield folders[0], Share(rows, 0, rows.num_rows)
            return
        counts = {c["values"]: c["counts"] for c in pc.value_counts(codes).to_pylist()}
        rows = _sorted(rows, codes)
        start = 0
        for code, folder in enumerate(folders):
            yield folder, Share(rows, start, counts[code])
            start += counts[code]

    def _fold(self, table: pa.Table) -> tuple[list[str], pa.Array]:
        """Return the folders in order of appearance and each row's folder number."""
        folders = [""]
        codes: pa.Array | None = None
        for key in self.keys:
            if key.constant:
                fixed = self._fixed[key.name]
                folders = [_join(folder, fixed) for folder in folders]
                continue
            texts, own = _codes(key, in_one_piece(table.column(key.source)))
            if codes is None:
                pairs, codes = [(0, i) for i in range(len(texts))], own
            else:
                both = pc.add(
                    pc.multiply(codes, scalar_of(len(texts), pa.int64())), own
                ).dictionary_encode()
                pairs = [divmod(p, len(texts)) for p in both.dictionary.to_pylist()]
                codes = both.indices.cast(pa.int64())
            folders = [_join(folders[i], texts[k]) for i, k in pairs]
        return folders, codes


def _sorted(rows: pa.Table, codes: pa.Array) -> pa.Table:
    """Bring rows into the order of their codes; equal ones stay in theirs."""
    if pc.all(pc.less_equal(codes[:-1], codes[1:])).as_py():
        return rows
    order = pc.array_sort_indices(codes)  # stable
    # Taking from many pieces costs three times as much
    columns = [
        column
        if column.null_count == len(column)
        else pc.take(in_one_piece(column), order, boundscheck=False)
        for column in rows.columns
    ]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def _constant(value: object) -> pa.Array:
    """Return a constant as an array of one value, of the type that it has."""
    if isinstance(value, str):
        return array_of([value], pa.string())
    if isinstance(value, datetime) and value.tzinfo is UTC:
        return array_of([value], pa.timestamp("us", "UTC"))
    if isinstance(value, date) and not isinstance(value, datetime):
        return array_of([value], pa.date32())
    return pa.array([value])  # it looks for pandas, see arrays.py


def _parse_key(entry: str, schema: pa.Schema, constants: Mapping[str, object]) -> Key:
    """Understand one entry."""
    source, unit = entry, None
    if entry not in schema.names and entry not in constants:
        source, _, unit = entry.rpartition(":")
        known = source in schema.names or source in constants
        if unit not in UNITS or not known:
            valid = ", ".join([*schema.names, *(c for c in constants)])
            msg = (
                f"cannot partition by {entry!r}: {_spelled_otherwise(entry, schema)}"
                f"choose of {valid} (a date or timestamp also with :day, :month or"
                " :year)"
            )
            raise SinkError(msg)
    constant = source not in schema.names
    dtype = _constant(constants[source]).type if constant else schema.field(source).type
    if pa.types.is_dictionary(dtype):
        dtype = dtype.value_type
    if unit is not None and not _is_time(dtype):
        raise SinkError(f"{entry!r}: {source!r} is {dtype}, not a date or timestamp")
    if not _fits_a_folder(dtype):
        raise SinkError(f"cannot partition by {source!r}: a folder cannot hold {dtype}")
    if not is_folder_name(source):
        msg = f"cannot partition by {source!r}: its name cannot be part of a path"
        raise SinkError(msg)
    return Key(f"{source}_{unit}" if unit else source, source, unit, constant)


def _spelled_otherwise(entry: str, schema: pa.Schema) -> str:
    """Return what to say of a column that differs from an entry in spelling alone."""
    wanted = {*map(bare_spelling, (entry, entry.rpartition(":")[0]))} - {""}
    alike = [name for name in schema.names if bare_spelling(name) in wanted]
    return f"the column is called {alike[0]!r} here; " if alike else ""


def _left(schema: pa.Schema, keys: Sequence[Key]) -> list[str]:
    """Return the columns that stay in the files."""
    gone = {key.source for key in keys if key.unit is None and not key.constant}
    return [name for name in schema.names if name not in gone]


def _is_time(dtype: pa.DataType) -> bool:
    """Tell whether a unit can be taken; of a constant that is not known, too."""
    return is_time(dtype) or bool(pa.types.is_null(dtype))


def _fits_a_folder(dtype: pa.DataType) -> bool:
    """Tell whether values of a type have one plain text."""
    is_a = pa.types
    return any(
        check(dtype)
        for check in (
            is_a.is_string,
            is_a.is_large_string,
            is_a.is_string_view,
            is_a.is_integer,
            is_a.is_floating,
            is_a.is_decimal,
            is_a.is_boolean,
            is_a.is_date,
            is_a.is_timestamp,
            is_a.is_null,
        )
    )


def _codes(key: Key, column: pa.Array) -> tuple[list[str], pa.Array]:
    """Return a column's path segments and each row's segment number."""
    places = None
    if pa.types.is_dictionary(column.type):  # of which rows need not have everything
        used = pc.dictionary_encode(column.indices, null_encoding="encode")
        column, places = column.dictionary.take(used.dictionary), used.indices
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if key.unit is not None:
        column = days_of(column)
    coded = pc.dictionary_encode(column, null_encoding="encode")
    number: dict[str, int] = {}
    merged = [
        number.setdefault(segment, len(number))
        for segment in _texts(key, coded.dictionary)
    ]  # days of one month are one folder
    codes = array_of(merged, pa.int64()).take(coded.indices)
    return list(number), codes if places is None else codes.take(places)


def _texts(key: Key, values: pa.Array) -> list[str]:
    """Write a key's values as path segments."""
    return segments(key.name, values, source=key.source, unit=key.unit)


def _join(folder: str, segment: str) -> str:
    return f"{folder}/{segment}" if folder else segment
