"""Turn what people say about time into half-open windows in UTC.

A window is ``[start, end)``. Windows longer than a report type allows are cut into
the fewest equal-length slices that fit, the last one shorter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from spreports.catalog import ReportType, period_of, period_windows
from spreports.catalog.periods import counts_last_day

__all__ = [
    "Moment",
    "Window",
    "as_written",
    "asked_end",
    "end_of",
    "half_open",
    "midnight",
    "moment",
    "report_windows",
    "slices",
    "window",
]

Moment = str | date | datetime

_DURATION = re.compile(r"(\d{1,9})\s*([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of data, ``[start, end)``.

    Attributes
    ----------
    start, end : datetime, aware, UTC
    """

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{_short(self.start)} to {_short(self.end)}"


def moment(value: Moment, now: datetime, name: str) -> datetime:
    """Read a point in time.

    Parameters
    ----------
    value : date, aware datetime, or str
        A date is its midnight in UTC. A string is ISO 8601 (a date, or a time with
        an offset), or a duration back from `now`: ``"90m"``, ``"12h"``, ``"30d"``,
        ``"4w"``.
    now : datetime, aware
        What durations count back from.
    name : str
        The parameter, for the message.

    Returns
    -------
    datetime, aware, UTC

    Raises
    ------
    ValueError
        A naive datetime, a string that is neither, or a time that is outside the years
        1 to 9999 in UTC.
    """
    said = as_written(value, name)
    try:
        if isinstance(said, timedelta):
            return now.astimezone(UTC) - said
        if isinstance(said, datetime):
            utc = said.astimezone(UTC)
            # pandas' has nanoseconds, which no `replace(microsecond=0)` clears
            return datetime.combine(utc.date(), utc.time(), UTC)
    except OverflowError:
        raise ValueError(_out_of_reach(name, value)) from None
    return midnight(said)


def as_written(value: Moment, name: str) -> date | datetime | timedelta:
    """Read what a point in time says, not yet in UTC.

    Parameters
    ----------
    value : date, aware datetime, or str
        As `moment` has it.
    name : str
        The parameter, for the message.

    Returns
    -------
    date, datetime or timedelta
        A datetime is aware, in its own offset; a timedelta is a duration back from now.

    Raises
    ------
    ValueError
        A naive datetime, something else than these, or a duration that is too long.
    """
    said = _from_text(value, name) if isinstance(value, str) else value
    if isinstance(said, date) and said != said:  # noqa: PLR0124 - so pandas' NaT is known
        raise ValueError(f"{name}={value} is no time; leave it out, or give a date")
    if isinstance(said, datetime) and said.utcoffset() is None:
        way = f"{name}=datetime(..., tzinfo=UTC), or an ISO string with an offset"
        if isinstance(value, str):
            way = f"{name}='{value.strip()}Z' for UTC, or an offset in place of the Z"
        raise ValueError(f"{name}={value!r} has no time zone; say which one: {way}")
    if isinstance(value, str | date):
        return said
    raise ValueError(f"{name} must be a date, an aware datetime or a string")


def _from_text(text: str, name: str) -> date | datetime | timedelta:
    """Read an ISO 8601 string or a duration."""
    said = text.strip()
    duration = _DURATION.fullmatch(said)
    try:
        if duration:
            amount, unit = duration.groups()
            return timedelta(**{_UNITS[unit]: int(amount)})
        if len(said) == len("2026-10-01"):
            return date.fromisoformat(said)
        # Python reads 20261001 and 2026-W40 as well, as times that lack a time zone
        if len(said) > len("2026-10-01"):
            return datetime.fromisoformat(said)
    except OverflowError:
        raise ValueError(_out_of_reach(name, text)) from None
    except ValueError:
        pass
    raise ValueError(
        f"{name}={text!r} is neither ISO 8601 as in 2026-10-01 or "
        "2026-10-01T00:00:00Z, nor a duration back from now (30d, 12h)"
    )


def _out_of_reach(name: str, value: Moment) -> str:
    return f"{name}={str(value)!r} is outside the years 1 to 9999 in UTC"


def midnight(moment: date) -> datetime:
    """Return the start of a moment's UTC day; of a day, its midnight in UTC."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).date()
    return datetime.combine(moment, time(), UTC)


def window(start: Moment | None, end: Moment | None, now: datetime) -> Window | None:
    """Read a window; None where the request has none.

    Raises
    ------
    ValueError
        An end without a start, or a start that is not before the end, or a future end.
    """
    if start is None:
        if end is not None:
            raise ValueError("end= needs start=; a window is [start, end)")
        return None
    first = moment(start, now, "start").replace(microsecond=0)
    return half_open(first, end_of(end, now))


def end_of(end: Moment | None, now: datetime) -> datetime:
    """Read the end of a window, to the second; now where it is left out.

    Raises
    ------
    ValueError
        No point in time, or a future one.
    """
    last = now if end is None else moment(end, now, "end")
    last = last.astimezone(UTC).replace(microsecond=0)
    if last > now:
        raise ValueError(
            f"end={_short(last)} lies in the future; Amazon refuses that "
            f"(now is {_short(now)})"
        )
    return last


def half_open(first: datetime, last: datetime) -> Window:
    """Return a window.

    Raises
    ------
    ValueError
        The start is not before the end.
    """
    if first >= last:
        both = f": both are {first:%Y-%m-%dT%H:%M:%SZ}, to the second"
        raise ValueError(
            f"start={_short(first)} is not before end={_short(last)}"
            f"{both if first == last else ''}; a window is half-open, [start, end)"
        )
    return Window(first, last)


def slices(span: Window, max_days: int | None) -> tuple[Window, ...]:
    """Cut a window so that no slice is longer than `max_days`.

    Parameters
    ----------
    span : Window
    max_days : int or None, days
        None leaves it whole.

    Returns
    -------
    tuple of Window
        In order, without gap or overlap; their union is `span`.
    """
    if max_days is None:
        return (span,)
    step = timedelta(days=max_days)
    cuts: list[Window] = []
    start = span.start
    while start < span.end:
        end = min(start + step, span.end)
        cuts.append(Window(start, end))
        start = end
    return tuple(cuts)


def report_windows(
    entry: ReportType, span: Window, options: Mapping[str, str]
) -> tuple[Window, ...]:
    """Cut a window into those that one report each may cover.

    Types that go by calendar periods are cut at period bounds, others by their longest
    window. A window that is not of whole periods, or of whole days where Amazon knows
    nothing else, is left to Amazon's judgement: whoever wants it checked has it checked
    by the catalogue.

    Parameters
    ----------
    entry : ReportType
    span : Window
    options : mapping of str to str
        The report options; one of them may name the period.

    Returns
    -------
    tuple of Window
        In order, without gap or overlap.
    """
    whole = all(edge == midnight(edge) for edge in (span.start, span.end))
    if not whole and counts_last_day(entry, options):
        return (span,)
    period = period_of(entry, options)
    if period is None:
        return slices(span, entry.max_window_days)
    try:
        most = entry.max_periods.get(period)
        days = period_windows(span.start, span.end, period, most)
    except ValueError:
        return slices(span, entry.max_window_days)
    return tuple(Window(midnight(first), midnight(last)) for first, last in days)


def asked_end(entry: ReportType, span: Window, options: Mapping[str, str]) -> datetime:
    """Return what dataEndTime must say for a half-open window.

    Types that count the last day in want the eve of `span.end`.
    """
    one_day = timedelta(days=1)
    return span.end - one_day if counts_last_day(entry, options) else span.end


def _short(moment: datetime) -> str:
    """Write a time without what is zero in it."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.removesuffix("T00:00:00Z")
