"""Which columns come out of a lake, and how a file's columns become them.

Columns are united by name. They stand in the catalogue's order, those that it does not
know after them in order of appearance, then what only the folders say, then the
metadata.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from spreports.arrays import array_of
from spreports.catalog import Column, ReportType
from spreports.errors import SinkError
from spreports.fetch.cells import arrow_type, cells_of
from spreports.fetch.matched_columns import decided, is_undecided, matched_names
from spreports.fetch.typed_column import typed_column
from spreports.lake.partitions import FolderKey
from spreports.load.hive import is_time, parts_of
from spreports.load.widen import in_type, leads_to, plain_type, widened
from spreports.reports.metadata import METADATA_COLUMNS, METADATA_TYPES

__all__ = ["Layout", "conformed", "derived", "plain_schema", "united"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that come out.

    Attributes
    ----------
    schema : pyarrow.Schema
    derived : mapping of str to FolderKey
        Days, months and years of another column.
    known : mapping of str to Column
        What the catalogue says, by column.
    local_decimals : bool
    documents : frozenset of str
        Columns that files hold: of a metadata column's name, they come before it.
    """

    schema: pa.Schema
    derived: Mapping[str, FolderKey]
    known: Mapping[str, Column]
    local_decimals: bool
    documents: frozenset[str]

    def told_by_markers(self) -> tuple[FolderKey, ...]:
        """Return the columns that a marker tells where no folder does."""
        keys = (self.derived.get(n, FolderKey(n, n, None)) for n in self.schema.names)
        return tuple(
            key
            for key in keys
            if key.source in METADATA_TYPES
            and not {key.name, key.source} & self.documents
        )


def united(
    entry: ReportType,
    table: str | None,
    files: Sequence[tuple[pa.Schema, Sequence[FolderKey]]],
    *,
    metadata: bool,
    where: str,
    values: Mapping[str, Collection[str | None]],
) -> Layout:
    """Unite the columns of all kinds of files.

    Parameters
    ----------
    entry : ReportType
        Its types come before any file's.
    table : str or None
    files : sequence of (pyarrow.Schema, sequence of FolderKey)
        What the files hold, and what their folders hold.
    metadata : bool
        Add the metadata columns.
    where : str
        The lake's name, for errors.
    values : mapping of str to collection of str or None
        What the folders of each name say; nothing where none is there yet.

    Returns
    -------
    Layout

    Raises
    ------
    SinkError
        A column is a list or struct in one file and a plain value in another, and the
        catalogue does not help.
    """
    named = table is not None and any(t.name == table for t in entry.tables)
    columns = entry.columns(table if named else None) if entry.tables else ()
    known = {column.name: column for column in columns}
    types: dict[str, list[pa.DataType]] = {}
    derived: dict[str, FolderKey] = {}
    folders: dict[str, None] = {}
    for schema, keys in files:
        for field in schema:
            types.setdefault(field.name, []).append(field.type)
        for key in keys:
            if key.unit is None:
                folders.setdefault(key.name)
            else:
                derived.setdefault(key.name, key)
    documents = frozenset(types)
    served = _served_as(columns, entry, files)
    for name in folders:
        want = _of_a_folder(name, known, served.get(name))
        found = types.setdefault(name, [])
        if want is not None:
            found.append(_beside(found, want, values.get(name, ())))
    said = {name: _type(name, found, known.get(name)) for name, found in types.items()}
    for name, dtype in said.items():
        if dtype is None:
            raise SinkError(
                f"{where}: the column {name!r} is nested in some files and plain in"
                " others: read these reports apart, or say its type in an entry of"
                " your own (SPREPORTS_CATALOGUE)",
                url=where,
            )
    order = [name for name in known if name in said]
    order += [name for name in said if name not in known and name not in METADATA_TYPES]
    order += [name for name in said if name not in known and name in METADATA_TYPES]
    fields = [pa.field(name, said[name]) for name in order]
    fields += [
        pa.field(k.name, k.dtype) for k in derived.values() if k.name not in said
    ]
    if metadata:
        fields += [field for field in METADATA_COLUMNS if field.name not in said]
    schema = pa.schema(fields)
    return Layout(schema, derived, known, entry.local_decimals, documents)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema without what only says how values are stored."""
    return pa.schema([pa.field(f.name, plain_type(f.type)) for f in schema])


def conformed(column: pa.ChunkedArray, name: str, layout: Layout) -> pa.ChunkedArray:
    """Bring a file's column to the type that comes out.

    Parameters
    ----------
    column : pyarrow.ChunkedArray, n cells
    name : str
    layout : Layout

    Returns
    -------
    pyarrow.ChunkedArray, n cells

    Raises
    ------
    SinkError
        Older files hold text here that is not of the catalogue's type; names the
        column, not the value.
    """
    want = layout.schema.field(name).type
    plain = plain_type(column.type)
    try:
        if column.type != plain:
            column = column.cast(plain)
        if plain == want:
            return column
        if pa.types.is_string(plain):
            return _read(column, name, layout)
        chunks = [in_type(chunk, want) for chunk in column.chunks]
        return pa.chunked_array(chunks, want)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a value, or no such cast
        # Arrow quotes values
        raise SinkError(
            f"a file of the lake holds a {plain} in the column {name!r} that is no"
            f" {want}: give the column the type string in an entry of your own, or"
            " scan the lake again if it was written meanwhile"
        ) from None


def derived(column: pa.ChunkedArray, key: FolderKey, layout: Layout) -> pa.ChunkedArray:
    """Return the days, months or years of a file's column.

    Parameters
    ----------
    column : pyarrow.ChunkedArray, n cells
        Of `key.source`.
    key : FolderKey
        With a unit.
    layout : Layout

    Returns
    -------
    pyarrow.ChunkedArray, n cells

    Raises
    ------
    SinkError
        It holds no times, nor does the column that comes out; or see `conformed`.
    """
    unit, dtype = str(key.unit), layout.schema.field(key.name).type
    if is_time(layout.schema.field(key.source).type):
        column = conformed(column, key.source, layout)
    if is_time(column.type):
        chunks = [parts_of(chunk, unit) for chunk in column.chunks]
        return pa.chunked_array(chunks, key.dtype).cast(dtype)
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), dtype)])
    # Null in their place, a filter would lose these rows
    raise SinkError(
        f"a file of the lake holds a {plain_type(column.type)} in the column"
        f" {key.source!r}, which has no {unit} for {key.name!r}: leave {key.name!r} out"
        f" (.drop), or, if that is text of times, give {key.source!r} the type"
        " timestamp in an entry of your own"
    )


def _served_as(
    columns: Sequence[Column],
    entry: ReportType,
    files: Sequence[tuple[pa.Schema, Sequence[FolderKey]]],
) -> dict[str, Column | None]:
    """Return what the catalogue knows of each folder, where all reports agree on it.

    As the documents' headers were matched: beside the other columns of the same rows.
    """
    served: dict[str, Column | None] = {}
    for schema, keys in files:
        folders = [key.name for key in keys if key.unit is None]
        names = [*schema.names, *folders]
        matched = matched_names(dict(zip(names, names, strict=True)), columns, entry)
        for name in folders:
            column = matched[name]
            served[name] = column if served.get(name, column) == column else None
    return served


def _of_a_folder(
    name: str, known: Mapping[str, Column], served: Column | None
) -> pa.DataType | None:
    """Return the type of a folder's values where no file need tell it."""
    if name not in known and name in METADATA_TYPES:
        return METADATA_TYPES[name]
    if served is None or (name in known and not is_undecided(served)):
        return None
    return arrow_type(served.dtype)


