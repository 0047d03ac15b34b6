"""Rows that are not where the ledger knows them: a lake deleted, moved, set back.

The next run would bring what is new, and nothing would ever bring the rest. What was
purged, up to the day that was written down then, is not lost, nor is an older version
of what is there: a compaction may have dropped it. Nor is a window whose days the lake
has in others, by another host that filled it anew. A version without rows may be lost,
too: then older rows count again, whose place it had taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from spreports.errors import SinkError
from spreports.lake.purge_note import PurgeNote, purged_before
from spreports.ledger import LakeWindow, WindowState
from spreports.reports.naming import file_stem
from spreports.sync.lakeside import Lakeside
from spreports.sync.rebuild import Look
from spreports.sync.roots import root_name, root_of, tables_of
from spreports.sync.stream import Kind, Stream

__all__ = [
    "Lost",
    "emptied",
    "forgotten",
    "held",
    "insist_on_lake",
    "lost_windows",
    "purged_up_to",
    "recut_of",
    "window_roots",
]


@dataclass(frozen=True, slots=True)
class Lost:
    """What the ledger knows in a lake and the lake has not.

    Attributes
    ----------
    windows : tuple of LakeWindow
        Committed ones with rows.
    is_all : bool
        The lake has not one of the feed.
    emptied : tuple of LakeWindow
        Committed ones whose version has no rows.
    recut : frozenset of str
        Names of windows that are not lost: the lake has others over their days.
    """

    windows: tuple[LakeWindow, ...] = ()
    is_all: bool = False
    emptied: tuple[LakeWindow, ...] = ()
    recut: frozenset[str] = frozenset()

    @property
    def is_nothing(self) -> bool:
        """Whether the lake has all that the ledger knows, as it knows it."""
        return not (self.windows or self.emptied or self.recut)


def lost_windows(
    stream: Stream,
    known: Sequence[LakeWindow],
    seen: Look,
    lake: Lakeside,
) -> Lost:
    """Return what is lost of a lake of plain Parquet.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger and the lake.
    seen : Look
    lake : Lakeside

    Returns
    -------
    Lost

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    brought = [window for window in known if window.tables]
    lacking = {w.name: _lacking(stream, w, seen.there) for w in brought}
    kept = [w for w in brought if not lacking[w.name]]
    roots = {w.name: len(list(window_roots(stream, w))) for w in brought}
    absent = [w for w in brought if len(lacking[w.name]) == roots[w.name]]
    recut = recut_of(absent, kept)
    wanted, rowless = (
        [w for w in each if w.name not in recut]
        for each in (held(known), emptied(known))
    )
    places = {root for w in (*wanted, *rowless) for root in lacking[w.name]}
    notes = {root: purged_before(lake.place(root)) for root in sorted(places)}

    def is_lost(window: LakeWindow) -> bool:
        roots = lacking[window.name]
        purged = all(_is_purged(stream, window, notes[root]) for root in roots)
        # No compaction has dropped what a marker names
        stem = file_stem(str(window.report_id))
        is_named = window.rows and any(
            stem in seen.gone.get(root, ()) for root in roots
        )
        return not purged and bool(is_named or not _is_superseded(stream, window, kept))

    lost = tuple(filter(is_lost, wanted))
    partly = any(len(lacking[w.name]) < roots[w.name] for w in wanted)
    is_all = bool(lost) and not partly
    gone = tuple(filter(is_lost, rowless))
    return Lost(lost, is_all=is_all, emptied=gone, recut=recut)


def forgotten(
    stream: Stream, known: Sequence[LakeWindow], lost: Lost
) -> tuple[LakeWindow, ...]:
    """Return the windows of a feed with those that are lost as nobody's yet.

    So is what was left out because it was the same as a lost one: a settlement. Of a
    snapshot without rows all is known that it takes to write it again.
    """
    gone = lost.windows if stream.kind == Kind.SNAPSHOT else lost.windows + lost.emptied
    names = {window.name for window in gone}
    same = {w.sha256 for w in lost.windows} | {w.version_of for w in lost.windows}
    same.discard(None)

    def is_gone(window: LakeWindow) -> bool:
        again = window.end is None and not window.rows
        return window.name in names or (
            again and not same.isdisjoint({window.sha256, window.version_of})
        )

    return tuple(
        _unmade(stream, window) if is_gone(window) else window
        for window in known
        if window.name not in lost.recut
    )


