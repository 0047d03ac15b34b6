"""What the simulator has to know of a report type, beyond the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from spreports import catalog
from spreports.errors import SPReportsError
from spreports.simulator.content import (
    inventory,
    listings,
    orders,
    settlement,
    shipping,
)

INVENTORY = inventory.REPORT_TYPE
LISTINGS = listings.REPORT_TYPE
ORDERS = orders.REPORT_TYPE
SETTLEMENT = settlement.REPORT_TYPE
SHIPPING = shipping.REPORT_TYPE
# Only these have data of a time; the others show what is now
WINDOWED = frozenset({ORDERS, SHIPPING})


@dataclass(frozen=True, slots=True)
class Facts:
    """Three facts that decide an answer.

    Attributes
    ----------
    restricted : bool
        Its document needs a Restricted Data Token.
    requestable : bool
        createReport makes it; else Amazon does, of its own accord.
    schedulable : bool
        createReportSchedule takes it; so where the catalogue does not know.
    """

    restricted: bool
    requestable: bool
    schedulable: bool


def facts_of(report_type: str) -> Facts | None:
    """Return what is known of a report type; None for one that Amazon does not have."""
    try:
        entry = catalog.lookup(report_type)
    except (SPReportsError, ValueError):
        return None
    # An alias is ours: Amazon does not know it
    if not entry.known or entry.report_type != report_type:
        return None
    return Facts(entry.restricted, entry.requestable, entry.schedulable)


def catalogued_cooldowns() -> dict[str, float]:
    """Return the seconds within which a report type is not made anew, by type."""
    return {
        entry.report_type: float(entry.cooldown_seconds)
        for entry in catalog.entries()
        if entry.cooldown_seconds
    }
