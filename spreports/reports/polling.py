"""Ask after reports that Amazon works on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from spreports.api.checks import MOST_FILTERS, listed_since
from spreports.api.models import ProcessingStatus, Report
from spreports.errors import NotFoundError, TransportError
from spreports.reports.connection import Connection
from spreports.reports.doubted import denies
from spreports.reports.listing import OWN_SKEW, RESERVE, is_past
from spreports.reports.ticket import (
    POLL_FIRST,
    POLL_GROWTH,
    POLL_SLOWEST,
    Stage,
    Ticket,
)

__all__ = ["Polling"]

logger = logging.getLogger("spreports.reports")

# A report may be unknown to getReport for a moment after createReport (faults B8).
UNKNOWN_GRACE = 60.0
# With many on their way each is asked after less often, so that half of getReport's two
# calls a second are left to the account's other processes.
CROWD_SECONDS = 1.0
# DONE without its document id is asked for again a few times (faults C5).
DOCUMENT_POLLS = 3


class Polling:
    """Asks for processing statuses.

    Parameters
    ----------
    connection : Connection
    on_their_way : callable
        Gives the tickets that are being polled.
    """

    def __init__(
        self, connection: Connection, on_their_way: Callable[[], Sequence[Ticket]]
    ) -> None:
        self._connection = connection
        self._on_their_way = on_their_way
        self._clock = connection.clock

    def poll(self, ticket: Ticket) -> Sequence[Ticket]:
        """Ask for the processing status of a ticket's report.

        One getReports page tells of a hundred reports at once. It is taken in place of
        a getReport each when it comes sooner under the two buckets: 0.0222 calls a
        second against 2, so from about 45 reports on, or while the burst lasts, 16.

        Returns
        -------
        sequence of Ticket
            Those that were changed: finished, to be fetched, or due again later.

        Raises
        ------
        APIError
            Amazon refused, or told of a report of another type.
        """
        due = self._due(ticket)
        told: list[Ticket] = []
        if self._page_is_cheaper(due):
            listed = self._listed(due)
            told = [each for each in due if each.report_id in listed]
            for each in told:
                self._seen(each, listed[str(each.report_id)])
        if ticket in told:
            return told
        try:
            report = self._connection.api.get_report(str(ticket.report_id))
        except NotFoundError as exc:
            if not self._wait_or_ask_anew(ticket, is_gone=denies(exc)):
                raise
        else:
            wanted = ticket.request.entry.report_type
            if report.report_type != wanted:
                raise TransportError(
                    f"getReport: report {report.report_id} is not of the type that was "
                    f"asked for, {wanted}; ask again with reuse=False",
                    operation="getReport",
                )
            self._seen(ticket, report)
        return [ticket, *told]

    def _due(self, first: Ticket) -> list[Ticket]:
        """Return the tickets that one page could answer: due, and of ten types."""
        now, patience = self._clock.monotonic(), self._connection.watch.patience()
        types = {first.request.entry.report_type}
        due = [first]
        for ticket in self._on_their_way():
            if ticket.not_before(patience) > now or ticket is first:
                continue
            name = ticket.request.entry.report_type
            if name in types or len(types) < MOST_FILTERS:
                types.add(name)
                due.append(ticket)
        return due

    def _page_is_cheaper(self, due: Sequence[Ticket]) -> bool:
        """Whether a page comes sooner than the last of as many getReport calls."""
        throttle = self._connection.throttle
        one_by_one = throttle.wait_for("getReport", len(due)) if len(due) > 1 else 0.0
        return one_by_one > throttle.wait_for("getReports", RESERVE + 1)

    def _listed(self, due: Sequence[Ticket]) -> dict[str, Report]:
        """Return reports by id, of one page that covers the newest of those due."""
        oldest = self._clock.monotonic() - min(ticket.asked for ticket in due)
        oldest += self._connection.seconds_ahead()
        since = self._clock.now() - timedelta(seconds=oldest) - OWN_SKEW
        page = self._connection.api.get_reports(
            report_types=sorted({t.request.entry.report_type for t in due}),
            created_since=listed_since(since, self._clock.now()),
            page_size=100,
        )
        return {report.report_id: report for report in page.reports}

    def _wait_or_ask_anew(self, ticket: Ticket, *, is_gone: bool) -> bool:
        """Give a new report a moment; ask anew for an adopted one that had it.

        Returns
        -------
        bool
            False where neither is right: the error stands.
        """
        now = self._clock.monotonic()
        is_new = now - ticket.asked <= UNKNOWN_GRACE
        if ticket.adopted and is_gone and not is_new:
            report_id = str(ticket.report_id)
            logger.info("report %s is gone at Amazon; asking anew", report_id)
            self._connection.ledger.seen(
                self._connection.account, report_id, ProcessingStatus.CANCELLED, None
            )
            ticket.ask_anew(report_id)
            return True
        ticket.poll_at(now + POLL_FIRST)
        return is_new

    def _seen(self, ticket: Ticket, report: Report) -> None:
        """Take in what Amazon says, and write it down where it is news."""
        status, document_id = report.processing_status, report.report_document_id
        is_first = ticket.report is None
        if is_first or report.processing_status != ticket.status:
            self._connection.ledger.seen(
                self._connection.account, report.report_id, str(status), document_id
            )
        if not ticket.expected:
            self._connection.watch.polled(report)
        if is_first and ticket.adopted and is_past(report, ticket.request, self._clock):
            # When last seen it was unfinished: what it shows may be a day old by now
            ticket.ask_anew(report.report_id)
            return
        ticket.report = report
        now = self._clock.monotonic()
        if status == ProcessingStatus.DONE and document_id is None:
            ticket.document_polls += 1
            if ticket.document_polls < DOCUMENT_POLLS:
                ticket.poll_at(now + POLL_FIRST)
                return
        if ticket.has_document:
            ticket.stage, ticket.due = Stage.FETCHING, float("-inf")
        elif report.is_terminal and ticket.foreign:
            # What became of somebody else's request says nothing about ours
            ticket.ask_anew(report.report_id)
        elif report.is_terminal:
            ticket.finish()
        else:
            crowded = len(self._on_their_way()) * CROWD_SECONDS
            due = now + max(ticket.interval, crowded)
            ticket.poll_at(due, patient=not ticket.adopted)
            ticket.interval = min(POLL_SLOWEST, ticket.interval * POLL_GROWTH)
