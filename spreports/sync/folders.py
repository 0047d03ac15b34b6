"""Whether a feed's rows can ever be put into the folders that it names.

Found out here, before any quota is spent. What only a document can tell is left to the
writing: a column that the catalogue lacks may be in the document all the same, as text.
"""

from __future__ import annotations

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.catalog.suggest import suggestion
from spreports.load.hive import UNITS
from spreports.load.partition import is_folder_name
from spreports.reports.metadata import METADATA_COLUMNS

__all__ = ["check_folders"]

_TIMES = frozenset({"date", "timestamp"})


def check_folders(entry: ReportType, partition_by: tuple[str, ...]) -> None:
    """Refuse what no document of a type could be partitioned by.

    Parameters
    ----------
    entry : ReportType
    partition_by : tuple of str
        As for `Reports.sink`.

    Raises
    ------
    ValueError
        A unit other than day, month and year, or one of a column that is no date and no
        timestamp; a name that no folder can have; the same folder twice.
    """
    seen: set[str] = set()
    for name in partition_by:
        source, mark, unit = str(name).rpartition(":")
        if not mark:
            source, unit = unit, ""
        elif unit not in UNITS:
            _refuse(name, "after the colon stands day, month or year")
        if not is_folder_name(source):
            _refuse(name, "its name cannot be part of a path")
        if unit and not _may_be_a_time(entry, source):
            _refuse(
                name,
                f"no column {source!r} of {entry.report_type} is a date or timestamp"
                + suggestion(source, _times_of(entry), at_most=0),
            )
        folder = f"{source}_{unit}" if unit else source
        if folder in seen:
            _refuse(name, "it names a folder twice")
        seen.add(folder)


def _refuse(name: str, why: str) -> None:
    raise ValueError(f"cannot partition by {name!r}: {why}")


def _may_be_a_time(entry: ReportType, source: str) -> bool:
    """Whether a unit can be taken of a column, in one table at least."""
    found = [entry.column(source, table.name) for table in entry.tables]
    if any(column is not None and column.dtype in _TIMES for column in found):
        return True
    if any(found) or any(table.columns for table in entry.tables):
        return source in _metadata_times() and not any(found)
    return True  # of a type whose columns nobody knows


def _metadata_times() -> set[str]:
    return {
        field.name
        for field in METADATA_COLUMNS
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type)
    }


def _times_of(entry: ReportType) -> list[str]:
    """Return the columns of which a unit can be taken."""
    known = [
        column.name
        for table in entry.tables
        for column in table.columns
        if column.dtype in _TIMES
    ]
    return [*known, *sorted(_metadata_times())]
