"""How days are cut into windows: alone, by calendar periods, or many at a time.

Days that Amazon still restates are cut one by one (or one calendar period each): each
night asks for them again, one report each. Older days are cut as long as the type
allows: one document a minute is all that Amazon gives out, and they are asked for but
once. So are all days of a type with a cool-down of hours cut, and asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from spreports.catalog import period_windows
from spreports.catalog.periods import next_period, starts_period
from spreports.plan.windows import Window, midnight, slices
from spreports.sync.stream import Stream

__all__ = ["ceiling", "cut", "floor", "is_seldom"]

# Window of days that are no longer restated, where no longest one is known: order
# reports are known to take 30 days.
LONGEST_DAYS = 30
# Types that may be asked for more seldom than this (a cool-down of 4 hours is the next)
# are asked for twice: when a window is new, and when it is no longer restated. Eight
# windows of such a type would take more than a day.
SELDOM_SECONDS = 3600


def is_seldom(stream: Stream) -> bool:
    """Whether each window of a feed is asked for no more than twice."""
    return (stream.entry.cooldown_seconds or 0) > SELDOM_SECONDS


def cut(stream: Stream, span: Window, today: datetime) -> Iterator[Window]:
    """Yield the windows of a span that none holds yet, in order.

    Parameters
    ----------
    stream : Stream
    span : Window
        Whole UTC days, or whole calendar periods.
    today : datetime
        Midnight: what ended `lookback_days` before it is not restated any more.

    Yields
    ------
    Window
    """
    entry = stream.entry
    bound = span.end
    if stream.period is not None or not is_seldom(stream):
        restated = floor(stream, today - timedelta(days=stream.lookback_days))
        bound = min(max(restated, span.start), span.end)
    # Of periods of a day any number may stand together: as many as the catalogue says
    free = stream.period is None or (stream.period == "DAY" and entry.window_days)
    if span.start < bound:
        old = Window(span.start, bound)
        if free:
            days = entry.window_days or entry.max_window_days or LONGEST_DAYS
            yield from slices(old, days)
        else:
            most = entry.max_periods.get(str(stream.period), 1)
            yield from _periods(old, str(stream.period), most)
    if bound < span.end:
        young = Window(bound, span.end)
        if stream.period is None:
            yield from slices(young, 1)
        else:
            yield from _periods(young, stream.period, 1)


def _periods(span: Window, period: str, most: int) -> Iterator[Window]:
    """Yield windows of at most so many calendar periods."""
    for first, last in period_windows(span.start, span.end, period, most):
        yield Window(midnight(first), midnight(last))


def floor(stream: Stream, day: datetime) -> datetime:
    """Return the start of the period that holds a midnight; itself without periods."""
    if stream.period is None:
        return day
    return midnight(starts_period(day.date(), stream.period))


def ceiling(stream: Stream, day: datetime) -> datetime:
    """Return the start of the first period that begins at a midnight or after it."""
    if stream.period is None or floor(stream, day) == day:
        return day
    return midnight(next_period(day.date(), stream.period))
