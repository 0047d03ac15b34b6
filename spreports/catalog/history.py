"""How far back Amazon can still make a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final

from spreports.catalog.entry import ReportType
from spreports.catalog.periods import next_period, period_of, starts_period

__all__ = ["earliest_day", "history_of"]

# Japan, Australia and Singapore
_ORDERS_SINCE_2016: Final = frozenset(
    {"A1VC38T7YXB528", "A39IBJ37TRP1C6", "A19VAU5U5O7RUS"}
)


def earliest_day(
    entry: ReportType,
    today: date,
    options: Mapping[str, object] | None,
    marketplace_ids: Collection[str],
) -> date | None:
    """Return the first day that Amazon can still make a report of.

    Parameters
    ----------
    entry : ReportType
    today : date
        In UTC.
    options : mapping or None
        The request's report options.
    marketplace_ids : collection of str
        Orders of Japan, Australia and Singapore go back to 2016.

    Returns
    -------
    date or None
        The first day of a whole period where dates follow periods; None where it is
        not known how far back a report can be made for.

    Source: Report type values: order reports.
    """
    period = period_of(entry, options)
    if period is not None and period in entry.history_periods:
        day = starts_period(today, period)
        for _ in range(entry.history_periods[period]):
            day = starts_period(day - timedelta(days=1), period)
        return day
    if entry.history_days is None:
        return None
    if entry.family == "orders" and not _ORDERS_SINCE_2016.isdisjoint(marketplace_ids):
        return date(2016, 1, 1)
    day = today - timedelta(days=entry.history_days)
    if period is None or starts_period(day, period) == day:
        return day
    return next_period(day, period)


def history_of(entry: ReportType, options: Mapping[str, object] | None) -> str:
    """Say how far back that is, for people.

    Parameters
    ----------
    entry : ReportType
        One whose history is known.
    options : mapping or None
        The request's report options.

    Returns
    -------
    str
        Such as ``"730 days"`` or ``"8 WEEKS"``.
    """
    period = period_of(entry, options)
    count = entry.history_periods.get(str(period))
    return f"{entry.history_days} days" if count is None else f"{count} {period}S"
