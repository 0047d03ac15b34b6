"""What is known of a feed: by the ledger, and by the lake where that has more.

A ledger that was set back, or that another host's had taken the place of for a while,
learns here what it lacks, so that no day is cut anew which the lake has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from spreports.errors import SinkError
from spreports.lake.care import clear_killed
from spreports.lake.missing import take_away_missing
from spreports.lake.place import Place
from spreports.ledger import LakeMarker, LakeWindow, LakeWindows, WindowState
from spreports.plan.windows import midnight
from spreports.reports.naming import file_stem
from spreports.sync.feed_note import news_of
from spreports.sync.lakeside import Lakeside, refuse_delta
from spreports.sync.lost import (
    Lost,
    forgotten,
    insist_on_lake,
    lost_windows,
    purged_up_to,
)
from spreports.sync.lost_delta import lost_of_delta
from spreports.sync.rebuild import Look, OtherFeed, look_at
from spreports.sync.rebuild_delta import (
    documents_in_delta,
    others_in_delta,
    windows_in_delta,
)
from spreports.sync.stream import Kind, Stream

__all__ = ["Known", "timely"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a feed at the start of a run.

    Attributes
    ----------
    before : tuple of LakeWindow
        By the ledger alone.
    windows : tuple of LakeWindow
    emptied : tuple of LakeWindow
        Those of them that the lake lacks: committed ones without rows.
    others : tuple of OtherFeed
        What markers that were read now say of other feeds of the type; of a Delta
        table that has nothing of the feed, what it has of it by other accounts.
    markers : tuple of LakeMarker
        Read now, and not to be read again.
    unfinished : tuple of (Place, tuple of str)
        See `Look`.
    broken : tuple of (Place, frozenset of str)
        See `Look`; to be taken away.
    purged : datetime or None
        Until when a purge took the feed's rows away. What did not come before it is
        not missed any more.
    begun_anew : bool
        All that the ledger knew is forgotten.
    rowless : frozenset of str
        Names of windows of which the ledger knows rows and the Delta tables have none.
    noted : frozenset of str
        Names of windows of which neither ledger nor lake tells, and the lake's note
        does.
    absent : frozenset of str
        Names of windows of which the ledger knows rows and the lake has none, as after
        a purge.
    """

    before: tuple[LakeWindow, ...]
    windows: tuple[LakeWindow, ...]
    emptied: tuple[LakeWindow, ...] = ()
    others: tuple[OtherFeed, ...] = ()
    markers: tuple[LakeMarker, ...] = ()
    unfinished: tuple[tuple[Place, tuple[str, ...]], ...] = ()
    broken: tuple[tuple[Place, frozenset[str]], ...] = ()
    purged: datetime | None = None
    begun_anew: bool = False
    rowless: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        stream: Stream,
        ledger: LakeWindows,
        lake: Lakeside,
        now: datetime,
        noted: Sequence[LakeWindow] = (),
    ) -> Known:
        """Read what is known of a feed; writes nothing.

        What a clock that was ahead has asked for is forgotten. What is `noted` counts
        where nothing else is known; while a lake is refilled, gaps alone, which no
        refill brings back.

        Raises
        ------
        SinkError
            The lake cannot be read, or lacks what the ledger knows there.
        """
        before = ledger.of(lake.name, stream.key)
        gaps = tuple(w for w in noted if w.state == WindowState.GAP)
        told = gaps if lake.refill else noted
        if lake.is_delta:
            documents = [window for window in noted if window.tables]
            known = cls._of_delta(stream, before, lake, told, documents)
        else:
            known = cls._of_parquet(stream, before, ledger, lake, told)
        windows = timely(stream, known.windows, now)
        return replace(known, windows=tuple(_missed(windows, known.purged)))

    @classmethod
    def _of_delta(
        cls,
        stream: Stream,
        before: tuple[LakeWindow, ...],
        lake: Lakeside,
        noted: Sequence[LakeWindow],
        documents: Sequence[LakeWindow],
    ) -> Known:
        def look() -> tuple[tuple[LakeWindow, ...], Lost]:
            there = windows_in_delta(stream, before, lake, documents)
            there += documents_in_delta(stream, (*before, *documents), lake)
            return there, lost_of_delta(stream, before, there, lake)

        there, lost = look()
        if not lost.is_nothing:
            # Another run may have committed between the tables and the ledger
            lake.looks.anew()
            there, lost = look()
        if not lake.refill:
            insist_on_lake(stream, lost, lake)
        anew = _begins_anew(stream, lost)
        windows = _joined(() if anew else before, there)
        is_new = all(window.created_time is None for window in windows)
        names = {window.name for window in there}
        rowless = frozenset({w.name for w in before if w.rows} - names)
        news = news_of([w for w in noted if not w.rows], before, there, gone=rowless)
        if not anew:
            windows = _joined((*before, *news), there)
            windows = forgotten(stream, windows, lost)
        return cls(
            before=before,
            windows=windows,
            others=others_in_delta(stream, lake) if is_new else (),
            begun_anew=anew,
            rowless=rowless,
            noted=frozenset() if anew else frozenset(window.name for window in news),
            absent=rowless,
        )

    @classmethod
    def _of_parquet(
        cls,
        stream: Stream,
        before: tuple[LakeWindow, ...],
        ledger: LakeWindows,
        lake: Lakeside,
        noted: Sequence[LakeWindow],
    ) -> Known:
        def look(*, anew: bool, sure: bool = False) -> tuple[Look, Lost]:
            seen = look_at(
                stream,
                before,
                lambda root: (
                    () if anew else ledger.markers(lake.name, stream.key, root)
                ),
                lake,
                anew=sure,
            )
            now = _joined(before, seen.named)
            return seen, lost_windows(stream, now, seen, lake)

        if not before:
            refuse_delta(stream, lake)
        # Of a compaction that is known, the marker alone tells all files
        seen, lost = look(anew=not before or lake.refill)
        if not lost.is_nothing:
            # A listing of many pages is not of one moment: all is read to be sure
            seen, lost = look(anew=True, sure=True)
        if not lake.refill:
            insist_on_lake(stream, lost, lake)
        anew = _begins_anew(stream, lost)
        windows = _joined((), seen.windows)
        news = news_of(noted, before, seen.named)
        if not anew:
            windows = _joined((*before, *news), seen.named)
            windows = forgotten(stream, windows, lost)
        stems = {stem for each in seen.there.values() for stem in each}
        absent = (w for w in windows if w.rows and _stem(w) not in stems)
        return cls(
            before=before,
            windows=windows,
            emptied=() if anew else lost.emptied,
            others=seen.others,
            markers=seen.markers,
            unfinished=seen.unfinished,
            broken=seen.broken if lake.refill else (),
            purged=purged_up_to(stream, windows, lake),
            begun_anew=anew,
            noted=frozenset(window.name for window in news),
            absent=frozenset(window.name for window in absent),
        )

    def take_away_broken(self) -> None:
        """Take away what markers name and is not there: it is to be asked for again.

        Raises
        ------
        SinkError
            The lake refused.
        """
        for root, reports in self.broken:
            take_away_missing(root, reports)

    def clear_killed(self) -> None:
        """Take away what killed runs began to write and nobody has written since.

        A new store knows nothing of their reports. What cannot be taken away now is
        looked at by the next run.
        """
        for root, stems in self.unfinished:
            with suppress(SinkError):
                clear_killed(root, stems)

    def changes(self) -> tuple[list[LakeWindow], list[str]]:
        """Return the windows that the ledger has otherwise, and names of those gone."""
        before = {window.name: window for window in self.before}
        names = {window.name for window in self.windows}
        changed = [w for w in self.windows if before.get(w.name) != w]
        return changed, [name for name in before if name not in names]


