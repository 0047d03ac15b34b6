"""Whether Amazon would make a report of a request, and what it says where not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from spreports import catalog
from spreports.simulator.day_windows import held_days

ONE_MARKETPLACE = (
    "This report type supports only one marketplaceId per report. Specifying multiple "
    "marketplaces results in failure to generate the report."
)
NOT_YET = (
    "The report data for the requested date range is not yet available. Please try "
    "again later."
)


def fault_of(
    report_type: str,
    marketplace_ids: Sequence[str],
    window: tuple[datetime, datetime],
    options: Mapping[str, str],
    made: datetime,
    *,
    strict: bool,
) -> str | None:
    """Return what a FATAL report's document says of a request; None for a sound one.

    Parameters
    ----------
    report_type : str
    marketplace_ids : sequence of str
    window : (datetime, datetime), aware
        dataStartTime and dataEndTime as they were sent.
    options : mapping of str to str
    made : datetime, aware
    strict : bool
        Judge options and dates, too.

    Source: selling-partner-api-models, seller, brand analytics and vendor schemas; the
    words of the hold-back as users quote them (models#2952).
    """
    entry = catalog.lookup(report_type)
    if entry.marketplaces_used == "one" and len(marketplace_ids) > 1:
        return ONE_MARKETPLACE
    if not strict:
        return None
    missing = [o.name for o in entry.options if o.required and o.name not in options]
    if missing:
        return f"Invalid reportOptions: {', '.join(missing)} is required."
    first, last = held_days(entry, *window, options)
    if catalog.check_request(entry, start=first, end=last, options=options):
        return "The report options or dates of the request are invalid for this type."
    days = entry.hold_back_days
    if days is not None and made.date() < (last + timedelta(days=days)).date():
        return NOT_YET
    return None
