"""What is due of all feeds of a run, and what it costs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from spreports.errors import NotFoundError, SPReportsError, WaitTimeoutError
from spreports.ledger import LakeWindow, WindowState, asked_on
from spreports.plan.plan import Plan, plan
from spreports.plan.windows import Window, midnight
from spreports.reports.connection import Connection
from spreports.reports.listing import ours
from spreports.reports.planning import bucket_states, cooldown_of
from spreports.reports.request import ReportRequest
from spreports.sync.book import Book
from spreports.sync.calendar import Due, gap, is_cut, passed, plan_dated
from spreports.sync.days import is_stuck, plan_snapshot
from spreports.sync.result import PlannedWindow, SyncPlan
from spreports.sync.stream import Kind, Stream

__all__ = ["Agenda", "Task"]

logger = logging.getLogger("spreports.sync")


@dataclass(frozen=True, slots=True)
class Task:
    """One window of one feed that is due."""

    stream: Stream
    due: Due
    report_id: str | None = None  # of the report that is taken up, and no other

    @property
    def request(self) -> ReportRequest:
        """What Amazon is asked for."""
        return self.stream.request(self.due.span, self.due.newer_than)


class Agenda:
    """What is due of all feeds.

    Parameters
    ----------
    book : Book
    connection : Connection
    streams : sequence of Stream
    retry_gaps : bool
        Try what was given up once more.
    patience : float, seconds
        How long the run may wait for a cool-down.

    Attributes
    ----------
    streams : tuple of Stream
    tasks : list of Task
        Windows that are due, newest first of each feed.
    asked : list of Task
        Snapshots of days gone by whose reports are known: only those show them.
    lost : list of (Stream, LakeWindow)
        To be given up: gaps that are found now, and those that were tried again and
        cannot be had.
    recut : list of (Stream, LakeWindow)
        To be forgotten once the tasks are written down: see `DueWork.recut`.

    Raises
    ------
    SinkError
        The lake cannot be read, or lacks what the ledger knows there.
    """

    def __init__(
        self,
        book: Book,
        connection: Connection,
        streams: Sequence[Stream],
        *,
        retry_gaps: bool,
        patience: float,
    ) -> None:
        self._connection = connection
        self._book = book
        self._retry_gaps = retry_gaps
        self.streams = tuple(streams)
        self.tasks: list[Task] = []
        self.asked: list[Task] = []
        self.lost: list[tuple[Stream, LakeWindow]] = []
        self.recut: list[tuple[Stream, LakeWindow]] = []
        now = connection.clock.now()
        for stream in streams:
            if stream.kind == Kind.LISTED:
                self.lost += [(stream, lost) for lost in self._unlisted(stream)]
                continue
            known = [w for w in self.known(stream) if not stream.leaves_out(w)]
            if stream.kind == Kind.DATED:
                purged = book.purged(stream)
                _tell(stream, known, purged)
                _tell_of_others(stream, known)
                _tell_of_passed(stream, tuple(passed(stream, known, now, purged)))
                work = plan_dated(stream, known, now, purged)
            else:
                asked = self._asked(stream, known, midnight(now))
                self.asked += asked
                names = {task.due.window.name for task in asked}
                work = plan_snapshot(stream, known, now, names, patience)
            self.tasks += [Task(stream, due) for due in work.due]
            self.lost += [(stream, window) for window in work.gaps]
            self.recut += [(stream, window) for window in work.recut]

    def known(self, stream: Stream) -> tuple[LakeWindow, ...]:
        """Return what is known of a feed; what was given up as failed, to try again."""
        known = self._book.windows(stream)
        if not self._retry_gaps:
            return known
        listed = stream.kind == Kind.LISTED
        return tuple(
            window if listed and window.start is not None else _revived(window)
            for window in known
        )

    def give_up(self, stream: Stream, window: LakeWindow) -> None:
        """Write down a gap; one that cannot be tried again is told no more.

        Only `retry_gaps` tries a gap again: whoever asks for that has been told of it.
        The next `retry_gaps` tries it again all the same.
        """
        known = self._book.windows(stream)
        before = next((each for each in known if each.name == window.name), None)
        if before is not None and before.is_given_up:
            if before.state == WindowState.GAP:
                logger.warning(
                    "%s %s cannot be had (%s): it is told as a gap no more",
                    stream.label,
                    window.name,
                    window.error,
                )
            # Another document may still be of the same settlement
            window = replace(window, state=WindowState.COMMITTED, version_of=None)
        self._book.put(stream, window)

    def gives_up(self, task: Task, exc: SPReportsError) -> bool:
        """Give up the snapshot of a day gone by whose report does not come.

        The report stays known: the next `retry_gaps` takes it up, should it end yet.
        """
        if not isinstance(exc, (NotFoundError, WaitTimeoutError)):
            return False
        window, now = task.due.window, self._connection.clock.now()
        if not is_stuck(window, now):
            return False
        is_gone = isinstance(exc, NotFoundError)
        said = "no longer known at Amazon" if is_gone else "not finished yet"
        why = f"report {task.report_id} is {said}; retry_gaps asks after it once more"
        self.give_up(task.stream, gap(window, type(exc).__name__, why))
        return True

    def _unlisted(self, stream: Stream) -> list[LakeWindow]:
        """Return times of which nobody can tell any more what was listed.

        They cannot be tried again.
        """
        known = self._book.windows(stream) if self._retry_gaps else ()
        gaps = [w for w in known if w.state == WindowState.GAP]
        return [w for w in gaps if w.start is not None and not stream.leaves_out(w)]

    def _asked(
        self, stream: Stream, known: Sequence[LakeWindow], today: datetime
    ) -> list[Task]:
        """Return the snapshots of days before that were asked for and have a report.

        By the lake, of which it is lost, or by our ledger.
        """
        ledger, account = self._connection.ledger, self._connection.account
        key = stream.request(None, None).key
        found = []
        for window in known:
            is_lacking = window.is_begun and not window.created_time
            if not is_lacking or window.name >= f"{today.date()}":
                continue
            report_id = window.report_id or asked_on(ledger, account, key, window.name)
            if report_id is not None:
                due = Due(window=window, reason="resumed")
                found.append(Task(stream, due, report_id))
        return found

    def known_report(self, task: Task) -> str | None:
        """Return the id of the report that our ledger has for a window, if any."""
        connection = self._connection
        row = connection.ledger.latest(connection.account, task.request.key)
        return row.report_id if row else None

    def plan(self) -> SyncPlan:
        """Return what is due, and what it costs; asks nobody."""
        windows = tuple(
            PlannedWindow(
                report_type=task.stream.entry.report_type,
                marketplace_ids=task.stream.marketplace_ids,
                start=task.due.window.start,
                end=task.due.window.end,
                reason=task.due.reason,
            )
            for task in (*self.tasks, *self.asked)
        )
        listed = [s.entry.report_type for s in self.streams if s.kind == Kind.LISTED]
        return SyncPlan(
            windows=windows,
            listed=tuple(listed),
            cost=self._cost(),
        )

    def _cost(self) -> Plan:
        """Return what all feeds together cost: they share the account's buckets."""
        states, now = bucket_states(self._connection), self._connection.clock.now()
        total: Plan | None = None
        for stream in self.streams:
            mine = (*self.tasks, *self.asked)
            tasks = [task for task in mine if task.stream is stream]
            one = plan(
                stream.label,
                [span for task in tasks if (span := task.due.span) is not None],
                reports=len(tasks),
                adopted=sum(
                    task.report_id is not None
                    or ours(self._connection, task.request) is not None
                    for task in tasks
                ),
                restricted=stream.entry.restricted,
                cooldown=cooldown_of(
                    self._connection, stream.entry, [stream.marketplace_ids]
                ),
                states=states,
                now=now,
            )
            total = one if total is None else total + one
        return total or plan("", (), reports=0, now=now)


