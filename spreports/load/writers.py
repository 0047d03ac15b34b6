"""Collect rows by folder until they make a row group, under a byte budget.

Rows wait in memory; when they are too many there, all of them go to the scratch disk.
What is written together depends on the rows alone and never on timing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from spreports.load.codes import Codes
from spreports.load.dictionaries import Dictionaries
from spreports.load.encoders import Encoders, PartFile, as_sink_errors
from spreports.load.encoding import Encoding, choose_encoding
from spreports.load.rowgroups import in_steps, row_bytes
from spreports.load.scratch import Scratch

__all__ = ["PartWriters"]

# What a column of a waiting piece costs beside its values, about
COLUMN_OVERHEAD = 512


@dataclass(slots=True)
class _Waiting:
    """Rows of one folder that wait for their row group: on the disk, then in memory."""

    scratch: Scratch | None = None
    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    size: int = 0

    @contextlib.contextmanager
    def taken(self) -> Iterator[list[pa.Table]]:
        """Give all rows, in order; they are gone afterwards."""
        early = self.scratch.read() if self.scratch else []
        tables = [*early, *self.tables]
        yield tables
        self.tables.clear()
        tables.clear()
        early.clear()
        if self.scratch:
            self.scratch.delete()


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
        Rows in memory, all folders together: half may wait, and a quarter and a slice
        may be on its way to the disk for each file that is written to at the same time.
    row_group_rows : int
        A folder's rows are written when this many wait, earlier only when they are a
        quarter of the budget.
    one_folder : bool
        All rows go to one, so that one file is written to at a time.
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
        written: Callable[[Path, int], None] | None = None,
    ) -> None:
        self._home = home
        self._row_group_rows, self._row_group_bytes = row_group_rows, budget // 4
        self._waiting_limit = budget // 2
        self._waiting: dict[str, _Waiting] = {}
        self._held = 0
        self._scratches = 0
        self._schema, self._one_folder, self._sampled = schema, one_folder, False
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

    @property
    def waiting(self) -> int:
        """Bytes of rows in memory, waiting or on their way to the disk."""
        return self._held + self._encoders.queued

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
            encoding = choose_encoding(rows)
            self._codes = self._kind(rows, self._schema, encoding)
            self._encoders.learn(encoding, self._codes.handed)
            self._sampled = True
        coded = self._codes.coded(rows)
        return coded, row_bytes(coded, self._codes.numbered)

    def add(self, folder: str, rows: pa.Table, each: int) -> None:
        """Take rows for a folder.

        Parameters
        ----------
        folder : str
            Relative to the data root; empty for the root.
        rows : pyarrow.Table
            From `coded`; a slice, as a rule: memory is counted as free when nothing
            waits any more.
        each : int, bytes
            Of a row on average; asking every slice costs more than sorting did.

        Raises
        ------
        SinkError
            An earlier row group could not be written, or the disk is full.
        """
        held = self._waiting.setdefault(folder, _Waiting())
        while held.rows + rows.num_rows >= self._row_group_rows:
            room = self._row_group_rows - held.rows
            self._hold(held, rows.slice(0, room), each)
            self._flush(folder)
            held = self._waiting.setdefault(folder, _Waiting())
            rows = rows.slice(room)
        if rows.num_rows:
            self._hold(held, rows, each)
            if held.size >= self._row_group_bytes:
                self._flush(folder)
        if self._held > self._waiting_limit:
            self._set_aside()

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
        return self._encoders.finish(at_least_one=at_least_one)

    def abort(self) -> None:
        """Stop encoding and close every file; they may hold anything."""
        self._encoders.abort()
        self._waiting.clear()

    def _hold(self, held: _Waiting, rows: pa.Table, each: int) -> None:
        """Have rows wait in memory."""
        size = each * rows.num_rows + COLUMN_OVERHEAD * rows.num_columns
        held.tables.append(rows)
        held.rows += rows.num_rows
        held.size += size
        self._held += size

    def _flush(self, folder: str) -> None:
        """Hand a folder's waiting rows to the encoders."""
        held = self._waiting.pop(folder)
        if not self._waiting:
            self._held = 0
        if held.rows:
            self._encoders.encode(folder, held.size, self._ready(held))

    def _ready(self, held: _Waiting) -> Callable[[], AbstractContextManager[pa.Table]]:
        """Return how the encoder gets the rows."""
        if not self._one_folder:
            return lambda: self._whole(held)
        # One thread encodes, and all else waits for it: it gets them put together
        with as_sink_errors(), self._whole(held) as rows:
            ready = [rows]
        del rows
        return lambda: contextlib.nullcontext(ready.pop())

    @contextlib.contextmanager
    def _whole(self, held: _Waiting) -> Iterator[pa.Table]:
        """Put rows together, as the writer takes them."""
        with held.taken() as tables:
            yield in_steps(self._codes.whole(tables))

    def _set_aside(self) -> None:
        """Have all waiting rows on the disk instead of in memory."""
        with as_sink_errors():
            for held in self._waiting.values():
                if held.tables:
                    if held.scratch is None:
                        held.scratch = Scratch(self._home / f"{self._scratches}.arrow")
                        self._scratches += 1
                    held.scratch.append(held.tables)
                    held.tables.clear()
        self._held = 0