def _stem(window: LakeWindow) -> str:
    return file_stem(str(window.report_id))


def _begins_anew(stream: Stream, lost: Lost) -> bool:
    """Whether what the ledger knew is of no use; it alone names reports of the past."""
    return lost.is_all and stream.kind != Kind.SNAPSHOT


def _missed(
    windows: Iterable[LakeWindow], purged: datetime | None
) -> Iterator[LakeWindow]:
    """Yield windows, but for what did not come and would have been purged since."""
    for window in windows:
        is_old = purged is not None and window.end is not None and window.end <= purged
        if window.state == WindowState.COMMITTED or not is_old:
            yield window


def timely(
    stream: Stream, known: Iterable[LakeWindow], now: datetime
) -> tuple[LakeWindow, ...]:
    """Leave out what a clock that was ahead has made up and the lake has no row of.

    What it has rows of stays, and is asked for again once it is over.
    """
    today = midnight(now)
    # A gap of what Amazon makes by itself that is not over: by a clock far ahead. Which
    # others are false, a clock that is behind cannot tell
    latest = today if stream.kind == Kind.DATED else now

    def is_early(window: LakeWindow) -> bool:
        if stream.kind == Kind.SNAPSHOT:
            return window.name > today.date().isoformat()
        return window.end is not None and window.end > latest

    return tuple(window for window in known if window.rows or not is_early(window))


def _joined(
    known: Sequence[LakeWindow], there: Sequence[LakeWindow]
) -> tuple[LakeWindow, ...]:
    """Return what the ledger knows and what the lake has newer, by other hosts.

    A window that was asked for in vain, or that Amazon had no rows of, and whose days
    another host has brought in windows cut otherwise, is left out.
    """
    windows = {window.name: window for window in known}
    for window in there:
        mine = windows.get(window.name)
        if mine is None or window.made > mine.made:
            windows[window.name] = window
    names = {window.name for window in there}

    def is_covered(window: LakeWindow) -> bool:
        if window.name in names or window.tables:
            return False
        return any(window.overlaps(other) for other in there)

    return tuple(window for window in windows.values() if not is_covered(window))
