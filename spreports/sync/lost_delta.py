"""Rows that are not in the Delta tables where the ledger knows them.

A table's log names each report that was ever committed there, also of one whose rows
were deleted since. A log that does not know a report is that of another table, or of an
older copy; one that was taken back by a RESTORE is lost as well. Whatever became of a
window's rows: where others hold its days, it is given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spreports.lake.roots import is_delta
from spreports.ledger import LakeWindow
from spreports.load.delta_reading import name_id, window_id
from spreports.reports.into_delta import delta_name, window_mark
from spreports.reports.naming import file_stem
from spreports.sync.lakeside import Lakeside
from spreports.sync.lost import Lost, emptied, held, recut_of, window_roots
from spreports.sync.rebuild_delta import windows_in_delta
from spreports.sync.stream import Kind, Stream

__all__ = ["lost_of_delta"]


def lost_of_delta(
    stream: Stream,
    known: Sequence[LakeWindow],
    there: Sequence[LakeWindow],
    lake: Lakeside,
) -> Lost:
    """Return what is lost of Delta tables.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger.
    there : sequence of LakeWindow
        By the tables.
    lake : Lakeside

    Returns
    -------
    Lost

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    wanted = held(known)
    newest = {w.name: w.made for w in there if w.tables}
    absent = [w for w in wanted if w.name not in newest or newest[w.name] < w.made]
    # Rows that a version without any had taken the place of
    again = [w for w in emptied(known) if newest.get(w.name, w.made) < w.made]
    gone: set[str] = set()
    partly = False
    for root, (table, its) in _by_root(stream, [*absent, *again]).items():
        if not is_delta(lake.place(root)):
            gone |= {window.name for window in its}
            continue
        url = lake.url(root)
        has: Mapping[tuple[Any, ...], int] = {}
        if stream.kind == Kind.LISTED or any(len(w.tables) > 1 for w in its):
            # Thousands of them, each looked for in the log, would take long; and of
            # reports of several tables one may have no rows
            has = lake.looks.count_by(url, ("report_id",))
        told = {
            w.name: list(_transactions(stream, w, table))
            for w in its
            if (w.report_id,) not in has
        }
        partly |= len(told) < len(its)
        ids = [each for every in told.values() for each in every]
        found = lake.looks.transactions_of(url, ids) if ids else frozenset()
        if found:  # of any age: what a RESTORE of today takes back may be old
            found -= lake.looks.taken_back(url)
        gone |= {name for name, each in told.items() if found.isdisjoint(each)}
    missed = [window for window in absent if window.name in gone]
    # What was deleted as well: asked for again, its days would be there twice
    names = {window.name for window in there}
    nowhere = [w for w in known if w.tables and w.name not in names]
    recut = recut_of([*missed, *nowhere], there)
    lost = tuple(window for window in missed if window.name not in recut)
    is_all = bool(lost) and len(lost) == len(wanted) and not partly
    # Older versions, or one table's: cut anew, their days would be there twice
    is_all = is_all and not windows_in_delta(stream, (), lake)
    rowless = tuple(window for window in again if window.name in gone)
    return Lost(lost, is_all=is_all, emptied=rowless, recut=recut)


def _by_root(
    stream: Stream, windows: Sequence[LakeWindow]
) -> dict[str, tuple[str, list[LakeWindow]]]:
    """Group windows by the data roots that should have rows of them."""
    found: dict[str, tuple[str, list[LakeWindow]]] = {}
    for window in windows:
        for table, root in window_roots(stream, window):
            found.setdefault(root, (table, []))[1].append(window)
    return found


def _transactions(stream: Stream, window: LakeWindow, table: str) -> Iterator[str]:
    """Yield the ids of which a table that was given a window's rows has one."""
    stem = file_stem(str(window.report_id))
    yield name_id(delta_name(stream.account, stem, table))
    if stream.kind == Kind.LISTED and window.version_of is not None:
        # By another document, which came first
        yield window_id(window_mark(stream.account, window.version_of, table))
