"""Columns as the kernel writes them, and what they are in Arrow."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.kernel.sandbox import Sandbox

__all__ = [
    "CODED",
    "CODED_DECIMAL",
    "COLUMN_BYTES",
    "KEY",
    "KINDS",
    "LIST",
    "LOCAL_DECIMAL",
    "NO_COLUMN",
    "TEXT",
    "arrays",
    "described",
]

# Source: kernel.h, enum kind
TEXT: Final = 0
CODED: Final = 7
CODED_DECIMAL: Final = 8
LOCAL_DECIMAL: Final = 9
LIST: Final = 10
KINDS: Final = {
    ARROW_TYPES[dtype]: number
    for number, dtype in enumerate(
        ("string", "int64", "float64", "decimal", "boolean", "date", "timestamp")
    )
}
_TYPES: Final = {
    **{number: dtype for dtype, number in KINDS.items()},
    LOCAL_DECIMAL: ARROW_TYPES["decimal"],
    LIST: pa.string(),
}
# Source: kernel.h, struct column
_COLUMN: Final = struct.Struct("<10I")
COLUMN_BYTES: Final = _COLUMN.size
# Source: kernel.h, struct key
KEY: Final = struct.Struct("<6I")
NO_COLUMN: Final = 0xFFFFFFFF


def described(
    kinds: Sequence[int], written: Sequence[int] = (), dashes: Sequence[bool] = ()
) -> bytes:
    """Return columns as the kernel is told of them.

    Parameters
    ----------
    kinds : sequence of int
    written : sequence of int
        Of each column the address of a pattern, or 0; empty for none at all.
    dashes : sequence of bool
        Of each column whether what stands for no number is null; empty for no column.

    Returns
    -------
    bytes
    """
    forms = written or [0] * len(kinds)
    dashed = dashes or [False] * len(kinds)
    return b"".join(
        _COLUMN.pack(kind, form, *[0] * 7, is_dashed)
        for kind, form, is_dashed in zip(kinds, forms, dashed, strict=True)
    )


def arrays(sandbox: Sandbox, start: int, columns: int, rows: int) -> list[pa.Array]:
    """Return the columns of a block, copied out of the sandbox one by one.

    In one piece, a column that is kept would keep all others.

    Parameters
    ----------
    sandbox : Sandbox
    start : int
        Address of the columns.
    columns : int
    rows : int

    Returns
    -------
    list of pyarrow.Array
        Of `rows` values each.
    """
    told = sandbox.read(start, columns * COLUMN_BYTES)
    part = sandbox.reader()
    return [_array(column, part, rows) for column in _COLUMN.iter_unpack(told)]


def _array(
    column: tuple[int, ...], part: Callable[[int, int], pa.Buffer], rows: int
) -> pa.Array:
    """Return a column, whose parts are copied."""
    kind, _, nulls, valid, values, data, size, ends, count, _ = column
    bits = part(valid, (rows + 7) // 8) if nulls else None
    if kind in {CODED, CODED_DECIMAL}:
        each = [None, part(data, size)]
        if kind == CODED:
            each.insert(1, part(ends, 4 * (count + 1)))
        dtype = pa.string() if kind == CODED else ARROW_TYPES["decimal"]
        codes = [bits, part(values, 4 * rows)]
        return pa.DictionaryArray.from_arrays(
            pa.Array.from_buffers(pa.int32(), rows, codes, nulls),
            pa.Array.from_buffers(dtype, count, each),
            safe=False,
        )
    if kind in {TEXT, LIST}:
        buffers = [bits, part(values, 4 * (rows + 1)), part(data, size)]
    else:
        buffers = [bits, part(values, size)]
    return pa.Array.from_buffers(_TYPES[kind], rows, buffers, nulls)
