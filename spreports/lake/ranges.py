"""Read a Parquet file of an object store in few requests.

A request takes as long as some hundred kilobytes more of the one before. So a small
file comes as a whole, of a large one the end, where its footer stands, and then the
column chunks that are wanted, with what little lies between them.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["RangedParquet", "Ranges", "joined"]

# Bytes that are read though nobody wants them, rather than to ask once more. Twice as
# many would save requests, but read most of a file for one of its columns, which takes
# longer where the store is far away
# Source: object_store (Rust), OBJECT_STORE_COALESCE_DEFAULT
NEAR: Final = 1 << 20
# The end of a larger file: as much as Arrow asks for, to find the footer there
END: Final = 64 << 10
# Seconds that Arrow's threads are waited for, which takes them none
PATIENCE: Final = 1.0


class RangedParquet(pq.ParquetFile):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file whose row groups come in one request, or a few.

    Parameters
    ----------
    ranges : Ranges
    **how
        As of `pyarrow.parquet.ParquetFile`.
    """

    def __init__(self, ranges: Ranges, **how: Any) -> None:
        super().__init__(ranges, **how)
        self._ranges = ranges

    def read_row_groups(
        self,
        row_groups: Sequence[int],
        columns: Sequence[str] | None = None,
        **how: Any,
    ) -> Any:
        """Read row groups; as pyarrow does, but for the requests.

        Arrow's threads let go of what they have read a little after the rows are there.
        One that does while the interpreter ends would abort the process, so wait.
        Source: apache/arrow, issue 34314
        """
        self._ranges.bring(_chunks(self.metadata, row_groups, columns))
        try:
            return super().read_row_groups(row_groups, columns, **how)
        finally:
            self._ranges.take_back()

    def iter_batches(
        self, batch_size: int = 65_536, *, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield all rows, one row group after the other, as `read_row_groups` does."""
        for number in range(self.metadata.num_row_groups):
            self._ranges.bring(_chunks(self.metadata, [number], columns))
            try:
                yield from super().iter_batches(
                    batch_size, row_groups=[number], columns=columns
                )
            finally:
                self._ranges.take_back()


def _chunks(
    facts: pq.FileMetaData, row_groups: Sequence[int], columns: Sequence[str] | None
) -> list[tuple[int, int]]:
    """Return where the column chunks of some columns lie, as (start, end).

    What a column holds is named behind it, with a dot; names may have dots themselves.
    As pyarrow does, take whatever begins with one of them.
    """
    found = []
    wanted = None if columns is None else set(columns)
    for number in row_groups:
        group = facts.row_group(number)
        for place in range(group.num_columns):
            chunk = group.column(place)
            if wanted is None or not wanted.isdisjoint(_names(chunk.path_in_schema)):
                start = chunk.data_page_offset
                if chunk.has_dictionary_page:
                    start = min(start, chunk.dictionary_page_offset)
                found.append((start, start + chunk.total_compressed_size))
    return found


def _names(path: str) -> Iterator[str]:
    """Yield a path's beginnings: ``a``, ``a.b`` and ``a.b.c``."""
    return accumulate(path.split("."), "{}.{}".format)


def joined(ranges: Iterable[tuple[int, int]], apart: int) -> list[tuple[int, int]]:
    """Join ranges that are no further apart.

    Parameters
    ----------
    ranges : iterable of (start, end)
    apart : int
        0 joins those that touch.

    Returns
    -------
    list of (start, end)
        In order.
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1] + apart:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


class Ranges(io.RawIOBase):
    """A file of which some ranges are there before they are read.

    Parameters
    ----------
    file : binary file
        Can seek, and reads what it is asked for and no more.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._at = 0
        start = 0 if self._size <= NEAR else max(0, self._size - END)
        self._end = (start, self._asked(start, self._size))
        self._brought: list[tuple[int, bytes]] = []
        self._lent: list[memoryview] | None = None

    def bring(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Ask for what is going to be read; let go of what was brought before."""
        self._brought, self._lent = [], []
        missing = [(start, end) for start, end in ranges if start < self._end[0]]
        for start, end in joined(missing, NEAR):
            self._brought.append((start, self._asked(start, end)))

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that any place can be read."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = base[whence] + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return bytes from the place on: those that are there, or a request's."""
        return bytes(self._view(size))

    def read_buffer(self, size: int = -1) -> memoryview:
        """Return the same, uncopied; Arrow prefers this."""
        view = self._view(size)
        if self._lent is not None:
            self._lent.append(view)
        return view

    def take_back(self) -> None:
        """Wait until nobody holds what was given since `bring`, but not for ever."""
        lent, self._lent = self._lent or [], None
        until = time.monotonic() + PATIENCE
        for view in lent:
            while not _is_released(view) and time.monotonic() < until:
                time.sleep(1e-4)

    def _view(self, size: int) -> memoryview:
        end = self._size if size < 0 else min(self._at + size, self._size)
        start, self._at = self._at, max(self._at, end)
        for first, data in (self._end, *self._brought):
            if first <= start and end <= first + len(data):
                return memoryview(data)[start - first : end - first]
        return memoryview(self._asked(start, end))

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._file.close()
        super().close()

    def _asked(self, start: int, end: int) -> bytes:
        """Read a range of the file itself."""
        self._file.seek(start)
        return self._file.read(end - start)


def _is_released(view: memoryview) -> bool:
    """Release a view, unless a buffer of Arrow's has it."""
    try:
        view.release()
    except BufferError:
        return False
    return True
