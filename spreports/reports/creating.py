"""createReport, so that no report is made twice though answers get lost.

After an unclear failure the newest reports are looked through before it is called once
more; what stays unclear is left for whoever asks for the same next.
"""

from __future__ import annotations

import json
import logging
import math
from datetime import datetime, timedelta

from spreports.api.checks import listed_since
from spreports.api.models import Report
from spreports.api.retry import may_have_acted
from spreports.clock import StoppedError
from spreports.errors import APIError, BadRequestError, SPReportsError
from spreports.reports.connection import Connection
from spreports.reports.cooling import CoolDown, OvertakenError
from spreports.reports.listing import OWN_SKEW, Listing
from spreports.reports.request import ReportRequest

__all__ = ["Creating", "UnclearError"]

logger = logging.getLogger("spreports.reports")

# createReport is called once more after reconciliation found nothing. Not until the
# deadline: a request that Amazon always answers with 500 would hold up all others for
# hours, and spend a slot of createReport and one of getReports each time.
CREATE_TRIES = 2
# Seconds before that look: a new report is not listed at once, and Amazon has trouble.
# What Retry-After asks for beyond the second is left to the next run.
CREATE_PAUSE, LONGEST_PAUSE = 10.0, 60.0
# Of the look's time span, since clocks differ and lists lag.
OVERLAP = timedelta(minutes=15)
# In place of a request's key
NOBODY = ""
OPTIONS = "reportOptions"


class Creating:
    """Creates reports, and finds those that were made unseen.

    Parameters
    ----------
    connection : Connection
    listing : Listing
        Told of what is found on the way.

    Attributes
    ----------
    deadline : float, seconds of ``clock.monotonic()``
        Of the run.
    """

    def __init__(self, connection: Connection, listing: Listing) -> None:
        self._connection = connection
        self._listing = listing
        self._clock = connection.clock
        self.deadline = math.inf

    def create(self, request: ReportRequest, intended: datetime, cool: CoolDown) -> str:
        """Call createReport; after an unclear failure look before asking again.

        Raises
        ------
        APIError, OvertakenError
            Nothing was made, and no cool-down begun.
        UnclearError
            A report may have been made: by the last call, or by the one before it.
        """
        unclear = False
        for _ in range(CREATE_TRIES):
            try:
                made = self._connection.api.create_report(
                    report_type=request.entry.report_type,
                    marketplace_ids=list(request.marketplace_ids),
                    report_options=dict(request.options) or None,
                    data_start_time=request.data_start_time,
                    data_end_time=request.data_end_time,
                    sending=cool,
                )
            except OvertakenError:
                raise
            except SPReportsError as exc:
                error, acted = exc, may_have_acted(exc)
            else:
                cool.made()
                return made
            if not acted and unclear:
                raise UnclearError(error)
            if not acted:
                cool.came_to_nothing()
                raise error
            unclear = True
            cool.keep()
            try:
                may_repeat = self._paused(error)
            except StoppedError:
                raise UnclearError(error) from None
            found = self._looked_for(request, intended)
            if found is not None:
                logger.info("createReport failed unclearly, but made %s", found)
                cool.made()
                return found
            if not may_repeat:
                break
            logger.info("createReport: nothing was made, as far as getReports knows")
        raise UnclearError(error)

    def _paused(self, error: SPReportsError) -> bool:
        """Give Amazon time to recover and to list what it made; False without any."""
        asked = error.retry_after if isinstance(error, APIError) else None
        pause = max(CREATE_PAUSE, asked or 0.0)
        late = self._clock.monotonic() + pause > self.deadline
        if late or pause > LONGEST_PAUSE:
            return False
        self._clock.sleep(pause)
        return True

    def _looked_for(self, request: ReportRequest, since: datetime) -> str | None:
        """Reconcile; a failure leaves it unclear whether a report was made."""
        try:
            return self.reconciled(request, since)
        except SPReportsError as exc:
            raise UnclearError(exc) from None

    def reconciled(self, request: ReportRequest, since: datetime) -> str | None:
        """Look among the newest reports for one that createReport made unseen.

        Reports do not tell their options, so one that is known to be another
        request's is never taken; nor is one while another request without an answer
        would suit it: then it is nobody's.
        """
        connection = self._connection
        name, looked = request.entry.report_type, self._by_amazon(since)
        found, refusal = [], None
        try:
            found = self._made_since(name, looked)
        except BadRequestError as exc:  # as of a time that has not come at Amazon
            refusal = exc
        since = self._by_amazon(since)
        if since - OWN_SKEW < looked - OVERLAP:
            # Only this answer has told how far our clock is ahead
            found = self._made_since(name, since)
        elif refusal is not None:
            raise refusal
        self._listing.keep(name, found)
        ledger, account = connection.ledger, connection.account
        # Where Amazon's time is known, an older report is somebody else's
        known = connection.api.clock_skew is not None
        earliest = since - (OWN_SKEW if known else OVERLAP)
        ours = [
            report
            for report in found
            if request.describes(report)
            and report.created_time >= earliest
            and not ledger.knows(account, report.report_id)
        ]
        if ours and self._has_rivals(request):
            for report in ours:
                ledger.adopted(
                    account,
                    NOBODY,
                    (report.report_id, str(report.processing_status), None),
                    report.created_time,
                )
            return None
        return max(ours, key=lambda r: r.created_time).report_id if ours else None

    def _has_rivals(self, request: ReportRequest) -> bool:
        """Whether a request that differs by its options alone has no answer either."""
        own = json.loads(request.key)
        keys = self._connection.ledger.open_keys(self._connection.account)
        others = (json.loads(key) for key in keys if key != request.key)
        return any({**other, OPTIONS: own[OPTIONS]} == own for other in others)

    def _made_since(self, report_type: str, since: datetime) -> list[Report]:
        """List the reports that were made about or after a time of Amazon's clock."""
        return list(
            self._connection.api.iter_reports(
                report_types=[report_type],
                created_since=listed_since(since - OVERLAP, self._clock.now()),
            )
        )

    def _by_amazon(self, moment: datetime) -> datetime:
        """Translate a time of our clock into one of Amazon's."""
        return moment - timedelta(seconds=self._connection.seconds_ahead())


class UnclearError(Exception):
    """It could not be found out whether createReport has made a report."""

    def __init__(self, error: SPReportsError) -> None:
        super().__init__(str(error))
        self.error = error
