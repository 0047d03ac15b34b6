"""Which windows of a feed Amazon has no data for, noted beside the rows of a lake.

They leave no file and no marker: without the note, a host whose store is new would ask
for each of them again. One file a feed, beside the first data root of its type; whoever
deletes a lake deletes it, too. It says what Amazon said and nothing of a lake's rows:
what the lake or the ledger knows of the same days counts more, and whoever loses it
asks again. Delta tables have none: all that lies beside them is Delta Lake's own.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from spreports.errors import SinkError
from spreports.ledger import LakeWindow, WindowState
from spreports.load.marker import DAMAGE
from spreports.load.target import open_target
from spreports.plan.windows import Window
from spreports.sync.calendar import window_name
from spreports.sync.lakeside import Lakeside
from spreports.sync.roots import root_name, tables_of
from spreports.sync.stream import Kind, Stream

__all__ = ["EmptyNote", "news_of", "read_empty", "write_empty"]

logger = logging.getLogger("spreports.sync")

FORMAT = 1


@dataclass(frozen=True, slots=True)
class EmptyNote:
    """What a lake's note of a feed says.

    Attributes
    ----------
    data : bytes or None
        As it lies there.
    windows : tuple of LakeWindow
        None where it is damaged or of another feed.
    """

    data: bytes | None = None
    windows: tuple[LakeWindow, ...] = ()


def read_empty(stream: Stream, names: Collection[str], lake: Lakeside) -> EmptyNote:
    """Read a feed's note, if it has one.

    Parameters
    ----------
    stream : Stream
    names : collection of str
        Of the files beside the first data root, as they were listed.
    lake : Lakeside

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    name = _name(stream)
    if name not in names:
        return EmptyNote()
    data = lake.place(_root(stream)).state.read([name]).get(name)
    try:
        said = json.loads(data or b"")
        if said["format"] != FORMAT or said["feed"] != stream.key:
            raise ValueError
        return EmptyNote(data, tuple(map(_window, said["windows"])))
    except (*DAMAGE, OverflowError):
        return EmptyNote(data)


def write_empty(
    stream: Stream, known: Sequence[LakeWindow], note: EmptyNote, lake: Lakeside
) -> None:
    """Note the windows without data, where the lake has them otherwise.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        All that is known of it; what the note said is among it, unless it is wrong.
    note : EmptyNote
        As it was read.
    lake : Lakeside
    """
    # Of a type whose tables only its documents tell, a new store looks for one alone
    is_read = tables_of(stream, known) == tables_of(stream, ())
    if lake.is_delta or stream.kind != Kind.DATED or not is_read:
        return
    empty = [w for w in known if w.state == WindowState.COMMITTED and not w.tables]
    said = [_said(w) for w in sorted(empty, key=lambda w: w.name) if w.created_time]
    noted = {"format": FORMAT, "feed": stream.key, "windows": said}
    data = json.dumps(noted).encode()
    if data == note.data or (note.data is None and not said):
        return
    url, options = lake.url(_root(stream)), lake.storage_options
    private = stream.entry.restricted
    try:
        target = open_target(url, storage_options=options, private=private)
        try:
            target.write_state(_name(stream), data)
        finally:
            target.close()
    except SinkError as exc:  # days are asked for again: the run's result is worth more
        logger.warning("%s: no note of windows without data: %s", stream.label, exc)


def news_of(
    noted: Iterable[LakeWindow],
    before: Sequence[LakeWindow],
    there: Iterable[LakeWindow],
) -> tuple[LakeWindow, ...]:
    """Return what a note says that is new, and that neither ledger nor lake denies.

    Parameters
    ----------
    noted : iterable of LakeWindow
    before : sequence of LakeWindow
        By the ledger.
    there : iterable of LakeWindow
        What the lake has, be it half a report.
    """
    mine = {window.name: window for window in before}
    held = {window.name for window in there}

    def is_news(window: LakeWindow) -> bool:
        known = mine.get(window.name)
        if known is not None:
            return not known.tables and known.made < window.made
        return not any(window.overlaps(each) for each in before)

    return tuple(w for w in noted if w.name not in held and is_news(w))


def _root(stream: Stream) -> str:
    """Name the data root beside which a feed's note lies."""
    return root_name(stream.entry.report_type, tables_of(stream, ())[0])


def _name(stream: Stream) -> str:
    """Name a feed's note: feeds of one type share a folder."""
    return f"{hashlib.sha256(stream.key.encode()).hexdigest()[:32]}.empty"


def _said(window: LakeWindow) -> dict[str, Any]:
    """Return what is noted of a window; its dates name it."""
    times = {
        "start": window.start,
        "end": window.end,
        "created_time": window.created_time,
    }
    return {
        **{name: each.isoformat() for name, each in times.items() if each},
        "report_id": window.report_id,
        "tries": window.tries,
    }


def _window(said: Mapping[str, Any]) -> LakeWindow:
    """Read `_said` back; raises one of `DAMAGE`, or an OverflowError."""
    start, end, created = (
        datetime.fromisoformat(said[name]) for name in ("start", "end", "created_time")
    )
    report_id, tries = said["report_id"], said["tries"]
    if None in {start.tzinfo, end.tzinfo, created.tzinfo} or not start < end:
        raise ValueError
    if not isinstance(report_id, str | None) or type(tries) is not int:
        raise TypeError
    span = Window(start.astimezone(UTC), end.astimezone(UTC))
    return LakeWindow(
        name=window_name(span),
        start=span.start,
        end=span.end,
        state=WindowState.COMMITTED,
        tries=tries,
        report_id=report_id,
        created_time=created.astimezone(UTC),
    )
