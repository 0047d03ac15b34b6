"""Join a description with the ledger, the store and the buckets; asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

from spreports.api.bucket import Bucket
from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.catalog.history import earliest_day
from spreports.errors import ParseError
from spreports.plan.estimate import CREATE, DOCUMENT, RESTRICTED, CoolDownLeft
from spreports.plan.plan import Plan, plan
from spreports.plan.windows import midnight
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.connection import Connection
from spreports.reports.listing import ours
from spreports.reports.request import ReportRequest

__all__ = [
    "bucket_states",
    "cooldown_of",
    "insist_on_reader",
    "planned",
    "refuse_too_old",
]

# What 18 calendar months may have beyond 548 days, and two years beyond 730
_SLACK = timedelta(days=2)


def bucket_states(connection: Connection) -> dict[str, Bucket]:
    """Return the account's buckets, as they are, in seconds from now; books nothing."""
    return {
        operation: connection.throttle.state(operation)
        for operation in (CREATE, RESTRICTED, DOCUMENT)
    }


def cooldown_of(
    connection: Connection, entry: ReportType, groups: Sequence[tuple[str, ...]]
) -> CoolDownLeft | None:
    """Return a type's cool-down and what is left of it for groups of marketplaces."""
    if not entry.cooldown_seconds:
        return None
    distinct = list(dict.fromkeys(groups)) or [()]
    return CoolDownLeft(
        report_type=entry.report_type,
        seconds=float(entry.cooldown_seconds),
        waits={
            group: connection.cooldowns.wait_for(entry.report_type, group)
            for group in distinct
        },
    )


def planned(
    connection: Connection,
    entry: ReportType,
    requests: Sequence[ReportRequest],
    reports: Mapping[int, Report],
    *,
    reuse: bool,
) -> Plan:
    """Return the plan of a description, from what is here.

    Raises
    ------
    ConfigError
        Its marketplaces lie in another region than the client.
    """
    name = entry.alias or entry.report_type
    connection.api.check_region((name, each.marketplace_ids) for each in requests)

    def is_stored(document_id: str | None) -> bool:
        if document_id is None:
            return False
        origin = AmazonOrigin(connection, document_id, restricted=entry.restricted)
        return origin.known() is not None

    adopted = unfinished = stored = 0
    for index, request in enumerate(requests):
        known = reports.get(index)
        document_id: str | None = known.report_document_id if known else None
        if known is not None:
            adopted += 1
        elif reuse and (row := ours(connection, request)) is not None:
            document_id = row.report_document_id
            adopted += 1
            unfinished += row.processing_status != ProcessingStatus.DONE
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
        unfinished=unfinished,
        stored=stored,
        restricted=entry.restricted,
        cooldown=cooldown_of(connection, entry, [r.marketplace_ids for r in requests]),
        states=bucket_states(connection),
        now=connection.clock.now(),
    )


def insist_on_reader(
    entry: ReportType, what: Callable[[], Plan], *, here: bool = True
) -> None:
    """Refuse to have reports made that nothing here can read.

    Parameters
    ----------
    entry : ReportType
    what : callable
        Gives the plan; called where the type's reader is missing. What is there
        already costs no quota, and is left to say itself what it is.
    here : bool
        Whether they are read in this process: others may have what it lacks.

    Raises
    ------
    ParseError
        A report is a workbook, and the extra that reads those is not installed.
    """
    if not here or entry.format != "xlsx" or find_spec("python_calamine") is not None:
        return
    costs = what()
    if costs.adopted < costs.reports:
        raise ParseError(
            f"{entry.alias or entry.report_type} is known to be an Excel workbook: "
            "pip install 'spreports[xlsx]' reads it; nothing was asked for"
        )


def refuse_too_old(
    connection: Connection,
    entry: ReportType,
    requests: Sequence[ReportRequest],
    now: datetime,
    *,
    reuse: bool,
) -> None:
    """Refuse windows that begin before what Amazon documents it makes a report of.

    It would make one all the same, of no rows or of those of a part of the window, or
    cancel it, and the call is spent. What we have a report of already costs none, for
    as long as Amazon keeps that. By months, a history may be two days longer.

    Parameters
    ----------
    connection : Connection
    entry : ReportType
    requests : sequence of ReportRequest
        All with the same options.
    now : datetime, aware
    reuse : bool
        Whether a report that there is serves.

    Raises
    ------
    ValueError
        With the first day that can be asked for.
    """
    if entry.history_reported:
        return
    today = now.astimezone(UTC).date()
    for request in requests:
        first = earliest_day(entry, today, request.options, request.marketplace_ids)
        span = request.window
        if span is None or first is None or span.start >= midnight(first) - _SLACK:
            continue
        if not (reuse and ours(connection, request)):
            raise ValueError(
                f"{entry.alias or entry.report_type} goes back to {first} at Amazon, "
                f"and {span} begins before that: give start={first} or later "
                "(strict=False asks Amazon all the same)"
            )
