"""From the facts about a report to its outcome: pure, so that every case can be tested.

Whoever has the facts (`examine`, a lifecycle, a sync) calls `outcome_of`; nothing here
asks Amazon or opens a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.catalog.periods import counts_last_day
from spreports.errors import APIError
from spreports.reports.advice import ADVICE, NEXT_STEPS
from spreports.reports.outcome import Outcome, OutcomeKind
from spreports.reports.said import meaning_of

__all__ = [
    "COOLDOWN_MARGIN",
    "Facts",
    "Previous",
    "cooldown_in",
    "fell_into",
    "outcome_of",
    "refused_outcome",
    "unseen_outcome",
]

# Amazon's clock and ours differ, and Amazon counts from a moment that it does not
# tell: a report asked for again waits this much longer than the cool-down.
COOLDOWN_MARGIN = timedelta(seconds=60)
_SECOND = timedelta(seconds=1)
# Most reports take seconds to minutes, stuck ones hours to ten days (docs#3273,
# models#2659): after this long a person wants to be told.
NAMED_STUCK_AFTER = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The last report of the same type before another, which may have spent its turn.

    Attributes
    ----------
    report_id : str or None
        None where createReport's answer has not been seen.
    asked_time : datetime, aware UTC
    known_by : ``"ledger"`` or ``"getReports"``
    """

    report_id: str | None
    asked_time: datetime
    known_by: Literal["ledger", "getReports"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known around a report, beside what Amazon tells of it.

    Attributes
    ----------
    entry : ReportType
        Gives cool-down, hold-back, periods and names of options.
    options : mapping of str to str
        The request's report options.
    now : datetime or None, aware UTC
        For how long an unfinished report has gone on; only those need it.
    asked_time : datetime or None, aware UTC
        When it was asked for, by the clock of `previous`; None: its created time.
    previous : Previous or None
        The last report of this type before, that was not cancelled.
    document_text : str or None
        What the document of a FATAL report says.
    reason_unread : str or None
        Of which document that could not be read, and why.
    asked_again : bool
        Whether it was asked for again after its cool-down already.
    """

    entry: ReportType
    options: Mapping[str, str]
    now: datetime | None = None
    asked_time: datetime | None = None
    previous: Previous | None = None
    document_text: str | None = None
    reason_unread: str | None = None
    asked_again: bool = False

    @property
    def cooldown(self) -> timedelta | None:
        """How long Amazon makes no newer copy of this type."""
        return cooldown_in(self.entry)


def cooldown_in(entry: ReportType) -> timedelta | None:
    """Return how long Amazon makes no newer copy of a type."""
    seconds = entry.cooldown_seconds
    return None if seconds is None else timedelta(seconds=seconds)


def outcome_of(report: Report, facts: Facts) -> Outcome:
    """Name what became of a report, with the evidence.

    Parameters
    ----------
    report : Report
        Finished, or as last seen.
    facts : Facts

    Returns
    -------
    Outcome

    Source: Reports API v2021-06-30, ProcessingStatus and cancelReport ("Only reports
    with processingStatus=IN_QUEUE can be cancelled"); reports FAQ (CANCELLED on
    request, without data, or within a cool-down); models#2952 (FATAL of brand
    analytics).
    """
    evidence = _told(report)
    match report.processing_status:
        case ProcessingStatus.DONE:
            return _outcome(report, OutcomeKind.DONE, evidence, heuristic=False)
        case ProcessingStatus.CANCELLED:
            return _cancelled(report, facts, evidence)
        case ProcessingStatus.FATAL:
            return _fatal(report, facts, evidence)
    return _unfinished(report, facts, evidence)


def refused_outcome(error: APIError, report_type: str) -> Outcome:
    """Name what it means that createReport was refused for what it was asked.

    Parameters
    ----------
    error : APIError
        As a rule a `BadRequestError`.
    report_type : str

    Returns
    -------
    Outcome
        WRONG_OPTIONS, without a report.
    """
    said = "; ".join(map(str, error.details))
    evidence = {"status": error.status, "amazon_says": said or None}
    return Outcome(
        kind=OutcomeKind.WRONG_OPTIONS,
        report_type=report_type,
        report_id=None,
        evidence={k: v for k, v in evidence.items() if v is not None},
        heuristic=False,
        next_step="nothing: a refused request is not sent again",
        advice=error.hint or ADVICE[OutcomeKind.WRONG_OPTIONS],
    )


def unseen_outcome(
    report_type: str,
    report_id: str | None,
    held_up_by: str,
    last_seen: str | None = None,
) -> Outcome:
    """Name what it means that a call has not even seen a report when the time was up.

    `last_seen` is its processing status, as an earlier call saw it.
    """
    seen = last_seen or "not seen yet"
    return Outcome(
        kind=OutcomeKind.WAITING,
        report_type=report_type,
        report_id=report_id,
        evidence={"processing_status": seen, "held_up_by": held_up_by},
        heuristic=False,
        next_step="a request with the same dates takes it up"
        if report_id
        else "nothing more in this call; the same request later asks for it, unless "
        "it was made meanwhile",
        advice=ADVICE[OutcomeKind.WAITING],
    )


def _cancelled(report: Report, facts: Facts, evidence: dict[str, object]) -> Outcome:
    """Tell the three meanings of CANCELLED apart."""
    if report.processing_start_time is None:
        # Amazon's own cancellations tell a start and an end a few seconds apart
        # (docs#1604, php#545); a cancellation on request comes before processing.
        return _outcome(report, OutcomeKind.CANCELLED, evidence, heuristic=True)
    again = _cooling_until(report, facts, evidence)
    if again is not None:
        return _too_soon(report, facts, evidence, again)
    return _outcome(report, OutcomeKind.EMPTY, evidence, heuristic=True)


def _fatal(report: Report, facts: Facts, evidence: dict[str, object]) -> Outcome:
    """Read a FATAL report's words, then its dates, then what was asked before."""
    said = facts.document_text
    if said:
        evidence["document_text"] = said
    elif report.report_document_id is not None:
        evidence["report_document_id"] = report.report_document_id
    if facts.reason_unread:
        evidence["reason_unread"] = facts.reason_unread
    names = [option.name for option in facts.entry.options]
    kind = meaning_of(said, names) if said else None
    published = _published_from(report, facts, evidence)
    held_back = published is not None and report.created_time < published
    if kind is OutcomeKind.WRONG_OPTIONS:
        return _outcome(report, kind, evidence, heuristic=True)
    if kind is OutcomeKind.NOT_READY or (
        held_back and kind is not OutcomeKind.TOO_SOON
    ):
        outcome = _outcome(report, OutcomeKind.NOT_READY, evidence, heuristic=True)
        return replace(outcome, again_time=published if held_back else None)
    if kind is OutcomeKind.EMPTY:
        return _outcome(report, kind, evidence, heuristic=True)
    again = _cooling_until(report, facts, evidence)
    if kind is OutcomeKind.TOO_SOON or (again is not None and not said):
        return _too_soon(report, facts, evidence, again)
    return _outcome(report, OutcomeKind.FATAL, evidence, heuristic=False)


