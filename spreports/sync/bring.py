"""From requests to finished reports, each with its own luck.

The only place of this room that knows how reports are brought about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spreports.api.models import Report
from spreports.errors import (
    ServerError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
    WaitTimeoutError,
)
from spreports.reports.connection import Connection
from spreports.reports.progress import OnProgress
from spreports.reports.queue import ReportQueue
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished

__all__ = ["OUTAGES", "ask_after", "bring"]

# What speaks of the moment and not of the request.
OUTAGES = (ServerError, ThrottledError, TransportError, WaitTimeoutError)


def bring(
    connection: Connection,
    requests: Sequence[ReportRequest],
    timeout: float,
    on_progress: OnProgress | None,
) -> Iterator[Finished]:
    """Yield each request's report once it is DONE, CANCELLED or FATAL, or its error.

    Documents are left to whoever lands them, one after another: a killed run has no
    more than one download on its way.

    Parameters
    ----------
    connection : Connection
    requests : sequence of ReportRequest
        Of any types.
    timeout : float, seconds
    on_progress : callable or None

    Yields
    ------
    Finished

    Raises
    ------
    UnauthorizedError
        The credentials are refused: nothing more can be had.
    """
    queue = ReportQueue(connection, reuse=True, fetch=False)
    for done in queue.run(requests, timeout=timeout, on_progress=on_progress):
        if isinstance(done.error, UnauthorizedError):
            raise done.error
        yield done


def ask_after(connection: Connection, report_id: str) -> Report:
    """Return a report that was asked for before; waits for none.

    Raises
    ------
    APIError
        See `ReportsAPI.get_report`.
    WaitTimeoutError
        It is not finished.
    """
    report = connection.api.get_report(report_id)
    connection.ledger.seen(
        connection.account,
        report.report_id,
        report.processing_status,
        report.report_document_id,
    )
    if not report.is_terminal:
        raise WaitTimeoutError(
            f"report {report_id} is not finished yet", report_id=report_id
        )
    return report
