"""What was asked, and what came of it: one SQLite file."""

from __future__ import annotations

from spreports.ledger.entries import Request, VerifiedDocument, request_key
from spreports.ledger.file import Ledger
from spreports.ledger.windows import LakeWindow, LakeWindows, TableRows, WindowState

__all__ = [
    "LakeWindow",
    "LakeWindows",
    "Ledger",
    "Request",
    "TableRows",
    "VerifiedDocument",
    "WindowState",
    "request_key",
]
