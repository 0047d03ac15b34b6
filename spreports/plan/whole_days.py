"""Windows of report types that go by whole days: Amazon ignores the time of day.

A date, or a midnight in its own offset, is that calendar day as it is written; so is a
midnight in UTC, in whatever offset it is written. A duration back from now, and an end
that is left out, are cut down to whole UTC days.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from spreports.catalog.periods import as_day, starts_period
from spreports.plan.windows import (
    Moment,
    Window,
    as_written,
    end_of,
    half_open,
    midnight,
    moment,
    window,
)

__all__ = ["day_window"]

# Times are whole seconds: with this added, the day that a time lies in is over
_ALMOST_A_DAY = timedelta(days=1, seconds=-1)


def day_window(
    start: Moment | None,
    end: Moment | None,
    now: datetime,
    *,
    rounded: bool,
    period: str | None,
) -> Window | None:
    """Read a window of whole days; None where the request has none.

    Parameters
    ----------
    start, end : date, aware datetime, str or None
        As `window` has them.
    now : datetime, aware
    rounded : bool
        Whether a time within a day stands for all of its UTC day; else it stays as it
        is, for the catalogue to refuse.
    period : str or None
        Length of the periods that the request goes by; None where any days may stand.

    Returns
    -------
    Window or None
        From midnight to midnight in UTC, save for such times.

    Raises
    ------
    ValueError
        As `window`, or no whole day lies in the window.
    """
    if start is None:
        return window(start, end, now)
    said = moment(start, now, "start").replace(microsecond=0), end_of(end, now)
    first, last = _day(start, said[0], "start"), midnight(now)
    if end is not None:
        last = _day(end, said[1], "end")
    if rounded:
        first, last = midnight(first), midnight(last + _ALMOST_A_DAY)
    if first < last:
        return Window(first, last)
    if end is not None and said[0] >= said[1]:
        return half_open(*said)
    until = "now" if end is None else f"end={end}"
    raise ValueError(
        f"no whole day lies between start={start} and {until}, and this report goes by "
        f"whole days in UTC: {_last_whole(now, period or 'DAY')}"
    )


def _day(value: Moment, read: datetime, name: str) -> datetime:
    """Return the midnight that a bound means; `read` where it means none."""
    said = as_written(value, name)
    if isinstance(said, timedelta):
        return midnight(read)
    day = as_day(said.replace(microsecond=0) if isinstance(said, datetime) else said)
    return read if day is None else datetime.combine(day, time(), UTC)


def _last_whole(now: datetime, period: str) -> str:
    """Say which day or other period is the last that is over, and how to ask for it."""
    stop = starts_period(now.astimezone(UTC).date(), period)
    eve = stop - timedelta(days=1)
    if period == "DAY":
        return f"the last whole day is {eve}; for it give start='1d' and no end"
    first = starts_period(eve, period)
    return f"the last whole {period} is start={first}, end={stop}"
