"""Collect rows by folder until they make a row group, under a byte budget.

Rows wait in memory; when they are too many there, those of folders that got none for
longest go to the scratch disk. What is written together depends on the rows alone and
never on timing.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from spreports.load.codes import FEWEST_ROWS, Codes
from spreports.load.dictionaries import Dictionaries
from spreports.load.encoders import Encoders
from spreports.load.encoding import Encoding, choose_encoding
from spreports.load.part_file import PartFile
from spreports.load.row_bytes import row_bytes
from spreports.load.rowgroups import in_steps
from spreports.load.scratch import Scratch
from spreports.load.share import Share
from spreports.load.sink_errors import as_sink_errors
from spreports.load.waiting import Waiting, Window, size_of

__all__ = ["MANY_FOLDERS", "PartWriters"]

# Folders of one window from which on two threads encode: they fill up together
SEVERAL_FOLDERS = 4
# From which on each gets so few rows of a window that more of them had better wait
MANY_FOLDERS = 128


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
        Rows in memory, all folders together: what `_eighths` says and a window may
        wait, and a quarter and a slice may be on its way to the disk for each file that
        is written to at the same time.
    row_group_rows : int
        A folder's rows are written when this many wait. Earlier only when they are a
        quarter of the budget, and once when the folder got none for two windows.
    one_folder : bool
        All rows go to one, so that one file is written to at a time.
    page_bytes : int, bytes
        As for `Encoding`.
    max_open, written
        As for `Encoders`.
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
        one_folder: bool,
        max_open: int,
        page_bytes: int,
        written: Callable[[Path, int], None],
    ) -> None:
        self._home = home
        self._row_group_rows, self._row_group_bytes = row_group_rows, budget // 4
        self._budget, self._page_bytes = budget, page_bytes
        self._waiting: OrderedDict[str, Waiting] = OrderedDict()
        self._early: set[str] = set()
        self._held = self._scratches = self._windows = 0
        self._side_by_side = False
        self._schema, self._sampled = schema, False
        self._kind = Dictionaries if one_folder else Codes
        none = pa.Table.from_batches([], schema)
        self._codes = self._kind(none, schema, Encoding())
        self._encoders = Encoders(
            home,
            stem,
            schema,
            note=note,
            # a row group is a slice larger than its share
            queue_bytes=self._row_group_bytes * 9 // 8 * (1 if one_folder else 2),
            threads=1 if one_folder else 2,
            max_open=max_open,
            written=written,
        )

    def coded(self, rows: pa.Table) -> tuple[pa.Table, int]:
        """Return rows as they are to be added: all of them, in their order, once.

        From the first ones it is learned how columns are written.

        Returns
        -------
        pyarrow.Table
        int, bytes
            Of a row on average.
        """
        if not self._sampled:
            encoding = choose_encoding(rows, page_bytes=self._page_bytes)
            self._codes = self._kind(rows, self._schema, encoding)
            self._encoders.learn(encoding, self._codes.handed)
            self._sampled = True
        coded = self._codes.coded(rows)
        return coded, row_bytes(coded, self._codes.numbered)

    def add(self, shares: Sequence[tuple[str, Share]], each: int) -> None:
        """Take the rows of one window.

        Parameters
        ----------
        shares : sequence of str and Share
            A folder, relative to the data root (empty for the root), and its rows, from
            `coded`: of the window, whose memory is free when none of them waits.
        each : int, bytes
            Of a row on average; asking every share costs more than sorting did.

        Raises
        ------
        SinkError
            An earlier row group could not be written, or the disk is full.
        """
        window = Window(sum(size_of(rows, each) for _, rows in shares), shares=1)
        self._held += window.size
        self._windows += 1
        self._side_by_side = len(shares) >= SEVERAL_FOLDERS
        # Of long texts that came as dictionaries, a share may be more than a row group
        most = self._row_group_bytes // max(1, each) or 1
        for folder, rows in shares:
            for start in range(0, rows.num_rows, most):
                self._add(folder, rows.slice(start, most), each, window)
        self._let_go([window])
        self._flush_idle()
        most = self._budget * _eighths(len(shares)) // 8
        if self._held > most:
            self._set_aside(most // 2)

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
        self._side_by_side = True  # nothing else is at work any more
        for folder in list(self._waiting):
            self._flush(folder)
        return self._encoders.finish(at_least_one=at_least_one)

    def abort(self) -> None:
        """Stop encoding and close every file; they may hold anything."""
        self._encoders.abort()
        self._waiting.clear()

    def _add(self, folder: str, rows: Share, each: int, window: Window) -> None:
        """Have rows wait; write a row group whenever enough of them do."""
        held = self._waiting.setdefault(folder, Waiting())
        while held.rows + rows.num_rows >= self._row_group_rows:
            room = self._row_group_rows - held.rows
            held.hold(rows.slice(0, room), each, window)
            self._flush(folder)
            held = self._waiting.setdefault(folder, Waiting())
            rows = rows.slice(room)
        held.latest = self._windows
        self._waiting.move_to_end(folder)
        if rows.num_rows:
            held.hold(rows, each, window)
            if held.size >= self._row_group_bytes:
                self._flush(folder)

    def _flush_idle(self) -> None:
        """Write what waits of folders that got no rows for two windows.

        Where days follow each other, a day that is over is written while the next one
        is read. Once in each folder, for it may come back, and no row groups of a few
        rows.
        """
        over = self._windows - 1
        waiting = self._waiting.items()
        for folder, held in [*takewhile(lambda one: one[1].latest < over, waiting)]:
            fair = held.rows >= self._row_group_rows // 16
            if fair and folder not in self._early:
                self._early.add(folder)
                self._flush(folder)

    def _flush(self, folder: str) -> None:
        """Hand a folder's waiting rows to the encoders."""
        held = self._waiting.pop(folder)
        self._let_go(held.windows)
        if held.rows:
            rows = self._ready(held)
            self._encoders.encode(
                folder,
                held.size,
                rows,
                side_by_side=self._side_by_side,
                plain=held.rows < FEWEST_ROWS and isinstance(self._codes, Codes),
            )

    def _let_go(self, windows: Sequence[Window]) -> None:
        """Count a window's memory as free when none of its shares waits any more."""
        for window in windows:
            window.shares -= 1
            if not window.shares:
                self._held -= window.size

    def _ready(
        self, held: Waiting
    ) -> Callable[[bool], AbstractContextManager[pa.Table]]:
        """Return how the encoder gets the rows."""
        if isinstance(self._codes, Codes):
            whole = self._codes.whole
            return lambda plain: self._whole(held, partial(whole, plain=plain))
        # One thread encodes, and all else waits for it: it gets them put together
        with as_sink_errors(self._home), self._whole(held, self._codes.whole) as rows:
            ready = [rows]
        del rows
        return lambda _: contextlib.nullcontext(ready.pop())

    @contextlib.contextmanager
    def _whole(
        self, held: Waiting, whole: Callable[[Sequence[pa.Table]], pa.Table]
    ) -> Iterator[pa.Table]:
        """Put rows together, as the writer takes them."""
        with held.taken() as tables:
            yield in_steps(whole(tables))

    def _set_aside(self, left: int) -> None:
        """Have rows on the disk instead, until so many bytes are left in memory.

        Those of folders that got none for longest come first. Where all folders have
        rows in each window, none of its memory is free before the last one.
        """
        path = self._home / f"{self._scratches}.arrow"
        self._scratches += 1
        with as_sink_errors(self._home), Scratch(path) as scratch:
            for held in self._waiting.values():
                if self._held <= left:
                    break
                if held.shares:
                    self._let_go(held.set_aside(scratch))


def _eighths(folders: int) -> int:
    """Return how much of a budget may wait where so many folders share a window.

    A row group of each of two or three has room: where they fill up alike, none sees
    the scratch disk. Of more, none of a window's memory is free before all of it goes,
    and more that waits would only be more memory (RESULTS.md, "Growth").
    """
    if 1 < folders < SEVERAL_FOLDERS:
        return 7
    return 3 if SEVERAL_FOLDERS <= folders < MANY_FOLDERS else 4
