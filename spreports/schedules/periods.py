"""The beat of a schedule: from one report to the next.

Source: Reports API v2021-06-30, Definitions, Period; ``P1M`` is a calendar month.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from spreports.overlaps import TOLERANCE

__all__ = ["length", "moved_on", "on_beat", "one_earlier"]

# With more digits a step from today leaves the years that Python knows
_DURATION = re.compile(r"P(?:(\d{1,4})D|T(\d{1,4})H|T(\d{1,4})M)", re.ASCII)
_MONTH = "P1M"
# Months end between the 28th and the 31st, and Amazon does not say what it makes of it.
_LAST_DAYS = 28


def length(period: str) -> timedelta | None:
    """Return how long a period is.

    Parameters
    ----------
    period : str
        As Amazon writes it, such as ``"PT4H"``.

    Returns
    -------
    timedelta or None
        The shortest month for ``"P1M"``; None for what this version cannot read.
    """
    if period == _MONTH:
        return timedelta(days=_LAST_DAYS)
    found = _DURATION.fullmatch(period)
    if found is None:
        return None
    days, hours, minutes = (int(n) if n else 0 for n in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def one_earlier(moment: datetime, period: str) -> datetime | None:
    """Return the beat before a beat: where the report of `moment` begins.

    Parameters
    ----------
    moment : datetime, aware
    period : str

    Returns
    -------
    datetime or None
        None for a period that this version cannot read.

    Source: selling-partner-api-docs#411: a report covers the interval of its schedule.
    """
    if period == _MONTH:
        return _months_later(moment, -1)
    step = length(period)
    return moment - step if step else None


def moved_on(anchor: datetime, period: str, now: datetime) -> datetime:
    """Return the first beat that is not over.

    Parameters
    ----------
    anchor : datetime, aware
        Any beat.
    period : str
    now : datetime, aware

    Returns
    -------
    datetime
        `anchor` itself where it lies ahead, or the period cannot be read.
    """
    step = length(period)
    if anchor > now or step is None:
        return anchor
    if period != _MONTH:
        return anchor + step * ((now - anchor) // step + 1)
    months = (now.year - anchor.year) * 12 + now.month - anchor.month
    beat = _months_later(anchor, months)
    return beat if beat > now else _months_later(anchor, months + 1)


def on_beat(moment: datetime, anchor: datetime, period: str, now: datetime) -> bool:
    """Whether a schedule that makes its next report at `moment` has the wanted beat.

    Parameters
    ----------
    moment, anchor : datetime, aware
        What Amazon says, and what is wanted. An anchor that lies ahead must be met
        itself; one that is over, by whole periods.
    period : str
    now : datetime, aware
    """
    step = length(period)
    if anchor > now or step is None:
        return abs(moment - anchor) <= TOLERANCE
    if period == _MONTH:
        step = timedelta(days=1)
    # Amazon's moment may lie on the day before, a minute to midnight
    beat = anchor + step * round((moment - anchor) / step)
    if abs(moment - beat) > TOLERANCE:
        return False
    late = min(beat.day, anchor.day) >= _LAST_DAYS
    return period != _MONTH or beat.day == anchor.day or late


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day of another month, or its last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
