"""The nine operations as a table: how to call each, and what Amazon then answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spreports.api.operations import ReportsAPI
from tests.api.scripted_amazon import (
    BASE,
    Reply,
    document_json,
    report_json,
    schedule_json,
)


@dataclass(frozen=True)
class Row:
    operation: str
    on: str
    good: Reply
    call: Callable[[ReportsAPI], object]
    repeatable: bool = True

    def __str__(self) -> str:
        return self.operation


TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
DE = "A1PA6795UKMFR9"

ROWS = [
    Row(
        "getReports",
        f"GET {BASE}/reports",
        Reply(200, {"reports": [report_json()]}),
        lambda api: api.get_reports(report_types=[TYPE]),
    ),
    Row(
        "createReport",
        f"POST {BASE}/reports",
        Reply(202, {"reportId": "R1"}),
        lambda api: api.create_report(report_type=TYPE, marketplace_ids=[DE]),
        repeatable=False,
    ),
    Row(
        "getReport",
        f"GET {BASE}/reports/R1",
        Reply(200, report_json()),
        lambda api: api.get_report("R1"),
    ),
    Row(
        "cancelReport",
        f"DELETE {BASE}/reports/R1",
        Reply(200),
        lambda api: api.cancel_report("R1"),
    ),
    Row(
        "getReportSchedules",
        f"GET {BASE}/schedules",
        Reply(200, {"reportSchedules": [schedule_json()]}),
        lambda api: api.get_report_schedules(report_types=[TYPE]),
    ),
    Row(
        "createReportSchedule",
        f"POST {BASE}/schedules",
        Reply(201, {"reportScheduleId": "S1"}),
        lambda api: api.create_report_schedule(
            report_type=TYPE, marketplace_ids=[DE], period="P1D"
        ),
    ),
    Row(
        "getReportSchedule",
        f"GET {BASE}/schedules/S1",
        Reply(200, schedule_json()),
        lambda api: api.get_report_schedule("S1"),
    ),
    Row(
        "cancelReportSchedule",
        f"DELETE {BASE}/schedules/S1",
        Reply(200),
        lambda api: api.cancel_report_schedule("S1"),
    ),
    Row(
        "getReportDocument",
        f"GET {BASE}/documents/D1",
        Reply(200, document_json()),
        lambda api: api.get_report_document("D1"),
    ),
]
