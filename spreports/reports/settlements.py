"""Which of the listed settlement reports are one and the same settlement.

Amazon lists a settlement under several report ids, for every marketplace of the
account, and not always with the same report document. What it is goes by its settlement
id, which only the document tells.

Source: selling-partner-api-models#2911, selling-partner-api-docs#969; SelBox audit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spreports.api.models import Report
from spreports.errors import BadRequestError, NotFoundError
from spreports.reports.connection import Connection
from spreports.reports.origin import AmazonOrigin
from spreports.reports.request import legacy_charset
from spreports.reports.work import Reading, settlement_id

if TYPE_CHECKING:
    from spreports.catalog import ReportType

__all__ = ["distinct"]


def distinct(
    connection: Connection, entry: ReportType, reports: Iterable[Report]
) -> list[Report]:
    """Return each report document, and each settlement, once.

    The cheap tests come first: reports that share a document are one, and settlements
    of different times are different. Only several documents of the same times are
    read, as an account with several currencies has several settlements of one period.
    What is read stays in the store, so it is not brought a second time.

    Parameters
    ----------
    connection : Connection
    entry : ReportType
        Its `summary_row` says that its documents are settlements.
    reports : iterable of Report
        DONE, with a document.

    Returns
    -------
    list of Report
        Oldest first. Of those that are the same, the oldest: what is listed later for
        the same settlement then changes no file name.

    Raises
    ------
    ThrottledError, DownloadError
        A document that has to be read could not be brought in time, or not whole.
    """
    oldest_first = sorted(reports, key=lambda r: (r.created_time, r.report_id))
    by_document: dict[str | None, Report] = {}
    for report in oldest_first:
        by_document.setdefault(report.report_document_id, report)
    if not entry.summary_row:
        return list(by_document.values())
    of_times: dict[tuple[object, object], list[Report]] = {}
    for report in by_document.values():
        times: tuple[object, object] = (report.data_start_time, report.data_end_time)
        if None in times:  # nothing says that it is like another
            times = (report.report_id, None)
        of_times.setdefault(times, []).append(report)
    kept: list[Report] = []
    for alike in of_times.values():
        by_id: dict[str, Report] = {}
        for report in alike:
            # Without an id of its own a settlement is nobody's double
            name = _settlement_id(connection, entry, report) if alike[1:] else None
            by_id.setdefault(name or report.report_id, report)
        kept += by_id.values()
    return sorted(kept, key=lambda r: (r.created_time, r.report_id))


def _settlement_id(
    connection: Connection, entry: ReportType, report: Report
) -> str | None:
    """Read the settlement id in the first row of a document."""
    origin = AmazonOrigin(
        connection, str(report.report_document_id), restricted=entry.restricted
    )
    reading = Reading(
        entry=entry, legacy_charset=legacy_charset(report.marketplace_ids)
    )
    try:
        return settlement_id(origin.stored(), reading)
    except (NotFoundError, BadRequestError):
        # Gone at the edge of ninety days: whoever reads its rows is told
        return None
