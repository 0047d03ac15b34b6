"""Bring record batches and frames of several documents to one schema, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from spreports.errors import ParseError
from spreports.load.widen import in_type, widened

if TYPE_CHECKING:
    import polars as pl
    from polars.datatypes import DataTypeClass

    PolarsType = pl.DataType | DataTypeClass

__all__ = ["frames_in_one", "in_schema", "union_schema"]


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


def frames_in_one(frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Return the rows of lazy frames as one, in their order.

    Columns are united by name; where types differ the wider one serves, text at last.

    Raises
    ------
    ParseError
        As `union_schema`: polars would cast what has parts to a text of another form.
    """
    import polars as pl  # noqa: PLC0415 - heavy; batches and files do without it

    known: dict[str, pl.DataType] = {}
    for frame in frames if len(frames) > 1 else ():
        for name, dtype in frame.collect_schema().items():
            if _are_apart(known.setdefault(name, dtype), dtype):
                raise _in_parts(name)
    return pl.concat(frames, how="diagonal_relaxed")


def _both(name: str, a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """Return the type of a column that has two."""
    if not (pa.types.is_nested(a) or pa.types.is_nested(b)):
        return pa.string()
    both = widened((a, b))
    if both is None:
        raise _in_parts(name)
    return both


def _in_parts(name: str) -> ParseError:
    """Return the error of a column that cannot be one."""
    return ParseError(
        f"column {name!r} has parts in one document and none in another: read these"
        " documents apart",
        column=name,
    )


def _are_apart(a: PolarsType, b: PolarsType) -> bool:
    """Whether a column is nested by one type, and by the other plain or otherwise."""
    import polars as pl  # noqa: PLC0415 - heavy; batches and files do without it

    if pl.Null in {a, b} or not (a.is_nested() or b.is_nested()):
        return False
    if isinstance(a, pl.List) and isinstance(b, pl.List):
        return _are_apart(a.inner, b.inner)
    if isinstance(a, pl.Struct) and isinstance(b, pl.Struct):
        parts = a.to_schema()
        return any(
            name in parts and _are_apart(parts[name], part)
            for name, part in b.to_schema().items()
        )
    return True
