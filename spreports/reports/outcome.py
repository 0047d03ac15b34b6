"""Outcome: what became of a report, on what evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from spreports.api.models import Report

__all__ = ["Outcome", "OutcomeKind"]


class OutcomeKind(StrEnum):
    """Every kind of outcome; there are no others.

    Attributes
    ----------
    DONE
        There is a document with the data.
    EMPTY
        Amazon had no data for the request.
    TOO_SOON
        Cancelled or failed within the cool-down of its type: nothing is known of the
        data.
    NOT_READY
        Amazon has not published the data yet.
    WRONG_OPTIONS
        The request's options, dates or marketplaces do not suit the type.
    CANCELLED
        Somebody cancelled it before Amazon began.
    FATAL
        It failed, for a reason that is none of these or not told.
    STUCK
        Unfinished for so long that it will hardly finish.
    WAITING
        Unfinished, or not asked after, when the time was up; not for long.
    """

    DONE = "done"
    EMPTY = "empty"
    TOO_SOON = "too_soon"
    NOT_READY = "not_ready"
    WRONG_OPTIONS = "wrong_options"
    CANCELLED = "cancelled"
    FATAL = "fatal"
    STUCK = "stuck"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one report, on what evidence, and what to do about it.

    Amazon tells five processing statuses; one of them, CANCELLED, has three meanings.

    Attributes
    ----------
    kind : OutcomeKind
    report_type : str
    report_id : str or None
        None where createReport was refused.
    evidence : mapping of str to object
        The facts that led to the kind, by name; only those that were looked at:
        ``processing_status``, ``created_time``, ``processing_start_time``,
        ``processing_end_time`` (of the report), ``document_text`` (what a FATAL
        report's document says), ``report_document_id`` (of one that says nothing, or
        was not to be had), ``reason_unread`` (why it was not, and what tries again),
        ``cooldown_seconds``, ``hold_back_days`` (of the catalogue),
        ``published_from`` (when the data should be there), ``previous_report_id``,
        ``previous_report_time``, ``previous_known_by`` (``"ledger"`` or
        ``"getReports"``: the last report of the type before this one),
        ``seconds_unfinished``, ``held_up_by`` (quota that was not there), ``status``
        and ``amazon_says`` (of a refused createReport).
    heuristic : bool
        Whether the kind is inferred: Amazon tells neither why a report was cancelled
        nor what a FATAL document means.
    next_step : str
        What the library does next.
    advice : str
        What the person should do.
    again_time : datetime or None, aware UTC
        From when it makes sense to ask again, where that is known.
    report : Report or None
        As Amazon told it.
    """

    kind: OutcomeKind
    report_type: str
    report_id: str | None
    evidence: Mapping[str, object] = field(hash=False)
    heuristic: bool
    next_step: str
    advice: str
    again_time: datetime | None = None
    report: Report | None = field(default=None, repr=False)

    @property
    def reason(self) -> str | None:
        """Amazon's own words, where there are any."""
        said = self.evidence.get("document_text") or self.evidence.get("amazon_says")
        return str(said) if said else None

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON; the raw report as in the reference."""
        return {
            "kind": str(self.kind),
            "reportType": self.report_type,
            "reportId": self.report_id,
            "evidence": {name: _plain(value) for name, value in self.evidence.items()},
            "heuristic": self.heuristic,
            "nextStep": self.next_step,
            "advice": self.advice,
            "againTime": _plain(self.again_time),
            "report": self.report.to_json() if self.report else None,
        }

    def __str__(self) -> str:
        name = f"report {self.report_id}" if self.report_id else "a report"
        facts = ", ".join(f"{k} {_plain(v)}" for k, v in self.evidence.items())
        guess = "most likely " if self.heuristic else ""
        words = str(self.kind).replace("_", " ")
        return (
            f"{name} ({self.report_type}): {guess}{words}; evidence: {facts}; "
            f"next: {self.next_step}; to do: {self.advice}"
        )


def _plain(value: object) -> object:
    """Turn times into ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else value
