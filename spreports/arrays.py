"""Arrow arrays of Python values, made from their bytes.

``pyarrow.array`` and ``pyarrow.scalar`` look whether they were given a pandas object,
and import pandas for that where it is installed: half a second and 48 MiB, for values
that are plain Python here. So does every kernel that is given a Python value.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "array_of",
    "bare",
    "bytes_of",
    "every",
    "holds",
    "null_where",
    "scalar_of",
    "text_between",
]

_FIRST_DAY: Final = date(1970, 1, 1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CODES: Final = {
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "double": "d",
    "date32[day]": "i",
    "timestamp[us, tz=UTC]": "q",
}


def array_of(values: Sequence[Any], dtype: pa.DataType) -> pa.Array:
    """Return Python values as an array.

    Parameters
    ----------
    values : sequence, n values
        Of the type's own Python class, or None.
    dtype : pyarrow.DataType
        Text, bytes, bool, int32, int64, uint8, float64, decimal, days, or microseconds
        in UTC.

    Returns
    -------
    pyarrow.Array, n values

    Raises
    ------
    TypeError
        A value is of another class.
    UnicodeEncodeError
        A text holds half of a surrogate pair.
    """
    if pa.types.is_decimal(dtype):
        texts = [format(v, "f") if isinstance(v, Decimal) else None for v in values]
        return array_of(texts, pa.string()).cast(dtype)
    validity = None
    if None in values:
        validity = _bits([value is not None for value in values])
    if pa.types.is_boolean(dtype):
        body = [_bits([bool(value) for value in values])]
    elif pa.types.is_string(dtype) or pa.types.is_binary(dtype):
        encode: Callable[[Any], bytes] = str.encode
        if pa.types.is_binary(dtype):
            encode = bytes
        parts = [b"" if value is None else encode(value) for value in values]
        ends = array("i", accumulate(map(len, parts), initial=0))
        body = [pa.py_buffer(ends), pa.py_buffer(b"".join(parts))]
    else:
        numbers = [0 if value is None else bare(value) for value in values]
        body = [pa.py_buffer(array(_CODES[str(dtype)], numbers))]
    return pa.Array.from_buffers(dtype, len(values), [validity, *body])


def scalar_of(value: object, dtype: pa.DataType) -> pa.Scalar:
    """Return one Python value as a scalar, as `array_of` has it; None of any type."""
    return (pa.nulls(1, dtype) if value is None else array_of([value], dtype))[0]


def every(step: int, count: int) -> pa.Array:
    """Return `step`, twice `step` and so on, `count` of them, as int32."""
    steps = pa.py_buffer(step.to_bytes(4, sys.byteorder) * count)
    return pc.cumulative_sum(pa.Array.from_buffers(pa.int32(), count, [None, steps]))


def text_between(text: bytes, start: int, end: int) -> pa.BinaryArray:
    """Return ``text[start:end]`` as an array of one value, without a copy."""
    ends = pa.py_buffer(array("i", (start, end)))
    return pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(text)])


def bytes_of(texts: pa.Array) -> pa.Array:
    """Return all bytes of an array of texts, those of nulls too, without a copy."""
    _, ends, data = texts.buffers()
    if not len(texts) or data is None:
        return pa.nulls(0, pa.uint8())
    places = memoryview(ends).cast("i")
    start, end = places[texts.offset], places[texts.offset + len(texts)]
    return pa.Array.from_buffers(
        pa.uint8(), end - start, [None, data.slice(start, end - start)]
    )


def holds(data: pa.Array, byte: bytes) -> bool:
    """Say whether a byte occurs in `bytes_of` texts: quicker than to count it."""
    return len(data) > 0 and byte in data.buffers()[1].to_pybytes()


def null_where(flags: pa.Array, texts: pa.Array) -> pa.Array:
    """Return texts, null where a flag is set or null.

    Before version 24, Arrow's `if_else` gives other texts, or bytes of no text, where
    one of the two is the scalar null and the other begins within its buffers.

    Source: Arrow, issue 49410
    """
    return pc.if_else(flags, pa.nulls(len(texts), texts.type), texts)


def bare(value: object) -> Any:
    """Return the number that stands in the buffer for a value."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return (value - _FIRST_DAY).days if isinstance(value, date) else value


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Return flags as Arrow packs them."""
    whole = pa.Array.from_buffers(
        pa.uint8(), len(flags), [None, pa.py_buffer(bytes(flags))]
    )
    return whole.cast(pa.bool_()).buffers()[1]
