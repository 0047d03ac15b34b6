"""Schedules: list, create, ask after, cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from spreports.api.attempts import Call
from spreports.api.calls import BASE, Operations, by_id, nothing, query_of
from spreports.api.checks import (
    MOST_FILTERS,
    check_marketplaces,
    check_text,
    check_texts,
    check_time,
    check_value,
)
from spreports.api.fields import Fields
from spreports.api.models import (
    CreateReportScheduleSpecification,
    Period,
    ReportSchedule,
    ReportScheduleId,
)
from spreports.api.options import check_options
from spreports.errors import NotFoundError
from spreports.flags import check_flag

__all__ = ["ScheduleOperations"]


class ScheduleOperations(Operations):
    """getReportSchedules, createReportSchedule, getReportSchedule, and its cancel."""

    def get_report_schedules(
        self, *, report_types: Sequence[str]
    ) -> tuple[ReportSchedule, ...]:
        """Return the schedules of report types.

        Parameters
        ----------
        report_types : sequence of str, 1 to 10

        Returns
        -------
        tuple of ReportSchedule

        Raises
        ------
        ValueError
            A limit of the reference does not hold.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, getReportSchedules.
        """
        call = Call(
            operation="getReportSchedules",
            method="GET",
            path=f"{BASE}/schedules",
            template=f"{BASE}/schedules",
            query=query_of(
                {"reportTypes": check_texts("report_types", report_types, MOST_FILTERS)}
            ),
        )
        return self._transport.call(call, _read_schedules)

    def create_report_schedule(
        self,
        *,
        report_type: str,
        marketplace_ids: Sequence[str],
        period: Period | str,
        report_options: Mapping[str, str] | None = None,
        next_report_creation_time: datetime | None = None,
        repeatable: bool = True,
    ) -> ReportScheduleId:
        """Create a schedule; one of the same type and marketplaces is replaced.

        Parameters
        ----------
        report_type : str
        marketplace_ids : sequence of str, 1 to 25
        period : Period or str
            One of the 18 that the reference lists.
        report_options : mapping of str to str, optional
        next_report_creation_time : datetime, aware, optional
        repeatable : bool
            Ask again after a failure that leaves it open whether Amazon acted: it
            replaces the first with the same. False hands such a failure back.

        Returns
        -------
        str
            The report schedule id.

        Raises
        ------
        ValueError, TypeError
            A limit of the reference does not hold, or `repeatable` is no flag.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, createReportSchedule.
        """
        if next_report_creation_time is not None:
            check_time("next_report_creation_time", next_report_creation_time)
        wanted = CreateReportScheduleSpecification(
            report_type=check_text("report_type", report_type),
            marketplace_ids=check_marketplaces("marketplace_ids", marketplace_ids, 25),
            period=check_value("period", period, Period),
            report_options=check_options("report_options", report_options),
            next_report_creation_time=next_report_creation_time,
        )
        call = Call(
            operation="createReportSchedule",
            method="POST",
            path=f"{BASE}/schedules",
            template=f"{BASE}/schedules",
            body=wanted.to_json(),
            repeatable=check_flag("repeatable", repeatable),
        )
        return self._transport.call(
            call, _read_schedule_id, marketplaces=wanted.marketplace_ids
        )

    def get_report_schedule(self, report_schedule_id: str) -> ReportSchedule:
        """Return one schedule.

        Parameters
        ----------
        report_schedule_id : str

        Returns
        -------
        ReportSchedule

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, getReportSchedule.
        """
        call = by_id(
            "getReportSchedule",
            "GET",
            "schedules",
            "reportScheduleId",
            report_schedule_id,
        )
        return self._transport.call(call, ReportSchedule.from_json)

    def cancel_report_schedule(self, report_schedule_id: str) -> None:
        """Cancel a schedule; gone after a lost answer is success.

        Parameters
        ----------
        report_schedule_id : str

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, cancelReportSchedule.
        """
        call = by_id(
            "cancelReportSchedule",
            "DELETE",
            "schedules",
            "reportScheduleId",
            report_schedule_id,
        )
        # After a try whose answer was lost, gone means that this try worked
        self._transport.call(
            call, nothing, was_done=lambda error: isinstance(error, NotFoundError)
        )


def _read_schedules(data: object) -> tuple[ReportSchedule, ...]:
    """Read ReportScheduleList."""
    entries = Fields(data, "ReportScheduleList").entries("reportSchedules")
    return tuple(ReportSchedule.from_json(entry) for entry in entries)


def _read_schedule_id(data: object) -> ReportScheduleId:
    """Read CreateReportScheduleResponse."""
    fields = Fields(data, "CreateReportScheduleResponse")
    return ReportScheduleId(fields.identifier("reportScheduleId"))
