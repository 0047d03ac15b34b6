"""Look up values by number, and number anew, without a look at each row's validity.

Arrow's kernels take longer where some rows are null, and put each number of a byte into
a hash table (`python -m benchmarks.numbers`). What stands under a null is of no
importance here.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of

__all__ = ["by_appearance", "looked_up"]

# Each of them is searched for in a row group, to its end if it is not there
MOST_NUMBERS: Final = 64
# Nulls that stand before a number's first row, of all numbers together
MOST_NULLS: Final = 256


def looked_up(values: pa.Array, numbers: pa.Array) -> pa.Array:
    """Return values by number.

    Parameters
    ----------
    values : pyarrow.Array
        Of a fixed width, or text.
    numbers : pyarrow.Array, n integers
        Places in `values`, which nothing checks; anything under a null.

    Returns
    -------
    pyarrow.Array, n values
        Null where the number is.
    """
    count, nulls = len(numbers), numbers.null_count
    if nulls in {0, count} or numbers.offset or values.null_count:
        return pc.take(values, numbers, boundscheck=False)
    valid, data = numbers.buffers()
    try:
        found = values.take(pa.Array.from_buffers(numbers.type, count, [None, data]))
    except pa.ArrowIndexError:  # under a null
        return pc.take(values, numbers, boundscheck=False)
    buffers = [valid, *found.buffers()[1:]]
    return pa.Array.from_buffers(found.type, count, buffers, nulls)


def by_appearance(numbers: pa.Array, count: int) -> tuple[pa.Array, pa.Array] | None:
    """Number values anew, as they appear: what ``dictionary_encode`` makes of numbers.

    Parameters
    ----------
    numbers : pyarrow.UInt8Array, n values
        Each less than `count`.
    count : int

    Returns
    -------
    tuple of pyarrow.Array or None
        The new numbers (int32), and the old ones by the new (uint8). None where it
        pays to look at each row, as for more than 64 numbers.
    """
    rows = len(numbers)
    if not rows or count > MOST_NUMBERS or numbers.offset:
        return None
    valid, data = numbers.buffers()
    text = data.to_pybytes()[:rows]
    nulls = numbers.null_count
    first = _first_rows(text, count, valid.to_pybytes() if nulls else None)
    if first is None:
        return None
    order = [first[row] for row in sorted(first)]
    if order != list(range(len(order))):
        anew = bytearray(1 << 8)
        for new, old in enumerate(order):
            anew[old] = new
        text = text.translate(bytes(anew))
    narrow = pa.Array.from_buffers(pa.uint8(), rows, [None, pa.py_buffer(text)])
    buffers = [valid if nulls else None, narrow.cast(pa.int32()).buffers()[1]]
    wide = pa.Array.from_buffers(pa.int32(), rows, buffers, nulls)
    return wide, array_of(order, pa.uint8())


def _first_rows(text: bytes, count: int, valid: bytes | None) -> dict[int, int] | None:
    """Return numbers by the first row that has them; None behind too many nulls."""
    first = {}
    left = MOST_NULLS
    for number in range(count):
        row = text.find(number)
        while valid and row >= 0 and not valid[row >> 3] >> (row & 7) & 1:
            row = text.find(number, row + 1)
            left -= 1
            if not left:
                return None
        if row >= 0:
            first[row] = number
    return first
