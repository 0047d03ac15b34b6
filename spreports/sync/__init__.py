"""Keeps a lake up to date: what is missing, late, failed or restated is asked for."""

from __future__ import annotations

from spreports.sync.feed import Feed
from spreports.sync.feeds_file import FeedsFile, read_feeds
from spreports.sync.result import SyncResult

__all__ = ["Feed", "FeedsFile", "SyncResult", "read_feeds"]
