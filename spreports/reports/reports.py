"""A description of reports, and what comes of it; asks nothing before it is used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from spreports.api.models import Report
from spreports.catalog import ReportType
from spreports.errors import ReportEmptyError, SPReportsError
from spreports.fetch.charsets import chosen_charset
from spreports.flags import check_flag
from spreports.load.no_data import note_no_data
from spreports.plan.plan import Plan
from spreports.reports.asking import WAIT_SECONDS, Asking, patience_of
from spreports.reports.connection import Connection
from spreports.reports.document_source import DocumentSource, land_together
from spreports.reports.driver import land_all
from spreports.reports.finished import finished_document
from spreports.reports.folders import check_folders
from spreports.reports.outcome import Outcome
from spreports.reports.planning import insist_on_reader, planned
from spreports.reports.progress import OnProgress
from spreports.reports.queue import first_error
from spreports.reports.request import ReportRequest
from spreports.reports.shape import OnBadValue, Shape
from spreports.reports.sinks import check_sink
from spreports.reports.ways_out import OnEmpty, WaysOut, raises_on_empty
from spreports.reports.work import Target

if TYPE_CHECKING:
    from spreports.load.parquet import SinkResult


class Reports(WaysOut):
    """Reports of one type: those of a request, or those that exist.

    Made by ``client.reports(...)`` and ``client.existing(...)``. Iterating waits and
    yields each `Report`, in the order of the windows.

    Parameters
    ----------
    connection : Connection
    entry : ReportType
    requests : sequence of ReportRequest
        To be asked for; empty when `found` is given.
    reuse : bool
    found : sequence of Report
        Finished reports that exist already.
    encoding : str or None
        Overrides every other sign of the documents' charset.
    on_empty : ``"frame"`` or ``"raise"``
        What the ways out do when there are no rows in all.
    """

    def __init__(
        self,
        connection: Connection,
        entry: ReportType,
        requests: Sequence[ReportRequest] = (),
        *,
        reuse: bool = True,
        found: Sequence[Report] = (),
        encoding: str | None = None,
        on_empty: OnEmpty = "frame",
    ) -> None:
        self._connection = connection
        self._entry = entry
        self._requests = requests = tuple(requests)
        self._is_of_its_type = True
        self._asking = Asking(connection, entry, requests, reuse=reuse, found=found)
        self._reports = self._asking.reports
        # Documents are brought beside each other; a lone one is read while it arrives
        self._ahead = len(self) > 1
        # Last: a traceback that shows what it holds shows this object, too
        chosen_charset(encoding)
        self._encoding = encoding
        self._reuse = check_flag("reuse", reuse)
        self._raises_on_empty = raises_on_empty(on_empty)

    def __repr__(self) -> str:
        return f"Reports({self._entry.report_type!r}, {len(self)} reports)"

    def __len__(self) -> int:
        return max(len(self._requests), len(self._reports))

    def plan(self) -> Plan:
        """Return windows, calls, bottleneck and estimated time, asking nobody.

        Returns
        -------
        Plan
            Prints as a table, also in a notebook.

        Raises
        ------
        ConfigError
            The marketplaces lie in another region than the client.
        """
        what = (self._connection, self._entry, self._requests, self._reports)
        return planned(*what, reuse=self._reuse)

    def wait(
        self, timeout: float | None = None, on_progress: OnProgress | None = None
    ) -> Self:
        """Wait until every report is DONE, CANCELLED or FATAL.

        What goes wrong with one report keeps none of the others.

        Parameters
        ----------
        timeout : float, seconds, optional
            Six hours when left out; at 0 Amazon is not asked.
        on_progress : callable, optional
            Called with a `Progress` after each change, and twice a minute.

        Returns
        -------
        Reports
            Itself, so that ``.wait().scan()`` reads well.

        Raises
        ------
        ValueError, TypeError
            `timeout` is no number of seconds, or `on_progress` not to be called.
        WaitTimeoutError
            Not finished in time; it says which call takes the reports up again.
        APIError
            Amazon refused one; of several the first, after the others are finished.
        """
        self._wait(timeout, on_progress, fetch=False)
        return self

    def _wait(
        self, timeout: float | None, on_progress: OnProgress | None, *, fetch: bool
    ) -> None:
        """Wait for all, then raise the first error if there was one."""
        came = dict(self._finish(timeout, on_progress, fetch=fetch))
        errors = {i: each for i, each in came.items() if not isinstance(each, Report)}
        if errors:
            raise first_error(errors)

    def __iter__(self) -> Iterator[Report]:
        """Wait, and yield each report in the order of the windows."""
        self.wait()
        yield from (self._reports[index] for index in range(len(self)))

    def outcomes(
        self, timeout: float | None = None, on_progress: OnProgress | None = None
    ) -> list[Outcome]:
        """Wait, and say of each report what became of it, on what evidence.

        Nothing is raised for a report that failed: that is what this tells. A FATAL
        report costs a call of getReportDocument, for the reason in its document.

        Parameters
        ----------
        timeout, on_progress : as in `wait`
            Reports unfinished by then are outcomes, too.

        Returns
        -------
        list of Outcome
            One per report, in the order of the windows.

        Raises
        ------
        APIError, ValueError, TypeError
            As `wait`, but a refusal of the request as it was written is an outcome.
        """
        return self._asking.outcomes(patience_of(timeout), on_progress)

    def _finish(
        self, timeout: float | None, on_progress: OnProgress | None, *, fetch: bool
    ) -> Iterator[tuple[int, Report | SPReportsError]]:
        """Yield what is finished already, then the others as they finish."""
        return self._asking.finish(patience_of(timeout), on_progress, fetch=fetch)

    def _document(self, index: int, report: Report) -> DocumentSource | None:
        """Return the report's document, or raise; None where Amazon had no data."""
        return finished_document(
            report,
            self._entry,
            self._connection,
            request=self._requests[index] if self._requests else None,
            examiner=self._asking.examiner,
            encoding=self._encoding,
            patience=0.0 if self._ahead else WAIT_SECONDS,
        )

    def _documents(self) -> Iterator[DocumentSource]:
        insist_on_reader(self._entry, self.plan)
        self._wait(None, None, fetch=self._ahead)
        for index in range(len(self)):
            document = self._document(index, self._reports[index])
            if document is not None:
                yield document

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables: of the catalogue, or of the first document, once made.

        Raises
        ------
        APIError, ReportError, DocumentError, WaitTimeoutError
            Of a type whose tables the catalogue does not know: as `scan` and `wait`,
            since its reports are then asked for, and waited for (six hours at most).
        """
        names = tuple(table.name for table in self._entry.tables)
        first = None if names else next(self._documents(), None)
        return first.tables if first else names

    def sink(
        self,
        url: str | os.PathLike[str],
        *,
        partition_by: Sequence[str] = (),
        table: str | None = None,
        format: str = "parquet",  # noqa: A002 - the contract's name
        storage_options: Mapping[str, Any] | None = None,
        on_bad_value: OnBadValue = "raise",
        executor: Executor | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> SinkResult:
        """Write the rows as (partitioned) Parquet below `url`, or to a Delta table.

        Each report is written as soon as it is finished, under its own file names,
        whole or not at all; the same dates once more replace their own files and change
        nothing. A window up to now is another one at each run, whose rows would lie
        beside (see `scan_lake`). When a report fails, the others are written first.

        Parameters
        ----------
        url : str or path
            A folder: a path or any fsspec URL. Local files of restricted reports are
            0600; of a Delta table, the folder is 0700 where it is made here.
        partition_by : sequence of str
            Columns, metadata columns (``report_id``, ``report_type``,
            ``marketplace``, ``data_start_time``, ``data_end_time``, ``date``), or
            ``"column:day"``, ``":month"``, ``":year"`` of a date or timestamp.
        table : str, optional
        format : ``"parquet"`` or ``"delta"``
            A Delta table may have many writers. Its rows have the metadata columns,
            ``report_created_time`` and ``report_window``; a report that is there
            counts no rows; a newer version of a window (equal ``report_window``)
            replaces the older one. Reports share commits that finish within a minute.
        storage_options : mapping, optional
            For fsspec.
        on_bad_value : ``"raise"``, ``"null"`` or ``"rescue"``
            As in `scan`.
        executor : concurrent.futures.Executor, optional
            Where documents are downloaded and written; this process when left out.
            Workers get a presigned URL and the target, never credentials; `memory://`
            only threads of this process can share.
        timeout, on_progress : as in `wait`
            Reports that are finished by then are written.

        Returns
        -------
        SinkResult
            Rows, files and bytes in all. Of requests that Amazon had no data for, a
            note makes `url` a lake without rows (Parquet that this process writes).

        Raises
        ------
        APIError, ReportError, DocumentError, WaitTimeoutError
            As `scan` and `wait`; of several the first, after the others were written.
        SinkError
            The target or executor refused, or it has another table or the other format.
        ValueError, TypeError
            No such table, or an argument that can never do.
        ReportEmptyError
            No rows, and ``on_empty="raise"`` was asked for.
        """
        here, delta = executor is None, format == "delta"
        check_sink(url, storage_options, format, executor=executor)
        shape = Shape(table=table, on_bad_value=on_bad_value)
        self._check_table(table)
        names = check_folders(self._entry, partition_by, format, table)

        def target(document: DocumentSource) -> Target:
            return document.target(url, names, storage_options, format)

        insist_on_reader(self._entry, self.plan, here=here)
        result = land_all(
            partial(self._to_land, timeout, fetch=here and self._ahead),
            on_progress,
            self._connection.clock,
            lambda document: document.land(target(document), shape),
            lambda document: document.work(target(document), shape),
            executor=executor,
            together=partial(land_together, shape, target) if delta else None,
        )
        if not delta and not result.rows:  # in Delta they may be in already
            self._check_rows(has_rows=False)
            if here and self._requests:
                note_no_data(url, self._entry, names, storage_options)
        return result

    def _nothing(self) -> ReportEmptyError:
        return self._asking.empty_error()

    def _to_land(
        self, timeout: float | None, on_progress: OnProgress | None, *, fetch: bool
    ) -> Iterator[DocumentSource | SPReportsError]:
        """Yield each finished report's document, or the error that took its place."""
        for index, came in self._finish(timeout, on_progress, fetch=fetch):
            item: DocumentSource | SPReportsError | None = None
            try:
                item = self._document(index, came) if isinstance(came, Report) else came
            except SPReportsError as exc:
                item = exc
            if item is not None:
                yield item
