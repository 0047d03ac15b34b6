"""What Delta tables say of a feed, be it this host or another that brought it.

Windows with dates and snapshots are read back whole: the table's own columns name
report, dates and the time of its making, and ``report_window`` proves account,
marketplaces and options. What Amazon makes by itself goes by its document's id, which
is no column: the lake's note of the feed tells it. What neither that nor a ledger knows
is listed and downloaded once more, from the oldest on that the tables have, and the
table's transaction id keeps it from being written twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from spreports.ledger import LakeWindow, TableRows, WindowState, request_key
from spreports.load.delta_reading import name_id
from spreports.reports.into_delta import delta_name, delta_name_parts, window_mark
from spreports.reports.naming import file_stem
from spreports.sync.calendar import window_name
from spreports.sync.halves import halves_of
from spreports.sync.lakeside import Lakeside, refuse_parquet
from spreports.sync.rebuild import OtherFeed, cut_window
from spreports.sync.roots import data_roots
from spreports.sync.stream import Kind, Stream

__all__ = [
    "documents_in_delta",
    "made_in_delta",
    "others_in_delta",
    "snapshot_key",
    "windows_in_delta",
]

COLUMNS = (
    "report_id",
    "report_window",
    "report_created_time",
    "data_start_time",
    "data_end_time",
)
MADE = ("report_id", "report_created_time")


def windows_in_delta(
    stream: Stream,
    known: Sequence[LakeWindow],
    lake: Lakeside,
    noted: Sequence[LakeWindow] = (),
) -> tuple[LakeWindow, ...]:
    """Return the windows of a feed that a Delta lake has.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger.
    lake : Lakeside
    noted : sequence of LakeWindow
        By the lake's note: which tables a report with rows in others left empty.

    Returns
    -------
    tuple of LakeWindow
        Committed ones with rows in every table that is not noted as empty, and as asked
        for what has rows in some; see `halves_of`. Nothing of what Amazon makes by
        itself.

    Raises
    ------
    SinkError
        The lake cannot be read, or is one of plain Parquet, or a table is partitioned
        otherwise than the feed says.
    """
    refuse_parquet(stream, lake)
    if stream.kind == Kind.LISTED:
        return ()
    roots = dict(data_roots(stream))
    found: dict[tuple[str, str], LakeWindow] = {}
    filled: set[tuple[str, str]] = set()
    for table, root in roots.items():
        url = lake.url(root)
        groups = lake.looks.count_by(url, COLUMNS)
        # Said now: each report would be asked for, and refused when it lands
        own = {
            c.name for t in stream.entry.tables if t.name == table for c in t.columns
        }
        lake.looks.refuse_partitions(url, stream.partition_by, own)
        for (report_id, mark, made, start, end), rows in groups.items():
            window = _window(stream, table, mark, (made, start, end))
            if window is None or _is_early(stream, made, start, end):
                continue
            begun = found.get((window.name, report_id))
            tables = {**(begun.tables if begun else {}), table: TableRows(rows, ())}
            filled.add((window.name, table))
            found[window.name, report_id] = LakeWindow(
                name=window.name,
                start=window.start,
                end=window.end,
                state=WindowState.COMMITTED,
                report_id=report_id,
                created_time=window.created_time,
                tables=tables,
            )
    for window in noted:
        if begun := found.get((window.name, str(window.report_id))):
            # Unless another version has rows there, of which others may be yet to come
            empty = {
                table: has
                for table, has in window.tables.items()
                if table in roots and not has.rows
                if (window.name, table) not in filled
            }
            tables = {**begun.tables, **empty}
            found[window.name, str(window.report_id)] = replace(begun, tables=tables)
    whole = [w for w in found.values() if len(w.tables) == len(roots)]
    some = [w for w in found.values() if len(w.tables) < len(roots)]
    brought = [window for window in known if window.tables]
    return (*whole, *halves_of(some, (*whole, *brought)))


def documents_in_delta(
    stream: Stream, known: Sequence[LakeWindow], lake: Lakeside
) -> tuple[LakeWindow, ...]:
    """Return those windows of what Amazon makes by itself whose rows are there.

    In every table of which the window says that it has some; of one without rows, that
    is known.

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    known = [w for w in known if w.tables] if stream.kind == Kind.LISTED else ()
    if not known:
        return ()
    there = {
        table: lake.looks.count_by(lake.url(root), ("report_id",))
        for table, root in data_roots(stream)
    }

    def is_there(window: LakeWindow) -> bool:
        filled = [table for table, has in window.tables.items() if has.rows]
        return all((window.report_id,) in there.get(table, {}) for table in filled)

    return tuple(filter(is_there, known))


