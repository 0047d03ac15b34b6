"""The nine operations of the Reports API, each as the reference says.

Source: Reports API v2021-06-30, Operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from spreports.clock import Clock
from spreports.simulator.content import has_content
from spreports.simulator.journal import Journal
from spreports.simulator.lifecycle import PERIODS, RETENTION, Report, ReportSchedule
from spreports.simulator.paging import Pager
from spreports.simulator.refusal import forbidden, invalid, no_content, not_found
from spreports.simulator.reports import ReportBook
from spreports.simulator.server import Request
from spreports.simulator.tokens import parse_json_object
from spreports.simulator.validation import (
    MAX_FILTER_MARKETPLACES,
    MAX_REPORT_TYPES,
    Body,
    Parameters,
    not_requestable,
)

STATUSES = frozenset({"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"})
FILTERS = frozenset(
    {
        "reportTypes",
        "processingStatuses",
        "marketplaceIds",
        "pageSize",
        "createdSince",
        "createdUntil",
        "nextToken",
    }
)
REPORT_KEYS = frozenset(
    {"reportOptions", "reportType", "dataStartTime", "dataEndTime", "marketplaceIds"}
)
SCHEDULE_KEYS = frozenset(
    {
        "reportType",
        "marketplaceIds",
        "reportOptions",
        "period",
        "nextReportCreationTime",
    }
)
# Status and body; None is an empty body
Outcome = tuple[int, "dict[str, Any] | None"]
Handler = Callable[[Request, str], Outcome]


class Operations:
    """What each operation does with a request that may pass.

    Parameters
    ----------
    clock : Clock
    book : ReportBook
    pager : Pager
    journal : Journal
    region : str or None
        Marketplaces of other regions are forbidden; None allows all.
    no_role_for : frozenset of str
        Report types that are forbidden.
    presign : callable, (str, bool) -> (str, str or None) or None
        Gives a document's URL, with or without a Content-Encoding header behind it,
        and its compression algorithm; None where the shelf has no such document.
    """

    def __init__(
        self,
        clock: Clock,
        book: ReportBook,
        pager: Pager,
        journal: Journal,
        *,
        region: str | None,
        no_role_for: frozenset[str] = frozenset(),
        presign: Callable[[str, bool], tuple[str, str | None] | None],
    ) -> None:
        self._clock = clock
        self._book = book
        self._pager = pager
        self._journal = journal
        self._region = region
        self._no_role_for = no_role_for
        self._presign = presign
        self.handlers: Mapping[str, Handler] = {
            "getReports": self._get_reports,
            "createReport": self._create_report,
            "getReport": self._get_report,
            "cancelReport": self._cancel_report,
            "getReportSchedules": self._get_report_schedules,
            "createReportSchedule": self._create_report_schedule,
            "getReportSchedule": self._get_report_schedule,
            "cancelReportSchedule": self._cancel_report_schedule,
            "getReportDocument": self._get_report_document,
        }

    def _get_reports(self, request: Request, _: str) -> Outcome:
        asked = Parameters(request, "getReports", FILTERS, self._journal)
        token = asked.text("nextToken")
        if token is not None:
            if len(request.query) > 1:
                self._journal.breach("getReports: nextToken is not alone")
                raise invalid("nextToken must be the only parameter.")
            return self._page(*self._pager.next(token))
        types = asked.array("reportTypes", MAX_REPORT_TYPES)
        if types is None:
            raise invalid("Either reportTypes or nextToken is required.")
        self._check_roles(types)
        statuses = asked.array("processingStatuses")
        if statuses is not None and not STATUSES.issuperset(statuses):
            raise invalid("processingStatuses has an unknown value.")
        places = asked.array("marketplaceIds", MAX_FILTER_MARKETPLACES)
        size = asked.integer("pageSize", 1, 100, 10)
        now = self._clock.now()
        since = asked.moment("createdSince") or now - RETENTION
        until = asked.moment("createdUntil") or now
        if since < now - RETENTION:
            raise invalid("createdSince is more than 90 days ago.")
        if since > until:
            raise invalid("createdSince is after createdUntil.")

        def wanted(report: Report) -> bool:
            return (
                report.report_type in types
                and since <= report.created <= until
                and (statuses is None or report.status(now) in statuses)
                and (
                    places is None or not set(places).isdisjoint(report.marketplace_ids)
                )
            )

        return self._page(*self._pager.first(self._book.newest_first(wanted), size))

    def _page(self, reports: list[Report], token: str | None) -> Outcome:
        now = self._clock.now()
        page: dict[str, Any] = {"reports": [report.to_json(now) for report in reports]}
        if token is not None:
            page["nextToken"] = token
        return 200, page

    def _create_report(self, request: Request, _: str) -> Outcome:
        asked = self._body(request, "createReport", REPORT_KEYS)
        report_type, facts = asked.report_type()
        self._check_roles((report_type,))
        places = asked.marketplace_ids(self._region)
        options = asked.options()
        start, end = asked.window(self._clock.now())
        if not facts.requestable:
            raise not_requestable()
        self._check_content(report_type)
        report = self._book.create(report_type, places, start, end, options=options)
        return 202, {"reportId": report.report_id}

    def _check_content(self, report_type: str) -> None:
        """Refuse report types that Amazon makes, and the simulator cannot."""
        if not (has_content(report_type) or report_type in self._book.fatal):
            raise no_content(report_type)

    def _check_roles(self, report_types: Sequence[str]) -> None:
        """Refuse report types that the application has no role for."""
        if not self._no_role_for.isdisjoint(report_types):
            raise forbidden("The application has no role for this report type.")

    def _get_report(self, _: Request, report_id: str) -> Outcome:
        return 200, self._found(report_id).to_json(self._clock.now())

    def _cancel_report(self, _: Request, report_id: str) -> Outcome:
        with self._book.lock:
            report = self._found(report_id)
            now = self._clock.now()
            if report.status(now) != "IN_QUEUE":
                raise invalid("Only reports that are IN_QUEUE can be cancelled.")
            report.cancelled = now
        return 200, None

    def _get_report_schedules(self, request: Request, _: str) -> Outcome:
        known = frozenset({"reportTypes"})
        asked = Parameters(request, "getReportSchedules", known, self._journal)
        types = asked.array("reportTypes", MAX_REPORT_TYPES)
        if types is None:
            raise invalid("reportTypes is required.")
        self._check_roles(types)
        found = self._book.schedules(types)
        return 200, {"reportSchedules": [schedule.to_json() for schedule in found]}

    def _create_report_schedule(self, request: Request, _: str) -> Outcome:
        asked = self._body(request, "createReportSchedule", SCHEDULE_KEYS)
        report_type, facts = asked.report_type()
        self._check_roles((report_type,))
        places = asked.marketplace_ids(self._region)
        options = asked.options()
        period = asked.member("period", PERIODS)
        given = asked.moment("nextReportCreationTime")
        # A schedule may make what cannot be requested
        if not facts.schedulable:
            raise not_requestable()
        now = self._clock.now()
        if given is not None and given < now - timedelta(days=1):
            raise invalid("nextReportCreationTime is in the past.")
        schedule = ReportSchedule(
            schedule_id=self._book.new_schedule_id(),
            report_type=report_type,
            marketplace_ids=places,
            options=options,
            period=period,
            next_time=now if given is None else given,
        )
        if given is None:
            schedule.step()
        self._book.schedule(schedule)
        return 201, {"reportScheduleId": schedule.schedule_id}

    def _get_report_schedule(self, _: Request, schedule_id: str) -> Outcome:
        schedule = self._book.find_schedule(schedule_id)
        if schedule is None:
            raise not_found("There is no such report schedule.")
        return 200, schedule.to_json()

    def _cancel_report_schedule(self, _: Request, schedule_id: str) -> Outcome:
        if not self._book.end_schedule(schedule_id):
            raise not_found("There is no such report schedule.")
        return 200, None

    def _get_report_document(self, request: Request, document_id: str) -> Outcome:
        name = "enableContentEncodingUrlHeader"
        asked = Parameters(
            request, "getReportDocument", frozenset({name}), self._journal
        )
        encoded = asked.boolean(name)
        report = self._book.with_document(document_id)
        now = self._clock.now()
        if report is None or report.status(now) not in {"DONE", "FATAL"}:
            raise not_found("There is no such report document.")
        # 400, not 404, once it is gone: observed
        if now - report.created > RETENTION:
            raise invalid("The report document is no longer available.")
        signed = self._presign(document_id, encoded)
        if signed is None:
            raise not_found("There is no such report document.")
        url, compression = signed
        shown = {"reportDocumentId": document_id, "url": url}
        if compression is not None:
            shown["compressionAlgorithm"] = compression
        return 200, shown

    def _found(self, report_id: str) -> Report:
        report = self._book.find(report_id)
        if report is None:
            raise not_found("There is no such report.")
        return report

    def _body(self, request: Request, operation: str, known: frozenset[str]) -> Body:
        return Body(parse_json_object(request), operation, known, self._journal)
