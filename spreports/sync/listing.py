"""What Amazon makes by itself: found by listing, adopted, never asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from spreports.api.checks import (
    CLOCK_SKEW,
    LISTED_FOR,
    MOST_FILTERS,
    listed_since,
)
from spreports.api.models import ProcessingStatus, Report
from spreports.ledger import LakeWindow, WindowState
from spreports.plan.windows import Window
from spreports.reports.connection import Connection
from spreports.sync.calendar import gap, window_name
from spreports.sync.stream import Stream

__all__ = ["Listing", "listing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a listing brought.

    Attributes
    ----------
    found : tuple of (LakeWindow, Report)
        Not in the lake yet, oldest first.
    gaps : tuple of LakeWindow
        What can no longer be had.
    """

    found: tuple[tuple[LakeWindow, Report], ...]
    gaps: tuple[LakeWindow, ...]


def listing(
    stream: Stream,
    known: Sequence[LakeWindow],
    connection: Connection,
    *,
    listed: datetime | None,
    purged: datetime | None = None,
) -> Listing:
    """List what Amazon has made for a feed.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
    connection : Connection
    listed : datetime or None
        When the feed was last listed; what was made since then and is older than 90
        days is a gap.
    purged : datetime or None
        Until when a purge took all away: nothing that ended before is new.

    Returns
    -------
    Listing

    Raises
    ------
    APIError
        getReports was refused.
    """
    now = connection.clock.now()
    oldest = now - LISTED_FOR + CLOCK_SKEW
    ids = stream.marketplace_ids
    reports = connection.api.iter_reports(
        report_types=[stream.entry.report_type],
        processing_statuses=[ProcessingStatus.DONE],
        marketplace_ids=list(ids) if len(ids) <= MOST_FILTERS else None,
        created_since=listed_since(stream.since or oldest, now),
        page_size=100,
    )
    by_document = {r.report_document_id: r for r in reports if r.report_document_id}
    before = {window.name: window for window in known}
    found = []
    for report in sorted(by_document.values(), key=lambda one: one.created_time):
        name = str(report.report_document_id)
        if name not in before and _is_before(report, purged):
            continue
        window = before.get(name) or LakeWindow(
            name=name, start=None, end=None, state=WindowState.ASKED
        )
        if window.state in {WindowState.ASKED, WindowState.FAILED}:
            found.append((window, report))
    gaps = [
        gap(
            window,
            "Expired",
            "Amazon no longer lists the report: it is over 90 days old",
        )
        for window in known
        if window.state in {WindowState.ASKED, WindowState.FAILED}
        and window.name not in by_document
    ]
    made = [w.created_time for w in known if w.created_time is not None]
    begun = listed or max(made, default=stream.since)
    if begun is not None and max(begun, purged or begun) < oldest:
        gaps.append(_unlisted(Window(begun, oldest)))
    return Listing(found=tuple(found), gaps=tuple(gaps))


def _is_before(report: Report, purged: datetime | None) -> bool:
    """Whether all rows of a report are of days that were purged."""
    end = report.data_end_time
    return purged is not None and end is not None and end <= purged


def _unlisted(span: Window) -> LakeWindow:
    """Return the time of which nobody can say any more what Amazon had made."""
    start, end = (moment.replace(microsecond=0) for moment in (span.start, span.end))
    window = LakeWindow(
        name=window_name(Window(start, end)),
        start=start,
        end=end,
        state=WindowState.GAP,
    )
    return gap(window, "Expired", "Amazon lists what it made for 90 days")
