"""Encode row groups on threads of our own, since Arrow releases the interpreter.

Row groups of different files may be encoded at the same time, those of one file one
after the other. Which file a row group goes to, and when a file is closed, is decided
where rows are handed in, never by which thread is faster: the same rows give the same
files.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.at_work import cores
from spreports.load.encoding import Encoding
from spreports.load.heaps import trim_heaps
from spreports.load.open_files import Files, OpenFile, Work
from spreports.load.part_file import PartFile
from spreports.load.rowgroups import abandon, is_nested, opener
from spreports.load.sink_errors import as_sink_errors

__all__ = ["Encoders"]

# Encoded before Arrow gives unused memory back, so that small row groups need not ask
# for it anew each time; and before the C library does, for whom it takes a millisecond
RELEASE_BYTES, TRIM_BYTES = 4 << 20, 32 << 20


# To have less than so much on its way to the disk takes longer than to wait for it
HINT_BYTES = 1 << 20


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
        How many encode where row groups come side by side, or where one is behind and
        there are more than two cores. Else one does.
    max_open : int
        Files open at a time. The one least recently written to is closed for another;
        later rows of its folder open the next part.
    written : callable
        Called on a thread behind row groups of a MiB and more, as `OpenTarget.written`.

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
        written: Callable[[Path, int], None],
    ) -> None:
        self._written = written
        self._home, self._stem, self._schema, self._note = home, stem, schema, note
        self._queue_bytes, self._max_open = queue_bytes, max_open
        # Arrow's allocator keeps what encoding took, and to have it anew costs time
        # (PROFILES.md). More threads would keep too much, nested rows lose no time
        self._keeps_memory = not is_nested(schema)
        self._queue: deque[Work] = deque()
        self._one = ThreadPoolExecutor(1, "spreports-encode")
        self._many = self._one
        if threads > 1:
            self._many = ThreadPoolExecutor(threads, "spreports-encode-many")
        self._files = Files()
        self._idle = threading.Condition()
        self._running, self._stopped = 0, False
        self.queued = self._unreleased = self._untrimmed = 0
        self.learn(Encoding(), ())

    def learn(self, encoding: Encoding, handed: tuple[str, ...]) -> None:
        """Take how to write columns, before any is: see `rowgroups.opener`."""
        self._openers = {
            plain: opener(
                self._schema,
                note={},  # of the rows, known after the last of them: see `_finish`
                encoding=encoding,
                handed=() if plain else handed,
            )
            for plain in (False, True)
        }

    def encode(
        self,
        folder: str,
        size: int,
        rows: Callable[[bool], AbstractContextManager[pa.Table]],
        *,
        side_by_side: bool,
        plain: bool = False,
    ) -> None:
        """Write one row group.

        Parameters
        ----------
        folder : str
            Relative to the data root; empty for the root.
        size : int, bytes
        rows : callable
            Gives the rows, as they are to be handed to the writer, for as long as they
            are needed, on another thread; told whether columns that are handed as
            dictionaries go to this file as texts, which makes no other file.
        side_by_side : bool
            Row groups of many files come at the same time.
        plain : bool
            That they do, if this row group is the first of its file.

        Raises
        ------
        SinkError
            An earlier row group could not be written.
        """
        while self._queue and self._queue[0].future.done():
            self._wait_for_one()
        # Two cores have enough to do with one thread that encodes and those that read
        behind = len(self._queue) > 1 and cores() > 2
        while self._queue and self.queued + size > self._queue_bytes:
            self._wait_for_one()
        pool = self._many if side_by_side or behind else self._one
        file = self._files.open.get(folder) or self._begin(folder, pool, plain=plain)
        self._files.open.move_to_end(folder)
        file.pool = pool
        keep = self._keeps_memory and pool is self._one
        self._unreleased += 0 if keep else size
        release = self._unreleased >= RELEASE_BYTES
        if release:
            self._untrimmed += self._unreleased
            self._unreleased = 0
        trim = self._untrimmed >= TRIM_BYTES
        if trim:
            self._untrimmed = 0
        self._submit(
            file, size, lambda: self._write(file, rows, release=release, trim=trim)
        )

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
            self._begin("", self._one, plain=False)
        for folder in list(self._files.open):
            self._close(folder)
        while self._queue:
            self._wait_for_one()
        for pool in (self._one, self._many):
            pool.shutdown()
        return sorted(self._files.done, key=lambda file: file.path)

    def abort(self) -> None:
        """Stop encoding and close every file; they may hold anything."""
        with self._idle:
            self._stopped = True
        for pool in (self._one, self._many):
            pool.shutdown(wait=True, cancel_futures=True)
        # The pool does not know of a thread in whose start Ctrl-C came, and to close a
        # file under its hands ends the process
        with self._idle:
            self._idle.wait_for(lambda: not self._running)
        for file in self._files.unfinished.values():
            if file.writer is not None:
                abandon(file.writer)
        self._files = Files()

    def _begin(self, folder: str, pool: ThreadPoolExecutor, *, plain: bool) -> OpenFile:
        """Begin a folder's next part; close the idlest file when too many are open."""
        files, after = self._files, []
        if len(files.open) >= self._max_open:
            after = self._close(next(iter(files.open)))
        part = files.parts.get(folder, 0)
        files.parts[folder] = part + 1
        name = f"{self._stem}-{part}.parquet"
        path = f"{folder}/{name}" if folder else name
        local = self._home / f"{files.begun}.parquet"
        file = OpenFile(local, path, after, pool, plain)
        files.begun += 1
        files.open[folder] = files.unfinished[path] = file
        return file

    def _close(self, folder: str) -> list[Future[None]]:
        """Finish a folder's file, once its row groups are written."""
        file = self._files.open.pop(folder)
        self._submit(file, 0, lambda: self._finish(file))
        return file.after

    def _submit(self, file: OpenFile, size: int, work: Callable[[], None]) -> None:
        """Have something done to a file after all that came before.

        What is waited for was submitted earlier, so that a thread came to it earlier.
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

        future = file.pool.submit(in_turn)
        file.after = [future]
        self._queue.append(Work(future, size))
        self.queued += size

    def _wait_for_one(self) -> None:
        """Wait for the oldest piece of work; its error is raised here."""
        work = self._queue.popleft()
        self.queued -= work.size
        with as_sink_errors(self._home):
            work.future.result()

    def _write(
        self,
        file: OpenFile,
        rows: Callable[[bool], AbstractContextManager[pa.Table]],
        *,
        release: bool,
        trim: bool,
    ) -> None:
        """Write one row group (on a thread); give unused memory back behind it."""
        writer = file.writer = file.writer or self._opened(file)
        with rows(file.plain) as table:
            writer.write_table(table, row_group_size=table.num_rows)
            file.rows += table.num_rows
            del table
        size = file.local.stat().st_size
        if size - file.size >= HINT_BYTES:
            self._written(file.local, file.size)
            file.size = size
        if release:
            pa.default_memory_pool().release_unused()
        if trim:
            trim_heaps()

    def _finish(self, file: OpenFile) -> None:
        """Close a file (on a thread)."""
        writer = file.writer or self._opened(file)
        writer.add_key_value_metadata(dict(self._note))
        writer.close()
        size = file.local.stat().st_size
        self._files.done.append(PartFile(file.local, file.path, file.rows, size))
        del self._files.unfinished[file.path]

    def _opened(self, file: OpenFile) -> pq.ParquetWriter:
        return self._openers[file.plain](file.local)
