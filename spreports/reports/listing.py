"""Reports that exist at Amazon already, listed where that can pay off.

A listing costs one getReports of 45 s (after a burst of ten) and can save a
createReport of 60 s, the time that Amazon needs for a report, and a cool-down. So it is
asked for where one of these holds, once for up to ten report types:

- the type has a cool-down or cannot be requested: to ask too soon costs most;
- more reports are wanted than createReport has slots free now: somebody would wait;
- the window ended some time ago: somebody else may well have asked for the same. A
  window that ends this very moment has been asked for by nobody.

Never while fewer than `RESERVE` slots of getReports are free: those are for finding out
what came of a createReport whose answer was lost.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from spreports.api.checks import MOST_FILTERS, listed_since
from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.clock import Clock
from spreports.errors import APIError
from spreports.ledger import Request
from spreports.reports.connection import Connection
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Stage, Ticket

__all__ = [
    "OWN_SKEW",
    "RESERVE",
    "STUCK_AFTER",
    "Listing",
    "is_past",
    "needs_echo",
    "ours",
    "present_for",
    "serves",
]

logger = logging.getLogger("spreports.reports")

# Slots of getReports that are left for reconciliation.
RESERVE = 4
# Reports that one more page of a listing should have the chance to save.
WANTED_PER_PAGE = 10
# A window that ended this long ago may have been asked for by somebody else, too.
SETTLED = timedelta(minutes=1)
# A report without dates shows the present; Amazon renews such data every 30 minutes
# (official FBA reports page), so a younger report says what a new one would.
PRESENT_FOR = timedelta(minutes=30)
# Amazon keeps reports for 90 days (getReports, createdSince), order reports for 30.
KEPT_FOR = timedelta(days=29)
# Clocks differ: an own report may seem to be made a little before we asked for it. Less
# than `api.checks` allows: who looks back too far takes another's report for his own.
OWN_SKEW = timedelta(minutes=2)
# A report that was asked for later than that from now was so by a clock that was wrong
AHEAD = timedelta(hours=1)
# An unfinished report older than this is stuck; a new one is asked for.
STUCK_AFTER = timedelta(days=1)

_ALIVE = (
    ProcessingStatus.DONE,
    ProcessingStatus.IN_PROGRESS,
    ProcessingStatus.IN_QUEUE,
)


class Listing:
    """What getReports tells of reports that may serve the tickets of a run.

    Parameters
    ----------
    connection : Connection
    tickets : sequence of Ticket
        All of the run.
    """

    def __init__(self, connection: Connection, tickets: Sequence[Ticket]) -> None:
        self._connection = connection
        self._tickets = tickets
        self._clock = connection.clock
        # By report type; a type that is here has been decided on
        self._reports: dict[str, list[Report]] = {}

    def find(self, ticket: Ticket) -> list[Report]:
        """Return the reports that may serve a ticket.

        Returns
        -------
        list of Report
            DONE before unfinished, newer before older.
        """
        request = ticket.request
        if not self._could_exist(request):
            return []
        if request.entry.report_type not in self._reports:
            self._list(request.entry)
        found = [
            report
            for report in self._reports.get(request.entry.report_type, ())
            if report.report_id not in ticket.refuted
            and request.describes(report)
            and self._is_fresh(report, request)
        ]
        done = ProcessingStatus.DONE
        found.sort(
            key=lambda r: (r.processing_status == done, r.created_time), reverse=True
        )
        return found

    def keep(self, report_type: str, reports: Iterable[Report]) -> None:
        """Take over what getReports has just told for another reason."""
        self._reports.setdefault(report_type, []).extend(reports)

    def _could_exist(self, request: ReportRequest) -> bool:
        """Whether somebody else may have asked for exactly this."""
        entry = request.entry
        if not _is_adoptable(entry, request):
            return False
        window = request.window
        return window is None or window.end <= self._clock.now() - SETTLED

    def _is_fresh(self, report: Report, request: ReportRequest) -> bool:
        """Whether a listed report is what a new one would be."""
        start = report.data_start_time
        if request.window is None and start is not None:
            # Asked for without dates, it covers the moment at which it was made
            long_ago = report.created_time - start > PRESENT_FOR
            if long_ago:
                return False
        return serves(
            report.processing_status, report.created_time, request, self._clock
        )

    def _list(self, first: ReportType) -> None:
        """Ask for the reports of a type, and of others that are wanted beside it."""
        wanted = self._wanted()
        if not self._pays(
            first, [t.request for t in wanted.get(first.report_type, ())]
        ):
            self._reports[first.report_type] = []
            return
        others = [name for name in wanted if name != first.report_type]
        names = [first.report_type, *others[: MOST_FILTERS - 1]]
        requests = [t.request for name in names for t in wanted.get(name, ())]
        for name in names:
            self._reports[name] = []
        try:
            for report in self._pages(names, requests):
                if report.report_type in self._reports:
                    self._reports[report.report_type].append(report)
        except APIError as exc:
            # Adopting is a saving and no need: what cannot be listed is created
            logger.info("getReports found nothing to adopt: %s", exc)
        self._cool_down(first, self._reports[first.report_type])

    def _wanted(self) -> dict[str, list[Ticket]]:
        """Return the tickets that a listing may serve, by report type."""
        wanted: dict[str, list[Ticket]] = {}
        for ticket in self._tickets:
            name = ticket.request.entry.report_type
            if (
                ticket.stage is Stage.ASKING
                and name not in self._reports
                and self._could_exist(ticket.request)
            ):
                wanted.setdefault(name, []).append(ticket)
        return wanted

    def _pays(self, entry: ReportType, requests: Sequence[ReportRequest]) -> bool:
        """Whether a listing may save more than it costs; see the head of this file."""
        throttle = self._connection.throttle
        if throttle.wait_for("getReports", RESERVE + 1) > 0:
            return False
        return (
            bool(entry.cooldown_seconds)
            or not entry.requestable
            or any(request.window is not None for request in requests)
            or throttle.wait_for("createReport", max(1, len(requests))) > 0
        )

    def _pages(
        self, names: Sequence[str], requests: Sequence[ReportRequest]
    ) -> Iterable[Report]:
        """Yield listed reports, page by page as far as it pays."""
        api, throttle = self._connection.api, self._connection.throttle
        places = {each for request in requests for each in request.marketplace_ids}
        page = api.get_reports(
            report_types=names,
            processing_statuses=_ALIVE,
            marketplace_ids=sorted(places) if len(places) <= MOST_FILTERS else None,
            created_since=self._since(requests),
            page_size=100,
        )
        for left in reversed(range(math.ceil(len(requests) / WANTED_PER_PAGE))):
            yield from page.reports
            spare = throttle.wait_for("getReports", RESERVE + 1) == 0
            if page.next_token is None or not left or not spare:
                return
            page = api.get_reports(next_token=page.next_token)

    def _since(self, requests: Sequence[ReportRequest]) -> datetime | None:
        """Return the earliest time at which a report that serves was made."""
        now = self._clock.now()
        ends = [
            request.window.end if request.window else now - present_for(request.entry)
            for request in requests
        ]
        # One of the day before does not serve, but may have begun a cool-down
        return listed_since(min(ends) - timedelta(days=1), now)

    def _cool_down(self, entry: ReportType, reports: Iterable[Report]) -> None:
        """Let others' reports begin the cool-down of their type."""
        if not entry.cooldown_seconds:
            return
        for report in reports:
            self._connection.cooldowns.seen(
                entry.report_type,
                report.marketplace_ids or (),
                report.created_time.timestamp() + entry.cooldown_seconds,
            )


