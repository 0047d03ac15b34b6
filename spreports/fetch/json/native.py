"""Parse a block of JSON records natively, exactly or not at all.

Records whose keys are known are read at once; others go to Arrow's parser. It reads
numbers from their text: 1.7 is no integer, 2 to the 63rd does not fit, a decimal
is not rounded, a string is no number. (The parser of polars takes 1 for 1.7 and null
for what overflows.) What it refuses, and decimals that are too wide for it, the careful
way looks at again.
"""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from spreports.fetch.json.alike import Alike
from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.misfits import Misfit
from spreports.fetch.json.shape import Leaf, Many, Node, Record, leaves
from spreports.fetch.json.wide_numbers import may_be_wide

__all__ = ["NativeParser", "sound_records"]

# Arrow reads these as numbers, JSON knows neither. They may stand in strings: then
# the careful way finds nothing wrong.
_NO_NUMBER: Final = re.compile(rb"NaN|Inf")


class _UnfitError(Exception):
    """Some text does not fit its type."""


class NativeParser:
    """A native parser for the records of one table.

    Parameters
    ----------
    root : Record, m keys
    """

    def __init__(self, root: Record) -> None:
        self._root = root
        self._alike = Alike(root)
        self._has_decimals = any(
            pa.types.is_decimal(leaf.dtype) for leaf in leaves(root)
        )
        self._options = pyarrow.json.ParseOptions(
            explicit_schema=pa.schema(list(root.parsed)),
            unexpected_field_behavior="error",
        )

    @property
    def by_kernel(self) -> bool:
        """Whether the kernel read the last block, or is there for the first one."""
        return self._alike.by_kernel

    def columns(self, block: Block) -> tuple[list[pa.Array], list[Misfit]] | None:
        """Return one nested array for each key, and what did not fit, as `columns_of`.

        Parameters
        ----------
        block : Block, n records

        Returns
        -------
        tuple of list of pyarrow.Array and list of Misfit, or None
            m arrays of n values. None where anything else is not as the tree says: the
            block is then to be read the careful way.
        """
        read = self._alike.columns(block)
        if read is not None:
            return read
        if self._has_decimals and may_be_wide(block.records):
            return None
        table = _parsed(block, self._options)
        if table is None:
            return None
        try:
            return [
                _finished(node, column)
                for node, column in zip(
                    self._root.fields.values(), table.columns, strict=True
                )
            ], []
        except _UnfitError:
            return None


def sound_records(block: Block) -> int:
    """Count a block's records, whatever their keys, where it is what it promised.

    Parameters
    ----------
    block : Block

    Returns
    -------
    int
        0 also where the careful way would find nothing wrong.
    """
    if _NO_NUMBER.search(block.data, block.start, block.stop):
        return 0
    parsed = _parsed(block, None)
    return 0 if parsed is None else int(parsed.num_rows)


def _parsed(
    block: Block, options: pyarrow.json.ParseOptions | None
) -> pa.RecordBatch | None:
    """Return the block's records; None where it does not hold exactly as many."""
    if options is None:
        options = pyarrow.json.ParseOptions(
            explicit_schema=pa.schema([]), unexpected_field_behavior="ignore"
        )
    parts = block.parts()
    lines = block.lines(parts)
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(lines),
            # one block, one thread: rows keep their order, errors end it at once
            read_options=pyarrow.json.ReadOptions(
                use_threads=False, block_size=len(lines) + 1
            ),
            parse_options=options,
        )
    except pa.ArrowException:
        # its message quotes the value, so it must not become a cause
        return None
    if table.num_rows != len(parts):
        return None
    return table.combine_chunks().to_batches()[0] if table.num_columns else table


def _finished(node: Node, array: pa.Array) -> pa.Array:
    """Return a parsed array in its final type."""
    if isinstance(node, Leaf):
        return _finished_leaf(node, array)
    if array.type == node.dtype and not _has_floats(node):
        return array
    if isinstance(node, Many):
        items = _finished(node.item, array.values)
        return pa.ListArray.from_arrays(array.offsets, items, mask=array.is_null())
    children = [
        _finished(each, child)
        for each, child in zip(node.fields.values(), array.flatten(), strict=True)
    ]
    return pa.StructArray.from_arrays(
        children, fields=list(node.dtype), mask=array.is_null()
    )


def _finished_leaf(leaf: Leaf, array: pa.Array) -> pa.Array:
    """Type a column of text; refuse the numbers that JSON does not know."""
    if pa.types.is_floating(array.type):
        if pc.all(pc.is_finite(array)).as_py() is False:
            raise _UnfitError
        return array
    if leaf.cells is None or leaf.direct:
        return array
    misfits: list[Misfit] = []
    typed = typed_texts(array, leaf, range(len(array)), misfits)
    if misfits:
        raise _UnfitError
    return typed


def _has_floats(node: Node) -> bool:
    """Say whether there are numbers below that may be infinite."""
    if isinstance(node, Leaf):
        return bool(pa.types.is_floating(node.dtype))
    below = node.fields.values() if isinstance(node, Record) else (node.item,)
    return any(_has_floats(each) for each in below)
