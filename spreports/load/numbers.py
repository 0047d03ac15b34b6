"""Look up values by number, and number anew, without a look at each row's validity.

Arrow's kernels take longer where some rows are null, and put each number of a byte into
a hash table (`python -m benchmarks.numbers`). What stands under a null is of no
importance here.
"""

from __future__ import annotations

from array import array
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of

__all__ = ["by_appearance", "in_one_piece", "longest_text", "looked_up", "numbered"]

# Each of them is searched for in a row group, to its end if it is not there
MOST_NUMBERS: Final = 64
# Bytes of text that may be copied for nothing: some text stands under each null
MOST_UNDER_NULLS: Final = 1 << 22
# Nulls that stand before a number's first row, of all numbers together
MOST_NULLS: Final = 256


def in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without a copy where it is one.

    Parameters
    ----------
    column : pyarrow.ChunkedArray

    Returns
    -------
    pyarrow.Array
        Values in place of a dictionary, where its pieces' cannot be united.
    """
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type) and not _can_be_one(column):
        column = column.cast(column.type.value_type)
    return column.combine_chunks()


def numbered(column: pa.ChunkedArray) -> array[int]:
    """Return a number for each value, the same for values that are; none for nulls.

    Parameters
    ----------
    column : pyarrow.ChunkedArray, n values

    Returns
    -------
    array of int, n values or less
    """
    numbers = array("i")
    if column.null_count == len(column):
        return numbers
    # Each of Arrow's functions waits for its turn of the interpreter: as few as can be
    if column.null_count:
        column = column.drop_null()
    if pa.types.is_dictionary(column.type) and _can_be_one(column):
        pieces = [in_one_piece(column)]
    else:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        pieces = column.dictionary_encode().chunks
    for piece in pieces:
        start = piece.offset * numbers.itemsize
        stop = start + len(piece) * numbers.itemsize
        numbers.frombytes(memoryview(piece.indices.buffers()[1])[start:stop])
    return numbers


def _can_be_one(column: pa.ChunkedArray) -> bool:
    """Tell whether the dictionaries of a column's pieces can be united."""
    return column.type.index_type == pa.int32() and not any(
        piece.dictionary.null_count for piece in column.chunks
    )


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
    if (
        nulls in {0, count}
        or numbers.offset
        or values.null_count
        or _is_much(values, nulls)
    ):
        return pc.take(values, numbers, boundscheck=False)
    valid, data = numbers.buffers()
    try:
        found = values.take(pa.Array.from_buffers(numbers.type, count, [None, data]))
    except pa.ArrowIndexError:  # under a null
        return pc.take(values, numbers, boundscheck=False)
    buffers = [valid, *found.buffers()[1:]]
    return pa.Array.from_buffers(found.type, count, buffers, nulls)


def _is_much(values: pa.Array, nulls: int) -> bool:
    """Tell whether the texts under nulls would take more room than they may."""
    # The bytes of all values are at hand, and of few or short texts they say enough
    if nulls * values.nbytes <= MOST_UNDER_NULLS:
        return False
    return nulls * longest_text(values) > MOST_UNDER_NULLS


def longest_text(values: pa.Array) -> int:
    """Return the bytes of the longest text; 0 for values of another kind."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return 0
    return pc.max(pc.binary_length(values)).as_py() or 0


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
