"""What a lake's own markers say of a feed, whichever host brought it.

One listing a data root tells what is there, and only what the ledger does not know is
read. Windows without data have no files and so no markers, but for snapshots that took
the place of rows: after a lost ledger they are asked for again, and no document is
downloaded for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from spreports.lake.place import Place
from spreports.lake.state import RootState, read_rest
from spreports.ledger import LakeMarker, LakeWindow, TableRows, WindowState
from spreports.plan.windows import Window, asked_end
from spreports.reports.naming import file_stem
from spreports.sync.calendar import window_name
from spreports.sync.roots import root_name, table_root, tables_of
from spreports.sync.stream import Kind, Stream

__all__ = ["Look", "OtherFeed", "cut_window", "look_at"]

_PREFIX = "spreports."


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFeed:
    """A report of the same type that is not of the feed.

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
    windows : tuple of LakeWindow
        The newest version of each window that is whole there, by what was read;
        committed ones, whose columns nobody knows.
    others : tuple of OtherFeed
    markers : tuple of LakeMarker
        That need not be read again.
    there : mapping of str to frozenset of str
        Stems of the reports that each data root has, the feed's among them.
    unfinished : tuple of (Place, tuple of str)
        Data roots where sinks run or were killed, with the stems of these.
    """

    windows: tuple[LakeWindow, ...]
    others: tuple[OtherFeed, ...]
    markers: tuple[LakeMarker, ...]
    there: Mapping[str, frozenset[str]]
    unfinished: tuple[tuple[Place, tuple[str, ...]], ...]


def look_at(
    stream: Stream,
    known: Sequence[LakeWindow],
    markers_of: Callable[[str], Sequence[LakeMarker]],
    to: str,
    storage_options: Mapping[str, Any] | None,
) -> Look:
    """Look at what a lake has of a feed.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger.
    markers_of : callable
        Tells of a data root the markers that need not be read.
    to : str
    storage_options : mapping or None

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
        place = Place.open(
            table_root(to, stream.entry.report_type, table), storage_options
        )
        root = root_name(stream.entry.report_type, table)
        before = {marker.stem: marker for marker in markers_of(root)}
        shelves.append(_Shelf(stream, table, root, place, before))
    # Of a report whose one table is new to us, all tables are looked at
    new = {held.report_id for shelf in shelves for held in shelf.ours}
    for shelf in shelves if len(shelves) > 1 else ():
        shelf.read_again(new)
    found: dict[str, dict[str, _Held]] = {}
    for shelf in shelves:
        for held in shelf.ours:
            table = held.note.get("table", shelf.table or "rows")
            found.setdefault(held.report_id, {})[table] = held
    whole = {name: each for name, each in found.items() if len(each) == len(shelves)}
    newest: dict[str, LakeWindow] = {}
    for tables in whole.values():
        window = _window(stream, tables)
        if window is None:
            continue
        before_it = newest.get(window.name)
        if before_it is None or _version(window) > _version(before_it):
            newest[window.name] = window
    return Look(
        windows=tuple(newest.values()),
        others=tuple(_others(stream, shelves[0])),
        markers=tuple(marker for shelf in shelves for marker in shelf.read(whole)),
        there={shelf.root: shelf.there() for shelf in shelves},
        unfinished=tuple(
            (shelf.place, stems) for shelf in shelves if (stems := shelf.unfinished())
        ),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """One table of one report, whole in the lake; its note without our prefix."""

    report_id: str
    marker: str
    note: Mapping[str, str]
    rows: int
    files: int


class _Shelf:
    """One data root: what is listed there, and what had to be read of it."""

    def __init__(
        self,
        stream: Stream,
        table: str | None,
        root: str,
        place: Place,
        known: Mapping[str, LakeMarker],
    ) -> None:
        self.table = table
        self.root = root
        self._stream = stream
        self.place = place
        self._known = dict(known)
        self._look()

    def _look(self) -> None:
        self._stems, self._state = read_rest(self.place, self._known)
        self._held = list(_held_in(self._state))
        self.ours = [held for held in self._held if self._is_ours(held)]

    def _is_ours(self, held: _Held) -> bool:
        mine = held.note.get("account") == self._stream.account
        return mine and _is_of_feed(held.note, self._stream)

    def read_again(self, reports: set[str]) -> None:
        """Read the markers of some reports, known as they are."""
        told = [m for m in self._known.values() if reports.intersection(m.reports)]
        if told:
            for marker in told:
                del self._known[marker.stem]
            self._look()

    def others(self) -> list[_Held]:
        """Return what is not of the feed."""
        return [held for held in self._held if not self._is_ours(held)]

    def read(self, whole: Mapping[str, object]) -> Iterator[LakeMarker]:
        """Yield what was read, but for reports that are yet to be finished."""
        for stem in self._state.markers:
            reports = [h.report_id for h in self.ours if h.marker == stem]
            if all(report in whole for report in reports):
                yield LakeMarker(self.root, stem, tuple(reports))

    def unfinished(self) -> tuple[str, ...]:
        """Return the stems of sinks that run or were killed."""
        return tuple(self._state.unfinished)

    def there(self) -> frozenset[str]:
        """Return the stems of the reports that the root has."""
        listed = (m for m in self._known.values() if m.stem in self._stems)
        packed = {report for marker in listed for report in marker.reports}
        return self._stems | packed | {held.report_id for held in self._held}


def _held_in(state: RootState) -> Iterator[_Held]:
    """Yield what a data root has of each report."""
    for held in state.holdings:
        yield _Held(
            report_id=file_stem(held.report.report_id or held.report.stem),
            marker=held.marker,
            note={
                name.removeprefix(_PREFIX): text
                for name, text in held.note.items()
                if name.startswith(_PREFIX)
            },
            rows=sum(span.rows for span in held.spans),
            files=len(held.spans),
        )


def _others(stream: Stream, shelf: _Shelf) -> Iterator[OtherFeed]:
    """Yield the reports that differ from the feed's in account or in what was asked."""
    for held in shelf.others():
        asked, account = _asked(held.note), held.note.get("account")
        window = _window(stream, {shelf.table or "rows": held})
        if asked is None or account is None or window is None:
            continue
        ids, options = asked
        yield OtherFeed(
            account=account, marketplace_ids=ids, options=options, window=window
        )


def _is_of_feed(note: Mapping[str, str], stream: Stream) -> bool:
    """Whether a marker is of this feed, of whichever account: marketplaces, options.

    What Amazon made by itself is listed under marketplaces of its own choice.
    """
    asked = _asked(note)
    if asked is None or stream.kind == Kind.LISTED:
        return asked is not None
    return asked == (tuple(sorted(stream.marketplace_ids)), dict(stream.options))


def _asked(
    note: Mapping[str, str],
) -> tuple[tuple[str, ...], Mapping[str, str]] | None:
    """Return marketplaces and options of a request; None where it is not known."""
    try:
        asked = json.loads(note["request_key"])
        return tuple(asked["marketplaceIds"]), dict(asked["reportOptions"] or {})
    except (KeyError, ValueError, TypeError):
        return None


def _window(stream: Stream, tables: Mapping[str, _Held]) -> LakeWindow | None:
    """Return one report's tables as a window."""
    first = next(iter(tables.values()))
    note = first.note
    try:
        created = datetime.fromisoformat(note["created_time"]).astimezone(UTC)
        span = _span(stream, json.loads(note["request_key"]))
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
        item=note.get("version_of") if stream.kind == Kind.LISTED else None,
    )


def _span(stream: Stream, asked: Mapping[str, Any]) -> Window | None:
    """Return the half-open window of a request, as we cut it."""
    if asked.get("dataStartTime") is None or asked.get("dataEndTime") is None:
        return None
    start = datetime.fromisoformat(asked["dataStartTime"]).astimezone(UTC)
    end = datetime.fromisoformat(asked["dataEndTime"]).astimezone(UTC)
    return cut_window(stream, start, end)


def cut_window(stream: Stream, start: datetime, end: datetime) -> Window | None:
    """Return the half-open window of which a report was asked; None for no such."""
    for days in (0, 1):
        span = Window(start, end + timedelta(days=days))
        if asked_end(stream.entry, span, stream.options) == end:
            return span
    return None


def _version(window: LakeWindow) -> tuple[str, str]:
    made = window.created_time
    return made.isoformat() if made else "", window.report_id or ""
