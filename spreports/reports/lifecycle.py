"""From a request to a finished report: adopt or create, reconcile, poll.

Every step is in the ledger before it is relied upon, so that a killed process leaves
a report that the next one takes up, and never a second createReport by accident.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from spreports.api.models import ProcessingStatus, Report
from spreports.errors import (
    NotFoundError,
    ServerError,
    SPReportsError,
    TransportError,
    WaitTimeoutError,
)
from spreports.ledger import Request
from spreports.owner import is_gone
from spreports.reports.connection import Connection
from spreports.reports.progress import OnProgress, Progress
from spreports.reports.request import ReportRequest

logger = logging.getLogger("spreports.reports")

# Polls start fast, for small reports, and grow to one a minute: getReport allows two
# a second, so this is about courtesy, not quota (Reports API, getReport, Usage Plan).
POLL_FIRST = 1.0
POLL_GROWTH = 1.5
POLL_SLOWEST = 60.0
# A report may be unknown to getReport for a moment after createReport (faults B8).
UNKNOWN_GRACE = 60.0
# DONE without its document id is asked for again a few times (faults C5).
DOCUMENT_POLLS = 3
# Seconds between looks at the ledger while somebody else creates the same report.
RIVAL_POLL = 0.5
# createReport is repeated at most this often after reconciliation found nothing.
CREATE_TRIES = 3
# Clocks differ: an own report may seem to be made a little before we asked for it.
CLOCK_SKEW = timedelta(minutes=2)
# A report without dates shows the present; Amazon renews such data every 30 minutes
# (official FBA reports page), so a younger report says what a new one would.
PRESENT_FOR = timedelta(minutes=30)
# Amazon keeps reports for 90 days (getReports, createdSince), order reports for 30.
KEPT_FOR = timedelta(days=29)
# An unfinished report older than this is stuck; a new one is asked for.
STUCK_AFTER = timedelta(days=1)


@dataclass(slots=True)
class _Pending:
    """One request on its way."""

    index: int
    request: ReportRequest
    report_id: str | None = None
    asked: float = 0.0
    due: float = 0.0
    interval: float = POLL_FIRST
    adopted: bool = False
    document_polls: int = 0
    report: Report | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        return str(self.report.processing_status) if self.report else "asked"


class Lifecycle:
    """Brings requests to finished reports.

    Parameters
    ----------
    connection : Connection
    reuse : bool
        Adopt what the ledger knows instead of creating it again.
    """

    def __init__(self, connection: Connection, *, reuse: bool) -> None:
        self._connection = connection
        self._reuse = reuse
        self._clock = connection.clock

    def finished(
        self,
        requests: Mapping[int, ReportRequest],
        timeout: float | None,
        on_progress: OnProgress | None,
    ) -> Iterator[tuple[int, Report]]:
        """Yield each report when it is DONE, CANCELLED or FATAL.

        Parameters
        ----------
        requests : mapping of int to ReportRequest
        timeout : float or None, seconds
            From the first step of this generator.
        on_progress : callable or None
            Called after every step that changed something.

        Yields
        ------
        (int, Report)
            Key of the request, and the report; in the order in which they finish.

        Raises
        ------
        WaitTimeoutError
            The time was up; everything goes on at Amazon, and in the ledger.
        APIError
        """
        deadline = None if timeout is None else self._clock.monotonic() + timeout
        pending = [_Pending(i, request) for i, request in requests.items()]
        waiting = list(pending)
        while waiting:
            self._check(deadline, waiting)
            fresh = next((p for p in waiting if p.report_id is None), None)
            if fresh is not None:
                self._obtain(fresh, deadline)
                _tell(on_progress, pending)
            for item in [p for p in waiting if self._is_due(p)]:
                if self._poll(item) and item.report is not None:
                    waiting.remove(item)
                    _tell(on_progress, pending)
                    yield item.index, item.report
            if waiting and all(p.report_id for p in waiting):
                nap = min(p.due for p in waiting) - self._clock.monotonic()
                if deadline is not None:
                    nap = min(nap, max(0.0, deadline - self._clock.monotonic()))
                if nap > 0:
                    self._clock.sleep(nap)

    def _check(self, deadline: float | None, waiting: Sequence[_Pending]) -> None:
        """Raise when the time is up."""
        if deadline is not None and self._clock.monotonic() >= deadline:
            first = waiting[0]
            more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            raise WaitTimeoutError(
                f"report {first.report_id or '(not created yet)'}{more} of "
                f"{first.request.entry.report_type} not finished in time; "
                f"last seen: {first.status}",
                report_id=first.report_id,
            )

    def _is_due(self, item: _Pending) -> bool:
        return item.report_id is not None and item.due <= self._clock.monotonic()

    def _obtain(self, item: _Pending, deadline: float | None) -> None:
        """Adopt the report of a request, or create it."""
        while item.report_id is None:
            known = self._adoptable(item.request) if self._reuse else None
            if known is not None:
                item.report_id, item.adopted = known, True
                item.due = self._clock.monotonic()
                return
            item.report_id = self._create(item.request)
            if item.report_id is None:
                # Somebody else is creating the very same: their answer is ours, too.
                self._check(deadline, [item])
                self._clock.sleep(RIVAL_POLL)
        item.asked = self._clock.monotonic()
        item.due = item.asked + POLL_FIRST

    def _adoptable(self, request: ReportRequest) -> str | None:
        """Return the id of a report of ours that serves this request."""
        ledger, account = self._connection.ledger, self._connection.account
        known = ledger.latest(account, request.key)
        if known is None:
            return None
        if known.report_id is None:
            if not is_gone(known.owner):
                return None
            # A process died between createReport and its answer.
            found = self._reconciled(request, known.intended_time)
            if found is None:
                ledger.refused(known.id)
                return None
            ledger.created(known.id, found)
            known = ledger.latest(account, request.key)
        return known.report_id if known and self._serves(known, request) else None

    def _serves(self, known: Request, request: ReportRequest) -> bool:
        """Whether a report of the ledger is still what the request asks for."""
        age = self._clock.now() - known.intended_time
        status = known.processing_status
        if status in {ProcessingStatus.CANCELLED, ProcessingStatus.FATAL}:
            return False
        if request.window is None and age > PRESENT_FOR:
            return False
        return age < (KEPT_FOR if status == ProcessingStatus.DONE else STUCK_AFTER)

    def _create(self, request: ReportRequest) -> str | None:
        """Create a report; None where somebody else is creating the same."""
        connection = self._connection
        ledger = connection.ledger
        intend = ledger.intend_alone if self._reuse else ledger.intend
        row = intend(connection.account, request.key, self._clock.now())
        if row is None:
            return None
        try:
            report_id = self._asked(request, self._clock.now())
        except SPReportsError:
            connection.ledger.refused(row)
            raise
        except BaseException:
            # Interrupted while it is unclear what came of it: to be looked for.
            connection.ledger.abandoned(row)
            raise
        connection.ledger.created(row, report_id)
        return report_id

    def _asked(self, request: ReportRequest, intended: datetime) -> str:
        """Call createReport; after an unclear failure look before asking again."""
        for remaining in reversed(range(CREATE_TRIES)):
            try:
                return self._connection.api.create_report(
                    report_type=request.entry.report_type,
                    marketplace_ids=list(request.marketplace_ids),
                    report_options=dict(request.options) or None,
                    data_start_time=request.data_start_time,
                    data_end_time=request.data_end_time,
                )
            except (ServerError, TransportError) as exc:
                if isinstance(exc, TransportError) and not exc.sent:
                    raise
                found = self._reconciled(request, intended)
                if found is not None:
                    logger.info("createReport failed unclearly, but made %s", found)
                    return found
                if not remaining:
                    raise
                logger.info("createReport: nothing was made; asking again")
        raise RuntimeError("unreachable: the last try returns or raises")

    def _reconciled(self, request: ReportRequest, since: datetime) -> str | None:
        """Look among the newest reports for one that createReport made unseen.

        Reports do not tell their options, so one that is known to be another
        request's is never taken.
        """
        connection = self._connection
        found = connection.api.iter_reports(
            report_types=[request.entry.report_type],
            created_since=since - CLOCK_SKEW,
            page_size=100,
        )
        others = connection.ledger.report_ids(connection.account)
        ours = [r for r in found if request.describes(r) and r.report_id not in others]
        return max(ours, key=lambda r: r.created_time).report_id if ours else None

    def _poll(self, item: _Pending) -> bool:
        """Ask for the processing status; True when the report is finished."""
        connection = self._connection
        now = self._clock.monotonic()
        report_id = str(item.report_id)
        try:
            report = connection.api.get_report(report_id)
        except NotFoundError:
            if item.adopted:
                logger.info("report %s is gone at Amazon; asking anew", report_id)
                connection.ledger.seen(
                    connection.account, report_id, ProcessingStatus.CANCELLED, None
                )
                item.adopted, item.report_id = False, None
                return False
            if now - item.asked > UNKNOWN_GRACE:
                raise
            item.due = now + POLL_FIRST
            return False
        item.report = report
        connection.ledger.seen(
            connection.account,
            report_id,
            str(report.processing_status),
            report.report_document_id,
        )
        done = report.processing_status == ProcessingStatus.DONE
        if done and report.report_document_id is None:
            item.document_polls += 1
            if item.document_polls < DOCUMENT_POLLS:
                item.due = now + POLL_FIRST
                return False
        if report.is_terminal:
            return True
        item.due = self._clock.monotonic() + item.interval
        item.interval = min(POLL_SLOWEST, item.interval * POLL_GROWTH)
        return False


def _tell(on_progress: OnProgress | None, pending: Sequence[_Pending]) -> None:
    """Tell how far it is."""
    if on_progress is None:
        return
    statuses: dict[str, int] = {}
    for item in pending:
        name = item.status if item.report_id else "to be asked"
        statuses[name] = statuses.get(name, 0) + 1
    finished = sum(1 for p in pending if p.report and p.report.is_terminal)
    adopted = sum(1 for p in pending if p.adopted)
    on_progress(
        Progress(
            total=len(pending), finished=finished, adopted=adopted, statuses=statuses
        )
    )
