"""Count what the ledger and the store have of a description already; asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spreports.api.models import Report
from spreports.catalog import ReportType
from spreports.plan.plan import Plan, plan
from spreports.reports.connection import Connection
from spreports.reports.origin import AmazonOrigin
from spreports.reports.request import ReportRequest


def planned(
    connection: Connection,
    entry: ReportType,
    requests: Sequence[ReportRequest],
    reports: Mapping[int, Report],
    *,
    reuse: bool,
) -> Plan:
    """Return the plan of a description, from what is here."""

    def is_stored(document_id: str | None) -> bool:
        if document_id is None:
            return False
        origin = AmazonOrigin(connection, document_id, restricted=entry.restricted)
        return origin.known() is not None

    adopted = stored = 0
    for index, request in enumerate(requests):
        known = reports.get(index)
        document_id: str | None = known.report_document_id if known else None
        if known is None and reuse:
            row = connection.ledger.latest(connection.account, request.key)
            document_id = row.report_document_id if row else None
            adopted += bool(row and row.report_id)
        else:
            adopted += known is not None
        stored += is_stored(document_id)
    if not requests:
        adopted = len(reports)
        stored = sum(is_stored(r.report_document_id) for r in reports.values())
    windows = dict.fromkeys(r.window for r in requests if r.window)
    return plan(
        entry.report_type,
        tuple(windows),
        reports=len(requests) or len(reports),
        adopted=adopted,
        stored=stored,
        restricted=entry.restricted,
    )
