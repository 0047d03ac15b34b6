"""Gather what is known around a report, and raise where it has no rows to give."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.errors import (
    APIError,
    BadRequestError,
    ReportCancelledError,
    ReportError,
    ReportFatalError,
)
from spreports.ledger import Request, asked_of_type, asked_time
from spreports.reports.classify import (
    COOLDOWN_MARGIN,
    Facts,
    Previous,
    cooldown_in,
    fell_into,
    outcome_of,
    refused_outcome,
)
from spreports.reports.connection import Connection
from spreports.reports.listing import OWN_SKEW
from spreports.reports.outcome import Outcome, OutcomeKind
from spreports.reports.reason import FatalReason, fatal_reason

__all__ = ["Examiner"]

logger = logging.getLogger("spreports.reports")

_GIVES_ROWS_OR_NONE = frozenset({OutcomeKind.DONE, OutcomeKind.EMPTY})


class Examiner:
    """Finds out what became of reports of one type; each is looked into once.

    Parameters
    ----------
    connection : Connection
    entry : ReportType
    """

    def __init__(self, connection: Connection, entry: ReportType) -> None:
        self._connection = connection
        self._entry = entry
        self._cooldown = cooldown_in(entry)
        self._known: dict[str, Outcome] = {}
        self._asked_again: set[str] = set()

    def asked_again(self, report_id: str) -> None:
        """Note that a report was asked for again after its cool-down."""
        self._asked_again.add(report_id)

    def outcome(self, report: Report, options: Mapping[str, str]) -> Outcome:
        """Return what became of a report.

        A FATAL one costs a call of getReportDocument, for its reason. A CANCELLED one
        of a type with a cool-down may cost a call of getReports: other applications,
        and people in Seller Central, spend the same cool-down (docs#1168).

        Parameters
        ----------
        report : Report
            Finished, or as last seen.
        options : mapping of str to str
            The request's report options.

        Returns
        -------
        Outcome
        """
        known = self._known.get(report.report_id)
        if known is None:
            known = outcome_of(report, self._facts(report, options))
            if report.is_terminal:
                self._known[report.report_id] = known
        return known

    def cooling_until(self, report: Report) -> datetime | None:
        """Return when the type's cool-down is over by our ledger; None: nobody cools.

        Parameters
        ----------
        report : Report
            Gives type and marketplaces; it is not counted itself.
        """
        cooldown = self._cooldown
        if cooldown is None:
            return None
        now = self._connection.clock.now()
        last = max(
            (row.intended_time for row in self._served(report, now - cooldown)),
            default=None,
        )
        return last and last + cooldown + COOLDOWN_MARGIN

    def refused(self, error: BadRequestError) -> Outcome:
        """Return what it means that createReport was refused."""
        return refused_outcome(error, self._entry.report_type)

    def check(self, report: Report, options: Mapping[str, str]) -> None:
        """Raise unless a report has rows, or Amazon had none to give.

        Raises
        ------
        ReportFatalError
            With Amazon's reason where the report has a document that says it, or why
            that could not be read.
        ReportCancelledError
            Cancelled on request, or within the cool-down of its type.
        ReportError
            DONE, but without a document.
        """
        outcome = self.outcome(report, options)
        name = f"report {report.report_id} ({report.report_type})"
        if outcome.kind not in _GIVES_ROWS_OR_NONE:
            raise _error(outcome, name)
        if outcome.kind is OutcomeKind.DONE and report.report_document_id is None:
            raise ReportError(
                f"{name} is DONE, but Amazon names no report document; ask again later",
                report_id=report.report_id,
                outcome=outcome,
            )

    def _facts(self, report: Report, options: Mapping[str, str]) -> Facts:
        """Gather only what can matter for the report's status."""
        connection = self._connection
        reason = FatalReason()
        asked: datetime | None = None
        previous: Previous | None = None
        fatal = report.processing_status == ProcessingStatus.FATAL
        if fatal:
            reason = fatal_reason(report, connection, restricted=self._entry.restricted)
        cancelled = report.processing_status == ProcessingStatus.CANCELLED
        cooldown = self._cooldown
        if cooldown and (fatal or (cancelled and report.processing_start_time)):
            since = report.created_time - cooldown - OWN_SKEW
            asked, previous = self._own(report, since)
            asked = asked or report.created_time
            if reason.text is None and (
                previous is None or not fell_into(asked, previous, cooldown)
            ):
                # Not ours: perhaps somebody else's, whose time Amazon's clock tells.
                foreign = self._foreign(report, since)
                if foreign is not None:
                    asked, previous = report.created_time, foreign
        return Facts(
            entry=self._entry,
            options=options,
            now=connection.clock.now(),
            asked_time=asked,
            previous=previous,
            document_text=reason.text,
            reason_unread=reason.unread,
            asked_again=report.report_id in self._asked_again,
        )

    def _own(
        self, report: Report, since: datetime
    ) -> tuple[datetime | None, Previous | None]:
        """Return when we asked for a report, and for the last of its type before."""
        connection = self._connection
        asked = asked_time(connection.ledger, connection.account, report.report_id)
        before = [
            row
            for row in self._served(report, since)
            if row.intended_time < (asked or report.created_time)
        ]
        if not before:
            return asked, None
        return asked, Previous(
            report_id=before[-1].report_id,
            asked_time=before[-1].intended_time,
            known_by="ledger",
        )

    def _served(self, report: Report, since: datetime) -> list[Request]:
        """Return what we asked for beside a report and Amazon did not cancel."""
        connection = self._connection
        rows = asked_of_type(
            connection.ledger,
            connection.account,
            report.report_type,
            report.marketplace_ids,
            since,
        )
        return [
            row
            for row in rows
            if row.report_id != report.report_id
            and row.processing_status != ProcessingStatus.CANCELLED
        ]

    def _foreign(self, report: Report, since: datetime) -> Previous | None:
        """Look whether somebody else has asked for the type shortly before."""
        try:
            page = self._connection.api.get_reports(
                report_types=[report.report_type],
                created_since=since,
                created_until=report.created_time,
                page_size=100,
            )
        except (APIError, ValueError) as exc:
            # Older than Amazon lists, or no quota left: the ledger's word stands.
            logger.info("getReports did not tell of earlier reports: %s", exc)
            return None
        places = set(report.marketplace_ids)
        before = [
            each
            for each in page.reports
            if each.report_id != report.report_id
            and each.created_time <= report.created_time
            and each.processing_status != ProcessingStatus.CANCELLED
            and (not places or places & set(each.marketplace_ids))
        ]
        if not before:
            return None
        last = max(before, key=lambda each: each.created_time)
        return Previous(
            report_id=last.report_id,
            asked_time=last.created_time,
            known_by="getReports",
        )


def _error(outcome: Outcome, name: str) -> ReportError:
    """Return the error that an outcome without rows is."""
    guess = "most likely " if outcome.heuristic else ""
    when = f"; ask again from {outcome.again_time} on" if outcome.again_time else ""
    if outcome.kind is OutcomeKind.CANCELLED:
        return ReportCancelledError(
            f"{name} was CANCELLED before its processing started, {guess}by somebody",
            report_id=outcome.report_id,
            outcome=outcome,
        )
    status = outcome.evidence["processing_status"]
    if status == ProcessingStatus.CANCELLED:
        return ReportCancelledError(
            f"{name} was CANCELLED, {guess}because the type was asked for within its "
            f"cool-down; whether there is data is not known{when}",
            report_id=outcome.report_id,
            outcome=outcome,
        )
    kind = (
        ""
        if outcome.kind is OutcomeKind.FATAL
        else (f"; {guess}{str(outcome.kind).replace('_', ' ')}")
    )
    return ReportFatalError(
        f"{name} is FATAL; {_said(outcome)}{kind}; {outcome.advice}{when}",
        report_id=outcome.report_id,
        reason=outcome.reason,
        outcome=outcome,
    )


def _said(outcome: Outcome) -> str:
    """Return what is known of the reason of a FATAL report."""
    evidence = outcome.evidence
    if outcome.reason:
        return f"Amazon says: {outcome.reason.removesuffix('.')}"
    if unread := evidence.get("reason_unread"):
        return f"its reason could not be read from {unread}"
    if document_id := evidence.get("report_document_id"):
        return f"its report document {document_id} tells no reason"
    return "Amazon gives no reason"
