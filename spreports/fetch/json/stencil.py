"""Lay a layout over the text of many records, natively and for all of them at once.

Where the marks are says where each value must begin and end. What stands between the
values is then compared with what the layout says, as one piece: where it is the same,
the text can be nothing else than so many records of that layout, each value still to
be proven a JSON scalar.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import every, scalar_of
from spreports.fetch.json.cut import Block
from spreports.fetch.json.layout import Layout
from spreports.fetch.pages import POOL, keep_pages

__all__ = ["Pieces", "Stencil", "Unlike"]

# Positions are looked up in a table of as many, which should stay in the cache
_STEP: Final = 1 << 18
_HALF: Final = 32
# More rows than were asked for, so that the next block, a little longer, has them too
_SPARE: Final = 64


class Unlike(Exception):  # noqa: N818 - a signal inside this room: the other way
    """Some record is not written as the layout says."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is the same for each block of up to so many rows."""

    rows: int
    ends: pa.Array
    between: pa.Buffer
    gaps: pa.Array
    firsts: pa.Array


@dataclass(frozen=True, slots=True)
class Pieces:
    """Values of all records, with what is between them.

    Attributes
    ----------
    rows : int
    width : int
        Cells of a record.
    pieces : pyarrow.BinaryArray
        A value and a gap for each cell, but for the last gap; a view on the text.
    firsts : pyarrow.Array
        Where the first value of each record is among them.
    """

    rows: int
    width: int
    pieces: pa.BinaryArray
    firsts: pa.Array

    def texts(self, slots: Sequence[int]) -> pa.BinaryArray:
        """Return the values of some slots, slot after slot, as a copy."""
        firsts = self.firsts
        where = [pc.add(firsts, scalar_of(2 * slot, pa.int32())) for slot in slots]
        return pc.take(
            self.pieces, pa.concat_arrays(where), boundscheck=False, memory_pool=POOL
        )


