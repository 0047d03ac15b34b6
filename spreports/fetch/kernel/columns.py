"""Columns as the kernel writes them, and what they are in Arrow."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.kernel.sandbox import Sandbox

__all__ = ["COLUMN_BYTES", "KINDS", "TEXT", "arrays", "described"]

# Source: kernel.h, enum kind
TEXT: Final = 0
KINDS: Final = {
    ARROW_TYPES[dtype]: number
    for number, dtype in enumerate(
        ("string", "int64", "float64", "decimal", "boolean", "date", "timestamp")
    )
}
_TYPES: Final = {number: dtype for dtype, number in KINDS.items()}
# Source: kernel.h, struct column: kind, nulls, valid, values, data, size
_COLUMN: Final = struct.Struct("<6I")
COLUMN_BYTES: Final = _COLUMN.size


def described(kinds: Sequence[int]) -> bytes:
    """Return columns of some kinds as the kernel is told of them."""
    return b"".join(_COLUMN.pack(kind, 0, 0, 0, 0, 0) for kind in kinds)


def arrays(sandbox: Sandbox, start: int, columns: int, rows: int) -> list[pa.Array]:
    """Return the columns of a block, copied out of the sandbox in one piece.

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
    found = list(_COLUMN.iter_unpack(sandbox.read(start, columns * COLUMN_BYTES)))
    first = found[0][2]  # each column begins with its bits, and the first is in front
    memory = sandbox.copied(first)

    def part(at: int, size: int) -> pa.Buffer:
        return memory.slice(at - first, size)

    made = []
    for kind, nulls, valid, values, data, size in found:
        bits = part(valid, (rows + 7) // 8) if nulls else None
        buffers = [bits, part(values, 4 * (rows + 1) if kind == TEXT else size)]
        if kind == TEXT:
            buffers.append(part(data, size))
        made.append(pa.Array.from_buffers(_TYPES[kind], rows, buffers, nulls))
    return made
