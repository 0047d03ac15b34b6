"""The settlement reports that Amazon makes of its own accord."""

from __future__ import annotations

from datetime import datetime, timedelta

from spreports.simulator.marketplaces import BY_COUNTRY
from spreports.simulator.report_types import SETTLEMENT
from spreports.simulator.reports import ReportBook

LENGTH = timedelta(days=14)
# How many days ago each was made
AGES = {"US": 3, "DE": 5}


def lay_settlements(book: ReportBook, now: datetime) -> None:
    """Put one settlement of each region there, found by getReports alone.

    They are listed for every marketplace of their region (models#2911, docs#969). A
    fault of a report is for one that a test makes, or has made: it passes these by.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for country, days in AGES.items():
        own = BY_COUNTRY[country]
        others = (
            place.marketplace_id
            for place in BY_COUNTRY.values()
            if place.region == own.region and place is not own
        )
        made = today - timedelta(days=days)
        book.create(
            SETTLEMENT,
            (own.marketplace_id, *others),
            made - LENGTH,
            made,
            options={},
            created=made + timedelta(hours=6),
            at_once=True,
            faults=False,
        )
