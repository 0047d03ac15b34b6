"""Rows of several documents as one stream that fits a Delta table.

Delta tells no column from another by case. What differs from a column only so is that
column, in the spelling that the table has, or that came first.

A column that is text in the table goes on as the text that is served, whatever the
catalogue has learned of it: '0.25' beside '0.250000' would be two values to a filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from spreports.errors import SinkError
from spreports.load.hive import parts_of
from spreports.load.partition import Key, parse_keys
from spreports.load.widen import in_type, leads_to, plain_type, widened

__all__ = ["DeltaRows", "rows_of"]

# The rows, some columns left as text; and the constants
Opened = tuple[
    Callable[[frozenset[str]], pa.RecordBatchReader], Mapping[str, pa.Scalar]
]


@dataclass(frozen=True, slots=True)
class _Spelling:
    """How a document's columns are called in the table.

    Attributes
    ----------
    names : mapping of str to str
        By the document's own name.
    constants : mapping of str to pyarrow.Scalar
        Those that no column stands in the way of.
    texts : frozenset of str
        The document's own names of columns that are typed, and text in the table.
    """

    names: Mapping[str, str]
    constants: Mapping[str, pa.Scalar]
    texts: frozenset[str] = frozenset()


class DeltaRows:
    """One stream of rows, and what came of it.

    Parameters
    ----------
    documents : sequence of (callable, mapping)
        Each opens a document anew, and has its constants; see `DeltaReport.open`.
    spellings : sequence of _Spelling
        One a document.
    schema : pyarrow.Schema
    keys : sequence of Key
        Days, months and years to be added among them.

    Attributes
    ----------
    schema : pyarrow.Schema
    partitions : tuple of str
        Columns of the table that it is partitioned by.
    counts : list of int
        Rows of each document that were read.
    error : BaseException or None
        What a document raised while it was read.
    """

    def __init__(
        self,
        documents: Sequence[Opened],
        spellings: Sequence[_Spelling],
        schema: pa.Schema,
        keys: Sequence[Key],
    ) -> None:
        self._documents, self._spellings, self._keys = documents, spellings, keys
        self.schema = schema
        self.partitions = tuple(key.name for key in keys)
        self.counts: list[int] = []
        self.error: BaseException | None = None

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows, from the start; counts and error begin anew."""
        self.counts = [0] * len(self._documents)
        self.error = None
        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for number, (opened, _) in enumerate(self._documents):
                spelling = self._spellings[number]
                with opened(spelling.texts) as reader:
                    for batch in reader:
                        self.counts[number] += batch.num_rows
                        yield self._fitted(batch, spelling)
        except BaseException as exc:
            self.error = exc
            raise

    def _fitted(self, batch: pa.RecordBatch, spelling: _Spelling) -> pa.RecordBatch:
        """Give a batch the table's columns."""
        names = [spelling.names[name] for name in batch.schema.names]
        columns = dict(zip(names, batch.columns, strict=True))
        for name, value in spelling.constants.items():
            columns[name] = pa.repeat(value, batch.num_rows)
        for key in self._keys:
            if key.unit is not None and key.source in columns:
                columns[key.name] = parts_of(columns[key.source], key.unit)
        arrays = []
        for field in self.schema:
            column = columns.get(field.name)
            if column is None:
                column = pa.nulls(batch.num_rows, field.type)
            arrays.append(column if column.type == field.type else _cast(column, field))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def rows_of(
    documents: Sequence[Opened],
    partition_by: Sequence[str],
    there: pa.Schema | None,
    *,
    ours: str,
    where: str,
) -> DeltaRows:
    """Unite documents by column name, and hold them to the table's types.

    Parameters
    ----------
    documents : sequence of (callable, mapping)
    partition_by : sequence of str
    there : pyarrow.Schema or None
        Of the table; None for a new one.
    ours : str
        The constant by which the table knows the rows: no column may stand for it.
    where : str
        The table's name, for errors.

    Returns
    -------
    DeltaRows

    Raises
    ------
    SinkError
        A column's values are no values of the table's type, two columns of a document
        differ only by case, one is called as `ours`, or `partition_by` does not fit
        the columns.
    """
    schemas = []
    for opened, _ in documents:
        with opened(frozenset()) as reader:
            schemas.append(reader.schema)
    spellings = _spellings(documents, schemas, there, where)
    if any(ours not in each.constants for each in spellings):
        msg = (
            f"{where}: a column of the rows is called {ours!r}, by which the table"
            " tells versions of the same rows: write to Parquet"
        )
        raise SinkError(msg, url=where)
    served = {own: name for each in spellings for name, own in each.names.items()}
    types: dict[str, list[pa.DataType]] = {}
    for schema, spelling in zip(schemas, spellings, strict=True):
        fields = [(spelling.names[field.name], field.type) for field in schema]
        fields += [(name, value.type) for name, value in spelling.constants.items()]
        for name, dtype in fields:
            types.setdefault(name, []).append(_stored(dtype))
    had = {} if there is None else {f.name: _stored(f.type) for f in there}
    schema = pa.schema(
        [
            (name, _type(name, found, had, where, served=served.get(name, name)))
            for name, found in types.items()
        ]
    )
    keys = parse_keys(schema, partition_by, {})
    for key in keys:
        if key.unit is not None:
            dtype = pa.date32() if key.unit == "day" else pa.string()
            schema = schema.append(pa.field(key.name, dtype))
    told = [
        replace(spelling, texts=_left_as_text(own, spelling, schema))
        for own, spelling in zip(schemas, spellings, strict=True)
    ]
    return DeltaRows(documents, told, schema, keys)


