"""Whether a feed that shows the present is due: one snapshot a UTC day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from spreports.ledger import LakeWindow, WindowState
from spreports.plan.windows import midnight
from spreports.reports.listing import OWN_SKEW, STUCK_AFTER, present_for
from spreports.sync.calendar import Due, DueWork, gap
from spreports.sync.stream import Stream

__all__ = ["is_stuck", "plan_snapshot"]

DAY = timedelta(days=1)
# Longer, and the next run of an hourly job finds this one at work
_LONGEST_WAIT = 1800.0
_SAME_NIGHT = timedelta(hours=12)
# How a run ended whose report of today serves all day: killed, by timeout, held back
_SOUND = frozenset({None, "WaitTimeoutError", "DriftError"})


def plan_snapshot(
    stream: Stream,
    known: Sequence[LakeWindow],
    now: datetime,
    asked: Collection[str],
    patience: float,
) -> DueWork:
    """Say whether a snapshot is due: one a UTC day, once the cool-down is over.

    One that ends today, within half an hour and `patience` (seconds), is waited for by
    whoever asks: a nightly job comes a little too early for a cool-down of a day.

    A day whose snapshot failed is lost: a report of today does not show it; a day of an
    outage or a killed run is as if nobody had run. The caller takes up `asked` ones.
    """
    today = midnight(now)
    cooldown = timedelta(seconds=stream.entry.cooldown_seconds or 0)
    name, gaps = today.date().isoformat(), []
    made = [w.created_time for w in known if w.created_time is not None]
    for window in known:
        tried = window.state == WindowState.ASKED and window.tries > 0
        unmade = window.created_time is None and window.name < name
        failed = unmade and (tried or window.state == WindowState.FAILED)
        if failed and window.name not in asked:
            why = f"a report shows the present: that of {window.name} cannot be had now"
            gaps.append(gap(window, "Expired", why))
    mine = next((w for w in known if w.name == name), None)
    newest = max(made, default=None)
    # What shows another day already is no snapshot of this one
    newer = [newest + OWN_SKEW] if newest else []
    present = now - present_for(stream.entry)
    if mine is None or (mine.created_time and mine.created_time < today - DAY):
        # One that was due before midnight, and was made past it, is today's as well
        if newest is not None and newest >= today and now - newest < _SAME_NIGHT:
            return DueWork(gaps=tuple(gaps))
        free = newest + cooldown if newest else now
        longest = timedelta(seconds=min(patience, _LONGEST_WAIT))
        if free >= today + DAY or free - now > longest:
            return DueWork(gaps=tuple(gaps))
        new = LakeWindow(name=name, start=None, end=None, state=WindowState.ASKED)
        # A report that is unfinished since yesterday may come to show yesterday
        newer += [today] if asked else []
        due = Due(window=new, reason="new", newer_than=max([present, *newer]))
        return DueWork(due=(due,), gaps=tuple(gaps))
    if mine.state in {WindowState.COMMITTED, WindowState.GAP}:
        return DueWork(gaps=tuple(gaps))
    reason = "resumed" if mine.state == WindowState.ASKED else "failed"
    # A report that cannot be read is not to hold the day
    newer += [] if mine.error_kind in _SOUND else [present]
    due = Due(window=mine, reason=reason, newer_than=max([today, *newer]))
    return DueWork(due=(due,), gaps=tuple(gaps))


def is_stuck(window: LakeWindow, now: datetime) -> bool:
    """Whether a snapshot's day is over for so long that its report does not come."""
    return now - midnight(date.fromisoformat(window.name)) >= DAY + STUCK_AFTER
