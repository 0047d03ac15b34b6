"""Check a request against the catalogue before it costs anything.

Quota is one report a minute, and Amazon answers most of these slips minutes later with
a FATAL report, or silently with another report than was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from spreports.catalog.entry import Option, ReportType
from spreports.catalog.periods import (
    as_day,
    default_period,
    next_period,
    period_name,
    period_of,
    starts_period,
)
from spreports.catalog.suggest import suggestion

__all__ = ["check_request", "check_schedule"]

_SPANS = {
    "DAY": "one day",
    "WEEK": "Sunday to Saturday",
    "MONTH": "a calendar month",
    "QUARTER": "January, April, July or October and the two months after",
    "YEAR": "a calendar year",
}


def check_request(
    entry: ReportType,
    *,
    start: date | datetime | None = None,
    end: date | datetime | None = None,
    options: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Say what is wrong with a request, and what to write instead.

    Parameters
    ----------
    entry : ReportType
    start, end : date or datetime, optional
        Half-open ``[start, end)``: the week to Saturday the 10th ends on the 11th.
    options : mapping, optional
        Report options; booleans count as ``"true"`` and ``"false"``.
    now : aware datetime, optional
        With it, periods that Amazon has not published yet are named too.

    Returns
    -------
    list of str
        One sentence for each fault; empty for a sound request, and for types that the
        catalogue does not know. Windows longer than ``max_window_days`` are no fault,
        since they can be sliced anywhere.
    """
    if not entry.known:
        return []
    given = {name: _plain(value) for name, value in (options or {}).items()}
    return [
        *_request(entry),
        *_options(entry, given),
        *_dates(entry, start, end, given),
        *_published(entry, end, now),
    ]


def check_schedule(
    entry: ReportType, *, every: timedelta, options: Mapping[str, object] | None = None
) -> list[str]:
    """Say what is wrong with a schedule, and what to write instead.

    Parameters
    ----------
    entry : ReportType
    every : timedelta
        The time from one report to the next.
    options : mapping, optional
        As in `check_request`.

    Returns
    -------
    list of str
        One sentence for each fault; empty for a sound schedule, and for types that the
        catalogue does not know.
    """
    if not entry.known:
        return []
    given = {name: _plain(value) for name, value in (options or {}).items()}
    return [*_schedulable(entry), *_often(entry, every), *_options(entry, given)]


def _schedulable(entry: ReportType) -> Iterator[str]:
    if entry.schedulable:
        return
    name = entry.alias or entry.report_type
    way = (
        f"ask for it, client.reports({name!r}, ...)"
        if entry.requestable
        else f"Amazon makes it by itself, so take it up with client.existing({name!r})"
    )
    yield f"{_called(entry)} cannot be scheduled: {way}"


def _often(entry: ReportType, every: timedelta) -> Iterator[str]:
    """Say that a schedule would ask before Amazon makes a newer copy."""
    cooldown = timedelta(seconds=entry.cooldown_seconds or 0)
    if every < cooldown:
        yield (
            f"{_called(entry)} has a newer copy every {cooldown} (h:mm:ss) at most, "
            "and what is asked for sooner is CANCELLED: choose a longer period"
        )