def made_in_delta(stream: Stream, lake: Lakeside) -> frozenset[datetime]:
    """Return when Amazon made what Delta tables have of a type and an account.

    As in plain Parquet, whichever marketplaces Amazon lists it under. Nothing where the
    lake has no such tables.

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    found: set[datetime] = set()
    for table, root in data_roots(stream) if lake.is_delta else ():
        url = lake.url(root)
        ids = {
            name_id(delta_name(stream.account, file_stem(str(report_id)), table)): made
            for report_id, made in lake.looks.count_by(url, MADE)
            if made is not None
        }
        told = lake.looks.transactions_of(url, ids)
        found |= {made.astimezone(UTC) for each, made in ids.items() if each in told}
    return frozenset(found)


def others_in_delta(stream: Stream, lake: Lakeside) -> tuple[OtherFeed, ...]:
    """Return what a Delta lake has of a feed by other accounts, or made too early.

    The name by which a table knows a report tells the account, and with that
    ``report_window`` proves the rest. Of what Amazon makes by itself, any counts.

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    found = []
    for table, root in data_roots(stream):
        url = lake.url(root)
        accounts: dict[str, set[str]] = {}
        for name in lake.looks.names_of(url):
            account, stem, _ = delta_name_parts(name)
            if account != stream.account:
                accounts.setdefault(stem, set()).add(account)
        groups = lake.looks.count_by(url, COLUMNS)
        for (report_id, mark, *times), rows in groups.items():
            own = {stream.account} if _is_early(stream, *times) else set()
            for account in own | accounts.get(report_id, set()):
                window = _window(replace(stream, account=account), table, mark, times)
                if window is not None:
                    other = OtherFeed(
                        account=account,
                        marketplace_ids=tuple(sorted(stream.marketplace_ids)),
                        options=dict(stream.options),
                        window=replace(
                            window,
                            report_id=report_id,
                            tables={table: TableRows(rows, ())},
                        ),
                    )
                    found.append(other)
    return tuple(found)


def snapshot_key(stream: Stream, day: str) -> str:
    """Name the snapshot of a day, so that one of the same day replaces it."""
    ids, options = stream.marketplace_ids, stream.options
    key = request_key(stream.entry.report_type, ids, options, None, None)
    return json.dumps([key, day])


def _is_early(
    stream: Stream, made: datetime | None, start: datetime | None, end: datetime | None
) -> bool:
    """Whether it was made before its last day was over; see `Stream.is_early`."""
    if made is None or start is None or end is None:
        return False
    return stream.is_early(start, end, made)


def _window(
    stream: Stream,
    table: str,
    mark: str,
    times: Sequence[datetime | None],
) -> LakeWindow | None:
    """Return a window by its times; None where its mark is another feed's."""
    made, start, end = (
        moment.astimezone(UTC) if moment is not None else None for moment in times
    )
    if made is None:
        return None
    span = None
    if stream.kind == Kind.LISTED:
        # Its mark is of the settlement or document, and these are no columns
        name, keys = mark, None
    elif stream.kind == Kind.SNAPSHOT:
        name = made.date().isoformat()
        # One that was due before midnight may be made past it
        days = (name, (made - timedelta(days=1)).date().isoformat())
        keys = [snapshot_key(stream, day) for day in days]
    else:
        if start is None or end is None:
            return None
        span = cut_window(stream, start, end, made)
        name = window_name(span)
        keys = [
            request_key(
                stream.entry.report_type,
                stream.marketplace_ids,
                stream.options,
                start,
                end,
            )
        ]
    if keys is not None and mark not in {
        window_mark(stream.account, key, table) for key in keys
    }:
        return None
    return LakeWindow(
        name=name,
        start=span.start if span else None,
        end=span.end if span else None,
        state=WindowState.COMMITTED,
        created_time=made,
    )
