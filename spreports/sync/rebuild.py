"""What a lake's own markers say of a feed, whichever host brought it.

Two listings a data root, of its markers and of its files, tell what is there, and only
what the ledger does not know is read. Windows without data have no files and so no
markers, but for snapshots that took the place of rows; nor have documents that are the
same as one that is there. A lost ledger's are known by a note, see `feed_note`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from spreports.catalog.periods import end_of_rows
from spreports.lake.place import Place
from spreports.ledger import LakeMarker, LakeWindow, TableRows, WindowState
from spreports.plan.windows import Window
from spreports.reports.naming import file_stem
from spreports.sync.calendar import window_name
from spreports.sync.halves import halves_of
from spreports.sync.lakeside import Lakeside
from spreports.sync.roots import root_name, root_of, tables_of
from spreports.sync.shelf import Held, Shelf, asked_of
from spreports.sync.stream import Kind, Stream

__all__ = ["Look", "OtherFeed", "cut_window", "look_at", "windows_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFeed:
    """A report of the same type that is not of the feed, or was made too early for it.

    Attributes
    ----------
    account : str
    marketplace_ids : tuple of str
    options : mapping of str to str
    window : LakeWindow
    """

    account: str
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str]
    window: LakeWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the data roots of a feed.

    Attributes
    ----------
    windows, named : tuple of LakeWindow
        The newest version of each window, by what was read; committed ones, whose
        columns nobody knows. Whole there, or named there by markers, whose files may
        be gone. And asked for: what has but some tables there; see `halves_of`.
    others : tuple of OtherFeed
    markers : tuple of LakeMarker
        That need not be read again.
    there : mapping of str to frozenset of str
        Stems of the reports that each data root has, the feed's among them.
    gone : mapping of str to frozenset of str
        Of those that markers name there, and of which files are gone.
    broken : tuple of (Place, frozenset of str)
        Data roots with markers that lack files, and all of the feed's reports in these,
        by stem.
    unfinished : tuple of (Place, tuple of str)
        Data roots where sinks run or were killed, with the stems of these.
    """

    windows: tuple[LakeWindow, ...]
    named: tuple[LakeWindow, ...]
    others: tuple[OtherFeed, ...]
    markers: tuple[LakeMarker, ...]
    there: Mapping[str, frozenset[str]]
    gone: Mapping[str, frozenset[str]]
    broken: tuple[tuple[Place, frozenset[str]], ...]
    unfinished: tuple[tuple[Place, tuple[str, ...]], ...]


def look_at(
    stream: Stream,
    known: Sequence[LakeWindow],
    markers_of: Callable[[str], Sequence[LakeMarker]],
    lake: Lakeside,
    *,
    anew: bool,
) -> Look:
    """Look at what a lake has of a feed.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger.
    markers_of : callable
        Tells of a data root the markers that need not be read.
    lake : Lakeside
    anew : bool
        Take no listing of before for the files, and make sure of what it lacks.

    Returns
    -------
    Look

    Raises
    ------
    SinkError
        The lake cannot be read, or a marker is damaged.
    """
    shelves = []
    for table in tables_of(stream, known):
        root = root_name(stream.entry.report_type, table)
        before = {marker.stem: marker for marker in markers_of(root)}
        shelves.append(Shelf(stream, table, root, lake, before, anew=anew))
    # Of a report whose one table is new to us, all tables are looked at
    new = {held.report_id for shelf in shelves for held in shelf.ours}
    for shelf in shelves if len(shelves) > 1 else ():
        shelf.read_again(new)
    found: dict[str, dict[str, Held]] = {}
    for shelf in shelves:
        for held in shelf.ours:
            table = held.note.get("table", shelf.table or "rows")
            found.setdefault(held.report_id, {})[table] = held
    whole = {name: each for name, each in found.items() if len(each) == len(shelves)}
    there = [t for t in whole.values() if all(held.is_whole for held in t.values())]
    half = [tables for name, tables in found.items() if name not in whole]
    begun = _newest(stream, half) if stream.kind == Kind.DATED else ()
    windows, named = _newest(stream, there), _newest(stream, whole.values())
    brought = [window for window in known if window.tables]
    gone = _gone(stream, known, shelves)
    return Look(
        windows=(*windows, *halves_of(begun, windows)),
        named=(*named, *halves_of(begun, (*named, *brought))),
        others=tuple(_others(stream, shelves[0])),
        markers=tuple(marker for shelf in shelves for marker in shelf.read(whole)),
        there={s.root: frozenset(s.named() - gone[s.root]) for s in shelves},
        gone=gone,
        broken=tuple((s.place, lost) for s in shelves if (lost := s.lost())),
        unfinished=tuple(
            (shelf.place, stems) for shelf in shelves if (stems := shelf.unfinished())
        ),
    )