def _revived(window: LakeWindow) -> LakeWindow:
    """Return a window that was given up as one that failed once more."""
    if not window.is_given_up:
        return window
    return replace(window, state=WindowState.FAILED, tries=0)


def _tell(stream: Stream, known: Sequence[LakeWindow], purged: datetime | None) -> None:
    """Tell who begins a feed that what was purged before does not come."""
    begun = any(window.created_time for window in known)
    if purged and stream.since and midnight(stream.since) < purged and not begun:
        logger.warning(
            "%s: nothing that ended before %s is asked for: its lake was purged then",
            stream.label,
            purged.isoformat(),
        )


def _tell_of_others(stream: Stream, known: Sequence[LakeWindow]) -> None:
    """Tell that a feed's lake has windows that no sync has cut."""
    others = [window for window in known if window.tables and not is_cut(window)]
    if others:
        logger.warning(
            "%s: %d windows of the lake do not begin and end with a UTC day (%s, say):"
            " reports of a schedule, or of another sink. They are not asked for again,"
            " and where a sync has brought the same days, too, rows are there twice:"
            " keep them in a lake of their own",
            stream.label,
            len(others),
            others[0].name,
        )


def _tell_of_passed(stream: Stream, spans: Sequence[Window]) -> None:
    """Tell that days are not asked for of which neither lake nor store knows."""
    if spans:
        first = spans[0].start.date().isoformat()
        logger.warning(
            "%s: of %d days from %s to %s the lake has nothing, and this store does not"
            " know why: if Amazon had data then, a run with since=%r brings it",
            stream.label,
            sum((span.end - span.start for span in spans), timedelta()).days,
            first,
            spans[-1].end.date().isoformat(),
            first,
        )
