"""What Amazon makes by itself: found by listing, adopted, never asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spreports.api.checks import CLOCK_SKEW, LISTED_FOR, listed_since
from spreports.api.models import Report
from spreports.errors import SPReportsError
from spreports.ledger import LakeWindow, WindowState
from spreports.plan.windows import Window
from spreports.reports.connection import Connection
from spreports.reports.finished import finished_reports
from spreports.sync.calendar import gap, new_window
from spreports.sync.result import MissingWindow
from spreports.sync.stream import Stream

__all__ = ["Listed", "listing", "not_listed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a listing brought.

    Attributes
    ----------
    found : tuple of (LakeWindow, Report)
        Not in the lake yet, oldest first.
    gaps : tuple of LakeWindow
        What can no longer be had.
    listed : datetime, aware
        When, by Amazon's clock: one that is ahead has not passed the nights to come.
    """

    found: tuple[tuple[LakeWindow, Report], ...]
    gaps: tuple[LakeWindow, ...]
    listed: datetime


def listing(
    stream: Stream,
    known: Sequence[LakeWindow],
    connection: Connection,
    *,
    listed: datetime | None,
    made: Callable[[], Collection[datetime]],
    purged: datetime | None,
) -> Listed:
    """List what Amazon has made for a feed.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
    connection : Connection
    listed : datetime or None
        When the feed was last listed; what was made since then and is older than 90
        days is a gap.
    made : callable
        Returns when Amazon made what the lake has; asked where `listed` is of no use.
    purged : datetime or None
        Until when a purge took all away: nothing that ended before is new.

    Returns
    -------
    Listed

    Raises
    ------
    APIError
        getReports was refused.
    SinkError
        The lake cannot be read.
    """
    now = connection.clock.now()
    oldest = now - LISTED_FOR + CLOCK_SKEW
    begun = [window for window in known if window.is_begun]
    since = stream.since or oldest
    had = () if listed else made()
    if stream.rolls:
        # It has not passed the nights on which nobody listed: where no store says which
        # these are, all that was made since the oldest that the lake has
        since = min(since, listed or min(had, default=since))
    first = listed_since(since, now)
    reports = finished_reports(
        connection,
        [stream.entry.report_type],
        marketplace_ids=stream.marketplace_ids,
        # A listing cut off at `since` does not say that a document is gone
        created_since=None if begun else first,
    )
    by_document = {r.report_document_id: r for r in reports if r.report_document_id}
    before = {window.name: window for window in known}
    found = []
    for report in sorted(by_document.values(), key=lambda one: one.created_time):
        name = str(report.report_document_id)
        is_early = _is_before(report, purged) or (first and report.created_time < first)
        if name not in before and is_early:
            continue
        window = before.get(name) or LakeWindow(
            name=name, start=None, end=None, state=WindowState.ASKED
        )
        if window.is_begun or window.is_told_no_more:
            # Until it has landed, it keeps no twin from coming
            found.append((replace(window, state=WindowState.ASKED), report))
    gaps = [
        gap(
            window,
            "Expired",
            "Amazon no longer lists the report: it is over 90 days old",
        )
        for window in begun
        if window.name not in by_document
    ]
    ahead = timedelta(seconds=max(0.0, connection.seconds_ahead()))
    oldest -= ahead
    last = listed or max(had, default=stream.since)
    if last is not None and max(last, purged or last) < oldest:
        gaps.append(_unlisted(Window(last, oldest)))
    return Listed(found=tuple(found), gaps=tuple(gaps), listed=now - ahead)


def not_listed(stream: Stream, error: SPReportsError) -> MissingWindow:
    """Return what is told of a feed that could not be listed."""
    return MissingWindow(
        report_type=stream.entry.report_type,
        marketplace_ids=stream.marketplace_ids,
        name="listing",
        start=None,
        end=None,
        kind=type(error).__name__,
        reason=str(error),
    )


def _is_before(report: Report, purged: datetime | None) -> bool:
    """Whether all rows of a report are of days that were purged."""
    end = report.data_end_time
    return purged is not None and end is not None and end <= purged


def _unlisted(span: Window) -> LakeWindow:
    """Return the time of which nobody can say any more what Amazon had made."""
    start, end = (moment.replace(microsecond=0) for moment in (span.start, span.end))
    lost = new_window(Window(start, end))
    return gap(lost, "Expired", "Amazon lists what it made for 90 days")
