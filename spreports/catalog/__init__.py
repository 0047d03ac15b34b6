"""What is known of each report type, as data.

One TOML file per type in ``types/<family>/``, found through ``index.csv``. Nothing is
read at import; one look-up reads one file.
"""

from __future__ import annotations

from spreports.catalog.catalogue import (
    Catalogue,
    default_catalogue,
    entries,
    lookup,
)
from spreports.catalog.check import check_request, check_schedule
from spreports.catalog.entry import Column, Option, ReportType, Table
from spreports.catalog.periods import period_of, period_windows
from spreports.catalog.rivals import schedule_rivals

__all__ = [
    "Catalogue",
    "Column",
    "Option",
    "ReportType",
    "Table",
    "check_request",
    "check_schedule",
    "default_catalogue",
    "entries",
    "lookup",
    "period_of",
    "period_windows",
    "schedule_rivals",
]
