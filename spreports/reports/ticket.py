"""One request on its way through the queue, and what comes out at its end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from spreports.api.login import LOGIN
from spreports.api.models import ProcessingStatus, Report
from spreports.errors import APIError, SPReportsError, ThrottledError
from spreports.reports.naming import report_name
from spreports.reports.request import ReportRequest

__all__ = [
    "POLL_FIRST",
    "POLL_GROWTH",
    "POLL_SLOWEST",
    "Awaits",
    "Finished",
    "Source",
    "Stage",
    "Ticket",
]

# Polls start fast, for small reports, and grow to one a minute. A report is noticed a
# fifth of its age late at most, for some 20 of the 120 calls that getReport allows in
# the minute in which one createReport is possible.
POLL_FIRST = 1.0
POLL_GROWTH = 1.2
POLL_SLOWEST = 60.0
# Seconds before the deadline of a run in which no poll is put off: who gives a report
# 100 seconds has it then, though its notification is lost.
LAST_LOOK = 10.0


class Stage(Enum):
    """Which operation a request waits for."""

    ASKING = "createReport"
    POLLING = "getReport"
    FETCHING = "getReportDocument"
    FINISHED = "nobody"


class Awaits(Enum):
    """What is waited for while a request waits for createReport."""

    SLOT = "a slot of its quota"
    ANSWER = "its answer, or what getReports tells where that got lost"
    RIVAL = "somebody else, who asks for the very same"


class Source(Enum):
    """Where a request has its report from."""

    CREATED = "createReport, which has made it or has yet to"
    LEDGER = "our ledger"
    LISTED = "what Amazon lists"
    DOUBTED = "what Amazon lists, and its document's own echo has to agree first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of one request.

    Attributes
    ----------
    index : int
        Place of the request in the sequence that was given.
    request : ReportRequest
    report : Report or None
        DONE, CANCELLED or FATAL; None where it did not come to one.
    error : SPReportsError or None
        Why there is no report, or why its document could not be brought.
    adopted : bool
        The report existed already, and createReport was not called.
    """

    index: int
    request: ReportRequest
    report: Report | None
    error: SPReportsError | None
    adopted: bool


@dataclass(slots=True)
class Ticket:
    """One request on its way; changed by the one lane that holds it.

    Attributes
    ----------
    index, request
        As `Finished`.
    stage : Stage
    due : float, seconds of ``clock.monotonic()``
        Not before; of the stage that it is in.
    held : bool
        A lane is working on it.
    awaits : Awaits
        While there is no report.
    answered : int
        How many requests of this key had a report when the ledger was looked at.
    report_id : str or None
    report : Report or None
        As last seen.
    error : SPReportsError or None
    throttled : ThrottledError or None
        Of the last try; quota comes back, so it is no end.
    source : Source
    refuted : set of str
        Reports whose echo contradicted.
    asked : float, seconds of ``clock.monotonic()``
        When createReport answered; of an adopted report, when it was created.
    interval : float, seconds
        Until the poll after the next.
    document_polls : int
        How often it was DONE without a document.
    patient : bool
        The poll that is due may be put off while notifications are relied on. Not that
        of an adopted report: who asked for it may be told instead.
    told : bool
        A notification says that the report is finished: poll it now.
    expected : bool
        The poll that goes on was told of, or could not be put off.
    deadline : float, seconds of ``clock.monotonic()``
        Of the run.
    """

    index: int
    request: ReportRequest
    stage: Stage = Stage.ASKING
    due: float = float("-inf")
    held: bool = False
    awaits: Awaits = Awaits.SLOT
    answered: int = 0
    report_id: str | None = None
    report: Report | None = field(default=None, repr=False)
    error: SPReportsError | None = None
    throttled: ThrottledError | None = None
    source: Source = Source.CREATED
    refuted: set[str] = field(default_factory=set)
    asked: float = 0.0
    interval: float = POLL_FIRST
    document_polls: int = 0
    patient: bool = False
    told: bool = False
    expected: bool = True
    deadline: float = math.inf

    @property
    def status(self) -> str:
        """Say how far it is, in the words of the processing status."""
        if self.report is not None:
            return str(self.report.processing_status)
        return "asked" if self.report_id else "to be asked"

    @property
    def adopted(self) -> bool:
        """Whether the report was there, and createReport is not called."""
        return self.source is not Source.CREATED

    @property
    def foreign(self) -> bool:
        """Whether it is adopted from what Amazon lists, not from our ledger."""
        return self.source in (Source.LISTED, Source.DOUBTED)

    @property
    def unconfirmed(self) -> bool:
        """Whether its document has to say first that it is the one asked for."""
        return self.source is Source.DOUBTED

    @property
    def is_over(self) -> bool:
        """Whether the report is DONE, CANCELLED or FATAL."""
        return self.report is not None and self.report.is_terminal

    @property
    def has_document(self) -> bool:
        """Whether there is a document with rows to bring."""
        return (
            self.report is not None
            and self.report.processing_status == ProcessingStatus.DONE
            and self.report.report_document_id is not None
        )

    def poll_at(self, due: float, *, patient: bool = False) -> None:
        """Ask for the status, not before `due`."""
        self.stage, self.due, self.patient = Stage.POLLING, due, patient

    def take(self) -> None:
        """Hold it, to work on it: what is told meanwhile counts for the next time."""
        self.held = True
        self.expected = self.told or not self.patient
        self.told = False

    def not_before(self, patience: float) -> float:
        """Return when it is due, if patient polls are put off by so many seconds."""
        if self.told:
            return float("-inf")
        if not self.patient:
            return self.due
        return max(self.due, min(self.due + patience, self.deadline - LAST_LOOK))

    def ask_anew(self, report_id: str) -> None:
        """Let go of an adopted report, and never adopt it again."""
        self.refuted.add(report_id)
        self.report_id = self.report = None
        self.source = Source.CREATED
        self.interval = POLL_FIRST
        self.patient = self.told = False
        self.stage, self.due = Stage.ASKING, float("-inf")

    def finish(self, error: SPReportsError | None = None) -> None:
        """Let it go; an error of Amazon's, which names no report, tells of which it is.

        That of a login is all reports'.
        """
        self.stage, self.error = Stage.FINISHED, error
        if isinstance(error, APIError) and error.operation != LOGIN:
            asked = {**self.request.metadata, "report_id": self.report_id}
            error.add_note(report_name(asked))

    def finished(self) -> Finished:
        """Return what became of it."""
        return Finished(
            index=self.index,
            request=self.request,
            report=self.report if self.is_over else None,
            error=self.error,
            adopted=self.adopted,
        )
