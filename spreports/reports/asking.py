"""Ask for the reports of one description: wait, ask again after a cool-down, and tell.

`ReportQueue` brings each request to one finished report. Here is what goes beyond it: a
report that was cancelled only because it was asked for too soon gets a second chance,
and what became of each report is known with its evidence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from spreports.api.login import LOGIN
from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.errors import (
    BadRequestError,
    ReportEmptyError,
    SPReportsError,
    ThrottledError,
    WaitTimeoutError,
)
from spreports.reports.advice import how_to_resume
from spreports.reports.classify import unseen_outcome
from spreports.reports.connection import Connection
from spreports.reports.examine import Examiner
from spreports.reports.lanes import QUIET
from spreports.reports.outcome import Outcome, OutcomeKind
from spreports.reports.progress import OnProgress, Progress, check_progress
from spreports.reports.queue import ReportQueue, first_error
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished

__all__ = ["WAIT_SECONDS", "Asking", "patience_of"]

# How long a way out waits for Amazon when nobody says; `wait(timeout=)` says.
WAIT_SECONDS = 6 * 3600.0
# Longer than any report lives; what waits on a lock takes no number of seconds
MOST_SECONDS = 366 * 86_400.0


def patience_of(timeout: object, otherwise: float = WAIT_SECONDS) -> float:
    """Return how many seconds to wait, 0 at least; `otherwise` for None.

    Raises
    ------
    ValueError, TypeError
        No number of seconds.
    """
    if timeout is None:
        return otherwise
    if not isinstance(timeout, int | float):
        raise TypeError(f"timeout={timeout!r} is no number of seconds, such as 3600")
    seconds = min(timeout, MOST_SECONDS)
    if math.isnan(seconds):
        hours = f"{otherwise / 3600:g} hours"
        raise ValueError(f"timeout is not a number: leave it out for {hours}")
    return max(0.0, seconds)


class Asking:
    """Reports of one type on their way, and what became of them.

    Parameters
    ----------
    connection : Connection
    entry : ReportType
    requests : sequence of ReportRequest
        Empty where all reports are there already.
    reuse : bool
        Adopt what the ledger knows instead of creating it again.
    found : sequence of Report

    Attributes
    ----------
    reports : dict of int to Report
        The finished ones, by number of the request.
    examiner : Examiner
        Knows what became of them.
    """

    def __init__(
        self,
        connection: Connection,
        entry: ReportType,
        requests: Sequence[ReportRequest],
        *,
        reuse: bool,
        found: Sequence[Report],
    ) -> None:
        self._connection = connection
        self._entry = entry
        self._requests = requests
        self._reuse = reuse
        self.examiner = Examiner(connection, entry)
        self.reports: dict[int, Report] = dict(enumerate(found))

    def outcome(self, index: int, report: Report) -> Outcome:
        """Return what became of one report."""
        return self.examiner.outcome(report, self._options(index))

    def finish(
        self, timeout: float, on_progress: OnProgress | None, *, fetch: bool
    ) -> Iterator[tuple[int, Report | SPReportsError]]:
        """Yield what is finished already, then the others as they finish.

        Parameters
        ----------
        timeout : float, seconds
        on_progress : callable or None
        fetch : bool
            Bring the documents of DONE reports into the store as well.

        Yields
        ------
        (int, Report or SPReportsError)
            Number of the request, and the report or what went wrong with it; a
            `WaitTimeoutError` or `BadRequestError` has its ``.outcome``.

        Raises
        ------
        TypeError
            `on_progress` is not to be called; nothing was asked.
        """
        check_progress(on_progress)
        yield from list(self.reports.items())
        for each in self._ended(timeout, on_progress, fetch=fetch):
            if each.report is not None:
                self.reports[each.index] = each.report
                yield each.index, each.error or each.report
            elif each.error is not None:
                yield each.index, each.error

    def outcomes(self, timeout: float, on_progress: OnProgress | None) -> list[Outcome]:
        """Return what became of each report, in the order of the requests.

        Raises
        ------
        APIError
            Not for a refusal of one request, which is an outcome as well.
        """
        found: dict[int, Outcome] = {}
        failed: dict[int, SPReportsError] = {}
        for index, came in self.finish(timeout, on_progress, fetch=False):
            if isinstance(came, Report):
                found[index] = self.outcome(index, came)
            elif isinstance(came, BadRequestError | WaitTimeoutError) and came.outcome:
                found[index] = came.outcome
            elif isinstance(came, ThrottledError) and came.operation != LOGIN:
                found[index] = unseen_outcome(self._entry.report_type, None, str(came))
            else:
                failed[index] = came
        if failed:
            raise first_error(failed)
        return [found[index] for index in sorted(found)]

    def empty_error(self) -> ReportEmptyError:
        """Return the error that no rows are, where they are to be one."""
        outcomes = self.outcomes(0.0, None)
        kinds = Counter(str(outcome.kind) for outcome in outcomes)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        return ReportEmptyError(
            f"{self._entry.report_type}: Amazon had no rows ({told or 'no reports'}); "
            'check dates and marketplaces, or take an empty frame (on_empty="frame")',
            report_id=outcomes[0].report_id if outcomes else None,
            outcome=outcomes[0] if outcomes else None,
        )

    def _ended(
        self, timeout: float, on_progress: OnProgress | None, *, fetch: bool
    ) -> Iterator[Finished]:
        """Yield what ended; those asked for too soon last, after a second try."""
        clock = self._connection.clock
        deadline = clock.monotonic() + timeout
        numbers = [i for i in range(len(self._requests)) if i not in self.reports]
        again: list[Finished] = []
        for each in self._run(numbers, timeout, on_progress, fetch=fetch):
            if self._second_chance(each) is None:
                yield each
            else:
                again.append(each)
        while again:
            first = again[0]
            told = _counted(on_progress, len(numbers), len(again))
            pause = self._pause(first)
            if clock.monotonic() + pause >= deadline:
                yield again.pop(0)
                continue
            statuses = {"WAITING FOR THE COOL-DOWN": len(again)}
            while pause > 0:
                if told is not None:
                    told(Progress(total=1, finished=0, adopted=0, statuses=statuses))
                clock.sleep(min(pause, QUIET))
                pause -= QUIET
            left = deadline - clock.monotonic()
            again.pop(0)
            for second in self._run([first.index], left, told, fetch=fetch):
                if isinstance(second.error, ThrottledError):
                    yield first  # quota, or the cool-down itself, took the time
                    continue
                if second.report is not None:
                    self.examiner.asked_again(second.report.report_id)
                yield second

    def _run(
        self,
        numbers: Sequence[int],
        timeout: float,
        on_progress: OnProgress | None,
        *,
        fetch: bool,
    ) -> Iterator[Finished]:
        """Run the queue, by number of the request; errors get their outcome."""
        queue = ReportQueue(self._connection, reuse=self._reuse, fetch=fetch)
        requests = [self._requests[number] for number in numbers]
        for done in queue.run(requests, timeout=timeout, on_progress=on_progress):
            each = replace(done, index=numbers[done.index])
            if isinstance(each.error, BadRequestError):
                each.error.outcome = self.examiner.refused(each.error)
            elif isinstance(each.error, WaitTimeoutError):
                each.error.outcome = self._late(each.index, each.error)
                if each.error.hint == WaitTimeoutError.hint:
                    each.error.hint = how_to_resume(
                        [request.window for request in self._requests],
                        reuse=self._reuse,
                    )
            yield each

    def _pause(self, first: Finished) -> float:
        """Return the seconds until a report may be asked for again."""
        times = [self._second_chance(first)]
        if first.report is not None:
            # An earlier second try may have been served since: its cool-down counts.
            times.append(self.examiner.cooling_until(first.report))
        last = max(time for time in times if time is not None)
        return max(0.0, (last - self._connection.clock.now()).total_seconds())

    def _second_chance(self, ended: Finished) -> datetime | None:
        """Return when a report is to be asked for again; None: it is what it is."""
        report = ended.report
        if (
            report is None
            or self._entry.cooldown_seconds is None
            or report.processing_status == ProcessingStatus.DONE
        ):
            return None
        outcome = self.outcome(ended.index, report)
        return outcome.again_time if outcome.kind is OutcomeKind.TOO_SOON else None

    def _late(self, index: int, error: WaitTimeoutError) -> Outcome:
        """Return the outcome of a report that was not finished in time."""
        if error.report is not None:
            return self.outcome(index, error.report)
        return unseen_outcome(
            self._entry.report_type,
            error.report_id,
            str(error),
            error.processing_status,
        )

    def _options(self, index: int) -> Mapping[str, str]:
        """Return the options of one request; none where the report was found."""
        return self._requests[index].options if self._requests else {}


def _counted(
    on_progress: OnProgress | None, total: int, left: int
) -> OnProgress | None:
    """Tell the progress of one request as that of all, `left` of them unfinished."""
    if on_progress is None:
        return None

    def told(progress: Progress) -> None:
        on_progress(
            replace(progress, total=total, finished=total - left + progress.finished)
        )

    return told
