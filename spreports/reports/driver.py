"""Land documents one after another here, or side by side on an executor.

The driver owns credentials, buckets and getReportDocument. It takes a worker's place
first, then the call, then submits: a URL lives five minutes, so none is issued before
somebody is free to use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from functools import partial, reduce

from spreports.clock import Clock
from spreports.errors import (
    DocumentError,
    DownloadError,
    SinkError,
    SPReportsError,
)
from spreports.load.parquet import SinkResult
from spreports.reports.document_source import DocumentSource
from spreports.reports.naming import name_report
from spreports.reports.progress import OnProgress, Progress, check_progress
from spreports.reports.queue import name_late
from spreports.reports.sinks import SHUT_DOWN
from spreports.reports.work import Work, land

__all__ = ["land_all"]

# Documents under way on an executor at a time: no Executor tells its capacity, and a
# URL waiting in a queue runs out.
IN_FLIGHT = 4
# How often a URL that ran out before a worker came to it is issued anew.
REISSUES = 3
# Documents that share a commit where the target has commits, and how long the first
# of them waits for more before the next word of progress ends it: reports may finish
# hours apart.
GROUP = 16
GROUP_SECONDS = 60.0
Documents = Iterator[DocumentSource | SPReportsError]
_KILLED = (
    "a worker of the executor was killed, or could not start, so the executor takes no "
    "more work; look at its memory, and run again with a new one"
)


def land_all(
    documents: Callable[[OnProgress | None], Documents],
    on_progress: OnProgress | None,
    clock: Clock,
    here: Callable[[DocumentSource], SinkResult],
    elsewhere: Callable[[DocumentSource], Work],
    *,
    executor: Executor | None,
    together: Callable[[Sequence[DocumentSource]], Sequence[SinkResult]] | None,
) -> SinkResult:
    """Land every document; then raise the first error, if there was one.

    Parameters
    ----------
    documents : callable
        Iterates over them, or over the errors in their places, in the order in which
        the reports finish; tells how far they are while it waits.
    on_progress : callable or None
        Is told so, too.
    clock : Clock
    here : callable
        Lands a document in this process.
    elsewhere : callable
        Describes the work for a worker; asks Amazon for the URL.
    executor : Executor or None
        As `check_sink` has passed it.
    together : callable or None
        Lands several documents in this process at once, all or none.

    Returns
    -------
    SinkResult
        Sums over all documents.

    Raises
    ------
    SPReportsError
        The first of those that documents met; a note tells of the others.
    TypeError
        `on_progress` is not to be called; nothing was asked.
    """
    check_progress(on_progress)
    landing = _Landing()
    if together is not None and executor is None:
        _land_groups(documents, landing, here, together, clock, on_progress=on_progress)
        return landing.result()
    crew = None if executor is None else _Crew(executor, landing, elsewhere)
    for document in documents(on_progress):
        if isinstance(document, SPReportsError):
            landing.failed(document)
        elif crew is None or document.is_stored:
            landing.attempt(document, partial(here, document))
        else:
            crew.take(document)
    if crew is not None:
        crew.finish()
    return landing.result()


def _land_groups(
    documents: Callable[[OnProgress | None], Documents],
    landing: _Landing,
    here: Callable[[DocumentSource], SinkResult],
    together: Callable[[Sequence[DocumentSource]], Sequence[SinkResult]],
    clock: Clock,
    *,
    on_progress: OnProgress | None,
) -> None:
    """Land documents by groups, those of a group that fails one by one."""
    group: list[DocumentSource] = []
    begun = 0.0

    def land() -> None:
        if len(group) < 2 or not landing.attempt_all(group, together):
            for document in group:
                landing.attempt(document, partial(here, document))
        group.clear()

    def told(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(progress)
        if group and clock.monotonic() - begun >= GROUP_SECONDS:
            land()

    for document in documents(told):
        if isinstance(document, SPReportsError):
            landing.failed(document)
            continue
        begun = begun if group else clock.monotonic()
        group.append(document)
        if len(group) >= GROUP or clock.monotonic() - begun >= GROUP_SECONDS:
            land()
    land()


class _Landing:
    """Counts what landed and keeps what failed."""

    def __init__(self) -> None:
        self._results: list[SinkResult] = []
        self._errors: list[SPReportsError] = []

    def attempt(
        self, document: DocumentSource, land_one: Callable[[], SinkResult]
    ) -> None:
        """Land one document, or keep its error; others go on."""
        try:
            result = land_one()
        except SPReportsError as exc:
            name_report(exc, document.constants)
            self.failed(exc)
            return
        self._results.append(result)

    def attempt_all(
        self,
        documents: Sequence[DocumentSource],
        together: Callable[[Sequence[DocumentSource]], Sequence[SinkResult]],
    ) -> bool:
        """Land several documents at once; False where one kept the others out."""
        try:
            results = together(documents)
        except SPReportsError:
            return False  # each one's own error comes when it is tried alone
        self._results += results
        return True

    def failed(self, error: SPReportsError) -> None:
        """Keep an error until the other documents have landed."""
        self._errors.append(error)

    def result(self) -> SinkResult:
        """Return the sums, or raise the first error."""
        if self._errors:
            first, *others = self._errors
            if self._results or others:
                first.add_note(
                    f"{len(self._results)} other reports were written, "
                    f"{len(others)} more failed"
                )
            name_late(first, self._errors)
            raise first
        return reduce(SinkResult.plus, self._results, SinkResult())


class _Crew:
    """Up to `IN_FLIGHT` documents under way on an executor."""

    def __init__(
        self,
        executor: Executor,
        landing: _Landing,
        elsewhere: Callable[[DocumentSource], Work],
    ) -> None:
        self._executor = executor
        self._landing = landing
        self._elsewhere = elsewhere
        self._flying: dict[Future[SinkResult], tuple[DocumentSource, int]] = {}
        self._gone: str | None = None  # why it takes no more work

    def take(self, document: DocumentSource) -> None:
        """Submit a document as soon as a worker is free for it."""
        while len(self._flying) >= IN_FLIGHT:
            self._settle()
        self._launch(document, REISSUES)

    def finish(self) -> None:
        """Wait for everything that is under way."""
        while self._flying:
            self._settle()

    def _launch(self, document: DocumentSource, reissues: int) -> None:
        """Ask for the URL and hand the work over; no URL where nobody can take it."""
        try:
            if self._gone is not None:
                raise _nobody_for(document, self._gone)
            work = self._elsewhere(document)
        except SPReportsError as exc:
            self._landing.failed(exc)
            return
        try:
            self._flying[self._executor.submit(land, work)] = (document, reissues)
        except BrokenExecutor:
            self._lost(document, _KILLED)
        except RuntimeError:  # as every submit once the executor is shut down
            self._lost(document, SHUT_DOWN)
        except Exception as exc:  # noqa: BLE001 - what some take does not pickle
            self._fell(document, exc)

    def _fell(self, document: DocumentSource, error: Exception) -> None:
        """Keep what is no error of ours; of its text, nobody knows what it holds."""
        ours = SinkError(
            f"{document.stem}: its work on the executor ended with "
            f"{type(error).__name__}: what has landed stays; run again{_advice(error)}"
        )
        ours.__cause__ = error
        self._landing.failed(ours)

    def _lost(self, document: DocumentSource, why: str) -> None:
        """Take note that the executor can do no more."""
        self._gone = why
        self._landing.failed(_nobody_for(document, why))

    def _settle(self) -> None:
        """Take in what is done; hand out anew what only came too late."""
        done, _ = wait(self._flying, return_when=FIRST_COMPLETED)
        for future in done:
            document, reissues = self._flying.pop(future)
            error = CancelledError() if future.cancelled() else future.exception()
            if isinstance(error, DownloadError) and error.expired and reissues:
                self._launch(document, reissues - 1)
            elif isinstance(error, BrokenExecutor):
                self._lost(document, _KILLED)
            elif isinstance(error, Exception) and not isinstance(error, SPReportsError):
                self._fell(document, error)
            else:
                self._landing.attempt(document, future.result)


def _nobody_for(document: DocumentSource, why: str) -> DocumentError:
    """Say that a document has not landed since the executor takes no more work."""
    return DocumentError(f"{document.stem}: {why}: what has landed stays")


def _advice(error: Exception) -> str:
    """Say what may be wrong where work on an executor ends alike each time."""
    again = ", and where it ends so each time, "
    if isinstance(error, ImportError):
        return f"{again}install spreports on its machines, too"
    is_of_pickle = type(error).__name__ == "PicklingError"
    if is_of_pickle or isinstance(error, TypeError | AttributeError):
        return f"{again}look whether storage_options can be pickled"
    return ""
