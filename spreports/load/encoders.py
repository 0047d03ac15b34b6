"""Encode row groups on threads of our own, since Arrow releases the interpreter.

Row groups of different files are encoded at the same time, those of one file one
after the other. Which file a row group goes to, and when a file is closed, is decided
where rows are handed in, never by which thread is faster: the same rows give the same
files.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.errors import SinkError
from spreports.load.encoding import Encoding
from spreports.load.rowgroups import abandon, is_nested, open_writer

__all__ = ["Encoders", "PartFile", "as_sink_errors"]

# What is noted of rows may be known after the last of them; since pyarrow 17, that is
# early enough
_NOTE_LAST = hasattr(pq.ParquetWriter, "add_key_value_metadata")


@contextmanager
def as_sink_errors() -> Iterator[None]:
    """Turn what the disk and Arrow raise into a SinkError.

    Raises
    ------
    SinkError
    """
    try:
        yield
    except OSError as exc:
        msg = f"cannot write temporary files: {exc.strerror or exc}"
        raise SinkError(msg) from exc
    except pa.ArrowException as exc:
        # Arrow quotes values
        msg = f"cannot write these columns as Parquet: {type(exc).__name__}"
        raise SinkError(msg) from None


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
class _Open:
    """A file being written.

    Attributes
    ----------
    local : Path
    path : str
    after : list of Future
        What must be done before the next thing is done to it.
    writer : pyarrow.parquet.ParquetWriter or None
        None before its first row group.
    rows, size : int, rows and bytes
        What its row groups have.
    """

    local: Path
    path: str
    after: list[Future[None]]
    writer: pq.ParquetWriter | None = None
    rows: int = 0
    size: int = 0


@dataclass(slots=True)
class _Files:
    """Files by folder (open for more rows) and by path, and those that are whole."""

    open: OrderedDict[str, _Open] = field(default_factory=OrderedDict)
    unfinished: dict[str, _Open] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    begun: int = 0
    done: list[PartFile] = field(default_factory=list)


class Encoders:
    """Write row groups as ``<folder>/<stem>-<part>.parquet``.

    Parameters
    ----------
    home : Path
        An own folder for the local files.
    stem : str
    schema : pyarrow.Schema
    note : mapping of str to str
    queue_bytes : int, bytes
        Row groups on their way to the disk; `encode` waits while there are more.
    threads : int
        Files written to at the same time.
    max_open : int
        Files open at a time. The one least recently written to is closed for another;
        later rows of its folder open the next part.
    written : callable, optional
        Called on a thread behind each row group, as `Target.written`.

    Attributes
    ----------
    queued : int, bytes
        Rows that are not on the disk yet.
    """

    def __init__(
        self,
        home: Path,
        stem: str,
        schema: pa.Schema,
        *,
        note: Mapping[str, str],
        queue_bytes: int,
        threads: int,
        max_open: int,
        written: Callable[[Path, int], None] | None = None,
    ) -> None:
        self._written = written
        self._home, self._stem, self._schema, self._note = home, stem, schema, note
        self._queue_bytes, self._max_open = queue_bytes, max_open
        # Arrow's allocator keeps what encoding took, and to have it anew costs time
        # (PROFILES.md). Two threads would keep too much, nested rows lose no time
        self._gives_back = threads > 1 or is_nested(schema)
        self._queue: deque[tuple[Future[None], int]] = deque()
        self._pool = ThreadPoolExecutor(threads, "spreports-encode")
        self._files = _Files()
        self._idle = threading.Condition()
        self._running, self._stopped = 0, False
        self.queued = 0
        self._encoding = Encoding()
        self._handed: tuple[str, ...] = ()

    def learn(self, encoding: Encoding, handed: tuple[str, ...]) -> None:
        """Take how to write columns, before any is: see `rowgroups.open_writer`."""
        self._encoding, self._handed = encoding, handed

    def encode(
        self,
        folder: str,
        size: int,
        rows: Callable[[], AbstractContextManager[pa.Table]],
    ) -> None:
        """Write one row group.

        Parameters
        ----------
        folder : str
            Relative to the data root; empty for the root.
        size : int, bytes
        rows : callable
            Gives the rows, as they are to be handed to the writer, for as long as they
            are needed, on another thread.

        Raises
        ------
        SinkError
            An earlier row group could not be written.
        """
        while self._queue and self.queued + size > self._queue_bytes:
            self._wait_for_one()
        file = self._files.open.get(folder) or self._begin(folder)
        self._files.open.move_to_end(folder)
        self._submit(file, size, lambda: self._write(file, rows))

    def finish(self, *, at_least_one: bool) -> list[PartFile]:
        """Close every file.

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
        if at_least_one and not self._files.begun:
            self._begin("")
        for folder in list(self._files.open):
            self._close(folder)
        while self._queue:
            self._wait_for_one()
        self._pool.shutdown()
        return sorted(self._files.done, key=lambda file: file.path)

    def abort(self) -> None:
        """Stop encoding and close every file; they may hold anything."""
        with self._idle:
            self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        # The pool does not know of a thread in whose start Ctrl-C came, and to close a
        # file under its hands ends the process
        with self._idle:
            self._idle.wait_for(lambda: not self._running)
        for file in self._files.unfinished.values():
            if file.writer is not None:
                abandon(file.writer)
        self._files = _Files()

    def _begin(self, folder: str) -> _Open:
        """Begin a folder's next part; close the idlest file when too many are open."""
        files, after = self._files, []
        if len(files.open) >= self._max_open:
            after = self._close(next(iter(files.open)))
        part = files.parts.get(folder, 0)
        files.parts[folder] = part + 1
        name = f"{self._stem}-{part}.parquet"
        path = f"{folder}/{name}" if folder else name
        file = _Open(self._home / f"{files.begun}.parquet", path, after)
        files.begun += 1
        files.open[folder] = files.unfinished[path] = file
        return file

    def _close(self, folder: str) -> list[Future[None]]:
        """Finish a folder's file, once its row groups are written."""
        file = self._files.open.pop(folder)
        self._submit(file, 0, lambda: self._finish(file))
        return file.after

    def _submit(self, file: _Open, size: int, work: Callable[[], None]) -> None:
        """Have something done to a file after all that came before.

        What is waited for was submitted earlier, so that it has a thread already.
        """
        after = file.after

        def in_turn() -> None:
            with self._idle:
                if self._stopped:
                    return
                self._running += 1
            try:
                for earlier in after:
                    earlier.result()
                work()
            finally:
                with self._idle:
                    self._running -= 1
                    self._idle.notify_all()

        future = self._pool.submit(in_turn)
        file.after = [future]
        self._queue.append((future, size))
        self.queued += size

    def _wait_for_one(self) -> None:
        """Wait for the oldest piece of work; its error is raised here."""
        future, size = self._queue.popleft()
        self.queued -= size
        with as_sink_errors():
            future.result()

    def _write(
        self,
        file: _Open,
        rows: Callable[[], AbstractContextManager[pa.Table]],
    ) -> None:
        """Write one row group (on a thread)."""
        writer = file.writer = file.writer or self._open_writer(file)
        with rows() as table:
            writer.write_table(table, row_group_size=table.num_rows)
            file.rows += table.num_rows
            del table
        if self._written is not None:
            self._written(file.local, file.size)
            file.size = file.local.stat().st_size
        if self._gives_back:
            pa.default_memory_pool().release_unused()

    def _finish(self, file: _Open) -> None:
        """Close a file (on a thread)."""
        writer = file.writer or self._open_writer(file)
        if _NOTE_LAST:
            writer.add_key_value_metadata(dict(self._note))
        writer.close()
        size = file.local.stat().st_size
        self._files.done.append(PartFile(file.local, file.path, file.rows, size))
        del self._files.unfinished[file.path]

    def _open_writer(self, file: _Open) -> pq.ParquetWriter:
        return open_writer(
            file.local,
            self._schema,
            note={} if _NOTE_LAST else self._note,
            encoding=self._encoding,
            handed=self._handed,
        )
