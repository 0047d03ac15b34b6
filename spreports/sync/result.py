"""What a run of sync did, and what it would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from spreports.ledger import LakeWindow
from spreports.plan.plan import Plan
from spreports.reports.drift import html_list
from spreports.sync.quality import Quality, days
from spreports.sync.stream import Stream

__all__ = ["MissingWindow", "PlannedWindow", "SyncPlan", "SyncResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWindow:
    """A window that is due.

    Attributes
    ----------
    report_type : str
    marketplace_ids : tuple of str
    start, end : datetime or None
        Half-open; None for the present, and for what Amazon makes.
    reason : str
        ``"new"``, ``"restated"``, ``"failed"`` (the last try did), ``"resumed"``.
    """

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    reason: str

    def __str__(self) -> str:
        span = days(self.start, self.end) or "of now"
        return f"{self.report_type} {span} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlan:
    """What is due, and what it costs.

    Attributes
    ----------
    windows : tuple of PlannedWindow
        In the order in which they are asked for.
    listed : tuple of str
        Report types that Amazon makes by itself: what is new of them only a listing
        tells.
    cost : Plan
        Calls and time for `windows`.
    """

    windows: tuple[PlannedWindow, ...]
    listed: tuple[str, ...]
    cost: Plan

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "windows": [
                {
                    "reportType": w.report_type,
                    "marketplaceIds": list(w.marketplace_ids),
                    "start": w.start and w.start.isoformat(),
                    "end": w.end and w.end.isoformat(),
                    "reason": w.reason,
                }
                for w in self.windows
            ],
            "listed": list(self.listed),
            "calls": dict(self.cost.calls),
            "bottleneck": self.cost.bottleneck,
            "etaSeconds": round(self.cost.eta.total_seconds()),
            "readyTime": self.cost.ready_time and self.cost.ready_time.isoformat(),
        }

    def __str__(self) -> str:
        said = [str(window) for window in self.windows]
        said += [f"{name}: whatever Amazon has made" for name in self.listed]
        if not said:
            return "nothing is due"
        return "\n".join([*said, "", str(self.cost)] if self.windows else said)

    def _repr_html_(self) -> str:
        """Show the lines in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingWindow:
    """A window that did not come into the lake: failed, or a gap.

    Attributes
    ----------
    report_type : str
    marketplace_ids : tuple of str
    name : str
        Of the window: its dates, the day of a snapshot, or a report document's id.
    start, end : datetime or None
        Half-open, where the window has dates.
    kind : str
        Name of the error, or ``"Expired"``.
    reason : str
        What is wrong.
    tries : int
        Attempts in a row that failed so.
    """

    report_type: str
    marketplace_ids: tuple[str, ...]
    name: str
    start: datetime | None
    end: datetime | None
    kind: str
    reason: str
    tries: int = 0

    @classmethod
    def of(cls, stream: Stream, window: LakeWindow) -> MissingWindow:
        """Return what is told of a window that the ledger has as missing."""
        return cls(
            report_type=stream.entry.report_type,
            marketplace_ids=stream.marketplace_ids,
            name=window.name,
            start=window.start,
            end=window.end,
            kind=window.error_kind or "",
            reason=window.error or "",
            tries=window.tries,
        )

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "window": self.name,
            "start": self.start and self.start.isoformat(),
            "end": self.end and self.end.isoformat(),
            "kind": self.kind,
            "reason": self.reason,
            "tries": self.tries,
        }

    def __str__(self) -> str:
        return f"{self.report_type} {self.name}: {self.kind}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What a run did.

    Attributes
    ----------
    rows, files, bytes : int
        Written by this run.
    created, adopted : int
        Reports that this run asked for, and those that existed already.
    windows : int
        Committed by this run, those without data among them.
    empty : int
        Of these, windows for which Amazon has no data.
    failed : tuple of MissingWindow
        Windows that are tried again by the next run.
    gaps : tuple of MissingWindow
        Windows that are given up, in this run or before: Amazon no longer has them, or
        they failed again and again. Those before a `since` that names a day are not
        told, nor those that `retry_gaps` has tried in vain and cannot be had.
    quality : Quality
    plan : SyncPlan
        What was due when the run began.
    """

    rows: int = 0
    files: int = 0
    bytes: int = 0
    created: int = 0
    adopted: int = 0
    windows: int = 0
    empty: int = 0
    failed: tuple[MissingWindow, ...] = ()
    gaps: tuple[MissingWindow, ...] = ()
    quality: Quality = field(default_factory=Quality)
    plan: SyncPlan

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "rows": self.rows,
            "files": self.files,
            "bytes": self.bytes,
            "created": self.created,
            "adopted": self.adopted,
            "windows": self.windows,
            "empty": self.empty,
            "failed": [one.to_dict() for one in self.failed],
            "gaps": [one.to_dict() for one in self.gaps],
            "quality": self.quality.to_dict(),
        }

    def __str__(self) -> str:
        said = [
            f"{self.windows} windows, {self.rows:,} rows in {self.files} files; "
            f"{self.created} reports created, {self.adopted} adopted, "
            f"{self.empty} windows without data"
        ]
        said += [f"failed: {one}" for one in self.failed]
        said += [f"gap: {one}" for one in self.gaps]
        said += [f"differs: {line}" for line in self.quality.lines()]
        return "\n".join(said)

    def _repr_html_(self) -> str:
        """Show the lines in a notebook."""
        return html_list(str(self))
