"""Bring record batches of several documents to one schema, by name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spreports.errors import ParseError
from spreports.load.widen import in_type, widened

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
    """Return `batch` with the columns of a `union_schema`; missing ones are null."""
    if batch.schema.equals(schema):
        return batch
    columns = [
        in_type(batch.column(field.name), field.type)
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
        raise ParseError(
            f"column {name!r} has parts in one document and none in another: read"
            " these documents apart",
            column=name,
        )
    return both