def _gone(
    stream: Stream, known: Sequence[LakeWindow], shelves: Sequence[Shelf]
) -> dict[str, frozenset[str]]:
    """Return of each data root the reports that it names and has not the files of.

    A marker that was read tells its files. Of one that was not, the ledger knows how
    many a report has, all tables together; of a compaction, whether it has any at all.
    """
    by_root = {shelf.root: shelf for shelf in shelves}
    gone = {shelf.root: shelf.lacking() for shelf in shelves}
    for window in known:
        report = file_stem(str(window.report_id))
        counts: dict[str, int | None] = {}
        for table in window.tables:
            root = root_of(stream.entry.report_type, table, window.tables)
            counts[root] = by_root[root].files_of(report) if root in by_root else None
            if counts[root] == 0 and window.tables[table].rows:
                gone[root].add(report)
        told = [count for count in counts.values() if count is not None]
        if len(told) == len(counts) and sum(told) < window.files:
            for root in counts:
                gone[root].add(report)
    return {root: frozenset(reports) for root, reports in gone.items()}


def _newest(
    stream: Stream, reports: Iterable[Mapping[str, Held]]
) -> tuple[LakeWindow, ...]:
    """Return the newest version of each window."""
    newest: dict[str, LakeWindow] = {}
    for tables in reports:
        window = _window(stream, tables)
        if window is None:
            continue
        before_it = newest.get(window.name)
        if before_it is None or _version(window) > _version(before_it):
            newest[window.name] = window
    return tuple(newest.values())


def windows_on(stream: Stream, shelf: Shelf) -> tuple[LakeWindow, ...]:
    """Return the windows of which one table has a version, by what was read of it."""
    table = shelf.table or "rows"
    return _newest(stream, ({table: held} for held in shelf.ours))


def _others(stream: Stream, shelf: Shelf) -> Iterator[OtherFeed]:
    """Yield the reports that are no version of any window of the feed."""
    for held in shelf.others():
        asked, account = asked_of(held.note), held.note.get("account")
        window = _window(stream, {shelf.table or "rows": held})
        if asked is None or account is None or window is None:
            continue
        ids, options = asked
        yield OtherFeed(
            account=account, marketplace_ids=ids, options=options, window=window
        )


def _window(stream: Stream, tables: Mapping[str, Held]) -> LakeWindow | None:
    """Return one report's tables as a window."""
    first = next(iter(tables.values()))
    note = first.note
    try:
        created = datetime.fromisoformat(note["created_time"]).astimezone(UTC)
        span = _span(stream, json.loads(note["request_key"]), created)
    except (KeyError, ValueError, TypeError):
        return None
    if stream.kind == Kind.SNAPSHOT:
        name = created.date().isoformat()
    elif stream.kind == Kind.LISTED:
        name = note.get("report_document_id", "")
    elif span is None:
        return None
    else:
        name = window_name(span)
    dated = span if stream.kind == Kind.DATED else None
    return LakeWindow(
        name=name,
        start=dated.start if dated else None,
        end=dated.end if dated else None,
        state=WindowState.COMMITTED,
        report_id=first.report_id,
        report_document_id=note.get("report_document_id"),
        sha256=note.get("sha256"),
        created_time=created,
        tables={table: TableRows(held.rows, ()) for table, held in tables.items()},
        files=sum(held.files for held in tables.values()),
        version_of=note.get("version_of") if stream.kind == Kind.LISTED else None,
    )


def _span(stream: Stream, asked: Mapping[str, Any], made: datetime) -> Window | None:
    """Return the half-open window of a request, as we cut it."""
    if asked.get("dataStartTime") is None or asked.get("dataEndTime") is None:
        return None
    start = datetime.fromisoformat(asked["dataStartTime"]).astimezone(UTC)
    end = datetime.fromisoformat(asked["dataEndTime"]).astimezone(UTC)
    return cut_window(stream, start, end, made)


def cut_window(
    stream: Stream, start: datetime, end: datetime, made: datetime
) -> Window:
    """Return the half-open window of which a report that was made then has rows."""
    return Window(start, end_of_rows(stream.entry, stream.options, start, end, made))


def _version(window: LakeWindow) -> tuple[datetime, str]:
    return window.made, window.report_id or ""
