"""Whether Amazon would make a report of a request, and what it says where not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from spreports import catalog
from spreports.simulator.day_windows import held_days

NOT_YET = (
    "The report data for the requested date range is not yet available. Please try "
    "again later."
)


def fault_of(
    report_type: str,
    start: datetime,
    end: datetime,
    options: Mapping[str, str],
    made: datetime,
) -> str | None:
    """Return what a FATAL report's document says of a request; None for a sound one.

    Parameters
    ----------
    report_type : str
    start, end : datetime, aware
        dataStartTime and dataEndTime as they were sent.
    options : mapping of str to str
    made : datetime, aware

    Source: selling-partner-api-models, brand analytics and vendor schemas; the words
    of the hold-back as users quote them (models#2952).
    """
    entry = catalog.lookup(report_type)
    missing = [o.name for o in entry.options if o.required and o.name not in options]
    if missing:
        return f"Invalid reportOptions: {', '.join(missing)} is required."
    first, last = held_days(entry, start, end, options)
    if catalog.check_request(entry, start=first, end=last, options=options):
        return "The report options or dates of the request are invalid for this type."
    days = entry.hold_back_days
    if days is not None and made.date() < (last + timedelta(days=days)).date():
        return NOT_YET
    return None
