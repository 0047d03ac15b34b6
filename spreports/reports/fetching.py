"""Bring the documents of finished reports into the store."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import cast

from spreports.api.models import Report
from spreports.catalog import period_of
from spreports.errors import APIError, DocumentError, DownloadError
from spreports.fetch.findings import Findings
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.connection import Connection
from spreports.reports.doubted import is_gone
from spreports.reports.echo import Echo
from spreports.reports.request import ReportRequest
from spreports.reports.shape import Shape
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.ticket import Source, Ticket
from spreports.reports.work import Reading, read

__all__ = ["Fetching"]

logger = logging.getLogger("spreports.reports")


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

        Somebody else's report is only now known to be the right one, where its document
        says what it was asked for; one that says otherwise is let go, and asked for
        anew.

        Returns
        -------
        sequence of Ticket
            The ticket: finished, or to be asked for anew.

        Raises
        ------
        APIError
            getReportDocument was refused.
        DownloadError
            The bytes did not arrive whole.
        """
        report = cast("Report", ticket.report)  # none comes here without a document
        origin = AmazonOrigin(
            self._connection,
            str(report.report_document_id),
            restricted=ticket.request.entry.restricted,
        )
        try:
            stored = origin.stored()
        except (DownloadError, APIError) as exc:
            if not (ticket.unconfirmed and is_gone(exc)):
                raise
            logger.info("report %s has no document; asking anew", report.report_id)
            ticket.ask_anew(report.report_id)
            return (ticket,)
        if not ticket.unconfirmed:
            ticket.finish()
        elif self._confirmed(stored, report, ticket.request):
            ticket.source = Source.LISTED
            ticket.finish()
        else:
            logger.info("report %s has other options; asking anew", report.report_id)
            ticket.ask_anew(report.report_id)
        return (ticket,)

    def _confirmed(
        self, stored: StoredBytes, report: Report, request: ReportRequest
    ) -> bool:
        """Whether the document's own echo says what we ask for; writes it down."""
        found = Findings()
        shape = Shape(typed=False, on_bad_value="null")
        reading = Reading(entry=request.entry, shape=shape)
        try:
            with read(stored, reading, found) as rows:
                for _ in rows:
                    pass
        except DocumentError:
            # Ours may be better; and if it is not, its reader is told what is wrong
            return False
        echo = Echo(
            report_type=request.entry.report_type,
            marketplace_ids=request.marketplace_ids,
            options=request.options,
            start=request.data_start_time,
            end=request.data_end_time,
            period=period_of(request.entry, request.options),
        )
        return echo.confirms(found.document_fields) and self._connection.ledger.adopted(
            self._connection.account,
            request.key,
            (
                report.report_id,
                str(report.processing_status),
                report.report_document_id,
            ),
            report.created_time,
        )
