"""Write record batches as Parquet: hive folders, whole files, the same twice.

A call goes through three stages, and only the last is seen:

1. all rows into whole local files (`writers`), while the reader runs and the next
   rows are ordered by folder (`ahead`);
2. the files to their places, those of an earlier call with this stem away;
3. the marker, last.

A failure in 1 touches nothing. In 2 a local target is put back exactly as it was; at
a remote one the new files are deleted again. A killed process leaves a note of what
it was about to write, and the next call with its stem clears that up, or care of the
lake where there is none.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from spreports.at_work import at_work
from spreports.errors import SinkError
from spreports.load.encoding import PAGE_BYTES
from spreports.load.marker import MarkedFile, Marker, check_stem, fingerprint
from spreports.load.part_file import PartFile
from spreports.load.partition import Partitioner
from spreports.load.publish import publish
from spreports.load.rowgroups import (
    ROW_GROUP_ROWS,
    as_written,
    is_nested,
    windows,
    without_views,
)
from spreports.load.share import Share
from spreports.load.sink_errors import as_sink_errors
from spreports.load.small_pages import use_small_pages
from spreports.load.target import open_target
from spreports.load.urls import shown
from spreports.load.writers import MANY_FOLDERS, PartWriters

__all__ = ["BUDGET", "SinkResult", "sink"]

# About half of it waits, a quarter makes a row group: close to 65,536 rows of orders,
# since texts and prices that are a few over and over count as the numbers as which they
# wait
BUDGET = 40 << 20
MAX_OPEN = 200
# Of a window for many, fewer and few folders: sorting wants larger ones where a folder
# gets fewer rows of each. Without folders fewer calls are all that larger ones bring
MANY_ROWS, SOME_ROWS, FEW_ROWS = 49_152, 32_768, 24_576
SOME_FOLDERS = 16
UNSORTED_ROWS = 16_384
WINDOW_BYTES = 16 << 20
# Of long rows: what waits in a window is no part of the budget
UNSORTED_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class SinkResult:
    """What a sink wrote.

    Attributes
    ----------
    rows : int
    files : int
        Up to one per distinct value of the partitions; 1 without partitions.
    bytes : int
        Of the files, as stored.
    """

    rows: int = 0
    files: int = 0
    bytes: int = 0

    def plus(self, other: SinkResult) -> SinkResult:
        """Add the counts of two sinks."""
        return SinkResult(
            self.rows + other.rows, self.files + other.files, self.bytes + other.bytes
        )


def sink(
    batches: pa.RecordBatchReader,
    url: str | os.PathLike[str],
    *,
    stem: str,
    partition_by: Sequence[str] = (),
    constants: Mapping[str, object] | None = None,
    note: Mapping[str, str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    budget: int = BUDGET,
    row_group_rows: int = ROW_GROUP_ROWS,
    page_bytes: int = PAGE_BYTES,
    max_open: int = MAX_OPEN,
    private: bool = False,
) -> SinkResult:
    """Write record batches as hive-partitioned Parquet.

    Parameters
    ----------
    batches : pyarrow.RecordBatchReader, n rows x m columns
        Read once, to its end; what it raises passes through. Dictionaries are plain
        values in the files.
    url : str or path
        A folder: a path or any fsspec URL. Nothing but Parquet comes to lie below it;
        markers and temporary files lie in a sibling, ``_spreports/``.
    stem : str
        Files are named ``<stem>-<part>.parquet``. A later call with the same stem
        replaces all files of this one, whatever its partitions. One writer a stem.
    partition_by : sequence of str
        Columns, names of `constants`, or either with ``:day``, ``:month`` or
        ``:year``; see `partition.parse_keys`.
    constants : mapping of str to object, optional
        Values that may be partitioned by; else they are not written.
    note : mapping of str to str, optional
        Goes to each file's key-value metadata and to the marker. No secrets.
    storage_options : mapping, optional
        For fsspec.
    budget : int, bytes
        Rows in memory, all partitions together. More of them wait on the local disk,
        at most a row group of each partition.
    row_group_rows : int
        Rows of a row group, where a quarter of the budget holds them.
    page_bytes : int, bytes
        Where a data page ends; Arrow looks at it every 1,024 rows. Smaller ones take
        less memory for long texts, and a little more time.
    max_open : int
        Files open at a time; more partitions than this may get several parts.
    private : bool
        Local files are 0600, for restricted reports.

    Returns
    -------
    SinkResult
        Without rows: one empty file with the schema, or none when partitioned. Where a
        compaction holds the very same rows nothing is written, and this tells what
        would have been.

    Raises
    ------
    TypeError, ValueError
        Wrong arguments.
    SinkError
        `partition_by` does not fit the columns, or the target refused a write. Nothing
        of this call is then visible at `url` (at a remote one: unless it refuses to
        delete, too).
    """
    check_stem(stem)
    if min(budget, row_group_rows, max_open) < 1:
        msg = "budget, row_group_rows and max_open are positive"
        raise ValueError(msg)
    schema = as_written(batches.schema)
    if len(set(schema.names)) < len(schema.names):
        raise SinkError("two columns have the same name", url=shown(os.fspath(url)))
    plan = Partitioner(schema, partition_by, constants or {})
    target = open_target(url, storage_options=storage_options, private=private)
    use_small_pages()
    with contextlib.closing(target):
        writers = PartWriters(
            target.workdir(),
            stem,
            pa.schema([schema.field(name) for name in plan.columns]),
            note=note or {},
            budget=budget,
            row_group_rows=row_group_rows,
            one_folder=plan.one_folder,
            max_open=max_open,
            page_bytes=page_bytes,
            written=target.written,
        )
        try:
            parts = _write(batches, plan, writers)
        except BaseException:
            writers.abort()
            raise
        marker = Marker(
            stem=stem,
            files=tuple(MarkedFile(p.path, p.rows, p.bytes) for p in parts),
            partition_by=tuple(partition_by),
            schema=fingerprint(schema),
            note=dict(note or {}),
        )
        publish(target, parts, marker)
    return SinkResult(
        rows=sum(p.rows for p in parts),
        files=len(parts),
        bytes=sum(p.bytes for p in parts),
    )


def _write(
    batches: pa.RecordBatchReader,
    plan: Partitioner,
    writers: PartWriters,
) -> list[PartFile]:
    """Put all rows into whole local files."""
    schema = without_views(batches.schema)
    same = schema.equals(batches.schema)
    nested = is_nested(schema)

    @as_sink_errors()
    def order(window: pa.Table) -> tuple[int, list[tuple[str, Share]]]:
        window = window if same else window.cast(schema)
        kept, size = writers.coded(window.select(plan.columns))
        if nested:  # each part is looked at; what that took, the allocator keeps
            pa.default_memory_pool().release_unused()
        return size, list(plan.split(window, kept))

    folders = 1

    def rows_at_once() -> int:
        if plan.one_folder:
            return UNSORTED_ROWS
        if folders < SOME_FOLDERS:
            return FEW_ROWS
        return SOME_ROWS if folders < MANY_FOLDERS else MANY_ROWS

    most = UNSORTED_BYTES if plan.one_folder else WINDOW_BYTES
    cut = windows(batches, batches.schema, rows_at_once, most, copy=False)
    # In one folder there is no order: a thread would be one more that waits
    ordered = (order(window) for window in cut)
    if not plan.one_folder:
        ordered = at_work(order, cut, threads=1)
    with contextlib.closing(ordered):
        for size, shares in ordered:
            folders = len(shares)  # known when the next window but one is begun
            writers.add(shares, size)
            del shares  # not while the next one is waited for
    return writers.finish(at_least_one=not plan.keys)
