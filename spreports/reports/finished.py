"""Finished reports, and from each to its document or to why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from spreports.api.checks import MOST_FILTERS
from spreports.api.marketplaces import MARKETPLACES, as_told
from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType, period_of
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.connection import Connection
from spreports.reports.document import Document
from spreports.reports.document_source import DocumentSource
from spreports.reports.echo import Echo
from spreports.reports.examine import Examiner
from spreports.reports.provenance import library_version, provenance
from spreports.reports.request import (
    ReportRequest,
    legacy_charset,
    marketplace_code,
    metadata,
)
from spreports.reports.work import Reading

__all__ = ["document_by_id", "finished_document", "finished_reports"]


def finished_reports(
    connection: Connection,
    report_types: Sequence[str],
    *,
    marketplace_ids: Sequence[str] | None,
    created_since: datetime | None,
    processing_statuses: Sequence[str] = (ProcessingStatus.DONE,),
) -> Iterator[Report]:
    """Yield the DONE reports that Amazon lists, each once.

    Parameters
    ----------
    connection : Connection
    report_types : sequence of str, 1 to 10
    marketplace_ids : sequence of str or None
        getReports takes ten; more are told apart here, of all that it lists. What is
        of none that is known, as Amazon lists settlements of other channels, is kept.
    created_since : datetime or None
    processing_statuses : sequence of str
        For others than DONE ones.

    Raises
    ------
    ValueError, ConfigError, APIError
        As `ReportsAPI.iter_reports`.
    """
    places = set(marketplace_ids or ())
    is_told = 0 < len(places) <= MOST_FILTERS
    found = connection.api.iter_reports(
        report_types=report_types,
        processing_statuses=processing_statuses,
        marketplace_ids=marketplace_ids if is_told else None,
        created_since=created_since,
    )
    if is_told or not places:
        return found
    known = places | {each.id for each in MARKETPLACES}

    def is_of_them(report: Report) -> bool:
        named = known.intersection(report.marketplace_ids or ())
        return not named or not named.isdisjoint(places)

    return filter(is_of_them, found)


def finished_document(
    report: Report,
    entry: ReportType,
    connection: Connection,
    *,
    request: ReportRequest | None,
    encoding: str | None = None,
    examiner: Examiner | None = None,
    patience: float = 0.0,
) -> DocumentSource | None:
    """Return the report's document; None where Amazon had no data.

    Parameters
    ----------
    report : Report
        DONE, CANCELLED or FATAL.
    entry : ReportType
    connection : Connection
    request : ReportRequest or None
        What was asked for; None for a report that was found.
    encoding : str or None
        Overrides every other sign of the charset.
    examiner : Examiner or None
        Knows reports of this type already; a fresh one where left out.
    patience : float, seconds
        As for `AmazonOrigin`.

    Raises
    ------
    ReportError
        As `Examiner.check`.
    """
    options = request.options if request else {}
    (examiner or Examiner(connection, entry)).check(report, options)
    if report.processing_status != ProcessingStatus.DONE:
        return None
    code = marketplace_code(report.marketplace_ids)
    reading = Reading(
        entry=entry.for_marketplace(code) if code else entry,
        encoding=encoding,
        legacy_charset=legacy_charset(report.marketplace_ids),
        echo=Echo(
            report_type=report.report_type,
            marketplace_ids=report.marketplace_ids,
            options=options,
            start=report.data_start_time,
            end=report.data_end_time,
            period=period_of(entry, options),
        ),
    )
    return DocumentSource(
        AmazonOrigin(
            connection,
            str(report.report_document_id),
            restricted=entry.restricted,
            patience=patience,
        ),
        reading,
        stem=report.report_id,
        constants=metadata(report),
        provenance=provenance(
            report,
            options,
            account=connection.account,
            key=request.key if request else None,
        ),
    )


def document_by_id(
    connection: Connection,
    entry: ReportType,
    report_document_id: str,
    *,
    encoding: str | None,
    typed: bool,
) -> Document:
    """Return a document of which only the id is known; `typed` says if its type is."""
    said = as_told(entry.marketplace or "")
    source = DocumentSource(
        AmazonOrigin(connection, report_document_id, restricted=entry.restricted),
        Reading(entry=entry, encoding=encoding, legacy_charset=said.legacy_charset),
        stem=report_document_id,
        constants={"report_type": entry.report_type if typed else None},
        provenance={
            "account": connection.account,
            "report_document_id": report_document_id,
            "version": library_version(),
        },
    )
    return Document(source)
