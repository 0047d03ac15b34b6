"""Arrow arrays of Python values, made from their bytes.

``pyarrow.array`` and ``pyarrow.scalar`` look whether they were given a pandas object,
and import pandas for that where it is installed: half a second and 48 MiB, for values
that are plain Python here. So does every kernel that is given a Python value.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

import pyarrow as pa

__all__ = ["array_of", "every", "scalar_of", "text_between"]

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


def array_of(values: Sequence[object], dtype: pa.DataType) -> pa.Array:
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
    plain: list[Any] = [_bare(value) for value in values if value is not None]
    if pa.types.is_boolean(dtype):
        body = [_bits(_spread(plain, values, fill=False))]
    elif pa.types.is_string(dtype) or pa.types.is_binary(dtype):
        sizes = _spread([len(each) for each in plain], values, fill=0)
        ends = array("i", accumulate(sizes, initial=0))
        body = [pa.py_buffer(ends), pa.py_buffer(b"".join(plain))]
    else:
        code = _CODES[str(dtype)]
        body = [pa.py_buffer(array(code, _spread(plain, values, fill=0)))]
    return pa.Array.from_buffers(dtype, len(values), [validity, *body])


def scalar_of(value: object, dtype: pa.DataType) -> pa.Scalar:
    """Return one Python value as a scalar, as `array_of` has it."""
    return array_of([value], dtype)[0]


def every(step: int, count: int) -> pa.Array:
    """Return 0, `step`, twice `step` and so on as int32."""
    numbers = array("i", range(0, step * count, step))
    return pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(numbers)])


def text_between(text: bytes, start: int, end: int) -> pa.BinaryArray:
    """Return ``text[start:end]`` as an array of one value, without a copy."""
    ends = pa.py_buffer(array("i", (start, end)))
    return pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(text)])


def _bare(value: object) -> object:
    """Return what stands in the buffer for a value."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, date):
        return (value - _FIRST_DAY).days
    return value


def _spread(plain: list[Any], values: Sequence[object], *, fill: object) -> list[Any]:
    """Return plain values with something in the places of those that are missing."""
    if len(plain) == len(values):
        return plain
    following = iter(plain)
    return [fill if value is None else next(following) for value in values]


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Return flags as Arrow packs them."""
    whole = pa.Array.from_buffers(
        pa.uint8(), len(flags), [None, pa.py_buffer(bytes(flags))]
    )
    return whole.cast(pa.bool_()).buffers()[1]
