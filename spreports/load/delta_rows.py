"""Rows of several documents as one stream that fits a Delta table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from spreports.errors import SinkError
from spreports.load.hive import days_of, to_utc
from spreports.load.partition import Key, parse_keys
from spreports.load.widen import in_type, leads_to, plain_type, widened

__all__ = ["DeltaRows", "rows_of"]

Opened = tuple[Callable[[], pa.RecordBatchReader], Mapping[str, pa.Scalar]]


class DeltaRows:
    """One stream of rows, and what came of it.

    Parameters
    ----------
    documents : sequence of (callable, mapping)
        Each opens a document anew, and has its constants.
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
        self, documents: Sequence[Opened], schema: pa.Schema, keys: Sequence[Key]
    ) -> None:
        self._documents, self._keys = documents, keys
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
            for number, (opened, constants) in enumerate(self._documents):
                with opened() as reader:
                    for batch in reader:
                        self.counts[number] += batch.num_rows
                        yield self._fitted(batch, constants)
        except BaseException as exc:
            self.error = exc
            raise

    def _fitted(
        self, batch: pa.RecordBatch, constants: Mapping[str, pa.Scalar]
    ) -> pa.RecordBatch:
        """Give a batch the table's columns."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name, value in constants.items():
            columns.setdefault(name, pa.repeat(value, batch.num_rows))
        for key in self._keys:
            if key.unit is not None and key.source in columns:
                columns[key.name] = _unit_of(columns[key.source], key.unit)
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
    where: str,
) -> DeltaRows:
    """Unite documents by column name, and hold them to the table's types.

    Parameters
    ----------
    documents : sequence of (callable, mapping)
    partition_by : sequence of str
    there : pyarrow.Schema or None
        Of the table; None for a new one.
    where : str
        The table's name, for errors.

    Returns
    -------
    DeltaRows

    Raises
    ------
    SinkError
        A column's values are no values of the table's type, or `partition_by` does not
        fit the columns.
    """
    types: dict[str, list[pa.DataType]] = {}
    for opened, constants in documents:
        with opened() as reader:
            fields = [(field.name, field.type) for field in reader.schema]
        names = {name for name, _ in fields}
        fields += [(n, v.type) for n, v in constants.items() if n not in names]
        for name, dtype in fields:
            types.setdefault(name, []).append(_stored(dtype))
    had = {} if there is None else {f.name: _stored(f.type) for f in there}
    schema = pa.schema(
        [(name, _type(name, found, had, where)) for name, found in types.items()]
    )
    keys = parse_keys(schema, partition_by, {})
    for key in keys:
        if key.unit is not None:
            dtype = pa.date32() if key.unit == "day" else pa.string()
            schema = schema.append(pa.field(key.name, dtype))
    return DeltaRows(documents, schema, keys)


def _type(
    name: str,
    found: Sequence[pa.DataType],
    had: Mapping[str, pa.DataType],
    where: str,
) -> pa.DataType:
    """Return a column's type: the table's, where it has one."""
    wide = widened(found)
    want = had.get(name, wide)
    if want is None or wide is None or not leads_to(wide, want):
        mixed = " and ".join(dict.fromkeys(map(str, found)))
        msg = f"{where}: the column {name!r} is {mixed} now"
        if name in had:
            msg += f", and {want} in the table"
        raise SinkError(f"{msg}: write to another table", url=where)
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


def _unit_of(times: pa.Array, unit: str) -> pa.Array:
    """Return days as dates, months as ``2026-10`` and years as ``2026``, in UTC."""
    if unit == "day":
        return days_of(times)
    times = to_utc(times)
    return pc.strftime(times, format="%Y-%m" if unit == "month" else "%Y")
