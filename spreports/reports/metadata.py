"""The metadata columns of a report: what the request says, beside what Amazon sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from spreports.arrays import scalar_of

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "METADATA_COLUMNS",
    "METADATA_TYPES",
    "Constant",
    "batch_with_metadata",
    "schema_with_metadata",
    "with_metadata",
]

Constant = str | datetime | date | None

METADATA_COLUMNS = [
    pa.field("report_id", pa.string()),
    pa.field("report_type", pa.string()),
    pa.field("marketplace", pa.string()),
    pa.field("data_start_time", pa.timestamp("us", "UTC")),
    pa.field("data_end_time", pa.timestamp("us", "UTC")),
    pa.field("date", pa.date32()),
]

METADATA_TYPES = {field.name: field.type for field in METADATA_COLUMNS}


def with_metadata(
    frame: pl.LazyFrame, constants: Mapping[str, Constant]
) -> pl.LazyFrame:
    """Add the metadata columns, last; a column of Amazon's with such a name wins."""
    import polars as pl  # noqa: PLC0415 - heavy; batches and files do without it

    instant = pl.Datetime("us", "UTC")
    dtypes = {"data_start_time": instant, "data_end_time": instant, "date": pl.Date()}
    there = set(frame.collect_schema().names())
    return frame.with_columns(
        pl.lit(
            constants.get(field.name), dtype=dtypes.get(field.name, pl.String())
        ).alias(field.name)
        for field in METADATA_COLUMNS
        if field.name not in there
    )


def batch_with_metadata(
    batch: pa.RecordBatch, constants: Mapping[str, Constant]
) -> pa.RecordBatch:
    """Add the metadata columns to one record batch, as `with_metadata`."""
    for field in METADATA_COLUMNS:
        if field.name not in batch.schema.names:
            value = scalar_of(constants.get(field.name), field.type)
            batch = batch.append_column(field, pa.repeat(value, batch.num_rows))
    return batch


def schema_with_metadata(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with the metadata columns, last."""
    for field in METADATA_COLUMNS:
        if field.name not in schema.names:
            schema = schema.append(field)
    return schema
