"""Bring record batches of several documents to one schema, by name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa


def union_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return all columns, in order of first appearance.

    A column that is typed in one document and text in another (or of two types)
    becomes text, so that no value is lost.
    """
    fields: dict[str, pa.Field] = {}
    for schema in schemas:
        for field in schema:
            known = fields.setdefault(field.name, field)
            if known.type != field.type:
                fields[field.name] = pa.field(field.name, pa.string())
    return pa.schema(list(fields.values()))


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return `batch` with the columns of `schema`; missing ones are null."""
    if batch.schema.equals(schema):
        return batch
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
