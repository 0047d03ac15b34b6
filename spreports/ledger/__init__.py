"""What was asked, and what came of it: one SQLite file."""

from __future__ import annotations

from spreports.ledger.counts import LakeCounts
from spreports.ledger.entries import (
    Request,
    VerifiedDocument,
    is_abandoned,
    request_key,
)
from spreports.ledger.file import Ledger
from spreports.ledger.history import (
    asked_of_type,
    asked_on,
    asked_time,
    is_of_request,
)
from spreports.ledger.lake_window import LakeWindow, TableRows, WindowState
from spreports.ledger.markers import LakeMarker
from spreports.ledger.windows import LakeWindows

__all__ = [
    "LakeCounts",
    "LakeMarker",
    "LakeWindow",
    "LakeWindows",
    "Ledger",
    "Request",
    "TableRows",
    "VerifiedDocument",
    "WindowState",
    "asked_of_type",
    "asked_on",
    "asked_time",
    "is_abandoned",
    "is_of_request",
    "request_key",
]