def _beside(
    files: Sequence[pa.DataType], want: pa.DataType, texts: Collection[str | None]
) -> pa.DataType:
    """Return the type of folders' values, beside what files hold of the column."""
    theirs = widened(map(plain_type, files))
    # A decimal does not make text of floats
    if theirs is not None and widened([theirs, want]) == pa.string() != theirs:
        want = theirs
    # A document's column of a metadata column's name; days of no known order
    return want if _fit(texts, want) else pa.string()


def _fit(texts: Collection[str | None], dtype: pa.DataType) -> bool:
    """Tell whether folders' values may all be of a type: in one go, there are many."""
    try:
        array_of([*texts], pa.string()).cast(dtype)
    except pa.ArrowException:
        return False
    return True


def _read(column: pa.ChunkedArray, name: str, layout: Layout) -> pa.ChunkedArray:
    """Type the text of older files by the catalogue."""
    known = layout.known.get(name)
    want = layout.schema.field(name).type
    cells = (
        cells_of(decided(known), local=layout.local_decimals, currency=None)
        if known
        else None
    )
    if cells is None or cells.dtype != want:
        return column.cast(want)
    pieces = []
    for chunk in column.chunks:
        values, misfits = typed_column(chunk, cells)
        if misfits is not None:
            raise pa.ArrowInvalid
        pieces.append(values)
    return pa.chunked_array(pieces, want)


def _type(
    name: str, found: Sequence[pa.DataType], column: Column | None
) -> pa.DataType | None:
    """Return the type of one column; see `widen` for the rule."""
    plain = [plain_type(each) for each in found]
    if column is not None:
        want = arrow_type(column.dtype)
        if all(
            leads_to(each, want)
            or (pa.types.is_string(each) and not is_undecided(column))
            for each in plain
        ):
            return want
    wide = widened(plain)
    if wide is None or not pa.types.is_null(wide):
        return wide
    return METADATA_TYPES.get(name, pa.string())
