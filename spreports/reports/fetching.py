"""Bring the documents of finished reports into the store."""

from __future__ import annotations

from collections.abc import Sequence

from spreports.reports.connection import Connection
from spreports.reports.origin import AmazonOrigin
from spreports.reports.ticket import Ticket


class Fetching:
    """Brings documents; a URL is asked for only when its download starts.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, ticket: Ticket) -> Sequence[Ticket]:
        """Bring one document into the store, where it is not there yet.

        Raises
        ------
        APIError
            getReportDocument was refused.
        DownloadError
            The bytes did not arrive whole.
        """
        if ticket.report is not None and ticket.report.report_document_id is not None:
            AmazonOrigin(
                self._connection,
                ticket.report.report_document_id,
                restricted=ticket.request.entry.restricted,
            ).stored()
        ticket.finish()
        return (ticket,)
