"""What a Delta table holds, without a look at its rows' own columns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from spreports.errors import SinkError
from spreports.load.delta_counts import FileCounts, Groups
from spreports.load.delta_seen import Seen, seen_of
from spreports.load.delta_tables import Tables
from spreports.load.urls import shown

__all__ = [
    "CONTENT",
    "commits_of",
    "count_by",
    "name_id",
    "names_of",
    "transactions_of",
    "turn_id",
    "window_id",
]

# The transaction id whose version tells the report type and table of all rows
CONTENT = "spreports/content"


def count_by(
    tables: Tables,
    url: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    files: FileCounts | None = None,
) -> Groups:
    """Count the rows of a Delta table by some of its columns.

    Parameters
    ----------
    tables : Tables
    url : str or path
    columns : sequence of str
        Only these are read, batch after batch.
    files : FileCounts, optional
        What is known of the table's files, by the same columns; told what is found.

    Returns
    -------
    mapping of tuple to int
        Empty where there is no table, or rows have a column of their own in place of
        one of these, which Delta tells from it by no case.

    Raises
    ------
    SinkError
        deltalake is not installed, the target refused, or the table was not written by
        us: it lacks one of the columns.
    """
    table, _ = tables.of(url)
    if table is None:
        return {}
    place = os.fspath(url)
    names = [each.name for each in table.schema().fields]
    lacking = set(columns).difference(names)
    if lacking:
        unknown = sorted(lacking.difference(name.lower() for name in names))
        if unknown:
            msg = (
                f"{shown(place)}: the Delta table has no column"
                f" {', '.join(map(repr, unknown))}: it is none of a sync or sink"
            )
            raise SinkError(msg, url=shown(place))
        return {}
    files = files if files is not None else FileCounts()
    return files.look(table, columns, place, tables.storage_options)


def transactions_of(
    tables: Tables, url: str | os.PathLike[str], ids: Iterable[str]
) -> frozenset[str]:
    """Tell which transaction ids a Delta table was ever told of.

    What is deleted from a table leaves them there.

    Parameters
    ----------
    tables : Tables
    url : str or path
    ids : iterable of str

    Returns
    -------
    frozenset of str
        Empty where there is no table.

    Raises
    ------
    SinkError
        As `Tables.of`.
    """
    _, told = tables.of(url)
    return frozenset(each for each in ids if told.get(each) is not None)


def names_of(tables: Tables, url: str | os.PathLike[str]) -> list[str]:
    """Return the names of all reports that a Delta table was told of.

    Parameters
    ----------
    tables : Tables
    url : str or path

    Returns
    -------
    list of str
        See `DeltaReport.name`. Empty where there is no table, or only deltalake reads
        its log.

    Raises
    ------
    SinkError
        As `Tables.of`.
    """
    _, told = tables.of(url)
    before = name_id("")
    return [each.removeprefix(before) for each in told.ids if each.startswith(before)]


def commits_of(
    tables: Tables, url: str | os.PathLike[str], turn: str
) -> tuple[int, Seen | None]:
    """Tell how many commits a Delta table has that took turns: see `DeltaReport.turn`.

    Parameters
    ----------
    tables : Tables
    url : str or path
    turn : str

    Returns
    -------
    tuple of int and Seen or None
        And what was seen of the table; 0 and None where there is none.

    Raises
    ------
    SinkError
        As `Tables.of`.
    """
    table, told = tables.of(url)
    if table is None:
        return 0, None
    return told.get(turn_id(turn)) or 0, seen_of(table)


def name_id(name: str) -> str:
    """Return the transaction id of a report, by `DeltaReport.name`."""
    return f"spreports/report/{name}"


def window_id(window: str) -> str:
    """Return the transaction id of a window, by `DeltaReport.window`."""
    return f"spreports/window/{window}"


def turn_id(turn: str) -> str:
    """Return the transaction id of those that take turns, by `DeltaReport.turn`."""
    return f"spreports/turn/{turn}"
