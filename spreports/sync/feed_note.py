"""What a store knows of a feed and a lake's files do not tell, noted beside its rows.

Of a feed with dates the windows that Amazon has no data for; of what Amazon lists the
documents that are the same as one that the lake has, those that are given up, the time
that nobody listed, and when all that was listed was there. They leave no file and no
marker: without the note, a host whose store is new would ask and download again. One
file a feed, beside the first data root of its type, of a Delta lake in a folder beside
its tables; whoever deletes a lake deletes it, too. What lake or ledger know counts
more, and whoever loses it asks again.

Of what Amazon lists a Delta table does not tell which document its rows are of: the
note does, for as long as Amazon lists it, and counts where the table has these rows.
Nor does it tell of a report without rows: of windows with dates the note says which
tables were left empty. Rows of such a window, of another report, count more.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from spreports.errors import SinkError, SinkOutageError
from spreports.ledger import LakeWindow, TableRows, WindowState
from spreports.load.marker import DAMAGE
from spreports.load.target import DELTA_NOTES, open_target
from spreports.plan.windows import Window
from spreports.sync.calendar import window_name
from spreports.sync.lakeside import Lakeside
from spreports.sync.roots import root_name, tables_of
from spreports.sync.stream import Kind, Stream

__all__ = ["FeedNote", "fitting", "news_of", "read_note", "write_note"]

logger = logging.getLogger("spreports.sync")

FORMAT = 1
# How long before the newest one: Amazon lists a document for 90 days
DOCUMENTS_TOLD = timedelta(days=100)
# More than any window has: such a note is damaged, and no ledger could hold it
_MOST_TRIES = 1 << 31
_TIMES = ("start", "end", "created_time")
_IDS = ("report_id", "report_document_id", "sha256", "version_of")
_TEXTS = ("error_kind", "error", *_IDS)


@dataclass(frozen=True, slots=True)
class FeedNote:
    """What a lake's note of a feed says.

    Attributes
    ----------
    data : bytes or None
        As it lies there.
    windows : tuple of LakeWindow
        None where it is damaged or of another feed.
    listed : datetime or None, aware
        All that Amazon had made by then was in the lake, or is noted.
    newest : str or None
        The newest document of which the lake had rows then: without it, it has lost
        some, and `listed` is worth nothing.
    purged : datetime or None, aware
        Until when a purge had taken rows away by then.
    """

    data: bytes | None = None
    windows: tuple[LakeWindow, ...] = ()
    listed: datetime | None = None
    newest: str | None = None
    purged: datetime | None = None


def read_note(stream: Stream, names: Collection[str], lake: Lakeside) -> FeedNote:
    """Read a feed's note, if it has one.

    Parameters
    ----------
    stream : Stream
    names : collection of str
        Of the files beside the first data root, where they were listed: of feeds with
        dates, in plain Parquet.
    lake : Lakeside

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    name, is_seen = _name(stream), stream.kind == Kind.DATED and not lake.is_delta
    if stream.kind == Kind.SNAPSHOT or (is_seen and name not in names):
        return FeedNote()
    try:
        data = lake.place(_root(stream, lake)).state.read([name]).get(name)
    except SinkOutageError:
        raise
    except SinkError as exc:
        # Who may only reach the tables keeps them all the same
        if not lake.is_delta:
            raise
        logger.warning("%s: its note cannot be read: %s", stream.label, exc)
        return FeedNote()
    try:
        said = json.loads(data or b"")
        if said["format"] != FORMAT or said["feed"] != stream.key:
            raise ValueError
        windows = tuple(map(_window, said["windows"]))
        listed, purged = _moment(said, "listed"), _moment(said, "purged")
        return FeedNote(data, windows, listed, _text(said, "newest"), purged)
    except (*DAMAGE, OverflowError):
        return FeedNote(data)


def write_note(
    stream: Stream,
    known: Sequence[LakeWindow],
    note: FeedNote,
    lake: Lakeside,
    *,
    listed: datetime | None,
    purged: datetime | None,
    absent: Collection[str],
) -> None:
    """Note what is known of a feed, where the lake has it otherwise.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        All that is known of it; what the note said is among it, unless it is wrong.
    note : FeedNote
        See `fitting`.
    lake : Lakeside
    listed : datetime or None
        When the feed was last listed.
    purged, absent
        See `Known`.
    """
    # Of a type whose tables only its documents tell, a new store looks for one alone
    is_read = tables_of(stream, known) == tables_of(stream, ())
    # Snapshots without data are versions, or nothing
    if not is_read or stream.kind == Kind.SNAPSHOT:
        return
    told = [window for window in known if _is_told(stream, window)]
    if lake.is_delta:
        is_listed = stream.kind == Kind.LISTED
        told += _of_documents(known, absent) if is_listed else _of_empty_tables(known)
    said = [_said(window) for window in sorted(told, key=lambda w: w.name)]
    noted: dict[str, Any] = {
        "format": FORMAT,
        "feed": stream.key,
        "windows": said,
    }
    if stream.kind == Kind.LISTED:
        lacks = any(w.is_begun for w in known)
        # A new store lists from then on: what is yet to land must not be passed over
        listed = note.listed if lacks else listed
        there = (w for w in known if w.tables and w.name not in absent)
        newest = max(there, key=lambda w: w.made, default=None)
        noted["listed"] = listed.isoformat() if listed else None
        noted["newest"] = newest.name if newest else None
        noted["purged"] = purged.isoformat() if purged else None
    data = json.dumps(noted).encode()
    if data == note.data or (note.data is None and not said and listed is None):
        return
    place, private = lake.place(_root(stream, lake)), stream.entry.restricted
    try:
        target = open_target(place.url, storage_options=place.options, private=private)
        try:
            target.write_state(_name(stream), data)
        finally:
            target.close()
    except SinkError as exc:  # it is asked for again: the run's result is worth more
        logger.warning("%s: no note of what has no files: %s", stream.label, exc)


