"""Read records column by column, exactly or not at all.

The kernel reads all that have no key but those that are known. Without it, those are
read that are all written alike: a stencil cuts their values out of the text, natively,
and proves that nothing else stands around them than the layout says. Where what was cut
out is one JSON scalar each, the text is so many records of that layout: the proof needs
no other parser. Numbers and texts are the document's own bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, bytes_of, holds, scalar_of
from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.kernel_records import KernelRecords
from spreports.fetch.json.layout import Slot, layout_of
from spreports.fetch.json.misfits import Misfit
from spreports.fetch.json.nesting import nested_columns
from spreports.fetch.json.shape import Leaf, Record, leaves
from spreports.fetch.json.stencil import Pieces, Stencil, Unlike
from spreports.fetch.kernel.sandbox import kernel_pays

__all__ = ["Alike"]

# Source: RFC 8259, sections 3, 6 and 7
_SCALAR: Final = (
    r"^(?:null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$"
)
_ESCAPED: Final = r'^(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$'
_FIRST_PRINTABLE: Final = 0x20
_QUOTE, _BACKSLASH = b'"\\'
_POINT, _SLASH, _ZERO, _NINE = b"./09"


class Alike:
    """A reader of blocks whose records are much alike; threads may share it.

    Parameters
    ----------
    root : Record, m keys
    """

    def __init__(self, root: Record) -> None:
        self._root = root
        # What fitted last. A layout is no claim about a block: each block is compared
        # with it to the last byte, whichever record showed it
        self._last: Stencil | KernelRecords | None = None
        self._seen_bytes = 0
        self._kernel_fits = True

    @property
    def by_kernel(self) -> bool:
        """Whether the kernel read the last block, or is there for the first one."""
        if not self._seen_bytes:
            return kernel_pays(0)
        return isinstance(self._last, KernelRecords)

    def columns(self, block: Block) -> tuple[list[pa.Array], list[Misfit]] | None:
        """Return a block's columns, where the kernel or a stencil fits all records.

        Parameters
        ----------
        block : Block, n records

        Returns
        -------
        tuple of list of pyarrow.Array and list of Misfit, or None
            As `columns_of` would; None where neither fits.
        """
        self._seen_bytes += block.size
        declined = False
        for way in self._ways(block):
            try:
                read = _columns(way, block, self._root)
            except (Unlike, pa.ArrowInvalid, UnicodeEncodeError):
                # Arrow's message quotes the value, so it must not become a cause
                declined = declined or isinstance(way, KernelRecords)
                continue
            self._last = way
            # What a stencil fits and the kernel does not, it need not see again
            self._kernel_fits = self._kernel_fits and not declined
            return read
        return None

    def _ways(self, block: Block) -> Iterator[Stencil | KernelRecords]:
        """Yield what may fit a block: the kernel, the last stencil, what it shows."""
        if self._kernel_fits and kernel_pays(self._seen_bytes):
            yield self._kernel
        last = self._last if isinstance(self._last, Stencil) else None
        if last is not None:
            yield last
        layout = layout_of(*block.first(), self._root)
        for each in (layout, layout.bare()) if layout is not None else ():
            if last is None or each != last.layout:
                yield Stencil(each)

    @cached_property
    def _kernel(self) -> KernelRecords:
        return KernelRecords(self._root)


def _columns(
    way: Stencil | KernelRecords, block: Block, root: Record
) -> tuple[list[pa.Array], list[Misfit]]:
    """Return the columns of a table, and what did not fit in the order of columns."""
    misfits: list[Misfit] = []
    if isinstance(way, KernelRecords):
        rows, found = way.values(block, misfits)
    else:
        rows, found = _cut_out(way, block, misfits)
    if misfits:
        order = {leaf.name: number for number, leaf in enumerate(leaves(root))}
        misfits.sort(key=lambda each: order[each.column])
    return nested_columns(root, found, rows), misfits


def _cut_out(
    stencil: Stencil, block: Block, misfits: list[Misfit]
) -> tuple[int, dict[tuple[str, ...], pa.Array]]:
    """Return how many records there are, and typed columns by path."""
    pieces = stencil.pieces(block)
    found: dict[tuple[str, ...], pa.Array] = {}
    for quoted in (True, False):
        slots = {
            place: slot
            for place, slot in enumerate(stencil.layout.slots)
            if slot.leaf is not None and slot.quoted is quoted
        }
        found |= _of_slots(pieces, slots, misfits)
    return pieces.rows, found


def _of_slots(
    pieces: Pieces, slots: dict[int, Slot], misfits: list[Misfit]
) -> dict[tuple[str, ...], pa.Array]:
    """Return the columns of slots, by their paths."""
    if not slots:
        return {}
    texts, rows = pieces.texts(list(slots)), pieces.rows
    found: dict[tuple[str, ...], pa.Array] = {}
    for number, slot in enumerate(slots.values()):
        if slot.leaf is not None:
            own = texts.slice(number * rows, rows)
            found[slot.path] = _column(own, slot.leaf, misfits, quoted=slot.quoted)
    return found


def _column(
    values: pa.Array, leaf: Leaf, misfits: list[Misfit], *, quoted: bool
) -> pa.Array:
    """Return a column of values' text, as the careful way types it."""
    if quoted:
        return _typed(_unescaped(values), leaf, misfits)
    whole = leaf.cells is not None and pa.types.is_integer(leaf.dtype)
    if _are_digits(values):
        texts = values.view(pa.string())
        return texts.cast(pa.int64()) if whole else _typed(texts, leaf, misfits)
    texts, quoted = _without_quotes(values)
    if not quoted:
        if whole:
            # what reads back as it was written is a plain integer
            numbers = _integers(texts.view(pa.string()))
            if numbers is not None:
                return numbers
        texts = _mixed(texts)
    return _typed(texts, leaf, misfits)


