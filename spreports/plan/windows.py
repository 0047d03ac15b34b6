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

Moment = str | date | datetime

_DURATION = re.compile(r"(\d{1,5})\s*([mhdw])", re.ASCII)
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
        A naive datetime, or a string that is neither.
    """
    if isinstance(value, str):
        return _from_text(value, now, name)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(
                f"{name}={value!r} has no time zone; say which one: "
                f"{name}=datetime(..., tzinfo=UTC), or an ISO string with an offset"
            )
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError(f"{name} must be a date, an aware datetime or a string")


def _from_text(text: str, now: datetime, name: str) -> datetime:
    """Read an ISO 8601 string or a duration back from `now`."""
    duration = _DURATION.fullmatch(text.strip())
    if duration:
        amount, unit = duration.groups()
        return now.astimezone(UTC) - timedelta(**{_UNITS[unit]: int(amount)})
    try:
        if len(text.strip()) == len("2026-10-01"):
            return moment(date.fromisoformat(text.strip()), now, name)
        return moment(datetime.fromisoformat(text.strip()), now, name)
    except ValueError as exc:
        if "no time zone" in str(exc):
            raise
        raise ValueError(
            f"{name}={text!r} is neither ISO 8601 (2026-10-01, "
            "2026-10-01T00:00:00Z) nor a duration back from now (30d, 12h)"
        ) from None


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
    last = now if end is None else moment(end, now, "end")
    last = last.astimezone(UTC).replace(microsecond=0)
    if last > now:
        raise ValueError(
            f"end={_short(last)} lies in the future; Amazon refuses that "
            f"(now is {_short(now)})"
        )
    if first >= last:
        raise ValueError(
            f"start={_short(first)} is not before end={_short(last)}; a window is "
            "half-open, [start, end)"
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
    window. A window that is not of whole periods is left to Amazon's judgement: whoever
    wants it checked has had it checked by the catalogue.

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
    if period_of(entry, options) is None:
        return slices(span, entry.max_window_days)
    try:
        days = period_windows(entry, span.start, span.end, options)
    except ValueError:
        return (span,)
    return tuple(
        Window(
            datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC)
        )
        for first, last in days
    )


def counts_last_day(entry: ReportType, options: Mapping[str, str]) -> bool:
    """Whether a report holds the whole day of its dataEndTime, whatever the time there.

    Source: selling-partner-api-models, brand analytics and vendor schemas, dataEndTime;
    selling-partner-api-docs#3107 (the time is ignored).
    """
    return entry.whole_days or period_of(entry, options) is not None


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
