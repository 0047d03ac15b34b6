"""Whether a type's rows can ever be put into the folders that somebody names.

Found out here, before any quota is spent. What only a document can tell is left to the
writing: a column that the catalogue lacks may be in the document all the same, as text.
A warning says so.
"""

from __future__ import annotations

import logging

from spreports.catalog import ReportType, Table
from spreports.catalog.suggest import suggestion
from spreports.errors import SinkError
from spreports.fetch.matched_columns import matched_names
from spreports.load.hive import UNITS, is_time
from spreports.load.partition import is_folder_name
from spreports.names import check_names
from spreports.reports.metadata import METADATA_TYPES

__all__ = ["check_folders"]

logger = logging.getLogger("spreports.reports")
_TIMES = frozenset({"date", "timestamp"})


class UnfitError(SinkError, ValueError):
    """Folders that no document of a type could have, found out by the arguments.

    A sink tells of columns by a `SinkError`, wherever it finds it out.
    """


def check_folders(
    entry: ReportType,
    partition_by: object,
    format: str,  # noqa: A002 - as in `sync`
    table: str | None = None,
) -> tuple[str, ...]:
    """Refuse what no document of a type could be partitioned by.

    Warns of a column that the catalogue lacks: without it nothing can be written.

    Parameters
    ----------
    entry : ReportType
    partition_by : sequence of str
        As for `Reports.sink`.
    format : ``"parquet"`` or ``"delta"``
    table : str, optional
        Whose rows they are; any of the type's when left out.

    Returns
    -------
    tuple of str
        The names.

    Raises
    ------
    ValueError, TypeError
        The same folder twice, or as `check_names`.
    UnfitError
        A unit other than day, month and year, or one of a column that is no date and no
        timestamp; a name that no folder can have; a metadata column where the type has
        a column that differs from it only by case.
    """
    known = [each for each in entry.tables if table in (None, each.name)]
    seen: set[str] = set()
    names = check_names("partition_by", partition_by)
    for name in names:
        source, mark, unit = name.rpartition(":")
        if not mark:
            source, unit = unit, ""
        elif unit not in UNITS:
            raise UnfitError(_told(name, "after the colon stands day, month or year"))
        if not is_folder_name(source):
            raise UnfitError(_told(name, "its name cannot be part of a path"))
        if unit and not _may_be_a_time(entry, known, source):
            why = f"no column {source!r} of {entry.report_type} is a date or timestamp"
            near = suggestion(source, _times_of(known), at_most=0)
            raise UnfitError(_told(name, why + near))
        # A Delta table has no such metadata column, of whose month there were folders
        theirs = _in_other_case(known, source)
        if theirs is not None and (not unit or format == "delta"):
            own = f"{theirs}:{unit}" if unit else theirs
            why = (
                f"{entry.report_type} has a column {theirs!r}, which many readers"
                f" cannot tell from it: say {own!r} to go by that"
            )
            raise UnfitError(_told(name, why))
        folder = (f"{source}_{unit}" if unit else source).lower()
        if folder in seen:
            raise ValueError(_told(name, "it names a folder twice"))
        seen.add(folder)
        _warn_of_unknown(entry, known, source)
    return names


def _warn_of_unknown(entry: ReportType, known: list[Table], source: str) -> None:
    """Warn of a column that only a document can bring, before quota is spent on one."""
    named = [column.name for table in known for column in table.columns]
    served = {*named, *entry.header_aliases, *METADATA_TYPES}
    # Headers of a positional table may be in any language
    if not named or source in served or entry.positional:
        return
    tables = (matched_names({source: source}, t.columns, entry) for t in known)
    alike = [column for found in tables if (column := found[source]) is not None]
    if alike:  # how documents spell it is theirs to say: no advice
        logger.warning(
            "partition_by names %r, which the catalogue spells %r for %s; a report "
            "whose header does not spell it %r cannot be written",
            source,
            alike[0].name,
            entry.report_type,
            source,
        )
        return
    logger.warning(
        "partition_by names %r, which is no column of %s that the catalogue knows; "
        "a report without it cannot be written%s",
        source,
        entry.report_type,
        suggestion(source, named, at_most=0),
    )


def _told(name: str, why: str) -> str:
    return f"cannot partition by {name!r}: {why}"


def _in_other_case(known: list[Table], source: str) -> str | None:
    """Return the column that a metadata column's folders would hide."""
    if source not in METADATA_TYPES:
        return None
    names = [column.name for table in known for column in table.columns]
    alike = [name for name in names if name.lower() == source]
    return alike[0] if alike and source not in alike else None


def _may_be_a_time(entry: ReportType, known: list[Table], source: str) -> bool:
    """Whether a unit can be taken of a column, in one table at least."""
    found = [entry.column(source, table.name) for table in known]
    if any(column is not None and column.dtype in _TIMES for column in found):
        return True
    if any(found) or any(table.columns for table in known):
        return source in _metadata_times() and not any(found)
    return True  # of a type whose columns nobody knows


def _metadata_times() -> set[str]:
    return {name for name, dtype in METADATA_TYPES.items() if is_time(dtype)}


def _times_of(known: list[Table]) -> list[str]:
    """Return the columns of which a unit can be taken."""
    times = [
        column.name
        for table in known
        for column in table.columns
        if column.dtype in _TIMES
    ]
    return [*times, *sorted(_metadata_times())]
