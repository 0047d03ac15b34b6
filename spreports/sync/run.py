"""One run: what is due is brought, written and recorded, each step before the next.

A window's row says that it is asked for before anybody asks; the ledger of requests has
the intent before createReport and the report's id after it, that of documents the
verified bytes; files become visible whole, under the report's id, and last of all the
window's row says that they are there. Whatever stops a run, the next one finds the step
that was reached and repeats nothing that is safe.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from spreports.api.models import Report
from spreports.errors import (
    ReportCancelledError,
    SPReportsError,
    UnauthorizedError,
)
from spreports.ledger import LakeWindow, WindowState
from spreports.load.parquet import SinkResult
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.connection import Connection
from spreports.reports.finished import finished_document
from spreports.reports.progress import OnProgress
from spreports.reports.request import ReportRequest
from spreports.sync.agenda import Agenda, Task
from spreports.sync.book import Book
from spreports.sync.bring import ask_after, bring
from spreports.sync.busy import alone
from spreports.sync.landing import Landed, Landing
from spreports.sync.listing import listing, not_listed
from spreports.sync.quality import OnDrift, Quality
from spreports.sync.result import MissingWindow, SyncResult
from spreports.sync.roots import refuse_unwritable
from spreports.sync.stream import Kind, Stream
from spreports.sync.twins import claim

__all__ = ["NIGHT_SECONDS", "Step", "run"]

logger = logging.getLogger("spreports.sync")

# Told the name of each step that a run has reached.
Step = Callable[[str], object]

# Three reports of a type with a cool-down of four hours: two are due each night, one
# makes up for nights that were missed
NIGHT_SECONDS = 9 * 3600.0


def run(
    connection: Connection,
    streams: Sequence[Stream],
    to: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    format: str = "parquet",  # noqa: A002 - as in `sink`
    on_drift: OnDrift = "evolve",
    dry_run: bool = False,
    retry_gaps: bool = False,
    refill: bool = False,
    timeout: float = NIGHT_SECONDS,
    on_progress: OnProgress | None = None,
    at: Step = lambda _: None,
) -> SyncResult:
    """Keep the feeds of one account up to date.

    Parameters
    ----------
    connection, streams, to
        What, and where.
    storage_options, format, on_drift, dry_run, retry_gaps, refill, timeout, on_progress
        See `Client.sync`.
    at : callable
        Told ``"locked"``, ``"planned"``, and of each window ``"done"``,
        ``"downloaded"``, ``"landed"`` and ``"committed"``.

    Returns
    -------
    SyncResult

    Raises
    ------
    BusyError, ConfigError, SinkError, UnauthorizedError
        See `Client.sync`.
    """
    url = os.fspath(to)
    book = Book(connection, url, storage_options, format, refill=refill)
    due = partial(
        Agenda, book, connection, streams, retry_gaps=retry_gaps, patience=timeout
    )
    if dry_run:
        return SyncResult(plan=due().plan(), gaps=book.gaps(streams))
    names = [(f"{book.lake}\n{stream.key}", stream.label) for stream in streams]
    with alone(connection.store.home / "lakes", names, connection.clock):
        at("locked")
        landing = Landing(url, storage_options, on_drift, format)
        agenda = due()
        refuse_unwritable(streams, url, format)
        result = _Run(connection, book, landing, at).done(agenda, timeout, on_progress)
    if on_drift == "warn":
        for line in result.quality.lines():
            logger.warning("%s", line)
    return result


class _Run:
    """Does what is due, and counts."""

    def __init__(
        self, connection: Connection, book: Book, landing: Landing, at: Step
    ) -> None:
        self._connection = connection
        self._book = book
        self._landing = landing
        self._at = at
        self._failed: list[MissingWindow] = []
        self._written = SinkResult()
        self._windows = self._empty = self._adopted = 0

    def done(
        self, agenda: Agenda, timeout: float, on_progress: OnProgress | None
    ) -> SyncResult:
        """Do all of it; a window's failure is its own."""
        planned = agenda.plan()
        for stream in agenda.streams:
            self._book.insist_on_one_copy(stream, agenda.streams)
        for stream in agenda.streams:
            self._book.keep(stream)
        for stream, window in agenda.lost:
            agenda.give_up(stream, window)
        for task in agenda.tasks:
            asked = replace(task.due.window, state=_asked(task.due.window))
            self._book.put(task.stream, asked)
        for stream, window in agenda.recut:
            self._book.forget(stream, window)
        self._at("planned")
        for stream in agenda.streams:
            if stream.kind == Kind.LISTED:
                self._take_listed(stream, agenda)
        for task in agenda.asked:
            self._take_asked(task, agenda)
        created = self._take_requested(agenda.tasks, agenda, timeout, on_progress)
        for stream in agenda.streams:
            self._book.land_emptied_again(stream)
            self._book.note(stream)
            self._book.clear_killed(stream)
        return SyncResult(
            rows=self._written.rows,
            files=self._written.files,
            bytes=self._written.bytes,
            created=created,
            adopted=self._adopted,
            windows=self._windows,
            empty=self._empty,
            failed=tuple(self._failed),
            gaps=self._book.gaps(agenda.streams),
            quality=Quality(tuple(self._landing.noticed)),
            plan=planned,
        )

    def _take_requested(
        self,
        tasks: Sequence[Task],
        agenda: Agenda,
        timeout: float,
        on_progress: OnProgress | None,
    ) -> int:
        """Bring every window; return how many reports were created for it."""
        before = [agenda.known_report(task) for task in tasks]
        requests = [task.request for task in tasks]
        adopted: set[int] = set()
        for done in bring(self._connection, requests, timeout, on_progress):
            task = tasks[done.index]
            if done.error is not None:
                self._fail(task.stream, task.due.window, done.error)
            elif done.report is not None:
                if done.adopted:
                    adopted.add(done.index)
                self._at("done")
                self._take(task.stream, task.due.window, done.report, done.request)
        self._adopted += len(adopted)
        after = [agenda.known_report(task) for task in tasks]
        return sum(
            now is not None and now != then
            for index, (then, now) in enumerate(zip(before, after, strict=True))
            if index not in adopted  # others' reports get into the ledger as well
        )

    def _take_asked(self, task: Task, agenda: Agenda) -> None:
        """Take up the one report that a killed run has asked for, whatever it is."""
        try:
            report = ask_after(self._connection, str(task.report_id))
        except UnauthorizedError:
            raise
        except SPReportsError as exc:
            if not agenda.gives_up(task, exc):
                self._fail(task.stream, task.due.window, exc)
            return
        self._adopted += 1
        self._take(task.stream, task.due.window, report, task.request)

    def _take_listed(self, stream: Stream, agenda: Agenda) -> None:
        """Take in what Amazon has made by itself."""
        ledger, lake = self._connection.ledger.windows, self._book.lake
        try:
            found = listing(
                stream,
                agenda.known(stream),
                self._connection,
                listed=self._book.listed(stream),
                made=partial(self._book.made, stream),
                purged=self._book.purged(stream),
            )
        except UnauthorizedError:
            raise
        except SPReportsError as exc:
            self._failed.append(not_listed(stream, exc))
            return
        for window in found.gaps:
            agenda.give_up(stream, window)
        for window, _ in found.found:
            self._book.put(stream, window)
        ledger.put_listed(lake, stream.key, found.listed)
        # What a killed run had begun to write comes before its doubles
        begun = sorted(found.found, key=lambda pair: pair[0].version_of is None)
        for window, report in begun:
            self._adopted += 1
            self._take(stream, window, report, None)

    def _take(
        self,
        stream: Stream,
        window: LakeWindow,
        report: Report,
        request: ReportRequest | None,
    ) -> None:
        """Take a finished report into the lake, or write why not."""
        try:
            self._write(stream, window, report, request)
        except UnauthorizedError:
            raise
        except Exception as exc:  # told in the result; the others go on
            logger.debug("report %s did not land", report.report_id, exc_info=True)
            self._fail(stream, window, exc)

    def _write(
        self,
        stream: Stream,
        window: LakeWindow,
        report: Report,
        request: ReportRequest | None,
    ) -> None:
        """Land a report's rows, or that it has none, and record it; or raise."""
        connection = self._connection
        document = finished_document(report, stream.entry, connection, request=request)
        landed, sha256, asked = Landed(), None, window
        window = self._book.as_dated(stream, window)
        if document is None:
            landed = self._emptied(stream, window, report, request)
        else:
            name, restricted = str(report.report_document_id), stream.entry.restricted
            stored = AmazonOrigin(connection, name, restricted=restricted).stored()
            self._at("downloaded")
            sha256 = stored.sha256
            what = (self._book, stream, window, document, str(sha256))
            window, again = claim(*what, connection=connection)
            if not again:
                last, turn = self._book.last(stream), self._book.turn(stream, window)
                version_of = self._book.version_of(stream, window)
                landed = self._landing.land(
                    document, stream, window, last, version_of, turn=turn
                )
        self._at("landed")
        self._empty += document is None
        self._book.committed(stream, window, report, landed, sha256)
        if window.name != asked.name:
            # It is no report of the day to come, for which a right clock asks anew
            self._book.forget(stream, asked)
            ledger, made = connection.ledger, report.created_time
            ledger.made(connection.account, report.report_id, made)
        self._at("committed")
        self._windows += 1
        self._written = self._written.plus(landed.written)

    def _emptied(
        self,
        stream: Stream,
        window: LakeWindow,
        report: Report,
        request: ReportRequest | None,
    ) -> Landed:
        """Land that there is no data, unless the lake has rows: they stay."""
        if window.rows:
            raise ReportCancelledError(
                f"report {report.report_id} says that there is no data, but the "
                f"lake has {window.rows} rows of the same window; they stay",
                report_id=report.report_id,
            )
        return self._book.emptied(stream, report, request)

    def _fail(self, stream: Stream, window: LakeWindow, exc: Exception) -> None:
        said = self._book.failed(stream, window, exc)
        if said is not None:
            self._failed.append(said)


def _asked(window: LakeWindow) -> WindowState:
    """Return the state of a window that is asked for: what failed goes on counting."""
    failed = window.state == WindowState.FAILED
    return WindowState.FAILED if failed else WindowState.ASKED