def serves(
    status: str | None, made: datetime, request: ReportRequest, clock: Clock
) -> bool:
    """Whether a report of that status and age is still what a request asks for.

    Parameters
    ----------
    status : str or None
        As last seen.
    made : datetime, aware
        Before the end of a window that is over now, it serves no more.
    request : ReportRequest
    clock : Clock

    Returns
    -------
    bool
    """
    now, window = clock.now(), request.window
    age = now - made
    if status in {ProcessingStatus.CANCELLED, ProcessingStatus.FATAL}:
        return False
    # Made on its last day, which counts in, it lacks what came later that day
    if window is not None and made + OWN_SKEW < window.end <= now:
        return False
    is_done = status == ProcessingStatus.DONE
    if is_done and _is_of_now(request) and age > present_for(request.entry):
        return False
    # Amazon tells whole seconds: the report that somebody has already is not newer
    whole, newer_than = made.replace(microsecond=0), request.newer_than
    if newer_than is not None and (whole <= newer_than or -age > AHEAD):
        return False
    return age < (KEPT_FOR if is_done else STUCK_AFTER)


def ours(
    connection: Connection, request: ReportRequest, refuted: Container[str] = ()
) -> Request | None:
    """Return our last report of a request, if it still serves.

    Parameters
    ----------
    connection : Connection
    request : ReportRequest
    refuted : container of str
        Ids of reports that were found to be of no use.

    Returns
    -------
    Request or None
        None where none is known, or a new one is to be asked for.
    """
    known = connection.ledger.latest(connection.account, request.key)
    if known is None or known.report_id is None or known.report_id in refuted:
        return None
    status, made = known.processing_status, known.intended_time
    return known if serves(status, made, request, connection.clock) else None


def is_past(report: Report, request: ReportRequest, clock: Clock) -> bool:
    """Whether a report was to show the present, and has been finished for too long.

    One that Amazon was slow with shows the time at which it was made at last.
    """
    ended = report.processing_end_time or report.created_time
    is_done = report.processing_status == ProcessingStatus.DONE
    present = present_for(request.entry)
    return is_done and _is_of_now(request) and clock.now() - ended > present


def _is_of_now(request: ReportRequest) -> bool:
    """Whether it is to show the present; one that says how new does so until then."""
    return request.window is None and request.newer_than is None


def needs_echo(request: ReportRequest) -> bool:
    """Whether the echo in somebody else's document has to confirm the request."""
    return request.entry.format == "json"


def _is_adoptable(entry: ReportType, request: ReportRequest) -> bool:
    """Whether it can be known that somebody else's report has our options.

    Reports do not tell their options. Where the type has none there is nothing to
    tell, and a JSON document says them itself.
    """
    return needs_echo(request) or not (entry.options or request.options)


def present_for(entry: ReportType) -> timedelta:
    """Return how long a report without dates shows what a new one would."""
    return max(PRESENT_FOR, timedelta(seconds=entry.cooldown_seconds or 0))
