"""What a Delta table holds, without a look at its rows' own columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spreports.errors import SinkError
from spreports.load.delta_seen import Seen, seen_of
from spreports.load.object_store import delta_place
from spreports.load.target import refusals, shown

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = [
    "CONTENT",
    "commits_of",
    "count_by",
    "name_id",
    "transactions_of",
    "turn_id",
    "window_id",
]

# The transaction id whose version tells the report type and table of all rows
CONTENT = "spreports/content"


def count_by(
    url: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> dict[tuple[Any, ...], int]:
    """Count the rows of a Delta table by some of its columns.

    Parameters
    ----------
    url : str or path
    columns : sequence of str
        Only these are read, batch after batch.
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    dict of tuple to int
        Empty where there is no table, or rows have a column of their own in place of
        one of these, which Delta tells from it by no case.

    Raises
    ------
    SinkError
        deltalake is not installed, the target refused, or the table was not written by
        us: it lacks one of the columns.
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    with _opened(url, storage_options) as table:
        if table is None:
            return {}
        names = [field.name for field in table.schema().fields]
        lacking = set(columns).difference(names)
        if lacking:
            unknown = sorted(lacking.difference(name.lower() for name in names))
            if unknown:
                place = shown(os.fspath(url))
                msg = (
                    f"{place}: the Delta table has no column"
                    f" {', '.join(map(repr, unknown))}: it is none of a sync or sink"
                )
                raise SinkError(msg, url=place)
            return {}
        for batch in table.to_pyarrow_dataset().to_batches(columns=list(columns)):
            groups = pa.Table.from_batches([batch]).group_by(list(columns))
            for group in groups.aggregate([([], "count_all")]).to_pylist():
                counts[tuple(group[c] for c in columns)] += group["count_all"]
    return dict(counts)


def transactions_of(
    url: str | os.PathLike[str],
    ids: Sequence[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> frozenset[str]:
    """Tell which transaction ids a Delta table was ever told of.

    What is deleted from a table leaves them there. Each id is looked for in the log.

    Parameters
    ----------
    url : str or path
    ids : sequence of str
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    frozenset of str
        Empty where there is no table.

    Raises
    ------
    SinkError
        As `count_by`.
    """
    with _opened(url, storage_options) as table:
        if table is None:
            return frozenset()
        return frozenset(i for i in ids if table.transaction_version(i) is not None)


def commits_of(
    url: str | os.PathLike[str],
    turn: str,
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> tuple[int, Seen | None]:
    """Tell how many commits a Delta table has that took turns: see `DeltaReport.turn`.

    Parameters
    ----------
    url : str or path
    turn : str
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    tuple of int and Seen or None
        And what was seen of the table; 0 and None where there is none.

    Raises
    ------
    SinkError
        As `count_by`.
    """
    with _opened(url, storage_options) as table:
        if table is None:
            return 0, None
        return table.transaction_version(turn_id(turn)) or 0, seen_of(table)


def name_id(name: str) -> str:
    """Return the transaction id of a report, by `DeltaReport.name`."""
    return f"spreports/report/{name}"


def window_id(window: str) -> str:
    """Return the transaction id of a window, by `DeltaReport.window`."""
    return f"spreports/window/{window}"


def turn_id(turn: str) -> str:
    """Return the transaction id of those that take turns, by `DeltaReport.turn`."""
    return f"spreports/turn/{turn}"


@contextmanager
def _opened(
    url: str | os.PathLike[str], options: Mapping[str, Any] | None
) -> Iterator[DeltaTable | None]:
    """Open a table for reading; None where there is none."""
    text = os.fspath(url)
    place, storage = delta_place(text, options)
    from deltalake import DeltaTable  # noqa: PLC0415 - heavy, and an extra
    from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415 - an extra

    with refusals(text, dict(options or {}), "read the Delta table at"):
        try:
            table = DeltaTable(place, storage_options=storage)
        except TableNotFoundError:
            table = None
        yield table