class Stencil:
    """A layout, ready to be laid over blocks; may be shared by threads.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        keep_pages()
        self.layout = layout
        slots = layout.slots
        self._width = len(slots)
        self._empty = [k for k, slot in enumerate(slots) if slot.leaf is None]
        # what the text may hold of marks behind its last record
        self._behind = layout.opening.count(layout.mark)
        following = [*slots[1:], slots[0]]
        self._gaps = [
            slot.behind + layout.mark + after.before
            for slot, after in zip(slots, following, strict=True)
        ]
        self._lead = layout.head + layout.mark + slots[0].before
        self._ready = self._made_ready(0)

    def pieces(self, block: Block) -> Pieces:
        """Return a block's values.

        Parameters
        ----------
        block : Block, n records

        Returns
        -------
        Pieces, n rows

        Raises
        ------
        Unlike
            Something else than the layout's own text stands around them.
        """
        layout, size = self.layout, block.stop - block.start
        text = pa.py_buffer(block.data).slice(block.start, size)
        end = size - len(layout.opening) + len(layout.head)
        marks = self._marks(text, end)
        rows, rest = divmod(len(marks) - 1, self._width)
        if rest or not rows or not self._stands_around(block):
            raise Unlike
        ready = self._ready
        if ready.rows < rows:
            self._ready = ready = self._made_ready(rows + rows // _SPARE)
        cells = rows * self._width
        pieces = _between(text, marks, ready.ends.slice(0, cells))
        gaps = pc.take(
            pieces, ready.gaps.slice(0, cells - 1), boundscheck=False, memory_pool=POOL
        ).buffers()[2]
        known = rows * sum(map(len, self._gaps)) - len(self._gaps[-1])
        if not gaps.slice(0, known).equals(ready.between.slice(0, known)):
            raise Unlike
        found = Pieces(rows, self._width, pieces, ready.firsts.slice(0, rows))
        if self._empty and _bytes_in(found.texts(self._empty)):
            raise Unlike
        return found

    def _stands_around(self, block: Block) -> bool:
        """Say whether a block begins and ends as its layout says."""
        layout = self.layout
        last = layout.slots[-1].behind
        tail = (last + layout.opening[len(layout.head) :])[
            : len(last) + len(layout.opening) - len(layout.head)
        ]
        return block.data.startswith(
            self._lead, block.start, block.stop
        ) and block.data.endswith(tail, block.start, block.stop)

    def _marks(self, text: pa.Buffer, end: int) -> pa.Array:
        """Return where the marks are, and one more behind the last record."""
        mark = self.layout.mark
        data = pa.Array.from_buffers(pa.uint8(), text.size, [None, text])
        there = pc.equal(data, scalar_of(mark[-1], pa.uint8()), memory_pool=POOL)
        ramp = _ramp()
        parts = []
        for start in range(0, text.size, _STEP):
            flags = there.slice(start, _STEP)
            part = pc.filter(ramp.slice(0, len(flags)), flags, memory_pool=POOL)
            # the ramp counts from 1, and a mark begins before its last byte
            first = scalar_of(start - len(mark), pa.int32())
            parts.append(pc.add(part, first))
        places = pa.concat_arrays(parts, memory_pool=POOL)
        if mark[:-1]:
            zero = scalar_of(0, pa.int32())
            places = places.filter(pc.greater_equal(places, zero))
        for offset, byte in enumerate(mark[:-1]):
            there = data.slice(offset).take(places)
            places = places.filter(pc.equal(there, scalar_of(byte, pa.uint8())))
        places = places.slice(0, max(0, len(places) - self._behind))
        last = pa.Array.from_buffers(
            pa.int32(), 1, [None, pa.py_buffer(array("i", [end]))]
        )
        return pa.concat_arrays([places, last]).cast(pa.int64(), memory_pool=POOL)

    def _made_ready(self, rows: int) -> _Ready:
        """Return what blocks of up to `rows` rows have in common."""
        width, mark = self._width, len(self.layout.mark)
        # from a mark to its value, and from the end of the value to the next mark
        ends = array(
            "q",
            [
                mark + len(slot.before) - (len(slot.behind) << _HALF)
                for slot in self.layout.slots
            ],
        )
        two = scalar_of(2 * width, pa.int32())
        return _Ready(
            rows,
            _repeated(pa.int64(), ends, rows),
            pa.py_buffer(b"".join(self._gaps) * rows),
            pc.subtract(every(2, rows * width), scalar_of(1, pa.int32())),
            pc.subtract(every(2 * width, rows), two),
        )


def _between(text: pa.Buffer, marks: pa.Array, ends: pa.Array) -> pa.BinaryArray:
    """Return the values between marks, and the gaps between the values.

    The start of a value is the lower half of a number of 64 bits and its end the upper
    half: side by side they are what Arrow takes for offsets. (Where a machine has the
    upper half first, no gap is as it should be, and records are read another way.)
    """
    cells = len(ends)
    upper = scalar_of(1 << _HALF, pa.int64())
    spans = pc.multiply(marks.slice(1), upper, memory_pool=POOL)
    spans = pc.add(spans, marks.slice(0, cells), memory_pool=POOL)
    spans = pc.add(spans, ends, memory_pool=POOL)
    pieces = pa.Array.from_buffers(
        pa.binary(), 2 * cells - 1, [None, spans.buffers()[1], text]
    )
    # the offsets count for something only where they never go back
    if pc.min(pc.binary_length(pieces)).as_py() < 0:
        raise Unlike
    return pieces


def _bytes_in(texts: pa.BinaryArray) -> int:
    """Return how many bytes all texts have together."""
    return int(pc.sum(pc.binary_length(texts)).as_py())


def _repeated(dtype: pa.DataType, numbers: array[int], times: int) -> pa.Array:
    """Return numbers over and over."""
    data = pa.py_buffer(numbers.tobytes() * times)
    return pa.Array.from_buffers(dtype, len(numbers) * times, [None, data])


@cache
def _ramp() -> pa.Array:
    """Return the numbers from 1."""
    return every(1, _STEP)
