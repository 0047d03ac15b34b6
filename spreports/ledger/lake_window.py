"""One window of a feed, as the ledger knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

__all__ = ["LakeWindow", "TableRows", "WindowState"]

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class WindowState(StrEnum):
    """How the newest attempt at a window stands.

    One that is committed without a version was a gap that is told no more: `retry_gaps`
    was asked for it in vain. It may yet be had, as where a history turns out longer.
    """

    ASKED = "asked"
    COMMITTED = "committed"
    FAILED = "failed"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class TableRows:
    """What the lake has of one table of a window.

    Attributes
    ----------
    rows : int
    columns : tuple of str
        As they were served.
    """

    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeWindow:
    """One window of a feed.

    Attributes
    ----------
    name : str
        Unique in its feed: the window, the day of a snapshot, or a document's id.
    start, end : datetime or None, aware, UTC
        Half-open; None for snapshots and for reports that Amazon makes.
    state : WindowState
    tries : int
        Attempts in a row that came to nothing by Amazon's or the document's fault; of
        a committed window without tables, how often Amazon has said that it is empty.
    error_kind, error : str or None
        Of the last attempt, where it failed.
    report_id, report_document_id, sha256 : str or None
        Of the last version that the lake has; of a lost snapshot, of the report that
        is yet to be taken up.
    created_time : datetime or None
        When Amazon made that version; None: the lake has none.
    tables : mapping of str to TableRows
        What that version has; empty where Amazon had no data.
    files : int
    version_of : str or None
        What the document is a version of, where several may be: a settlement.
    """

    name: str
    start: datetime | None
    end: datetime | None
    state: WindowState
    tries: int = 0
    error_kind: str | None = None
    error: str | None = None
    report_id: str | None = None
    report_document_id: str | None = None
    sha256: str | None = None
    created_time: datetime | None = None
    tables: Mapping[str, TableRows] = field(default_factory=dict)
    files: int = 0
    version_of: str | None = None

    @property
    def rows(self) -> int:
        """Rows of the last version, all tables together."""
        return sum(table.rows for table in self.tables.values())

    @property
    def is_begun(self) -> bool:
        """Whether it is on its way: asked for, or tried in vain, and not given up."""
        return self.state in {WindowState.ASKED, WindowState.FAILED}

    @property
    def is_given_up(self) -> bool:
        """Whether it is a gap, told or told no more."""
        return self.is_told_no_more or self.state == WindowState.GAP

    @property
    def is_told_no_more(self) -> bool:
        """Whether it was a gap, and the lake has no version of it."""
        return self.state == WindowState.COMMITTED and self.created_time is None

    @property
    def made(self) -> datetime:
        """When the last version was made, to tell versions by age.

        A window without one comes before all that have one: it is no newer version of
        anything, and whatever is there is newer.
        """
        return self.created_time or _NEVER

    def overlaps(self, other: LakeWindow) -> bool:
        """Whether both share a moment; windows without dates share none."""
        if not (self.start and self.end and other.start and other.end):
            return False
        return self.start < other.end and other.start < self.end
