"""Columns as the kernel writes them, and what they are in Arrow."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.kernel.sandbox import Sandbox

__all__ = [
    "CODED",
    "COLUMN_BYTES",
    "KINDS",
    "TEXT",
    "arrays",
    "described",
]

# Source: kernel.h, enum kind
TEXT: Final = 0
CODED: Final = 7
KINDS: Final = {
    ARROW_TYPES[dtype]: number
    for number, dtype in enumerate(
        ("string", "int64", "float64", "decimal", "boolean", "date", "timestamp")
    )
}
_TYPES: Final = {number: dtype for dtype, number in KINDS.items()}
# Source: kernel.h, struct column
_COLUMN: Final = struct.Struct("<9I")
COLUMN_BYTES: Final = _COLUMN.size


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as the kernel leaves it, see kernel.h."""

    kind: int
    written: int
    nulls: int
    valid: int
    values: int
    data: int
    size: int
    ends: int
    count: int


def described(kinds: Sequence[int], written: Sequence[int] = ()) -> bytes:
    """Return columns as the kernel is told of them.

    Parameters
    ----------
    kinds : sequence of int
    written : sequence of int
        Of each column the address of a pattern, or 0; empty for none at all.

    Returns
    -------
    bytes
    """
    forms = written or [0] * len(kinds)
    return b"".join(
        _COLUMN.pack(kind, form, *[0] * 7)
        for kind, form in zip(kinds, forms, strict=True)
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
    found = [_Column(*numbers) for numbers in _COLUMN.iter_unpack(told)]
    # each column begins with its bits
    ends = [*(column.valid for column in found[1:]), sandbox.job.end]
    return [
        _array(column, sandbox.copied(column.valid, end), rows)
        for column, end in zip(found, ends, strict=True)
    ]


def _array(column: _Column, memory: pa.Buffer, rows: int) -> pa.Array:
    """Return a column that lies in a piece of memory."""

    def part(at: int, size: int) -> pa.Buffer:
        return memory.slice(at - column.valid, size)

    bits = part(column.valid, (rows + 7) // 8) if column.nulls else None
    if column.kind == CODED:
        ends = part(column.ends, 4 * (column.count + 1))
        texts = [None, ends, part(column.data, column.size)]
        codes = [bits, part(column.values, 4 * rows)]
        return pa.DictionaryArray.from_arrays(
            pa.Array.from_buffers(pa.int32(), rows, codes, column.nulls),
            pa.Array.from_buffers(pa.string(), column.count, texts),
            safe=False,
        )
    if column.kind == TEXT:
        buffers = [bits, part(column.values, 4 * (rows + 1))]
        buffers.append(part(column.data, column.size))
    else:
        buffers = [bits, part(column.values, column.size)]
    dtype = _TYPES[column.kind]
    return pa.Array.from_buffers(dtype, rows, buffers, column.nulls)
