"""Learn how a document writes its records: what stands around each value.

Reports are printed by machines, so that records differ in their values alone. The text
of all records is then a row of cells with a mark before each, such as a line end, and
every cell has the same bytes before and behind its value as in the first record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from spreports.errors import ParseError
from spreports.fetch.json.shape import Leaf, Node, Record
from spreports.fetch.json.values import CutShort, JsonValues

__all__ = ["Layout", "Slot", "layout_of"]

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]|[^ \t\r\n{}\[\]:,"]++')
_COLON: Final = re.compile(rb'(?:[^"\\]|\\.)*+("[ \t\r\n]*+:)')
_LINE: Final = b"\n"
_QUOTE: Final = b'"'


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell of each record.

    Attributes
    ----------
    before, behind : bytes
        Around the value; `before` is all of a cell that holds none.
    leaf : Leaf or None
        What the value is; None for a cell that holds none.
    path : tuple of str
        Keys that lead to the leaf.
    quoted : bool
        The quotes of a string stand in `before` and `behind`.
    """

    before: bytes
    behind: bytes = b""
    leaf: Leaf | None = None
    path: tuple[str, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of each record, in the order in which they are written.

    Attributes
    ----------
    opening : bytes
        Of a record: from its brace through the quote of its first key.
    head : bytes
        Of a record: from its brace to its first mark.
    mark : bytes
        Stands before each cell.
    slots : tuple of Slot
        What is behind the last one's value leads into the next record, up to its
        first mark.
    """

    opening: bytes
    head: bytes
    mark: bytes
    slots: tuple[Slot, ...]

    def bare(self) -> Layout:
        """Return the layout that leaves its quotes to the values, which may be null."""
        slots = [
            replace(slot, before=slot.before[:-1], behind=slot.behind[1:], quoted=False)
            if slot.quoted
            else slot
            for slot in self.slots
        ]
        return replace(self, slots=tuple(slots))


@dataclass(frozen=True, slots=True)
class _Value:
    """Where a scalar stands in a record's text."""

    start: int
    end: int
    leaf: Leaf
    path: tuple[str, ...]


def layout_of(record: bytes, between: bytes, root: Record) -> Layout | None:
    """Return the layout that one record shows.

    Parameters
    ----------
    record : bytes
        From behind the quote of its first key through its closing brace.
    between : bytes
        From there through the quote of the next record's first key.
    root : Record
        What the keys are.

    Returns
    -------
    Layout or None
        None for what is no sound record, holds a list, an empty object or a key that
        `root` lacks, and where no mark tells its values apart.
    """
    if not _is_sound(b'{"' + record):
        return None
    values = _values(b'"' + record, root)
    if not values:
        return None
    opening = between[between.rindex(b"{") :]
    # two records, so that the cells of the first are seen to their end
    whole = opening + record + between + record
    length = len(record) + len(between)
    for mark in _marks(opening, record):
        first = whole.index(mark)
        text = whole[first : first + length]
        slots = _slots(text, mark, values, len(opening) - first)
        if slots is not None:
            return Layout(opening, whole[:first], mark, slots)
    return None


def _marks(opening: bytes, record: bytes) -> Iterator[bytes]:
    """Yield what may stand before each cell."""
    # A line end cannot stand inside a JSON string, so that lines make the best cells
    if _LINE in opening:
        yield _LINE
    colon = _COLON.match(record)
    if colon:
        yield colon[1]


def _is_sound(record: bytes) -> bool:
    """Say whether a text is one JSON object, no key of which stands twice."""
    text = record.decode(errors="ignore")
    try:
        _, end = JsonValues().decode(text, 0)
    except (CutShort, ParseError):
        return False
    return end == len(text)


def _values(text: bytes, root: Record) -> list[_Value] | None:
    """Return the scalars of a sound record, their places counted without its quote."""
    values: list[_Value] = []
    around = [root]
    path: list[str] = []
    node: Node | None = None
    before = b"{"
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token == b"}":
            if before == b"{":
                return None
            around.pop()
            path = path[:-1]
        elif token in {b",", b":"}:
            pass
        elif node is None:
            key = json.loads(token)
            node = around[-1].fields.get(key)
            if node is None:
                return None
            path.append(key)
        elif isinstance(node, Record) and token == b"{":
            around.append(node)
            node = None
        elif isinstance(node, Leaf) and token not in {b"{", b"["}:
            values.append(_Value(found.start() - 1, found.end() - 1, node, (*path,)))
            path.pop()
            node = None
        else:
            return None
        before = token
    return values


def _slots(
    text: bytes, mark: bytes, values: Sequence[_Value], shift: int
) -> tuple[Slot, ...] | None:
    """Return a record's cells; None where one holds more than a single value."""
    slots: list[Slot] = []
    placed = 0
    at = 0
    for cell in text.split(mark)[1:]:
        at += len(mark)
        end = at + len(cell)
        inside = [v for v in values if at <= v.start + shift and v.end + shift <= end]
        if len(inside) > 1:
            return None
        if inside:
            start, stop = inside[0].start + shift, inside[0].end + shift
            quoted = text[start : start + 1] == _QUOTE
            slots.append(
                Slot(
                    text[at : start + quoted],
                    text[stop - quoted : end],
                    inside[0].leaf,
                    inside[0].path,
                    quoted,
                )
            )
            placed += 1
        else:
            slots.append(Slot(cell))
        at = end
    return tuple(slots) if placed == len(values) else None
