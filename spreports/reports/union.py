"""Bring record batches of several documents to one schema, by name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from spreports.errors import ParseError
from spreports.load.widen import widened

__all__ = ["in_schema", "union_schema"]


def union_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return all columns, in order of first appearance.

    A column that is typed in one document and text in another (or of two types)
    becomes text, so that no value is lost; lists and structs get the parts of both.

    Raises
    ------
    ParseError
        A column is nested in one document and plain in another.
    """
    fields: dict[str, pa.Field] = {}
    for schema in schemas:
        for field in schema:
            known = fields.setdefault(field.name, field)
            if known.type != field.type:
                both = _both(field.name, known.type, field.type)
                fields[field.name] = pa.field(field.name, both)
    return pa.schema(list(fields.values()))


def in_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return `batch` with the columns of a `union_schema`; missing ones are null.

    Raises
    ------
    ParseError
        Arrow knows no way from one column to the other.
    """
    if batch.schema.equals(schema):
        return batch
    columns = [
        _cast(batch.column(field.name), field)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _both(name: str, a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """Return the type of a column that has two."""
    if not (pa.types.is_nested(a) or pa.types.is_nested(b)):
        return pa.string()
    both = widened((a, b))
    if both is None:
        raise _apart(name)
    return both


def _cast(column: pa.Array, field: pa.Field) -> pa.Array:
    """Return a column as its wider type."""
    try:
        return _widened(column, field.type)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise _apart(field.name) from None  # Arrow quotes values


def _widened(column: pa.Array, dtype: pa.DataType) -> pa.Array:
    """Return a column in a type of more parts, in any order.

    Arrow before 20 casts no struct to one whose fields stand in another order.
    """
    is_a, have = pa.types, column.type
    if is_a.is_struct(dtype) and is_a.is_struct(have):
        parts = [
            _widened(column.field(part.name), part.type)
            if have.get_field_index(part.name) >= 0
            else pa.nulls(len(column), part.type)
            for part in dtype
        ]
        missing = column.is_null()
        return pa.StructArray.from_arrays(parts, fields=list(dtype), mask=missing)
    if is_a.is_list(dtype) and is_a.is_list(have):
        # A slice's own offsets cannot have a mask
        offsets = pc.add(column.offsets, 0)
        items = _widened(column.values, dtype.value_type)
        missing = column.is_null()
        return pa.ListArray.from_arrays(offsets, items, type=dtype, mask=missing)
    return column.cast(dtype)


def _apart(name: str) -> ParseError:
    return ParseError(
        f"column {name!r} has parts in one document that it cannot have with those of"
        " another: read these documents apart",
        column=name,
    )
