"""From a request to a report id: adopt what exists, or create it, once.

Every step is in the ledger before it is relied upon, so that a killed process leaves
a report that the next one takes up, and never a second createReport by accident.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from spreports.api.models import ProcessingStatus
from spreports.errors import ServerError, SPReportsError, TransportError
from spreports.ledger import Request
from spreports.owner import is_gone
from spreports.reports.connection import Connection
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import POLL_FIRST, Ticket

logger = logging.getLogger("spreports.reports")

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


class Obtaining:
    """Adopts or creates the reports of tickets.

    Parameters
    ----------
    connection : Connection
    tickets : sequence of Ticket
        All of the run: a listing serves many.
    reuse : bool
        Adopt reports that exist instead of creating them.

    Attributes
    ----------
    deadline : float, seconds of ``clock.monotonic()``
        Of the run.
    """

    def __init__(
        self, connection: Connection, tickets: Sequence[Ticket], *, reuse: bool
    ) -> None:
        self._connection = connection
        self._tickets = tickets
        self._reuse = reuse
        self._clock = connection.clock
        self.deadline = math.inf

    def obtain(self, ticket: Ticket) -> Sequence[Ticket]:
        """Adopt or create the report of one ticket.

        Returns
        -------
        sequence of Ticket
            The ticket: to be polled, or due again later.

        Raises
        ------
        APIError
            Amazon refused; nothing was created.
        """
        now = self._clock.monotonic()
        known = self._of_ledger(ticket.request) if self._reuse else None
        if known is not None:
            ticket.report_id, ticket.adopted = known, True
            ticket.poll_at(now)
            return (ticket,)
        ticket.report_id = self._create(ticket.request)
        if ticket.report_id is None:
            # Somebody else is creating the very same: their answer is ours, too.
            ticket.due = now + RIVAL_POLL
            return (ticket,)
        ticket.asked = self._clock.monotonic()
        ticket.poll_at(ticket.asked + POLL_FIRST)
        return (ticket,)

    def _of_ledger(self, request: ReportRequest) -> str | None:
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
        if request.newer_than and known.intended_time < request.newer_than:
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
        except _UnclearError as exc:
            # To be looked for by whoever asks for the same next
            ledger.abandoned(row)
            raise exc.error from None
        except SPReportsError:
            ledger.refused(row)
            raise
        except BaseException:
            ledger.abandoned(row)
            raise
        ledger.created(row, report_id)
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
                found = self._looked_for(request, intended)
                if found is not None:
                    logger.info("createReport failed unclearly, but made %s", found)
                    return found
                if not remaining:
                    raise
                logger.info("createReport: nothing was made; asking again")
        raise RuntimeError("unreachable: the last try returns or raises")

    def _looked_for(self, request: ReportRequest, since: datetime) -> str | None:
        """Reconcile; a failure leaves it unclear whether a report was made."""
        try:
            return self._reconciled(request, since)
        except SPReportsError as exc:
            raise _UnclearError(exc) from None

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


class _UnclearError(Exception):
    """It could not be found out whether createReport has made a report."""

    def __init__(self, error: SPReportsError) -> None:
        super().__init__(str(error))
        self.error = error
