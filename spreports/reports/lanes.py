"""The lanes of a run: each operation works at its own pace, beside the others.

createReport, getReport and getReportDocument each have a bucket of their own, so each
has a lane of its own here: none waits for another's slot, and the one that decides how
long everything takes is never idle while there is something for it to do.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from spreports.api.login import LOGIN
from spreports.clock import StoppedError
from spreports.errors import SPReportsError, ThrottledError
from spreports.reports.connection import Connection
from spreports.reports.cooling import CoolingDownError
from spreports.reports.fetching import Fetching
from spreports.reports.lateness import Lateness
from spreports.reports.obtain import Obtaining
from spreports.reports.polling import Polling
from spreports.reports.progress import OnProgress, Progress
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished, Stage, Ticket

__all__ = ["QUIET", "Lanes"]

# Documents that are here, or on their way, before whoever asked takes them: their disk
# space is bounded so, and no URL is asked for long before it is needed.
LOOK_AHEAD = 4
# Downloads side by side: one brings bytes while another waits for its slot.
FETCHERS = 2
# Seconds before a call that was throttled is tried again, whatever it says.
LEAST_PAUSE = 1.0
# Seconds after which progress is told though nothing has changed: who listens may have
# something to do by then.
QUIET = 30.0
# How long an end waits for lanes in the middle of a call; they end by themselves.
JOIN_SECONDS = 0.25

# Works on one ticket, and returns all that it has changed: a page tells of many.
StageWork = Callable[[Ticket], Sequence[Ticket]]


class Lanes:
    """One run: the tickets by stage, the lanes, and the lock that they share.

    Parameters
    ----------
    connection, reuse, fetch
        As for `ReportQueue`.
    requests : sequence of ReportRequest
    """

    def __init__(
        self,
        connection: Connection,
        requests: Sequence[ReportRequest],
        *,
        reuse: bool,
        fetch: bool,
    ) -> None:
        self._clock = connection.clock
        self._watch = connection.watch
        self._lateness = Lateness(connection, reuse=reuse)
        self._tickets = [Ticket(i, request) for i, request in enumerate(requests)]
        # Insertion order is the order of turns: a ticket that comes back goes last
        self._at: dict[Stage, dict[int, Ticket]] = {stage: {} for stage in Stage}
        self._at[Stage.ASKING].update(enumerate(self._tickets))
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._fetch = fetch
        self._changes = self._at_work = 0
        self._deadline = math.inf
        self._broken: BaseException | None = None
        self._obtaining = Obtaining(connection, self._tickets, reuse=reuse)
        self._polling = Polling(connection, self._on_their_way)
        self._fetching = Fetching(connection)

    def results(
        self, timeout: float | None, on_progress: OnProgress | None
    ) -> Iterator[Finished]:
        """Run the lanes, and yield what they finish; as `ReportQueue.run`."""
        if timeout is not None:
            self._deadline = self._clock.monotonic() + timeout
            for ticket in self._tickets:
                ticket.deadline = self._deadline
        self._obtaining.allow_until(self._deadline)
        lanes = self._lanes() if self._tickets else []
        try:
            for lane in lanes:
                lane.start()
            for ticket in self._finished(on_progress):
                yield ticket.finished()
            self._end(lanes)
            yield from self._late(timeout or 0.0)
        finally:
            self._end(lanes)

    def _lanes(self) -> list[threading.Thread]:
        """Return one thread for each operation, a few for downloads.

        A lone request is at one operation at a time: one thread takes it through all.
        """
        obtain, poll, fetch = (
            {Stage.ASKING: self._obtaining.obtain},
            {Stage.POLLING: self._polling.poll},
            {Stage.FETCHING: self._fetching.fetch},
        )
        if len(self._tickets) == 1:
            work: list[Mapping[Stage, StageWork]] = [{**obtain, **poll, **fetch}]
        else:
            work = [obtain, poll, *[fetch] * FETCHERS]
        runs: list[tuple[str, Callable[[], None]]] = [
            (next(iter(each)).value, partial(self._work_on, each)) for each in work
        ]
        if self._watch.listens:
            runs.append(("notifications", self._listen))
        return [
            threading.Thread(
                target=self._lane, args=(run,), name=f"spreports-{name}", daemon=True
            )
            for name, run in runs
        ]

    def _finished(self, on_progress: OnProgress | None) -> Iterator[Ticket]:
        """Yield what is finished until nothing is left or the time is up."""
        left, told = len(self._tickets), 0
        while left:
            with self._changed:
                self._wait_for_news(told, min(self._time_left(), QUIET))
                if self._broken is not None:
                    raise self._broken
                told = self._changes
                done = list(self._at[Stage.FINISHED].values())
            if on_progress is not None:
                on_progress(self._progress())
            for ticket in done:
                left -= 1
                yield ticket
                with self._changed:
                    del self._at[Stage.FINISHED][ticket.index]
                    self._news()
            if self._time_left() <= 0:
                return

    def _time_left(self) -> float:
        """Return the seconds until the deadline of the run."""
        return self._deadline - self._clock.monotonic()

    def _wait_for_news(
        self, told: int, patience: float, alone: Callable[[], bool] | None = None
    ) -> None:
        """Wait until something has changed since `told`, or for so many seconds."""
        self._clock.wait_for(
            self._changed,
            lambda: self._changes > told or self._stop.is_set(),
            patience if patience < math.inf else None,
            alone=alone,
        )

    def _late(self, timeout: float) -> Iterator[Finished]:
        """Yield what was not finished in time."""
        with self._changed:
            for ticket in self._tickets:
                if ticket.stage is not Stage.FINISHED:
                    self._file(ticket, self._lateness.error(ticket, timeout))
            late = list(self._at[Stage.FINISHED].values())
        for ticket in late:
            yield ticket.finished()

    def _end(self, lanes: Sequence[threading.Thread]) -> None:
        """Wake the lanes for good; those within a call end after it."""
        self._clock.stop_all(self._stop)
        with self._changed:
            self._changed.notify_all()
        for lane in lanes:
            if lane.ident is not None:
                lane.join(JOIN_SECONDS)

    def _lane(self, run: Callable[[], None]) -> None:
        """Run until the end of all lanes; a fault of ours ends them."""
        self._clock.obey(self._stop)
        try:
            run()
        except StoppedError:
            return
        except BaseException as exc:  # noqa: BLE001 - raised again in the thread that iterates
            with self._changed:
                self._broken = exc
                self._news()

    def _work_on(self, work: Mapping[Stage, StageWork]) -> None:
        """Do what is due at the stages of one lane."""
        while (ticket := self._next(work)) is not None:
            self._step(ticket, work[ticket.stage])

    def _listen(self) -> None:
        """Bring forward the polls of reports that notifications tell of."""
        while not self._stop.is_set():
            with self._changed:
                polled = self._at[Stage.POLLING].values()
                # Of one that is adopted whoever created it is told, by the same queue
                ids = {str(t.report_id) for t in polled if not t.adopted}
                if not ids:
                    self._wait_for_news(self._changes, math.inf)
                    continue
            patience = self._watch.patience()
            told = self._watch.listen(ids)
            with self._changed:
                for ticket in self._at[Stage.POLLING].values():
                    ticket.told = ticket.told or ticket.report_id in told
                if told or patience != self._watch.patience():
                    self._news()

    def _step(self, ticket: Ticket, work: StageWork) -> None:
        """Work on one ticket; its error is its own."""
        touched: Sequence[Ticket] = (ticket,)
        error: SPReportsError | None = None
        try:
            touched = work(ticket)
        except StoppedError:
            raise
        except CoolingDownError as exc:
            error = exc
        except ThrottledError as exc:
            if exc.operation == LOGIN:
                error = exc
            else:
                # Quota comes back: only the run's deadline ends the wait for it
                ticket.throttled = exc
                wait = max(exc.retry_after or 0.0, LEAST_PAUSE)
                ticket.due = self._clock.monotonic() + wait
        except SPReportsError as exc:
            error = exc
        with self._changed:
            ticket.held = False
            self._at_work -= 1
            for each in touched:
                self._file(each, error)
            self._news()

    def _news(self) -> None:
        """Tell everybody that something has changed."""
        self._changes += 1
        self._changed.notify_all()

    def _file(self, ticket: Ticket, error: SPReportsError | None) -> None:
        """Put a ticket where it now belongs, behind those that are there."""
        for tickets in self._at.values():
            if tickets.pop(ticket.index, None) is not None:
                break
        else:
            return  # whoever asked has it already
        if error is not None:
            ticket.finish(error)
        wanted = self._fetch or ticket.unconfirmed
        if ticket.stage is Stage.FETCHING and not wanted:
            ticket.finish()
        self._at[ticket.stage][ticket.index] = ticket

    def _next(self, stages: Iterable[Stage]) -> Ticket | None:
        """Wait for a ticket due at one of these stages; None when the run has ended."""
        with self._changed:
            while not self._stop.is_set():
                # One time for both: what falls due between two would wait for ever
                now, put_off = self._clock.monotonic(), self._watch.patience()
                for stage in stages:
                    ticket = self._due(stage, now, put_off)
                    if ticket is not None:
                        ticket.take()
                        self._at_work += 1
                        return ticket
                patience = min(self._until_due(each, now, put_off) for each in stages)
                if patience < math.inf:
                    patience = min(patience, self._time_left())
                if patience <= 0:  # the deadline has passed
                    self._news()
                    return None
                self._wait_for_news(self._changes, patience, lambda: not self._at_work)
        return None

    def _on_their_way(self) -> Sequence[Ticket]:
        """Return the tickets that are being polled."""
        with self._changed:
            return list(self._at[Stage.POLLING].values())

    def _due(self, stage: Stage, now: float, put_off: float) -> Ticket | None:
        """Return the first ticket that is due at this stage."""
        waiting = self._at[stage].values()
        if stage is Stage.FETCHING:
            fetching = sum(ticket.held for ticket in waiting)
            if fetching + len(self._at[Stage.FINISHED]) >= LOOK_AHEAD:
                return None
        if now >= self._deadline:
            return None
        return next(
            (t for t in waiting if not t.held and t.not_before(put_off) <= now), None
        )

    def _until_due(self, stage: Stage, now: float, put_off: float) -> float:
        """Return the seconds until the next ticket of this stage is due."""
        waiting = (t for t in self._at[stage].values() if not t.held)
        later = (due for t in waiting if (due := t.not_before(put_off)) > now)
        return min(later, default=math.inf) - now

    def _progress(self) -> Progress:
        """Say how far it is."""
        statuses: dict[str, int] = {}
        for ticket in self._tickets:
            statuses[ticket.status] = statuses.get(ticket.status, 0) + 1
        return Progress(
            total=len(self._tickets),
            finished=sum(t.is_over for t in self._tickets),
            adopted=sum(t.adopted for t in self._tickets),
            statuses=statuses,
        )
