"""Which of the listed settlement reports are one and the same settlement.

Amazon lists a settlement under several report ids, for every marketplace of the
account, and not always with the same report document. What it is goes by its settlement
id, which only the document tells.

Source: selling-partner-api-models#2911, selling-partner-api-docs#969; observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from spreports.api.models import Report
from spreports.errors import BadRequestError, NotFoundError
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.connection import Connection
from spreports.reports.request import legacy_charset
from spreports.reports.work import Reading, settlement_id

if TYPE_CHECKING:
    from spreports.catalog import ReportType

__all__ = ["distinct"]

# Of one settlement; those of two marketplaces may be nearer
NEAR: Final = timedelta(days=1)
_UNTOLD: Final = datetime.min.replace(tzinfo=UTC)


def distinct(
    connection: Connection, entry: ReportType, reports: Iterable[Report]
) -> list[Report]:
    """Return each report document, and each settlement, once.

    The cheap tests come first: reports that share a document are one, and settlements
    that begin days apart are different. Only several documents that begin within a day
    are read, as an account with several currencies has several settlements of one
    period, and all where one has no times. What is read stays in the store, so it is
    not brought a second time.

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
    oldest_first = sorted(reports, key=_age)
    by_document: dict[str | None, Report] = {}
    for report in oldest_first:
        by_document.setdefault(report.report_document_id, report)
    if not entry.summary_row:
        return list(by_document.values())
    kept: list[Report] = []
    for alike in _alike(by_document.values()):
        by_id: dict[str, Report] = {}
        for report in sorted(alike, key=_age):
            # Without an id of its own a settlement is nobody's double
            name = _settlement_id(connection, entry, report) if alike[1:] else None
            by_id.setdefault(name or report.report_id, report)
        kept += by_id.values()
    return sorted(kept, key=_age)


def _alike(reports: Iterable[Report]) -> Iterator[list[Report]]:
    """Yield reports that begin about the same time, together; one not told is any's."""
    group: list[Report] = []
    is_any = False
    for report in sorted(reports, key=_start):
        is_any = is_any or report.data_start_time is None
        if group and not is_any and _start(report) - _start(group[-1]) > NEAR:
            yield group
            group = []
        group.append(report)
    if group:
        yield group


def _start(report: Report) -> datetime:
    return report.data_start_time or _UNTOLD


def _age(report: Report) -> tuple[datetime, str]:
    return report.created_time, report.report_id


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
