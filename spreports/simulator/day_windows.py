"""Which days a report holds: of the dates that were sent, Amazon reads some its way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from spreports.catalog import ReportType, period_of
from spreports.catalog.periods import counts_last_day, next_period, starts_period

__all__ = ["held_days", "row_period"]

# Dates within a period: one takes the whole of it, the other leaves all of it out.
# Source: selling-partner-api-models, schemas, dataStartTime and dataEndTime.
WIDENED = frozenset({"GET_SALES_AND_TRAFFIC_REPORT"})
NARROWED = frozenset({"END_USER_DATA_REPORT"})
_DAY = timedelta(days=1)


def held_days(
    entry: ReportType, start: datetime, end: datetime, options: Mapping[str, str]
) -> tuple[datetime, datetime]:
    """Return the half-open span that a report is of.

    Parameters
    ----------
    entry : ReportType
    start, end : datetime, aware
        dataStartTime and dataEndTime as they were sent.
    options : mapping of str to str

    Returns
    -------
    tuple of (datetime, datetime)
        As sent, save for types that ignore the time of day: their last day counts.
    """
    if not counts_last_day(entry, options):
        return start, end
    first = start.astimezone(UTC).date()
    last = max(first, end.astimezone(UTC).date()) + _DAY
    period = period_of(entry, options)
    if period is not None and entry.report_type in WIDENED:
        first, last = starts_period(first, period), next_period(last - _DAY, period)
    elif period is not None and entry.report_type in NARROWED:
        inner = next_period(first - _DAY, period), starts_period(last, period)
        first, last = inner if inner[0] < inner[1] else (first, last)
    return _midnight(first), _midnight(last)


def row_period(entry: ReportType, options: Mapping[str, str]) -> str | None:
    """Return the period whose first day a row of a report names as its date, if any."""
    return period_of(entry, options) if entry.report_type in WIDENED else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
