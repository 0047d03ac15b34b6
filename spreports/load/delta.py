"""Write record batches to a Delta table: many writers, nothing lost, nothing doubled.

A commit names the reports that it brings, as Delta's transaction ids; so a report that
is there already is known by its name, and of several writers with the same report one
wins and the others see it; one that a RESTORE took back is not there. A version that
Amazon made anew replaces the rows of the older one in the same commit, by the column
``report_window``.

The table needs no feature beyond what the first protocol had (reader 1, writer 2), so
that Spark, DuckDB and polars read it as it is.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spreports.arrays import scalar_of
from spreports.errors import SinkError
from spreports.load.delta_files import commit_of
from spreports.load.delta_log import Transactions
from spreports.load.delta_news import News
from spreports.load.delta_partitions import check_partitions
from spreports.load.delta_properties import PROPERTIES, keep_quiet, quiet_properties
from spreports.load.delta_reading import CONTENT, name_id, turn_id, window_id
from spreports.load.delta_report import (
    DeltaReport,
    TurnLostError,
    content_of,
    newest_of,
    version_of,
)
from spreports.load.delta_rows import DeltaRows, rows_of
from spreports.load.delta_seen import is_as_seen
from spreports.load.delta_tables import has_moved, open_table
from spreports.load.folders import local_folder
from spreports.load.object_store import delta_place
from spreports.load.parquet import SinkResult
from spreports.load.rowgroups import ROW_GROUP_ROWS
from spreports.load.target import refusals
from spreports.load.urls import shown

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["sink_delta"]

# Each try that fails means that another writer's commit succeeded
TRIES = 100
# A file is made in memory, and so is each of its row groups
FILE_SIZE = 64 << 20
WINDOW = "report_window"


def sink_delta(
    reports: Sequence[DeltaReport],
    url: str | os.PathLike[str],
    *,
    partition_by: Sequence[str] = (),
    storage_options: Mapping[str, Any] | None = None,
    private: bool = False,
) -> list[SinkResult]:
    """Bring reports into a Delta table, all of them in one commit.

    Parameters
    ----------
    reports : sequence of DeltaReport
        Streamed one after another.
    url : str or path
        The table; made when it is not there.
    partition_by : sequence of str
        Columns, constants, or either with ``:day``, ``:month`` or ``:year``, which
        become columns of their own (``purchase-date_day``). With none, those of a
        table that is there, unless they are such columns.
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.
    private : bool
        Of a local table the folder, where it is made here, is 0700, for restricted
        reports: Delta Lake leaves the mode of files to the umask.

    Returns
    -------
    list of SinkResult
        One a report. A report that is there already, or whose window is there in a
        newer version, counts no rows. Files and bytes of the commit stand with the
        first report that has rows.

    Raises
    ------
    SinkError
        deltalake is not installed, the columns or partitions do not fit the table,
        another file of a name or another report type or table is there, or the target
        refused. Nothing of this call is then visible, unless the answers to its commit
        were lost: its rows may be there, and the next call with these reports then
        counts none.
    TurnLostError
        Likewise, where a report's turn is over.
    """
    text = os.fspath(url)
    name = shown(text)
    table = _Table(text, storage_options, run=uuid.uuid4().hex, private=private)
    for _ in range(TRIES):
        done = table.attempt(reports, partition_by)
        if done is not None:
            return done
    msg = f"{name}: {TRIES} commits of others came first: try again"
    raise SinkError(msg, url=name)


class _Table:
    """A Delta table and how to reach it; `run` marks our commit of the reports."""

    def __init__(
        self, url: str, options: Mapping[str, Any] | None, *, run: str, private: bool
    ) -> None:
        self._url, self._name, self._run = url, shown(url), run
        self._private = private
        # What the last try wrote: where its answer was lost, it may be there
        self._tried: tuple[Sequence[DeltaReport], DeltaRows] | None = None
        # The version that it was to follow: no commit up to there is ours
        self._after = 0
        self._options = dict(options or {})
        self._place, self._storage = delta_place(url, options)

    def attempt(
        self, reports: Sequence[DeltaReport], partition_by: Sequence[str]
    ) -> list[SinkResult] | None:
        """Try once; None where somebody else's commit came first."""
        from deltalake.exceptions import CommitFailedError  # noqa: PLC0415 - an extra

        table = open_table(self._url, self._options)
        told = Transactions(table, self._url, self._options)
        self._insist_on_one_content(told, reports)
        news = News(told, self._url, self._options)
        wanted = [r for r in reports if news.is_news(r)]
        newest = newest_of(wanted)
        if not wanted:
            tried = self._tried
            if table is not None and tried is not None and self._brought(table)[1]:
                return self._results(table, reports, *tried)
            return [SinkResult()] * len(reports)
        self._insist_on_turns(table, told, wanted)
        rows = rows_of(
            [
                (r.open, {**r.constants, WINDOW: scalar_of(r.window, pa.string())})
                for r in newest
            ],
            partition_by,
            None if table is None else pa.schema(table.schema().to_arrow()),
            ours=WINDOW,
            where=self._name,
        )
        try:
            with refusals(self._url, self._options, "write the Delta table at"):
                ours = [*newest[0].constants, WINDOW]
                quiet = quiet_properties(rows, newest, ours)
                # Others may write before we see what is begun: look for news anew
                if table is None:
                    self._create(rows, {**PROPERTIES, **quiet})
                    return None
                version = table.version()
                try:
                    if keep_quiet(table, quiet, self._run):
                        return None
                    check_partitions(
                        table, self._name, rows.partitions, rows.schema.names
                    )
                    self._tried, self._after = (newest, rows), version
                    self._write(table, told, rows, newest, wanted)
                except CommitFailedError:
                    if not has_moved(self._url, self._options, version):
                        raise
                    return None
        except SinkError:
            # What the rows themselves said is the reason, not the writer's word for it
            if rows.error is not None:
                raise rows.error from None
            raise
        return self._results(table, reports, newest, rows)

    def _insist_on_one_content(
        self, told: Transactions, reports: Sequence[DeltaReport]
    ) -> None:
        """Refuse rows of two types; of what earlier versions wrote nobody knows it."""
        known = {told.get(CONTENT), *(content_of(r) for r in reports)} - {None}
        if len(known) > 1:
            msg = (
                f"{self._name} holds rows of another report type or table than"
                f" {reports[0].content}: give each a Delta table of its own"
            )
            raise SinkError(msg, url=self._name)

    def _insist_on_turns(
        self,
        table: DeltaTable | None,
        told: Transactions,
        wanted: Sequence[DeltaReport],
    ) -> None:
        """Refuse what others' commits came before that its writer has not seen."""
        for report in wanted:
            as_seen = True
            if report.turn is not None:
                turn, seen = report.turn
                as_seen = (told.get(turn_id(turn)) or 0) == seen
            elif report.seen is not None:
                as_seen = is_as_seen(table, report.seen, self._url, self._options)
            if not as_seen:
                msg = f"{self._name}: others have written to it meanwhile"
                raise TurnLostError(msg, url=self._name)

    def _create(self, rows: DeltaRows, properties: Mapping[str, str]) -> None:
        """Make an empty table, unless somebody was faster."""
        from deltalake import DeltaTable  # noqa: PLC0415 - heavy
        from deltalake.exceptions import DeltaError  # noqa: PLC0415 - an extra

        folder = local_folder(self._url) if self._private else None
        if folder is not None:
            Path(folder).mkdir(0o700, parents=True, exist_ok=True)
        try:
            DeltaTable.create(
                self._place,
                rows.schema,
                partition_by=list(rows.partitions),
                configuration=dict(properties),
                storage_options=self._storage,
            )
        except DeltaError:
            if open_table(self._url, self._options) is None:
                raise

    def _write(
        self,
        table: DeltaTable,
        there: Transactions,
        rows: DeltaRows,
        newest: Sequence[DeltaReport],
        wanted: Sequence[DeltaReport],
    ) -> None:
        """Write the rows and commit them."""
        from deltalake import (  # noqa: PLC0415 - heavy
            CommitProperties,
            Transaction,
            WriterProperties,
            write_deltalake,
        )

        told = [Transaction(name_id(r.name), r.mark) for r in wanted]
        told += [Transaction(window_id(r.window), version_of(r)) for r in newest]
        # Of two commits with the same one, all but the first fail
        turns = dict(report.turn for report in wanted if report.turn)
        told += [Transaction(turn_id(name), n + 1) for name, n in turns.items()]
        content = content_of(newest[0])
        # By the first rows alone: of two commits that tell it, one has to be tried anew
        is_told = there.get(CONTENT) is not None
        if content is not None and not is_told and not table.file_uris():
            told.append(Transaction(CONTENT, content))
        restated = any(there.get(window_id(r.window)) for r in newest)
        windows = ", ".join(f"'{report.window}'" for report in newest)
        commit = CommitProperties(
            custom_metadata={"spreports": self._run}, app_transactions=told
        )
        written = WriterProperties(
            compression="ZSTD", compression_level=1, max_row_group_size=ROW_GROUP_ROWS
        )
        write = partial(
            write_deltalake,
            table,
            rows.reader(),
            partition_by=list(rows.partitions) or None,
            schema_mode="merge",
            commit_properties=commit,
            target_file_size=FILE_SIZE,
            writer_properties=written,
        )
        if restated:
            write(mode="overwrite", predicate=f"{WINDOW} IN ({windows})")
        else:
            write(mode="append")

    def _results(
        self,
        table: DeltaTable,
        reports: Sequence[DeltaReport],
        newest: Sequence[DeltaReport],
        rows: DeltaRows,
    ) -> list[SinkResult]:
        """Count what our commit brought."""
        version, files, size = self._brought(table)
        for seen in (report.seen for report in reports if report.seen):
            seen.ours.add(version)
        counts = {r.name: n for r, n in zip(newest, rows.counts, strict=True)}
        results = []
        for report in reports:
            count = counts.pop(report.name, 0)
            results.append(
                SinkResult(count, files if count else 0, size if count else 0)
            )
            if count:
                files = size = 0
        return results

    def _brought(self, table: DeltaTable) -> tuple[int, int, int]:
        """Return our last try's commit: its version, files and bytes that it added."""
        later = range(table.version(), self._after, -1)
        return commit_of(self._run, later, self._url, self._options)
