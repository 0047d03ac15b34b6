"""The reference's schemas as frozen, typed values.

Names are the reference's in snake_case; an enum value that Amazon has added since stays
a plain string, a field that it has added is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from spreports.api.enums import (
    TERMINAL,
    CompressionAlgorithm,
    Period,
    ProcessingStatus,
    known,
)
from spreports.api.fields import Fields, members
from spreports.api.specifications import (
    CreateReportScheduleSpecification,
    CreateReportSpecification,
)

__all__ = [
    "CompressionAlgorithm",
    "CreateReportScheduleSpecification",
    "CreateReportSpecification",
    "Period",
    "ProcessingStatus",
    "Report",
    "ReportDocument",
    "ReportDocumentId",
    "ReportId",
    "ReportPage",
    "ReportSchedule",
    "ReportScheduleId",
]

ReportId = NewType("ReportId", str)
ReportDocumentId = NewType("ReportDocumentId", str)
ReportScheduleId = NewType("ReportScheduleId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report as getReport and getReports tell of it.

    Attributes
    ----------
    report_id : ReportId
        Unique only together with the seller.
    report_type : str
    created_time : datetime, aware UTC
    processing_status : ProcessingStatus or str
        A plain string where Amazon sends a status that this version does not know.
    marketplace_ids : tuple of str
        Empty where Amazon did not send them.
    data_start_time, data_end_time : datetime or None, aware UTC
    report_schedule_id : ReportScheduleId or None
        Of the schedule that made the report.
    processing_start_time, processing_end_time : datetime or None, aware UTC
    report_document_id : ReportDocumentId or None
        There once the report is DONE; a FATAL report may have one that says why.

    Source: Reports API v2021-06-30, Definitions, Report.
    """

    report_id: ReportId
    report_type: str
    created_time: datetime
    processing_status: ProcessingStatus | str
    marketplace_ids: tuple[str, ...] = ()
    data_start_time: datetime | None = None
    data_end_time: datetime | None = None
    report_schedule_id: ReportScheduleId | None = None
    processing_start_time: datetime | None = None
    processing_end_time: datetime | None = None
    report_document_id: ReportDocumentId | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether the report will not change any more; unknown statuses may."""
        return self.processing_status in TERMINAL

    @classmethod
    def from_json(cls, data: object) -> Report:
        """Read a Report; `TransportError` where it is not what is promised."""
        fields = Fields(data, "Report")
        schedule_id = fields.optional_identifier("reportScheduleId")
        document_id = fields.optional_identifier("reportDocumentId")
        return cls(
            report_id=ReportId(fields.identifier("reportId")),
            report_type=fields.text("reportType"),
            created_time=fields.time("createdTime"),
            processing_status=known(ProcessingStatus, fields.text("processingStatus")),
            marketplace_ids=fields.texts("marketplaceIds"),
            data_start_time=fields.optional_time("dataStartTime"),
            data_end_time=fields.optional_time("dataEndTime"),
            report_schedule_id=ReportScheduleId(schedule_id) if schedule_id else None,
            processing_start_time=fields.optional_time("processingStartTime"),
            processing_end_time=fields.optional_time("processingEndTime"),
            report_document_id=ReportDocumentId(document_id) if document_id else None,
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        return members(
            marketplaceIds=list(self.marketplace_ids) or None,
            reportId=self.report_id,
            reportType=self.report_type,
            dataStartTime=self.data_start_time,
            dataEndTime=self.data_end_time,
            reportScheduleId=self.report_schedule_id,
            createdTime=self.created_time,
            processingStatus=str(self.processing_status),
            processingStartTime=self.processing_start_time,
            processingEndTime=self.processing_end_time,
            reportDocumentId=self.report_document_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """One answer of getReports.

    Attributes
    ----------
    reports : tuple of Report
        In Amazon's order.
    next_token : str or None
        To be sent alone for the next page; None on the last one.

    Source: Reports API v2021-06-30, Definitions, GetReportsResponse.
    """

    reports: tuple[Report, ...]
    next_token: str | None = None

    @classmethod
    def from_json(cls, data: object) -> ReportPage:
        """Read a page; `TransportError` where it is not what is promised."""
        fields = Fields(data, "GetReportsResponse")
        return cls(
            reports=tuple(Report.from_json(each) for each in fields.entries("reports")),
            next_token=fields.optional_text("nextToken") or None,
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        reports = [report.to_json() for report in self.reports]
        return members(reports=reports, nextToken=self.next_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSchedule:
    """A standing order for reports.

    Attributes
    ----------
    report_schedule_id : ReportScheduleId
        Unique only together with the seller.
    report_type : str
    period : Period or str
        A plain string where Amazon sends a period that this version does not know.
    marketplace_ids : tuple of str
        Empty where Amazon did not send them.
    report_options : mapping of str to str, or None
    next_report_creation_time : datetime or None, aware UTC

    Source: Reports API v2021-06-30, Definitions, ReportSchedule.
    """

    report_schedule_id: ReportScheduleId
    report_type: str
    period: Period | str
    marketplace_ids: tuple[str, ...] = ()
    report_options: Mapping[str, str] | None = field(default=None, hash=False)
    next_report_creation_time: datetime | None = None

    @classmethod
    def from_json(cls, data: object) -> ReportSchedule:
        """Read a schedule; `TransportError` where it is not what is promised."""
        fields = Fields(data, "ReportSchedule")
        return cls(
            report_schedule_id=ReportScheduleId(fields.identifier("reportScheduleId")),
            report_type=fields.text("reportType"),
            period=known(Period, fields.text("period")),
            marketplace_ids=fields.texts("marketplaceIds"),
            report_options=fields.options("reportOptions"),
            next_report_creation_time=fields.optional_time("nextReportCreationTime"),
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        return members(
            reportScheduleId=self.report_schedule_id,
            reportType=self.report_type,
            marketplaceIds=list(self.marketplace_ids) or None,
            reportOptions=self.report_options,
            period=str(self.period),
            nextReportCreationTime=self.next_report_creation_time,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """Where a report's contents lie, for the next five minutes.

    Attributes
    ----------
    report_document_id : ReportDocumentId
        Unique only together with the seller.
    url : str
        Presigned; expires 5 minutes after the call. A key in itself, so it is left out
        of ``repr``.
    compression_algorithm : CompressionAlgorithm, str or None
        What Amazon says; None for a plain document.

    Source: Reports API v2021-06-30, Definitions, ReportDocument.
    """

    report_document_id: ReportDocumentId
    url: str = field(repr=False)
    compression_algorithm: CompressionAlgorithm | str | None = None

    @classmethod
    def from_json(cls, data: object) -> ReportDocument:
        """Read a document; `TransportError` where it is not what is promised."""
        fields = Fields(data, "ReportDocument")
        algorithm = fields.optional_text("compressionAlgorithm")
        return cls(
            report_document_id=ReportDocumentId(fields.identifier("reportDocumentId")),
            url=fields.text("url"),
            compression_algorithm=(
                known(CompressionAlgorithm, algorithm) if algorithm else None
            ),
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        algorithm = self.compression_algorithm
        return members(
            reportDocumentId=self.report_document_id,
            url=self.url,
            compressionAlgorithm=str(algorithm) if algorithm else None,
        )