def _without_quotes(values: pa.Array) -> tuple[pa.Array, bool]:
    """Return values as text, null where they are, and whether they were quoted."""
    texts = _inside_quotes(values)
    if texts is not None:
        return _unescaped(texts), True
    null = pc.equal(values, scalar_of(b"null", pa.binary()))
    rows = len(values)
    if null.true_count:
        values = pc.if_else(null, pa.nulls(rows, pa.binary()), values)
        if values.null_count == rows:
            return values, True
        texts = _inside_quotes(values)
        if texts is not None:
            return _unescaped(texts), True
    return values, False


def _mixed(values: pa.Array) -> pa.Array:
    """Return as text what may have strings among other values."""
    strings = pc.starts_with(values, b'"')
    others = values
    if strings.true_count:
        inside = _inside_quotes(values.filter(strings))
        if inside is None:
            raise Unlike
        others = values.filter(pc.invert(strings))
        values = pc.replace_with_mask(values, strings, _unescaped(inside))
    _require_scalars(others)
    return values


def _inside_quotes(values: pa.Array) -> pa.Array | None:
    """Return what stands between quotes; None where not all values have them."""
    if (
        pc.starts_with(values, b'"').false_count
        or pc.ends_with(values, b'"').false_count
        or pc.min(pc.binary_length(values)).as_py() < len(b'""')
    ):
        return None
    return pc.binary_slice(values, 1, -1)


def _unescaped(texts: pa.Array) -> pa.Array:
    """Return the insides of JSON strings as they read."""
    data = bytes_of(texts)
    if len(data) and pc.min(data).as_py() < _FIRST_PRINTABLE:
        raise Unlike
    if not holds(data, b"\\") and not holds(data, b'"'):
        return texts
    quotes = _count(data, _QUOTE)
    if quotes == _count(data, _BACKSLASH):
        # as many pairs as quotes leave none that is bare, if no other escape is there
        plain = pc.replace_substring(texts, '\\"', '"')
        if not holds(bytes_of(plain), b"\\"):
            return plain
    escaped = pc.match_substring(texts, "\\")
    some = texts.filter(escaped)
    unsound = pc.match_substring_regex(some, _ESCAPED).false_count
    if unsound or quotes != _count(bytes_of(some), _QUOTE):
        raise Unlike
    read = json.loads(b'["' + b'","'.join(some.to_pylist()) + b'"]')
    return pc.replace_with_mask(
        texts, escaped, array_of(read, pa.string()).view(pa.binary())
    )


def _count(data: pa.Array, byte: int) -> int:
    """Return how often a byte occurs."""
    return int(pc.equal(data, scalar_of(byte, pa.uint8())).true_count)


def _require_scalars(texts: pa.Array) -> None:
    """Prove that all texts are JSON scalars; most shares are seen at a glance."""
    shares = pc.starts_with(texts, "0.")
    if shares.true_count == len(texts) and _are_shares(texts):
        return
    if shares.true_count > len(texts) // 2 and _are_shares(texts.filter(shares)):
        # a null is neither, and sound
        texts = texts.filter(pc.invert(shares))
    if pc.match_substring_regex(texts, _SCALAR).false_count:
        raise Unlike


def _are_digits(values: pa.Array) -> bool:
    """Say whether values are whole numbers of digits alone, as JSON has them."""
    data = bytes_of(values)
    if not _within(data, _ZERO, _NINE) or not pc.min(pc.binary_length(values)).as_py():
        return False
    zero = pc.starts_with(values, "0").true_count
    return not zero or zero == pc.equal(values, scalar_of(b"0", pa.binary())).true_count


def _are_shares(texts: pa.Array) -> bool:
    """Say whether texts that begin with ``0.`` go on with digits alone."""
    data = bytes_of(texts)
    return (
        _within(data, _POINT, _NINE)
        and not _count(data, _SLASH)
        and _count(data, _POINT) == len(texts)
        and pc.min(pc.binary_length(texts)).as_py() > len("0.")
    )


def _within(data: pa.Array, low: int, high: int) -> bool:
    """Say whether there are bytes, none below `low` and none above `high`."""
    if not len(data):
        return False
    ends = pc.min_max(data)
    return bool(low <= ends["min"].as_py() and ends["max"].as_py() <= high)


def _typed(texts: pa.Array, leaf: Leaf, misfits: list[Misfit]) -> pa.Array:
    """Return a column of JSON scalars; strings without their quotes."""
    return typed_texts(texts.view(pa.string()), leaf, range(len(texts)), misfits)


def _integers(texts: pa.Array) -> pa.Array | None:
    """Return integers that are written as integers are."""
    try:
        numbers = texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    return numbers if numbers.cast(pa.string()).equals(texts) else None
