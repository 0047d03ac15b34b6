"""From a request to a report id: adopt what exists, or create it, once.

Every step is in the ledger before it is relied upon, so that a killed process leaves
a report that the next one takes up, and never a second createReport by accident.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from contextlib import suppress
from datetime import datetime

from spreports.api.answers import blames_token
from spreports.api.models import Report
from spreports.errors import BadRequestError, ForbiddenError, SPReportsError
from spreports.ledger import Request, is_abandoned
from spreports.reports.advice import how_to_resume
from spreports.reports.connection import Connection
from spreports.reports.cooling import CoolDown, OvertakenError
from spreports.reports.creating import Creating, UnclearError
from spreports.reports.early import Early
from spreports.reports.listing import OWN_SKEW, Listing, needs_echo, ours
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import POLL_FIRST, Awaits, Source, Ticket

__all__ = ["Obtaining"]

# Seconds between looks at the ledger while somebody else creates the same report.
RIVAL_POLL = 0.5


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
        self._listing = Listing(connection, tickets)
        self._creating = Creating(connection, self._listing)
        self._early = Early(connection)
        self._reuse = reuse
        self._clock = connection.clock
        # A lone report may be done at once, and to find out is one call of the 120 a
        # minute; many at a time are told of by one page a little later
        self._poll_first = POLL_FIRST if len(tickets) > 1 else 0.0
        # What createReport has refused in this run, by report type and marketplaces
        self._refused: dict[tuple[str, frozenset[str]], ForbiddenError] = {}
        self.allow_until(math.inf)

    def allow_until(self, deadline: float) -> None:
        """Set the deadline of the run."""
        self.deadline = self._creating.deadline = deadline

    def obtain(self, ticket: Ticket) -> Sequence[Ticket]:
        """Adopt or create the report of one ticket.

        Returns
        -------
        sequence of Ticket
            The ticket: to be polled, or due again later.

        Raises
        ------
        APIError
            Amazon refused; nothing was created. A `ForbiddenError` without a status:
            it has refused another report of the type, and was not asked.
        """
        if self._reuse and self._adopt(ticket):
            return (ticket,)
        self._insist_on_unrefused(ticket.request)
        cool = CoolDown(self._connection, ticket)
        early = self._early.wait(ticket.request, self.deadline)
        wait = max(cool.wait(self.deadline), early)
        if wait > 0:
            ticket.due = self._clock.monotonic() + wait
            return (ticket,)
        try:
            ticket.report_id = self._create(ticket, cool)
        except UnclearError as exc:
            exc.error.hint = self._resumed(ticket.request)
            raise exc.error from None
        except OvertakenError:
            return (ticket,)
        except BadRequestError as exc:
            early = self._early.wait_after(exc, ticket.request, self.deadline)
            ticket.due = self._clock.monotonic() + early
            return (ticket,)
        except ForbiddenError as exc:
            if not blames_token(exc):  # which says nothing of the report type
                self._refused[_refusable(ticket.request)] = exc
            raise
        now = self._clock.monotonic()
        if ticket.report_id is None:
            # Somebody else creates the very same, or has: their answer is ours, too.
            ticket.awaits = Awaits.RIVAL
            ticket.due = now + RIVAL_POLL
            return (ticket,)
        ticket.asked = now
        ticket.poll_at(now + self._poll_first, patient=True)
        return (ticket,)

    def _resumed(self, request: ReportRequest) -> str:
        """Say which call takes up what came of createReport, if anything did."""
        what = "a report may have been made that getReports does not show yet"
        call = how_to_resume([request.window], reuse=self._reuse, what=what)
        return f"{call}; where there is none, it asks anew"

    def _insist_on_unrefused(self, request: ReportRequest) -> None:
        """Raise where the answer is known: roles are given for types, not windows."""
        refusal = self._refused.get(_refusable(request))
        if refusal is not None:
            raise ForbiddenError(
                "createReport: not asked for: Amazon has just refused another report "
                f"of this type for the same marketplaces: {refusal}",
                operation=refusal.operation,
            )

    def _adopt(self, ticket: Ticket) -> bool:
        """Take a report that exists: ours by the ledger, or somebody else's."""
        request = ticket.request
        ticket.answered = self._connection.ledger.answered(
            self._connection.account, request.key
        )
        known = self._of_ledger(request, ticket.refuted)
        if known is not None:
            ticket.source = Source.LEDGER
            report_id, made = known.report_id, known.intended_time
        else:
            listed = self._listing.find(ticket)
            # What is another request's, by our ledger, hides no older one
            found = next((each for each in listed if self._note(each, request)), None)
            if found is None:
                return False
            report_id, made = found.report_id, found.created_time
            ticket.source = Source.DOUBTED if needs_echo(request) else Source.LISTED
        ticket.report_id = report_id
        now = self._clock.monotonic()
        ticket.asked = now - (self._clock.now() - made).total_seconds()
        ticket.poll_at(now)
        return True

    def _note(self, report: Report, request: ReportRequest) -> bool:
        """Write an adoption down; False where the report is another request's."""
        ledger, account = self._connection.ledger, self._connection.account
        if needs_echo(request):  # written down when its document has confirmed it
            return not ledger.knows(account, report.report_id)
        return ledger.adopted(
            account,
            request.key,
            (
                report.report_id,
                str(report.processing_status),
                report.report_document_id,
            ),
            report.created_time,
        )

    def _of_ledger(
        self, request: ReportRequest, refuted: Container[str]
    ) -> Request | None:
        """Return a report of ours that serves this request."""
        ledger, account = self._connection.ledger, self._connection.account
        known = ledger.latest(account, request.key)
        if known is not None and known.report_id is None:
            if not is_abandoned(known.owner, known.intended_time, self._clock.now()):
                return None
            # A process died between createReport and its answer.
            found = self._unanswered(request, known.intended_time)
            if found is None:
                ledger.refused(known.id)
                return None
            ledger.created(known.id, found)
        return ours(self._connection, request, refuted)

    def _unanswered(self, request: ReportRequest, intended: datetime) -> str | None:
        """Look for what came of an intent; one by a clock ahead tells no time."""
        if intended > self._clock.now() + OWN_SKEW:
            return None
        return self._creating.reconciled(request, intended)

    def _create(self, ticket: Ticket, cool: CoolDown) -> str | None:
        """Create a report; None where somebody else creates the same, or has."""
        ledger, account = self._connection.ledger, self._connection.account
        request, now = ticket.request, self._clock.now()
        if self._reuse:
            row = ledger.intend_alone(account, request.key, now, ticket.answered)
        else:
            row = ledger.intend(account, request.key, now)
        if row is None:
            return None
        try:
            report_id = self._creating.create(request, self._clock.now(), cool)
        except UnclearError:
            # To be looked for by whoever asks for the same next
            ledger.abandoned(row)
            raise
        except SPReportsError:
            ledger.refused(row)
            raise
        except BaseException:
            ledger.abandoned(row)
            raise
        try:
            ledger.created(row, report_id)
        except BaseException:
            # Left open by us, it would keep others waiting
            with suppress(SPReportsError):
                ledger.abandoned(row)
            raise
        return report_id


def _refusable(request: ReportRequest) -> tuple[str, frozenset[str]]:
    """Return what a role is for, and a seller has: of all windows and options."""
    return request.entry.report_type, frozenset(request.marketplace_ids)
