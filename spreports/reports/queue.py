"""The seam for whoever wants many reports: requests in, finished reports out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from spreports.errors import SPReportsError, WaitTimeoutError
from spreports.reports.connection import Connection
from spreports.reports.lanes import Lanes
from spreports.reports.progress import OnProgress
from spreports.reports.request import ReportRequest
from spreports.reports.ticket import Finished

__all__ = ["ReportQueue", "first_error", "name_late"]


class ReportQueue:
    """Brings requests of any report types to finished reports and stored documents.

    The seam for whoever wants many reports: `Reports` runs those of one request, a
    sync those of many feeds::

        queue = ReportQueue(connection)
        for done in queue.run(requests, timeout=3600):
            ...  # done.request, done.report or done.error, done.adopted

    Parameters
    ----------
    connection : Connection
    reuse : bool
        Adopt reports that exist, ours or anybody's, instead of creating them.
    fetch : bool
        Bring the documents of DONE reports into the store before they are yielded.
    """

    def __init__(
        self, connection: Connection, *, reuse: bool = True, fetch: bool = True
    ) -> None:
        self._connection = connection
        self._reuse = reuse
        self._fetch = fetch

    def run(
        self,
        requests: Sequence[ReportRequest],
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Iterator[Finished]:
        """Yield each request as it is finished.

        Nothing that goes wrong with one request keeps the others: it comes out as
        ``Finished.error``. Only a type that createReport answers with 403 is not asked
        for again in this run, for the same marketplaces: a `ForbiddenError` without a
        status says so. Closing the iterator, or Ctrl-C, ends the work within a
        second; what Amazon has been asked is in the ledger and is taken up by the next
        run.

        Parameters
        ----------
        requests : sequence of ReportRequest
            In the order in which they are asked for.
        timeout : float or None, seconds
            From the first step of the iterator. Those not finished by then come out
            with a `WaitTimeoutError` that names the report, or with a
            `ThrottledError` that says when the type may be asked for again.
        on_progress : callable or None
            Called from the thread that iterates, after every change, and
            after 30 seconds without one.

        Yields
        ------
        Finished
            One for each request, in the order in which they finish. A DONE report's
            document is then in the store, where `fetch` is set.

        Raises
        ------
        ConfigError
            The client was closed meanwhile.
        """
        lanes = Lanes(self._connection, requests, reuse=self._reuse, fetch=self._fetch)
        return lanes.results(timeout, on_progress)


def first_error(errors: Mapping[int, SPReportsError]) -> SPReportsError:
    """Return the error of the first request that has one; it tells of the others.

    Parameters
    ----------
    errors : mapping of int to SPReportsError, not empty
        By place of the request.

    Returns
    -------
    SPReportsError
        A `WaitTimeoutError` names all reports that are still to come.
    """
    first = errors[min(errors)]
    if len(errors) > 1:
        first.add_note(f"{len(errors) - 1} more of the reports asked for failed, too")
    name_late(first, errors.values())
    return first


def name_late(first: SPReportsError, errors: Iterable[SPReportsError]) -> None:
    """Have a `WaitTimeoutError` name all reports that are still to come."""
    if isinstance(first, WaitTimeoutError):
        late = [each for each in errors if isinstance(each, WaitTimeoutError)]
        first.report_ids = tuple(each.report_id for each in late if each.report_id)