def _unfinished(report: Report, facts: Facts, evidence: dict[str, object]) -> Outcome:
    """Tell a report that takes its time from one that is stuck."""
    now = facts.now or report.created_time
    age = now - report.created_time
    evidence["seconds_unfinished"] = round(age.total_seconds())
    kind = OutcomeKind.STUCK if age >= NAMED_STUCK_AFTER else OutcomeKind.WAITING
    return _outcome(report, kind, evidence, heuristic=kind is OutcomeKind.STUCK)


def _too_soon(
    report: Report,
    facts: Facts,
    evidence: dict[str, object],
    again: datetime | None,
) -> Outcome:
    """Say when it may be asked again; where nobody knows, after one more cool-down."""
    if again is None and facts.cooldown is not None:
        again = report.created_time + facts.cooldown + COOLDOWN_MARGIN
    outcome = _outcome(report, OutcomeKind.TOO_SOON, evidence, heuristic=True)
    if facts.asked_again:
        step = "nothing: it was asked for again after the cool-down already"
        outcome = replace(outcome, next_step=step)
    return replace(outcome, again_time=again)


def fell_into(asked: datetime, previous: Previous, cooldown: timedelta) -> bool:
    """Whether a report was asked for within the cool-down of the one before it.

    Both times are of one clock, ours or Amazon's; the latter tells whole seconds.
    """
    return asked - previous.asked_time <= cooldown + _SECOND


def _cooling_until(
    report: Report, facts: Facts, evidence: dict[str, object]
) -> datetime | None:
    """Return when the cool-down is over that this report fell into; None: into none."""
    cooldown, previous = facts.cooldown, facts.previous
    if cooldown is None:
        return None
    evidence["cooldown_seconds"] = facts.entry.cooldown_seconds
    if previous is None:
        return None
    evidence["previous_report_id"] = previous.report_id
    evidence["previous_report_time"] = previous.asked_time
    evidence["previous_known_by"] = previous.known_by
    if not fell_into(facts.asked_time or report.created_time, previous, cooldown):
        return None
    return previous.asked_time + cooldown + COOLDOWN_MARGIN


def _published_from(
    report: Report, facts: Facts, evidence: dict[str, object]
) -> datetime | None:
    """Return when the data of a held-back type is there; None where none is known."""
    days, end = facts.entry.hold_back_days, report.data_end_time
    if days is None or end is None:
        return None
    whole = counts_last_day(facts.entry, facts.options)
    last = end.date() + (_DAY if whole else timedelta())
    published = datetime.combine(last + timedelta(days=days), time(), UTC)
    evidence["hold_back_days"] = days
    evidence["published_from"] = published
    return published


def _told(report: Report) -> dict[str, object]:
    """Return what Amazon tells of a report's course."""
    told = {
        "processing_status": str(report.processing_status),
        "created_time": report.created_time,
        "processing_start_time": report.processing_start_time,
        "processing_end_time": report.processing_end_time,
    }
    return {name: value for name, value in told.items() if value is not None}


def _outcome(
    report: Report,
    kind: OutcomeKind,
    evidence: Mapping[str, object],
    *,
    heuristic: bool,
) -> Outcome:
    return Outcome(
        kind=kind,
        report_type=report.report_type,
        report_id=report.report_id,
        evidence=evidence,
        heuristic=heuristic,
        next_step=NEXT_STEPS[kind],
        advice=ADVICE[kind],
        report=report,
    )
