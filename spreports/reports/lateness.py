"""What is said of a request that was not finished in time: what it waited for."""

from __future__ import annotations

from spreports.api.times import write_time
from spreports.errors import SPReportsError, WaitTimeoutError
from spreports.owner import mark
from spreports.reports.advice import how_to_resume
from spreports.reports.connection import Connection
from spreports.reports.listing import ours
from spreports.reports.ticket import Awaits, Ticket

__all__ = ["Lateness"]


class Lateness:
    """Writes the errors of those that are late, in the order of their turns.

    Parameters
    ----------
    connection : Connection
    reuse : bool
        Whether the call adopts what is there.
    """

    def __init__(self, connection: Connection, *, reuse: bool) -> None:
        self._connection = connection
        self._reuse = reuse
        self._in_line = 0

    def error(self, ticket: Ticket, timeout: float) -> SPReportsError:
        """Say which report was not finished in time, or why there is none.

        Parameters
        ----------
        ticket : Ticket
            The next one, if it waits for a slot.
        timeout : float, seconds
            The time that was allowed.

        Returns
        -------
        WaitTimeoutError or ThrottledError
        """
        name = ticket.request.entry.report_type
        if ticket.report_id is not None:
            return WaitTimeoutError(
                f"report {ticket.report_id} of {name} not finished in time; "
                f"last seen: {ticket.status}",
                report_id=ticket.report_id,
                report_ids=(ticket.report_id,),
                report=ticket.report,
            )
        known = ours(self._connection, ticket.request, ticket.refuted)
        if self._reuse and known is not None:  # its turn would have taken it up
            report_id = str(known.report_id)
            return WaitTimeoutError(
                f"report {report_id} of {name} is there, last seen "
                f"{known.processing_status or 'unfinished'}, and was not asked after "
                f"in the {timeout:.0f} s allowed",
                report_id=report_id,
                report_ids=(report_id,),
                processing_status=known.processing_status,
                hint=self._resumed(ticket, "allow more time"),
            )
        none = f"no report of {name} was created in the {timeout:.0f} s allowed"
        if ticket.awaits is Awaits.ANSWER:
            return WaitTimeoutError(
                f"{none}, as far as is known: createReport was sent, and its answer "
                "has not come",
                hint=self._resumed(ticket, "a report may have been made"),
            )
        if ticket.awaits is Awaits.RIVAL:
            return WaitTimeoutError(
                f"{none}: {self._rival(ticket)} asks for the very same, and has not "
                "come to a report yet",
                hint=self._resumed(ticket, "that goes on"),
            )
        if ticket.throttled is not None:
            return ticket.throttled
        self._in_line += 1
        wait = self._connection.throttle.wait_for("createReport", self._in_line)
        slot = f": createReport's quota has a slot for it in about {wait:.0f} s"
        unsent = "this call sent no createReport for it: call again"
        return WaitTimeoutError(
            none + (slot if wait > 0 else ""),
            hint=f"{unsent}{' then, or' if wait > 0 else ', and'} allow more time",
        )

    def _resumed(self, ticket: Ticket, what: str) -> str:
        """Say which call takes up what may come of a request."""
        return how_to_resume([ticket.request.window], reuse=self._reuse, what=what)

    def _rival(self, ticket: Ticket) -> str:
        """Name who asks for the same, as far as the ledger tells."""
        connection = self._connection
        known = connection.ledger.latest(connection.account, ticket.request.key)
        if known is None or known.report_id is not None or not known.owner:
            return "somebody else"
        since = write_time(known.intended_time.replace(microsecond=0))
        host, process, _ = known.owner.split("-")
        here = host == mark().partition("-")[0]
        place = "" if here else " of another machine or container"
        return f"process {process}{place} (since {since})"