def _plain(value: object) -> str:
    """Return an option's value as it goes to Amazon."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _called(entry: ReportType) -> str:
    return f"{entry.alias} ({entry.report_type})" if entry.alias else entry.report_type


def _request(entry: ReportType) -> Iterator[str]:
    if entry.requestable:
        return
    name = entry.alias or entry.report_type
    if entry.schedulable:
        yield (
            f"{_called(entry)} cannot be requested, only scheduled: use "
            f"client.schedules.apply([Schedule({name!r}, ...)]), then take up what it "
            f"makes with client.schedules.harvest({name!r}, since=...)"
        )
    else:
        yield (
            f"{_called(entry)} cannot be requested, Amazon makes it by itself: "
            f"take it up with client.existing({name!r}, since=...)"
        )


def _options(entry: ReportType, given: Mapping[str, str]) -> Iterator[str]:
    known = {option.name: option for option in entry.options}
    for name in given:
        if name not in known:
            hint = suggestion(name, tuple(known))
            yield f"{_called(entry)} has no option {name!r}{hint}"
    for name, option in known.items():
        if name in given:
            yield from _value(entry, option, given[name])
        elif option.required:
            yield f"{_called(entry)} needs the option {name!r}{_choice(option)}"


def _value(entry: ReportType, option: Option, value: str) -> Iterator[str]:
    parts = value.split(option.separator) if option.separator else [value]
    for part in parts if option.values else ():
        if part not in option.values:
            hint = suggestion(part, option.values)
            yield f"option {option.name!r} of {_called(entry)} cannot be {part!r}{hint}"
    if option.required and not option.values and not value:
        yield f"option {option.name!r} of {_called(entry)} is empty{_choice(option)}"


def _choice(option: Option) -> str:
    """Return what an option takes, behind a colon."""
    if option.values:
        return f": {', '.join(option.values)}"
    return f": {option.note}" if option.note else ""


def _dates(
    entry: ReportType,
    start: date | datetime | None,
    end: date | datetime | None,
    given: Mapping[str, str],
) -> Iterator[str]:
    if entry.dates_required and (start is None or end is None):
        yield f"{_called(entry)} needs start and end: Amazon has no default for them"
    if entry.period is None:
        if entry.whole_days:
            yield from _whole_day(entry, start, end)
        return
    if entry.period == "none":
        if start is not None or end is not None:
            yield f"{_called(entry)} takes no dates: leave start and end out"
        return
    if start is None or end is None:
        name = period_name(entry)
        if start is None and end is None and default_period(entry):
            return  # who may leave the length to Amazon may leave it the dates, too
        rule = f" of {name}" if name else ""
        yield f"{_called(entry)} needs start and end, bounds of whole periods{rule}"
        return
    period = period_of(entry, given)
    takes = {option.name: option.values for option in entry.options}
    allowed = takes.get(str(period_name(entry)))
    if period is None or (allowed and period not in allowed):
        return  # the option that names it is missing or wrong, and was told of above
    if period == "DAY":
        bounds = [*_whole_day(entry, start, end)]
    else:
        bounds = [
            *_bound("start", start, period, entry),
            *_bound("end", end, period, entry),
        ]
    yield from bounds
    if not bounds:
        yield from _span(entry, start, end, period)


def _whole_day(
    entry: ReportType, start: date | datetime | None, end: date | datetime | None
) -> Iterator[str]:
    """Say that Amazon ignores the time of day of a date."""
    for which, moment in (("start", start), ("end", end)):
        if moment is None or as_day(moment) is not None:
            continue
        fix = f"{which}={moment:%Y-%m-%d}"
        if which == "end":
            fix += ", which leaves that day out, or the day after"
        yield (
            f"{which} {moment.isoformat()} is a time within a day, and "
            f"{_called(entry)} goes by whole days: give {fix}"
        )


def _bound(
    which: str, moment: date | datetime, period: str, entry: ReportType
) -> Iterator[str]:
    """Say that a date is not where a period begins."""
    day = as_day(moment)
    asked = moment if day is None else day
    near = moment.date() if isinstance(moment, datetime) else moment
    first = starts_period(near, period)
    if first == day:
        return
    after = next_period(near, period)
    exclusive = " (end is exclusive)" if which == "end" else ""
    yield (
        f"{which} {asked.isoformat()} is not where a {period} of {_called(entry)} "
        f"begins, {_SPANS[period]}{exclusive}: use {first} or {after}"
    )


def _span(
    entry: ReportType, start: date | datetime, end: date | datetime, period: str
) -> Iterator[str]:
    """Say that a window is empty or holds more periods than one report may."""
    first, last = as_day(start), as_day(end)
    if first is None or last is None:
        return
    if first >= last:
        after = next_period(first, period)
        yield f"end {last} is not after start {first}: one {period} ends at {after}"
        return
    most = entry.max_periods.get(period)
    if most is None:
        return
    stop = first
    for _ in range(most):
        stop = next_period(stop, period)
    if stop < last:
        yield (
            f"one report of {_called(entry)} covers at most {most} {period}"
            f"{'' if most == 1 else 'S'}: from {first} end at {stop}"
        )


def _published(
    entry: ReportType, end: date | datetime | None, now: datetime | None
) -> Iterator[str]:
    """Say that a period's rows are not out yet."""
    if entry.hold_back_days is None or end is None or now is None:
        return
    last = end.date() if isinstance(end, datetime) else end
    out = last + timedelta(days=entry.hold_back_days)
    if now.date() < out:
        yield (
            f"{_called(entry)} is published up to {entry.hold_back_days} days after "
            f"the period: ask for the one before {last} from {out} on, or end earlier"
        )