def fitting(
    note: FeedNote, known: Iterable[LakeWindow], purged: datetime | None
) -> FeedNote:
    """Return a note without the time of a listing, where that is worth nothing.

    The lake has lost what it had then, but by a purge since.
    """
    there = {window.name for window in known if window.tables}
    is_purged = purged is not None and purged != note.purged
    fits = is_purged or note.newest is None or note.newest in there
    return note if fits else replace(note, listed=None)


def news_of(
    noted: Iterable[LakeWindow],
    before: Sequence[LakeWindow],
    there: Sequence[LakeWindow],
    gone: Collection[str] = frozenset(),
) -> tuple[LakeWindow, ...]:
    """Return what a note says that is new, and that neither ledger nor lake denies.

    Parameters
    ----------
    noted : iterable of LakeWindow
    before : sequence of LakeWindow
        By the ledger.
    there : sequence of LakeWindow
        What the lake has, be it half a report.
    gone : collection of str
        Windows of which the ledger knows rows that the lake has no more, such as of a
        version that a newer one without rows has replaced.
    """
    mine = {window.name: window for window in before}
    held = {window.name for window in there}
    rows = [window for window in (*before, *there) if window.tables]
    same = {w.sha256 for w in rows} | {w.version_of for w in rows}
    same.discard(None)

    def is_news(window: LakeWindow) -> bool:
        is_double = window.end is None and window.state == WindowState.COMMITTED
        if is_double and same.isdisjoint({window.sha256, window.version_of}):
            return False  # what it is the same as is lost, or was purged
        known = mine.get(window.name)
        if known is not None:
            has_rows = known.tables and known.name not in gone
            return not has_rows and known.made < window.made
        return not any(window.overlaps(each) for each in (*before, *there))

    return tuple(w for w in noted if w.name not in held and is_news(w))


def _root(stream: Stream, lake: Lakeside) -> str:
    """Name the data root beside which a feed's note lies."""
    if lake.is_delta:
        return DELTA_NOTES
    return root_name(stream.entry.report_type, tables_of(stream, ())[0])


def _name(stream: Stream) -> str:
    """Name a feed's note: feeds of one type share a folder."""
    return f"{hashlib.sha256(stream.key.encode()).hexdigest()[:32]}.feed"


def _is_told(stream: Stream, window: LakeWindow) -> bool:
    """Whether no file tells of a window: no data, the same as another, given up."""
    if window.state == WindowState.GAP:
        return stream.kind == Kind.LISTED
    made = window.created_time is not None and not window.tables
    return made and window.state == WindowState.COMMITTED


def _of_documents(
    known: Sequence[LakeWindow], absent: Collection[str]
) -> list[LakeWindow]:
    """Return the documents whose rows a lake has, and that Amazon may still list."""
    there = [w for w in known if w.tables and w.name not in absent]
    newest = max((w.made for w in there), default=None)
    return [w for w in there if newest and newest - w.made < DOCUMENTS_TOLD]


def _of_empty_tables(known: Sequence[LakeWindow]) -> list[LakeWindow]:
    """Return the versions that left tables empty, whatever came of newer ones."""
    left = (w for w in known if not all(has.rows for has in w.tables.values()))
    return [replace(w, tries=0, error_kind=None, error=None) for w in left]


def _said(window: LakeWindow) -> dict[str, Any]:
    """Return what is noted of a window; its dates name it, if it has any."""
    times = {name: getattr(window, name) for name in _TIMES}
    said = {name: each.isoformat() for name, each in times.items() if each}
    said |= {name: getattr(window, name) for name in _TEXTS}
    said = {name: each for name, each in said.items() if each is not None}
    named: dict[str, Any] = {} if window.end else {"name": window.name}
    if window.tables:
        named["rows"] = {name: told.rows for name, told in window.tables.items()}
    return {**named, **said, "tries": window.tries}


def _window(said: Mapping[str, Any]) -> LakeWindow:
    """Read `_said` back; raises one of `DAMAGE`, or an OverflowError."""
    start, end, created = (_moment(said, name) for name in _TIMES)
    name, tries = _text(said, "name"), said["tries"]
    if start and end:
        if start >= end:
            raise ValueError
        name = window_name(Window(start, end))
    if name is None or type(tries) is not int:
        raise TypeError
    if not 0 <= tries < _MOST_TRIES:
        raise ValueError
    texts: dict[str, Any] = {name: _text(said, name) for name in _TEXTS}
    rows = said.get("rows", {})
    if not all(type(count) is int for count in rows.values()):
        raise TypeError
    return LakeWindow(
        name=name,
        start=start,
        end=end,
        state=WindowState.COMMITTED if created else WindowState.GAP,
        tries=tries,
        created_time=created,
        tables={table: TableRows(count, ()) for table, count in rows.items()},
        **texts,
    )


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(said, name)
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _text(said: Mapping[str, Any], name: str) -> str | None:
    text = said.get(name)
    if not isinstance(text, str | None):
        raise TypeError
    return text
