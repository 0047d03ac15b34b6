"""Read records that are all written alike, column by column, exactly or not at all.

The text is cut at the layout's separator, natively and for all records at once. Where
each cell then begins and ends as the layout says, and what is left is one JSON scalar,
the text can be nothing else than so many records of that layout: the proof needs no
other parser. Numbers and texts are the document's own bytes.
"""

from __future__ import annotations

import json
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, every, scalar_of, text_between
from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.layout import Layout, Slot, layout_of
from spreports.fetch.json.shape import Leaf, Node, Record

__all__ = ["alike"]

# Source: RFC 8259, sections 3, 6 and 7
_SCALAR: Final = (
    r"^(?:null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$"
)
_ESCAPED: Final = r'^(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$'
_FIRST_PRINTABLE: Final = 0x20
_QUOTE, _BACKSLASH = b'"\\'
# An open end, which the kernel has no working word for
_TO_THE_END: Final = 1 << 31


class _Unlike(Exception):  # noqa: N818 - a signal inside this module: the other way
    """Some record is not written as the layout says."""


def alike(block: Block, root: Record) -> list[pa.Array] | None:
    """Return a block's columns, where its records are all written like the first.

    Parameters
    ----------
    block : Block, n records
    root : Record, m keys

    Returns
    -------
    list of pyarrow.Array or None, m arrays of n values
        As `columns_of` would; None where anything at all is not as in the first
        record, or does not fit its column.
    """
    record, between = block.first()
    layout = layout_of(record, between, root)
    if layout is None:
        return None
    try:
        return _columns(_cells(block, layout), layout, root)
    except (_Unlike, pa.ArrowInvalid, UnicodeEncodeError):
        # Arrow's message quotes the value, so it must not become a cause
        return None


def _cells(block: Block, layout: Layout) -> pa.Array:
    """Return the cells of all records, one after the other."""
    text, start = block.text, layout.skip
    end = len(text) - block.opening + layout.skip
    if layout.joint:
        around = layout.separator + layout.joint + layout.separator
        text = text[start:end].replace(layout.joint, around)
        start, end = 0, len(text)
    # what is large lives a moment in one thread: memory that the system takes back
    # at once, where Arrow's own pool would keep as much for each thread
    pool = pa.system_memory_pool()
    whole = text_between(text, start, end)
    cells = pc.split_pattern(whole, layout.separator, memory_pool=pool).values
    # behind the last separator stands nothing
    if len(cells) % len(layout.slots) != 1 or cells[-1].as_py():
        raise _Unlike
    return cells


def _columns(cells: pa.Array, layout: Layout, root: Record) -> list[pa.Array]:
    """Return the columns of a table whose cells are cut."""
    width = len(layout.slots)
    rows = len(cells) // width
    seconds = every(width, rows)
    found: dict[tuple[str, ...], pa.Array] = {}
    for place, slot in enumerate(layout.slots):
        there = pc.add(seconds, scalar_of(place - width, pa.int32()))
        cell = pc.take(cells, there, memory_pool=pa.system_memory_pool())
        if slot.leaf is not None:
            found[slot.path] = _typed(_values(slot, cell), slot.leaf)
        elif pc.equal(cell, scalar_of(slot.before, pa.binary())).false_count:
            raise _Unlike
    return [_nested(node, (key,), found, rows) for key, node in root.fields.items()]


def _nested(
    node: Node, path: tuple[str, ...], found: dict[tuple[str, ...], pa.Array], rows: int
) -> pa.Array:
    """Return one key's array; null where the layout lacks the key."""
    if isinstance(node, Record) and any(each[: len(path)] == path for each in found):
        children = [
            _nested(each, (*path, key), found, rows)
            for key, each in node.fields.items()
        ]
        return pa.StructArray.from_arrays(children, fields=list(node.dtype))
    if path in found:
        return found[path]
    return pa.nulls(rows, node.dtype)