def recut_of(
    absent: Sequence[LakeWindow], kept: Sequence[LakeWindow]
) -> frozenset[str]:
    """Return the names of windows over whose days the lake has others.

    Their days that none of these holds are cut anew with all that nobody has yet.
    """
    return frozenset(
        window.name
        for window in absent
        # A version of the very same window is an older one
        if any(w.name != window.name and window.overlaps(w) for w in kept)
    )


def insist_on_lake(stream: Stream, lost: Lost, lake: Lakeside) -> None:
    """Raise a SinkError where windows are lost: say which, and the ways out."""
    if not lost.windows:
        return
    name = lake.shown(stream)
    rows = sum(window.rows for window in lost.windows)
    names = sorted(window.name for window in lost.windows)
    spoken = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    if lost.is_all:
        raise SinkError(
            f"{name} has none of the {rows} rows of {stream.label} that the ledger"
            f" knows there ({spoken}): was it deleted or moved, or is its disk not"
            " mounted? To fill it anew from the feed's `since` on, sync with"
            " refill=True (--refill)",
            url=name,
        )
    # One of its tables may have all that it should
    most = "up to " if any(len(window.tables) > 1 for window in lost.windows) else ""
    raise SinkError(
        f"{name} lacks {most}{rows} rows of {stream.label} that the ledger knows there,"
        f" of {len(names)} windows ({spoken}): was it restored from an older copy, or"
        " were files of it deleted? To ask again for just these windows, sync with"
        " refill=True (--refill)",
        url=name,
    )


def purged_up_to(
    stream: Stream, known: Sequence[LakeWindow], lake: Lakeside
) -> datetime | None:
    """Return the moment up to which the data roots of a feed were purged.

    A ledger that knows what came before need not ask; without one, what was purged
    would come back. The latest note counts: a report's tables are purged one after the
    other, and a purge that was killed between them is to be run again.

    Raises
    ------
    SinkError
        As `purged_before`.
    """
    notes = [
        purged_before(lake.place(root_name(stream.entry.report_type, table)))
        for table in tables_of(stream, known)
    ]
    # A day that an older version noted may have been yet to come
    ends = [note.end for note in notes if note is not None and not note.is_day]
    return max(ends, default=None)


def held(known: Sequence[LakeWindow]) -> list[LakeWindow]:
    """Return the windows of which a lake should have rows, also those given up."""
    stays = {WindowState.COMMITTED, WindowState.GAP}
    return [w for w in known if w.state in stays and w.rows]


def emptied(known: Sequence[LakeWindow]) -> list[LakeWindow]:
    """Return the windows of which a lake should have a version without rows."""
    committed = [w for w in known if w.state == WindowState.COMMITTED]
    return [w for w in committed if w.tables and not w.rows]


def window_roots(stream: Stream, window: LakeWindow) -> Iterator[tuple[str, str]]:
    """Yield the tables that have rows of a window, or all, each with its data root."""
    for table, has in window.tables.items():
        if has.rows or not window.rows:
            yield table, root_of(stream.entry.report_type, table, window.tables)


def _lacking(
    stream: Stream, window: LakeWindow, there: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return the data roots that should have a window's report and have not."""
    stem = file_stem(str(window.report_id))
    roots = [root for _, root in window_roots(stream, window)]
    return [root for root in roots if stem not in there.get(root, frozenset())]


def _is_purged(stream: Stream, window: LakeWindow, note: PurgeNote | None) -> bool:
    """Whether a purge may have taken a window away.

    When what Amazon makes by itself ended stands in no ledger.
    """
    if note is None or stream.kind == Kind.LISTED:
        return note is not None
    slack = timedelta(days=1) if note.is_day else timedelta()
    return window.end is not None and window.end - slack <= note.end


def _is_superseded(
    stream: Stream, window: LakeWindow, kept: Sequence[LakeWindow]
) -> bool:
    """Whether the lake has what a compaction takes for a newer version of a window."""
    if stream.kind == Kind.SNAPSHOT:
        return any(w.made > window.made for w in kept)
    return window.version_of is not None and any(
        w.version_of == window.version_of for w in kept
    )


def _unmade(stream: Stream, window: LakeWindow) -> LakeWindow:
    """Return a window of which the lake has nothing yet.

    A snapshot's report stays named, whoever asked for it: no other one shows that day.
    """
    return LakeWindow(
        name=window.name,
        start=window.start,
        end=window.end,
        state=WindowState.ASKED,
        report_id=window.report_id if stream.kind == Kind.SNAPSHOT else None,
    )
