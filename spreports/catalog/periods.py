"""Calendar periods as Amazon's analytics count them, and windows made of them.

Weeks run from Sunday to Saturday, quarters begin in January, April, July and October.
Windows are half-open ``[start, end)``, days in, days out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from spreports.catalog.entry import ReportType
from spreports.catalog.words import PERIODS

__all__ = [
    "as_day",
    "counts_last_day",
    "default_period",
    "end_of_rows",
    "goes_by_dates",
    "next_period",
    "period_name",
    "period_of",
    "period_windows",
    "starts_period",
]

_OPTION = "option:"
# Made so soon after midnight, a report has nothing of the day that began: schedules
# come some seconds late, and clocks differ by minutes
_AT_MIDNIGHT = timedelta(minutes=15)


def starts_period(day: date, period: str) -> date:
    """Return the first day of the period that holds a day.

    Parameters
    ----------
    day : date
    period : str
        One of ``PERIODS``.

    Returns
    -------
    date

    Raises
    ------
    ValueError
        Not a period, or one that is not wholly inside the years 1 to 9999.

    Source: selling-partner-api-models, brand analytics schemas, dataStartTime.
    """
    match period:
        case "DAY":
            return day
        case "WEEK":
            return _moved(day, -(day.isoweekday() % 7), period)
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return date(day.year, day.month - (day.month - 1) % 3, 1)
        case "YEAR":
            return date(day.year, 1, 1)
    msg = f"unknown period {period!r}: it is one of {', '.join(PERIODS)}"
    raise ValueError(msg)


def next_period(day: date, period: str) -> date:
    """Return the first day of the period after the one that holds a day.

    Parameters
    ----------
    day : date
    period : str
        One of ``PERIODS``.

    Returns
    -------
    date

    Raises
    ------
    ValueError
        Not a period, or one that is not wholly inside the years 1 to 9999.
    """
    first = starts_period(day, period)
    longest = {"DAY": 1, "WEEK": 7, "MONTH": 31, "QUARTER": 92, "YEAR": 366}
    return starts_period(_moved(first, longest[period], period), period)


def _moved(day: date, days: int, period: str) -> date:
    """Return the day so many days later; it must be one of the years 1 to 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise ValueError(
            f"the {period} of {day} is not wholly inside the years 1 to 9999"
        ) from None


def period_name(entry: ReportType) -> str | None:
    """Return the option that names the period length, where one does.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    str or None
        Such as ``"reportPeriod"``.
    """
    if entry.period is None or not entry.period.startswith(_OPTION):
        return None
    return entry.period.removeprefix(_OPTION)


def period_of(
    entry: ReportType, options: Mapping[str, object] | None = None
) -> str | None:
    """Return the period length that a request follows.

    Parameters
    ----------
    entry : ReportType
    options : mapping, optional
        The request's report options.

    Returns
    -------
    str or None
        One of ``PERIODS``; None where dates are free, or the option that names the
        length is missing and has no default, or is unknown.
    """
    name = period_name(entry)
    if name is None:
        period: object = entry.period
    else:
        period = (options or {}).get(name, default_period(entry))
    return str(period) if period in PERIODS else None


def default_period(entry: ReportType) -> str | None:
    """Return the period length of a request that leaves out the option for it.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    str or None
        None where no option names the length, or Amazon has no default that is known.
    """
    name = period_name(entry)
    return next((o.default or None for o in entry.options if o.name == name), None)


def counts_last_day(
    entry: ReportType, options: Mapping[str, object] | None = None
) -> bool:
    """Whether a report holds the whole day of its dataEndTime, whatever the time there.

    Parameters
    ----------
    entry : ReportType
    options : mapping, optional
        The request's report options.

    Returns
    -------
    bool

    Source: selling-partner-api-models, brand analytics and vendor schemas, dataEndTime;
    selling-partner-api-docs#3107 (the time is ignored).
    """
    return entry.whole_days or period_of(entry, options) is not None


def end_of_rows(
    entry: ReportType,
    options: Mapping[str, object],
    start: datetime,
    end: datetime,
    made: datetime | None,
) -> datetime:
    """Return up to when a report may have rows: of whole days, their last midnight.

    A schedule whose beat is midnight asks up to that moment, which names a day that is
    yet to come.

    Parameters
    ----------
    entry : ReportType
    options : mapping
        The request's report options.
    start, end : datetime, aware
        Its dataStartTime and dataEndTime.
    made : datetime or None, aware
        When it was made, where that is known.

    Returns
    -------
    datetime
        Half-open; in UTC for whole days.
    """
    if not counts_last_day(entry, options):
        return end
    day = datetime.combine(end.astimezone(UTC).date(), time(), UTC)
    if made is not None and start < day and abs(made - day) <= _AT_MIDNIGHT:
        return day
    return day + timedelta(days=1)


def goes_by_dates(
    entry: ReportType, options: Mapping[str, object] | None = None
) -> bool:
    """Whether a report's rows are known to be those of the dates that it is asked for.

    Parameters
    ----------
    entry : ReportType
    options : mapping, optional
        The request's report options.

    Returns
    -------
    bool
        False for what Amazon makes by itself, for what shows the present, and where
        nothing that is known of the type tells.
    """
    if not entry.requestable or entry.period == "none":
        return False
    facts = (
        period_of(entry, options),
        entry.max_window_days,
        entry.restated_days,
        entry.history_days,
        entry.window_days,
    )
    return entry.whole_days or any(fact is not None for fact in facts)


def as_day(moment: date | datetime) -> date | None:
    """Return the day of a midnight.

    Parameters
    ----------
    moment : date or datetime

    Returns
    -------
    date or None
        None for any other time of day.
    """
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.time() == time(0) else None


def period_windows(
    start: date | datetime, end: date | datetime, period: str, most: int | None
) -> tuple[tuple[date, date], ...]:
    """Slice a window of whole periods into those that one report may cover.

    Parameters
    ----------
    start, end : date or datetime
        Half-open, both the first day of a period.
    period : str
        One of ``PERIODS``.
    most : int or None
        Periods that one report may cover; None where no limit is known.

    Returns
    -------
    tuple of (date, date)
        Half-open, in order, end to end. The request's ``dataEndTime`` is the day
        before the second.

    Raises
    ------
    ValueError
        A date is not the first day of a period.
    """
    first, last = as_day(start), as_day(end)
    if first is None or last is None:
        msg = "start and end of whole periods are days, or their midnights"
        raise ValueError(msg)
    for day in (first, last):
        if starts_period(day, period) != day:
            msg = f"{day} is not the first day of a {period}"
            raise ValueError(msg)
    if most is None:
        return ((first, last),) if first < last else ()
    windows = []
    while first < last:
        stop = first
        for _ in range(most):
            stop = min(next_period(stop, period), last)
        windows.append((first, stop))
        first = stop
    return tuple(windows)
