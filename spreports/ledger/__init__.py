"""What was asked, and what came of it: one SQLite file."""

from __future__ import annotations

from spreports.ledger.entries import Request, VerifiedDocument, request_key
from spreports.ledger.file import Ledger

__all__ = ["Ledger", "Request", "VerifiedDocument", "request_key"]