def _left_as_text(
    own: pa.Schema, spelling: _Spelling, schema: pa.Schema
) -> frozenset[str]:
    """Return a document's columns that have a type, and are text in the table."""
    return frozenset(
        field.name
        for field in own
        if pa.types.is_string(schema.field(spelling.names[field.name]).type)
        and not pa.types.is_string(_stored(field.type))
    )


def _spellings(
    documents: Sequence[Opened],
    schemas: Sequence[pa.Schema],
    there: pa.Schema | None,
    where: str,
) -> list[_Spelling]:
    """Find each document's columns in the table, whatever their case.

    A constant is no column of the rows in another spelling: it is left out then, also
    where the table has got that column from an earlier document.
    """
    known: dict[str, str] = {}
    for name in there.names if there is not None else ():
        known.setdefault(name.lower(), name)
    spellings = []
    for schema in schemas:
        own: dict[str, str] = {}
        for name in schema.names:
            twin = own.setdefault(name.lower(), name)
            if twin != name:
                msg = (
                    f"{where}: the columns {twin!r} and {name!r} differ only by case,"
                    " and a Delta table cannot hold both: write to Parquet"
                )
                raise SinkError(msg, url=where)
            known.setdefault(name.lower(), name)
        spellings.append({name: known[name.lower()] for name in schema.names})
    found = []
    for (_, constants), names in zip(documents, spellings, strict=True):
        taken = set(names.values())
        fixed = {
            name: value
            for name, value in constants.items()
            if known.setdefault(name.lower(), name) == name and name not in taken
        }
        found.append(_Spelling(names, fixed))
    return found


def _type(
    name: str,
    found: Sequence[pa.DataType],
    had: Mapping[str, pa.DataType],
    where: str,
    *,
    served: str,
) -> pa.DataType:
    """Return a column's type: the table's, where it has one."""
    wide = widened(found)
    want = had.get(name, wide)
    if want is None or wide is None or not leads_to(wide, want):
        mixed = " and ".join(dict.fromkeys(map(str, found)))
        msg = f"{where}: the column {served!r} is {mixed} now"
        if name in had:
            here = "in the table" if served == name else f"as {name!r} in the table"
            msg += f", and {want} {here}"
        way = "write to another table, or move this one away and write all anew"
        raise SinkError(f"{msg}: {way}", url=where)
    return pa.string() if pa.types.is_null(want) else want


def _stored(dtype: pa.DataType) -> pa.DataType:
    """Return the type that Delta's first protocol has for these values."""
    plain = plain_type(dtype)
    # Times without a zone are a table feature of later protocols
    if pa.types.is_timestamp(plain) and plain.tz is None:
        return pa.string()
    return plain


def _cast(column: pa.Array, field: pa.Field) -> pa.Array:
    """Cast a column, without quoting its values."""
    try:
        return in_type(column, field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a value, or no such cast
        msg = f"the column {field.name!r} holds values that are no {field.type}"
        raise SinkError(msg) from None
