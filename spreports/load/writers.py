"""One Parquet writer per folder, under a byte budget for the rows that wait.

The caller's thread groups rows; one thread of our own encodes, since Arrow releases
the interpreter while it does. What is flushed, and when a writer is closed, depends
on the rows alone and never on timing: the same rows give the same files.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.errors import SinkError
from spreports.load.rowgroups import abandon, dictionary_columns, open_writer

__all__ = ["PartFile", "PartWriters"]

# What a column of a waiting piece costs beside its values, about
COLUMN_OVERHEAD = 512


@dataclass(frozen=True, slots=True)
class PartFile:
    """A whole Parquet file, not visible yet.

    Attributes
    ----------
    local : Path
        Where it is.
    path : str
        Where it goes, relative to the data root.
    rows, bytes : int
    """

    local: Path
    path: str
    rows: int
    bytes: int


@dataclass(slots=True)
class _Waiting:
    """Rows of one folder that wait for their row group."""

    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    size: int = 0


@dataclass(slots=True)
class _Open:
    """A file being written."""

    writer: pq.ParquetWriter
    local: Path
    path: str
    rows: int = 0


class PartWriters:
    """Collect rows by folder and write them as ``<folder>/<stem>-<part>.parquet``.

    Parameters
    ----------
    home : Path
        An own, empty folder for the local files.
    stem : str
    schema : pyarrow.Schema
    note : mapping of str to str
    budget : int, bytes
        Rows in memory, all folders together: three quarters may wait, one quarter may
        be on its way to the encoder.
    row_group_rows : int
        A folder's rows are written when this many wait, earlier only when the budget
        is used up, and then the folder with the most bytes first.
    max_open : int
        Files open at a time. The one least recently written to is closed for another;
        later rows of its folder open the next part.
    """

    def __init__(
        self,
        home: Path,
        stem: str,
        schema: pa.Schema,
        *,
        note: Mapping[str, str],
        budget: int,
        row_group_rows: int,
        max_open: int,
    ) -> None:
        self._home, self._stem, self._schema, self._note = home, stem, schema, note
        self._row_group_rows, self._max_open = row_group_rows, max_open
        self._waiting_limit, self._queue_limit = budget * 3 // 4, budget // 4
        self._waiting: dict[str, _Waiting] = {}
        self._waiting_size = 0
        self._largest: list[tuple[int, str]] = []  # heap of (-size, folder), some stale
        self._queue: deque[tuple[Future[None], int]] = deque()
        self._queue_size = 0
        self._encoder = ThreadPoolExecutor(1, "spreports-encode")
        self._dictionary: list[str] | None = None
        # The encoder's own from here on
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._parts: dict[str, int] = {}
        self._files: list[PartFile] = []

    @property
    def waiting(self) -> int:
        """Bytes of rows in memory, waiting or on their way to the encoder."""
        return self._waiting_size + self._queue_size

    def learn(self, sample: pa.Table) -> None:
        """Choose the dictionary columns, once, from a document's first rows."""
        if self._dictionary is None:
            self._dictionary = dictionary_columns(sample)

    def add(self, folder: str, rows: pa.Table) -> None:
        """Take rows for a folder.

        Parameters
        ----------
        folder : str
            Relative to the data root; empty for the root.
        rows : pyarrow.Table

        Raises
        ------
        SinkError
            An earlier row group could not be written.
        """
        held = self._waiting.setdefault(folder, _Waiting())
        size = rows.nbytes + COLUMN_OVERHEAD * rows.num_columns
        held.tables.append(rows)
        held.rows += rows.num_rows
        held.size += size
        self._waiting_size += size
        heapq.heappush(self._largest, (-held.size, folder))
        if held.rows >= self._row_group_rows:
            self._flush(folder)
        while self._waiting_size > self._waiting_limit:
            size, folder = heapq.heappop(self._largest)
            if folder in self._waiting and self._waiting[folder].size == -size:
                self._flush(folder)

    def finish(self, *, at_least_one: bool) -> list[PartFile]:
        """Write what waits and close every file.

        Parameters
        ----------
        at_least_one : bool
            Write a file without rows when there were none.

        Returns
        -------
        list of PartFile
            By path.

        Raises
        ------
        SinkError
        """
        for folder in list(self._waiting):
            self._flush(folder)
        if at_least_one:
            self._submit(self._touch, 0)
        while self._queue:
            self._wait_for_one()
        self._submit(self._close_all, 0)
        self._wait_for_one()
        self._encoder.shutdown()
        return sorted(self._files, key=lambda file: file.path)

    def abort(self) -> None:
        """Stop encoding and close every file; they may hold anything."""
        self._encoder.shutdown(wait=True, cancel_futures=True)
        self._waiting.clear()
        for file in self._open.values():
            abandon(file.writer)
        self._open.clear()

    def _flush(self, folder: str) -> None:
        """Hand a folder's waiting rows to the encoder."""
        held = self._waiting.pop(folder)
        self._waiting_size -= held.size
        while self._queue and self._queue_size + held.size > self._queue_limit:
            self._wait_for_one()
        self._submit(self._encode, held.size, folder, held.tables)

    def _submit(self, work: Callable[..., None], size: int, *arguments: object) -> None:
        self._queue.append((self._encoder.submit(work, *arguments), size))
        self._queue_size += size

    def _wait_for_one(self) -> None:
        """Wait for the oldest piece of work; its error is raised here."""
        future, size = self._queue.popleft()
        self._queue_size -= size
        try:
            future.result()
        except OSError as exc:
            msg = f"cannot write temporary files: {exc.strerror or exc}"
            raise SinkError(msg) from exc
        except pa.ArrowException as exc:
            # Arrow quotes values
            msg = f"cannot write these columns as Parquet: {type(exc).__name__}"
            raise SinkError(msg) from None

    def _encode(self, folder: str, tables: list[pa.Table]) -> None:
        """Write one row group (on the encoder's thread)."""
        file = self._open.get(folder) or self._begin(folder)
        self._open.move_to_end(folder)
        table = pa.concat_tables(tables)
        tables.clear()
        file.writer.write_table(table, row_group_size=self._row_group_rows)
        file.rows += table.num_rows
        del table
        # Else the allocator keeps some 60 MiB that other threads gave it
        pa.default_memory_pool().release_unused()

    def _begin(self, folder: str) -> _Open:
        """Open a folder's next part; close the idlest file when too many are open."""
        if len(self._open) >= self._max_open:
            self._close(next(iter(self._open)))
        part = self._parts.get(folder, 0)
        self._parts[folder] = part + 1
        local = self._home / f"{len(self._files) + len(self._open)}.parquet"
        name = f"{self._stem}-{part}.parquet"
        writer = open_writer(
            local, self._schema, note=self._note, dictionary=self._dictionary or []
        )
        file = _Open(writer, local, f"{folder}/{name}" if folder else name)
        self._open[folder] = file
        return file

    def _close(self, folder: str) -> None:
        """Finish a folder's file."""
        file = self._open[folder]
        file.writer.close()
        del self._open[folder]
        size = file.local.stat().st_size
        self._files.append(PartFile(file.local, file.path, file.rows, size))

    def _close_all(self) -> None:
        for folder in list(self._open):
            self._close(folder)

    def _touch(self) -> None:
        """Begin a file without rows, when there is none."""
        if not self._open and not self._files:
            self._begin("")