def _values(slot: Slot, cell: pa.Array) -> tuple[pa.Array, bool]:
    """Return a cell's values as text, and whether they were quoted."""
    quoted = _between(cell, slot.before + b'"', b'"' + slot.behind)
    if quoted is not None:
        return _unescaped(quoted), True
    values = _between(cell, slot.before, slot.behind)
    if values is None:
        raise _Unlike
    null = pc.equal(values, scalar_of(b"null", pa.binary()))
    rows = len(values)
    if null.true_count:
        values = pc.if_else(null, pa.nulls(rows, pa.binary()), values)
        if values.null_count == rows:
            return values, True
        quoted = _between(values, b'"', b'"')
        if quoted is not None:
            return _unescaped(quoted), True
    return values, False


def _between(cell: pa.Array, before: bytes, behind: bytes) -> pa.Array | None:
    """Return what stands between two texts; None where not all cells have them."""
    if (
        pc.starts_with(cell, before).false_count
        or pc.ends_with(cell, behind).false_count
        or pc.min(pc.binary_length(cell)).as_py() < len(before) + len(behind)
    ):
        return None
    stop = -len(behind) or _TO_THE_END
    pool = pa.system_memory_pool()
    return pc.binary_slice(cell, len(before), stop, memory_pool=pool)


def _unescaped(texts: pa.Array) -> pa.Array:
    """Return the insides of JSON strings as they read."""
    data = _bytes_of(texts)
    if len(data) and pc.min(data).as_py() < _FIRST_PRINTABLE:
        raise _Unlike
    quotes, escapes = _count(data, _QUOTE), _count(data, _BACKSLASH)
    if not escapes and not quotes:
        return texts
    if escapes == quotes:
        # as many pairs as quotes leave none that is bare, if no other escape is there
        plain = pc.replace_substring(texts, '\\"', '"')
        if not _count(_bytes_of(plain), _BACKSLASH):
            return plain
    escaped = pc.match_substring(texts, "\\")
    some = texts.filter(escaped)
    unsound = pc.match_substring_regex(some, _ESCAPED).false_count
    if unsound or quotes != _count(_bytes_of(some), _QUOTE):
        raise _Unlike
    read = json.loads(b'["' + b'","'.join(some.to_pylist()) + b'"]')
    return pc.replace_with_mask(
        texts, escaped, array_of(read, pa.string()).view(pa.binary())
    )


def _bytes_of(texts: pa.Array) -> pa.Array:
    """Return all bytes of an array of texts, without a copy."""
    _, ends, data = texts.buffers()
    if not len(texts) or data is None:
        return pa.nulls(0, pa.uint8())
    places = memoryview(ends).cast("i")
    start, end = places[texts.offset], places[texts.offset + len(texts)]
    return pa.Array.from_buffers(
        pa.uint8(), end - start, [None, data.slice(start, end - start)]
    )


def _count(data: pa.Array, byte: int) -> int:
    """Return how often a byte occurs."""
    return int(pc.equal(data, scalar_of(byte, pa.uint8())).true_count)


def _typed(values: tuple[pa.Array, bool], leaf: Leaf) -> pa.Array:
    """Return a column from its values' text, as the careful way types it."""
    texts, quoted = values
    if not quoted:
        if leaf.cells is not None and pa.types.is_integer(leaf.dtype):
            # what reads back as it was written is a plain integer
            numbers = _integers(texts.view(pa.string()))
            if numbers is not None:
                return numbers
        if pc.match_substring_regex(texts, _SCALAR).false_count:
            raise _Unlike
    texts = texts.view(pa.string())
    if leaf.cells is None:
        return texts
    typed, bad = typed_texts(texts, leaf)
    if bad:
        raise _Unlike
    return typed


def _integers(texts: pa.Array) -> pa.Array | None:
    """Return integers that are written as integers are."""
    try:
        numbers = texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    return numbers if numbers.cast(pa.string()).equals(texts) else None
