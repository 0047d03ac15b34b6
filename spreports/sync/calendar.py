"""Which windows of a feed are due: pure, by the calendar and by what the lake has.

A window once cut stays as it is, since the lake replaces a window's rows by those of
the very same window. So new windows are cut only from days that no window holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from spreports.catalog.history import earliest_day, history_of
from spreports.ledger import LakeWindow, WindowState
from spreports.plan.windows import Window, midnight
from spreports.sync.cutting import ceiling, cut, floor, is_seldom
from spreports.sync.stream import Stream

__all__ = [
    "MAX_TRIES",
    "Due",
    "DueWork",
    "gap",
    "is_cut",
    "new_window",
    "passed",
    "plan_dated",
    "window_name",
]

# Errors of Amazon or of the document in a row, after which a window is given up.
MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A window to be asked for, and why.

    Attributes
    ----------
    window : LakeWindow
    reason : str
        ``"new"``, ``"restated"``, ``"failed"``, ``"resumed"``.
    newer_than : datetime or None
        A report that was asked for before is not the one that is wanted.
    """

    window: LakeWindow
    reason: str
    newer_than: datetime | None = None

    @property
    def span(self) -> Window | None:
        """What the report is to cover; None for the present."""
        if self.window.start is None or self.window.end is None:
            return None
        return Window(self.window.start, self.window.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """What a feed needs now.

    Attributes
    ----------
    due : tuple of Due
        Newest first: what people look at, and what Amazon deletes last, comes first. Of
        a type with a long cool-down what the lake lacks, then who has waited longest.
    gaps : tuple of LakeWindow
        Windows that are found to be lost now.
    recut : tuple of LakeWindow
        Of which the lake has nothing, and a part is lost: others are due for the rest.
    """

    due: tuple[Due, ...] = ()
    gaps: tuple[LakeWindow, ...] = ()
    recut: tuple[LakeWindow, ...] = ()


def gap(window: LakeWindow, kind: str, why: str) -> LakeWindow:
    """Return a window that is given up."""
    why += f"; its {window.rows} rows stay" if window.rows else ""
    return replace(window, state=WindowState.GAP, error_kind=kind, error=why)


def plan_dated(
    stream: Stream,
    known: Sequence[LakeWindow],
    now: datetime,
    purged: datetime | None = None,
) -> DueWork:
    """Say which windows of a feed with dates are due.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        What the lake has, or is about to have.
    now : datetime, aware
    purged : datetime or None
        Until when a purge took all away: nothing that ended before is due.

    Returns
    -------
    DueWork
    """
    today = midnight(now)
    held_back = timedelta(days=stream.entry.hold_back_days or 0)
    stop = floor(stream, today - held_back)
    horizon = _horizon(stream, today)
    due: list[Due] = []
    gaps: list[LakeWindow] = []
    recut: list[LakeWindow] = []
    purged = purged or datetime.min.replace(tzinfo=UTC)
    for window in known:
        again = _again(stream, window, today)
        if again is None or (window.end is not None and window.end <= purged):
            continue
        if window.start is not None and horizon is not None and window.start < horizon:
            if window.created_time is None and window.end and window.end > horizon:
                recut.append(window)
            elif window.created_time is None or again.reason == "failed":
                gaps.append(gap(window, "Expired", _too_old(stream)))
        else:
            due.append(again)
    first = min([_first(stream, known, now), *(w.start for w in recut if w.start)])
    begin = floor(stream, midnight(max(first, purged)))
    held = tuple(_held(stream, [w for w in known if w not in recut]))
    for span in uncovered(Window(begin, stop), held) if begin < stop else ():
        for lost, kept in _split(span, horizon):
            if lost is not None:
                gaps.append(gap(new_window(lost), "Expired", _too_old(stream)))
            if kept is not None:
                due += [
                    Due(window=new_window(w), reason="new")
                    for w in cut(stream, kept, today)
                ]
    due.sort(key=lambda one: one.window.name, reverse=True)
    if is_seldom(stream):  # not all may find time: who has waited longest comes first
        had = [one for one in reversed(due) if one.window.created_time is not None]
        due = [*(one for one in due if one.window.created_time is None), *had]
    return DueWork(due=tuple(due), gaps=tuple(gaps), recut=tuple(recut))


def _first(stream: Stream, known: Sequence[LakeWindow], now: datetime) -> datetime:
    """Return from when on a feed is wanted: a since that rolls has not passed nights.

    Days after the last window that is known are those of nights on which nobody ran.
    """
    ends = [window.end for window in known if window.end] if stream.rolls else []
    since = stream.since or now
    return min(since, max(ends)) if ends else since


def passed(
    stream: Stream,
    known: Sequence[LakeWindow],
    now: datetime,
    purged: datetime | None = None,
) -> Iterator[Window]:
    """Yield days of which nothing is known, and that a since that rolls has passed.

    They lie between others. Amazon had no data, or a store was lost that had not yet
    brought them: the lake does not tell one from the other.
    """
    held = list(_held(stream, known)) if stream.rolls else []
    if held:
        begin = floor(stream, midnight(_first(stream, known, now)))
        start = held[0].start
        # What Amazon has no more, nobody brings
        start = max(start, purged or start, _horizon(stream, midnight(now)) or start)
        yield from uncovered(Window(start, begin), held) if start < begin else ()


def _again(stream: Stream, window: LakeWindow, today: datetime) -> Due | None:
    """Say whether a window that is known is due, and why."""
    made = window.created_time
    if window.end is None or window.end > today or window.is_given_up:
        return None
    # Amazon's times are whole seconds; the version that is there is not wanted again
    another = made and made + timedelta(seconds=1)
    if window.state == WindowState.ASKED:
        return Due(window=window, reason="resumed", newer_than=another)
    if window.state == WindowState.FAILED:
        # The document of a report that differed is still the right one
        newer = another if window.error_kind == "DriftError" else today
        return Due(window=window, reason="failed", newer_than=newer)
    settled = window.end + timedelta(days=stream.lookback_days)
    # Amazon was heard to say once, and may have erred, that there are no rows
    unsure = window.tries == 1 and not window.tables and made and made < today
    is_had = made is not None and made >= min(settled, today) and not unsure
    if is_had or not is_cut(window):
        return None
    if made is not None and is_seldom(stream) and today < settled:
        return None
    return Due(window=window, reason="restated", newer_than=today)


def is_cut(window: LakeWindow) -> bool:
    """Whether a window may be one of ours, which begin and end with a UTC day.

    Others are of a schedule, or sunk by hand: each would be asked for each night.
    """
    edges = [edge for edge in (window.start, window.end) if edge]
    return all(edge == midnight(edge) for edge in edges)


def _held(stream: Stream, known: Iterable[LakeWindow]) -> Iterator[Window]:
    """Yield what each window holds, in order: whole periods alone.

    Lakes may have windows that were cut before their type was known to go by periods.
    """
    for start, end in sorted((w.start, w.end) for w in known if w.start and w.end):
        first, last = ceiling(stream, start), floor(stream, end)
        if first < last:
            yield Window(first, last)


def uncovered(span: Window, held: Iterable[Window]) -> Iterator[Window]:
    """Yield the parts of a span that no window holds, in order; both are in order."""
    start = span.start
    for window in held:
        if window.start > start:
            yield Window(start, min(window.start, span.end))
        start = max(start, window.end)
        if start >= span.end:
            return
    yield Window(start, span.end)


def _horizon(stream: Stream, today: datetime) -> datetime | None:
    """Return the first day that Amazon can still make a report of."""
    ids = stream.marketplace_ids
    day = earliest_day(stream.entry, today.date(), stream.options, ids)
    return None if day is None else midnight(day)


def _split(
    span: Window, horizon: datetime | None
) -> Iterator[tuple[Window | None, Window | None]]:
    """Yield the part of a span that is lost, and the part that can be had."""
    if horizon is None or horizon <= span.start:
        yield None, span
    elif horizon >= span.end:
        yield span, None
    else:
        yield Window(span.start, horizon), Window(horizon, span.end)


def _too_old(stream: Stream) -> str:
    return f"{stream.label} is made for {history_of(stream.entry, stream.options)} back"


def window_name(span: Window) -> str:
    """Name a window in its feed; names sort by time."""
    return f"{_short(span.start)}/{_short(span.end)}"


def new_window(span: Window) -> LakeWindow:
    """Return a window that nobody has asked for yet."""
    return LakeWindow(
        name=window_name(span), start=span.start, end=span.end, state=WindowState.ASKED
    )


def _short(moment: datetime) -> str:
    # Names are kept in ledgers: they do not change with the words of plan.windows
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").removesuffix("T00:00:00Z")
