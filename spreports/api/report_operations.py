"""Reports: list, create, ask after, cancel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from spreports.api.attempts import Call, Sending
from spreports.api.calls import BASE, Operations, by_id, nothing, query_of
from spreports.api.checks import (
    LARGEST_PAGE,
    check_listing,
    check_marketplaces,
    check_range,
    check_text,
)
from spreports.api.fields import Fields
from spreports.api.models import (
    CreateReportSpecification,
    ProcessingStatus,
    Report,
    ReportId,
    ReportPage,
)
from spreports.api.options import check_options
from spreports.api.paging import pages
from spreports.errors import APIError, BadRequestError, TransportError

__all__ = ["ReportOperations"]


class ReportOperations(Operations):
    """getReports, createReport, getReport, cancelReport."""

    def get_reports(
        self,
        *,
        report_types: Sequence[str] | None = None,
        processing_statuses: Sequence[ProcessingStatus | str] | None = None,
        marketplace_ids: Sequence[str] | None = None,
        page_size: int | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        next_token: str | None = None,
    ) -> ReportPage:
        """List reports that match; one page.

        Parameters
        ----------
        report_types : sequence of str, 1 to 10
            Required, unless `next_token` is given.
        processing_statuses : sequence of ProcessingStatus or str, optional
        marketplace_ids : sequence of str, 1 to 10, optional
        page_size : int, 1 to 100, optional
            Amazon takes 10 when it is left out.
        created_since, created_until : datetime, aware, optional
            At most 90 days back; Amazon takes 90 days ago and now. A start within five
            minutes of 90 days ago is left out: Amazon then goes by its own clock.
        next_token : str, optional
            Of the page before; given alone.

        Returns
        -------
        ReportPage

        Raises
        ------
        ValueError
            A limit of the reference does not hold.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, getReports.
        """
        filters = {
            "report_types": report_types,
            "processing_statuses": processing_statuses,
            "marketplace_ids": marketplace_ids,
            "page_size": page_size,
            "created_since": created_since,
            "created_until": created_until,
        }
        if next_token is None:
            return self._page(check_listing(filters, self._transport.clock.now()))
        if not isinstance(next_token, str) or not next_token:  # type: ignore[redundant-expr, unused-ignore] # types may lie
            raise ValueError(
                "next_token is empty or no text: leave it out for the first page"
            )
        if any(value is not None for value in filters.values()):
            raise ValueError(
                "next_token must be the only parameter: it carries the filters of its "
                "first page"
            )
        return self._page({"nextToken": next_token})

    def iter_reports(
        self,
        *,
        report_types: Sequence[str],
        processing_statuses: Sequence[ProcessingStatus | str] | None = None,
        marketplace_ids: Sequence[str] | None = None,
        page_size: int = LARGEST_PAGE,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
    ) -> Iterator[Report]:
        """Yield all reports that match, page after page, each report once.

        Parameters
        ----------
        report_types, processing_statuses, marketplace_ids, created_since, created_until
            As `get_reports` takes them.
        page_size : int, 1 to 100
            The largest unless given: a call is dear, a row is not.

        Yields
        ------
        Report

        Raises
        ------
        ValueError
            A limit of the reference does not hold.
        TransportError
            Amazon's pages go round in a circle.
        ConfigError, APIError
            See `Transport.call`.
        """
        filters = {
            "report_types": report_types,
            "processing_statuses": processing_statuses,
            "marketplace_ids": marketplace_ids,
            "page_size": page_size,
            "created_since": created_since,
            "created_until": created_until,
        }
        query = check_listing(filters, self._transport.clock.now())
        return pages(
            lambda: self._page(query),
            lambda token: self._page({"nextToken": token}),
        )

    def create_report(
        self,
        *,
        report_type: str,
        marketplace_ids: Sequence[str],
        report_options: Mapping[str, str] | None = None,
        data_start_time: datetime | None = None,
        data_end_time: datetime | None = None,
        sending: Sending | None = None,
    ) -> ReportId:
        """Create a report.

        An unclear failure is never repeated here: after `TransportError` with ``.sent``
        or `ServerError`, look with `get_reports` whether the report was made.

        Parameters
        ----------
        report_type : str
        marketplace_ids : sequence of str, 1 to 25
        report_options : mapping of str to str, optional
        data_start_time, data_end_time : datetime, aware, optional
            Not in the future; Amazon takes now.
        sending : Sending, optional
            Told when the request goes out, quota having been waited for, and when it
            has come to nothing: what has to be known before a report may be made.

        Returns
        -------
        str
            The report id.

        Raises
        ------
        ValueError
            A limit of the reference does not hold.
        ConfigError, APIError
            See `Transport.call`.

        Source: Reports API v2021-06-30, createReport.
        """
        check_range(data_start_time, data_end_time, self._transport.clock.now())
        wanted = CreateReportSpecification(
            report_type=check_text("report_type", report_type),
            marketplace_ids=check_marketplaces("marketplace_ids", marketplace_ids, 25),
            report_options=check_options("report_options", report_options),
            data_start_time=data_start_time,
            data_end_time=data_end_time,
        )
        call = Call(
            operation="createReport",
            method="POST",
            path=f"{BASE}/reports",
            template=f"{BASE}/reports",
            body=wanted.to_json(),
            repeatable=False,
            sending=sending,
        )
        return self._transport.call(
            call,
            lambda data: ReportId(
                Fields(data, "CreateReportResponse").identifier("reportId")
            ),
            marketplaces=wanted.marketplace_ids,
        )

    def get_report(self, report_id: str) -> Report:
        """Return one report.

        Parameters
        ----------
        report_id : str

        Returns
        -------
        Report

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`; `NotFoundError` also for another seller's id.

        Source: Reports API v2021-06-30, getReport.
        """
        call = by_id("getReport", "GET", "reports", "reportId", report_id)

        def read(data: object) -> Report:
            report = Report.from_json(data)
            if report.report_id != report_id:
                raise TransportError(
                    "Report.reportId is another report's than the one asked for: not "
                    "what the reference promises"
                )
            return report

        return self._transport.call(call, read)

    def cancel_report(self, report_id: str) -> None:
        """Cancel a report that is still IN_QUEUE.

        Where the answer was lost and Amazon then says that it is too late, the report's
        status decides: CANCELLED is success.

        Parameters
        ----------
        report_id : str

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`; `BadRequestError` once it is processed.

        Source: Reports API v2021-06-30, cancelReport.
        """
        call = by_id("cancelReport", "DELETE", "reports", "reportId", report_id)

        def was_done(refusal: APIError) -> bool:
            """Say whether it was cancelled by the try whose answer was lost."""
            if not isinstance(refusal, BadRequestError):
                return False
            status = self.get_report(report_id).processing_status
            return status == ProcessingStatus.CANCELLED

        self._transport.call(call, nothing, was_done=was_done)

    def _page(self, query: Mapping[str, object]) -> ReportPage:
        """Call getReports with parameters that are checked."""
        call = Call(
            operation="getReports",
            method="GET",
            path=f"{BASE}/reports",
            template=f"{BASE}/reports",
            query=query_of(query),
        )
        marketplaces = query.get("marketplaceIds")
        return self._transport.call(
            call,
            ReportPage.from_json,
            marketplaces=marketplaces if isinstance(marketplaces, tuple) else (),
        )
