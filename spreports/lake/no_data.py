"""A lake without a row: there is no file that could tell its columns."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.fetch.cells import arrow_type
from spreports.lake.partitions import FolderKey, derived_keys
from spreports.lake.roots import DataRoot, no_table
from spreports.load.no_data import NO_DATA, noted_folders
from spreports.reports.metadata import METADATA_TYPES

__all__ = ["noted", "promised"]


def noted(
    roots: Sequence[DataRoot], entry: ReportType, table: str | None
) -> tuple[str, ...] | None:
    """Return the `partition_by` of a note that there was no data; None without one.

    Raises
    ------
    SinkError
        The file system refused.
    ValueError
        The catalogue knows the type's tables, and has none of that name.
    """
    name = f"{entry.report_type}{NO_DATA}"
    for root in roots:
        if (data := root.place.state.read([name]).get(name)) is not None:
            tables = [each.name for each in entry.tables]
            if table is not None and tables and table not in tables:
                raise no_table(entry, table, tables)
            return noted_folders(data)
    return None


def promised(
    entry: ReportType, table: str | None, partition_by: Sequence[str]
) -> tuple[pa.Schema, tuple[FolderKey, ...]]:
    """Return the columns that the catalogue promises, and what folders would add.

    Parameters
    ----------
    entry : ReportType
    table : str or None
    partition_by : sequence of str
        As the rows would be.
    """
    is_known = table in {each.name for each in entry.tables}
    columns = entry.columns(table if is_known else None) if entry.tables else ()
    fields = [(c.name, arrow_type(c.dtype)) for c in columns if not c.optional]
    schema = pa.schema(fields)
    told = METADATA_TYPES.keys() - set(schema.names)
    folders = [FolderKey(each, each, None) for each in partition_by if each in told]
    derived = derived_keys(partition_by, {*schema.names, *told})
    return schema, (*folders, *derived)
