"""Report types whose schedules cancel one another.

Of an order report only one of a kind can be scheduled: a new schedule cancels the old
one. The kind is what the report is for; its flat file and its XML are two forms of it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["schedule_rivals"]

# Source: official order reports page, scheduled order reports.
_KINDS: Final[tuple[tuple[str, ...], ...]] = tuple(
    (f"GET_ORDER_REPORT_DATA_{kind}", f"GET_FLAT_FILE_ORDER_REPORT_DATA_{kind}")
    for kind in ("INVOICING", "SHIPPING", "TAX")
)


def schedule_rivals(report_type: str) -> tuple[str, ...]:
    """Return the report types of which only one can be scheduled at a time.

    Parameters
    ----------
    report_type : str
        Amazon's value.

    Returns
    -------
    tuple of str
        With `report_type` itself; empty for a type whose schedules only replace those
        of the same marketplaces.
    """
    return next((kind for kind in _KINDS if report_type in kind), ())
