"""The course of a report on the clock: queued, in progress, and then its end."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

RETENTION = timedelta(days=90)
# An automatic cancel ends a few seconds after its processing began (docs#1604)
CANCEL_SECONDS = 3.0
JITTER = 0.25
# Source: Reports API v2021-06-30, Definitions, Period; P1M is a calendar month.
PERIODS: Mapping[str, timedelta] = {
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT2H": timedelta(hours=2),
    "PT4H": timedelta(hours=4),
    "PT8H": timedelta(hours=8),
    "PT12H": timedelta(hours=12),
    "P1D": timedelta(days=1),
    "P2D": timedelta(days=2),
    "P3D": timedelta(days=3),
    "PT84H": timedelta(hours=84),
    "P7D": timedelta(days=7),
    "P14D": timedelta(days=14),
    "P15D": timedelta(days=15),
    "P18D": timedelta(days=18),
    "P30D": timedelta(days=30),
    "P1M": timedelta(days=31),
}


@dataclass(slots=True, kw_only=True)
class Report:
    """One report: how it was asked for, and what will become of it.

    Attributes
    ----------
    number : int
        Order of making; later is higher.
    queue, progress : float, seconds
        How long it waits and how long it is worked on.
    outcome : str
        ``"DONE"``, ``"FATAL"``, ``"CANCELLED"``, or ``"IN_PROGRESS"``: for ever.
    document_id : str or None
        Shown once the report has ended.
    cancelled : datetime or None
        When cancelReport was called.
    """

    number: int
    report_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    created: datetime
    start: datetime
    end: datetime
    queue: float
    progress: float
    outcome: str
    document_id: str | None
    schedule_id: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    cancelled: datetime | None = None

    def status(self, now: datetime) -> str:
        """Return the processing status at a moment."""
        if self.cancelled is not None:
            return "CANCELLED"
        age = (now - self.created).total_seconds()
        if age < self.queue:
            return "IN_QUEUE"
        if age < self.queue + self.progress:
            return "IN_PROGRESS"
        return self.outcome

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the Report of the reference at a moment.

        Source: Reports API v2021-06-30, Definitions, Report.
        """
        status = self.status(now)
        shown: dict[str, Any] = {
            "reportId": self.report_id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "dataStartTime": iso(self.start),
            "dataEndTime": iso(self.end),
            "createdTime": iso(self.created),
            "processingStatus": status,
        }
        if self.schedule_id is not None:
            shown["reportScheduleId"] = self.schedule_id
        if self.cancelled is not None:
            return shown
        began = self.created + timedelta(seconds=self.queue)
        if status != "IN_QUEUE":
            shown["processingStartTime"] = iso(began)
        if status in {"DONE", "FATAL", "CANCELLED"}:
            shown["processingEndTime"] = iso(began + timedelta(seconds=self.progress))
            if self.document_id is not None:
                shown["reportDocumentId"] = self.document_id
        return shown


@dataclass(slots=True, kw_only=True)
class ReportSchedule:
    """One schedule and the time of its next report."""

    schedule_id: str
    report_type: str
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str]
    period: str
    next_time: datetime

    def covered_since(self) -> datetime:
        """Return the start of what the next report covers."""
        if self.period == "P1M":
            return _months_later(self.next_time, -1)
        return self.next_time - PERIODS[self.period]

    def step(self) -> None:
        """Move the next time on by one period."""
        if self.period == "P1M":
            self.next_time = _months_later(self.next_time, 1)
        else:
            self.next_time += PERIODS[self.period]

    def to_json(self) -> dict[str, Any]:
        """Return the ReportSchedule of the reference.

        Source: Reports API v2021-06-30, Definitions, ReportSchedule.
        """
        shown: dict[str, Any] = {
            "reportScheduleId": self.schedule_id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "period": self.period,
            "nextReportCreationTime": iso(self.next_time),
        }
        if self.options:
            shown["reportOptions"] = dict(self.options)
        return shown


@dataclass(frozen=True, slots=True)
class Delays:
    """How long reports wait, with a jitter of a quarter."""

    queue: float
    progress: float
    source: random.Random

    def draw(self) -> tuple[float, float]:
        """Return the seconds in the queue and in progress of one report."""
        low, high = 1.0 - JITTER, 1.0 + JITTER
        return (
            self.queue * self.source.uniform(low, high),
            self.progress * self.source.uniform(low, high),
        )


def _months_later(moment: datetime, months: int) -> datetime:
    """Return the same day of another month, at latest the 28th."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, 28))


def iso(moment: datetime) -> str:
    """Return a moment as Amazon writes it: UTC, whole seconds, an offset."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
