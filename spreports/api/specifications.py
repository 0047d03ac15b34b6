"""What the two create operations are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from spreports.api.enums import Period, known
from spreports.api.fields import Fields, members

__all__ = ["CreateReportScheduleSpecification", "CreateReportSpecification"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReportSpecification:
    """What createReport is asked for.

    Attributes
    ----------
    report_type : str
    marketplace_ids : tuple of str, 1 to 25
    report_options : mapping of str to str, or None
    data_start_time, data_end_time : datetime or None, aware

    Source: Reports API v2021-06-30, Definitions, CreateReportSpecification.
    """

    report_type: str
    marketplace_ids: tuple[str, ...]
    report_options: Mapping[str, str] | None = field(default=None, hash=False)
    data_start_time: datetime | None = None
    data_end_time: datetime | None = None

    @classmethod
    def from_json(cls, data: object) -> CreateReportSpecification:
        """Read a specification; `TransportError` where it is not what is promised."""
        fields = Fields(data, "CreateReportSpecification")
        return cls(
            report_type=fields.text("reportType"),
            marketplace_ids=fields.texts("marketplaceIds"),
            report_options=fields.options("reportOptions"),
            data_start_time=fields.optional_time("dataStartTime"),
            data_end_time=fields.optional_time("dataEndTime"),
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        return members(
            reportOptions=self.report_options,
            reportType=self.report_type,
            dataStartTime=self.data_start_time,
            dataEndTime=self.data_end_time,
            marketplaceIds=list(self.marketplace_ids),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReportScheduleSpecification:
    """What createReportSchedule is asked for.

    Attributes
    ----------
    report_type : str
    marketplace_ids : tuple of str, 1 to 25
    period : Period or str
    report_options : mapping of str to str, or None
    next_report_creation_time : datetime or None, aware

    Source: Reports API v2021-06-30, Definitions, CreateReportScheduleSpecification.
    """

    report_type: str
    marketplace_ids: tuple[str, ...]
    period: Period | str
    report_options: Mapping[str, str] | None = field(default=None, hash=False)
    next_report_creation_time: datetime | None = None

    @classmethod
    def from_json(cls, data: object) -> CreateReportScheduleSpecification:
        """Read a specification; `TransportError` where it is not what is promised."""
        fields = Fields(data, "CreateReportScheduleSpecification")
        return cls(
            report_type=fields.text("reportType"),
            marketplace_ids=fields.texts("marketplaceIds"),
            period=known(Period, fields.text("period")),
            report_options=fields.options("reportOptions"),
            next_report_creation_time=fields.optional_time("nextReportCreationTime"),
        )

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of the reference; absent members are left out."""
        return members(
            reportType=self.report_type,
            marketplaceIds=list(self.marketplace_ids),
            reportOptions=self.report_options,
            period=str(self.period),
            nextReportCreationTime=self.next_report_creation_time,
        )
