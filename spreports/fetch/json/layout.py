"""Learn how a document writes its records: what stands around each value.

Reports are printed by machines, so that records differ in their values alone. The text
of a record is then a row of cells, each with the same bytes before and behind its
value, and one separator between any two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from spreports.errors import ParseError
from spreports.fetch.json.shape import Leaf, Node, Record
from spreports.fetch.json.values import CutShort, JsonValues

__all__ = ["Layout", "Slot", "layout_of"]

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]|[^ \t\r\n{}\[\]:,"]++')
_NEXT_KEY: Final = re.compile(rb',[ \t\r\n]*+"')
_LINE: Final = b"\n"


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
    """

    before: bytes
    behind: bytes = b""
    leaf: Leaf | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of each record, in the order in which they are written.

    Attributes
    ----------
    skip : int, bytes
        Before the first cell: of ``{``, blanks and the quote of the first key.
    separator : bytes
        Ends every cell.
    joint : bytes
        Between two records, a cell of its own once separators stand around it; b""
        where they do as it is.
    slots : tuple of Slot
    """

    skip: int
    separator: bytes
    joint: bytes
    slots: tuple[Slot, ...]


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
        `root` lacks, and where no separator tells its values apart.
    """
    if not _is_sound(b'{"' + record):
        return None
    values = _values(b'"' + record, root)
    if not values:
        return None
    for layout, text, shift in _candidates(record, between, values):
        slots = _slots(text, layout.separator, values, shift)
        if slots is not None:
            return Layout(layout.skip, layout.separator, layout.joint, slots)
    return None


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


def _candidates(
    record: bytes, between: bytes, values: Sequence[_Value]
) -> Iterator[tuple[Layout, bytes, int]]:
    """Yield ways to cut records; a record's text for each, and how far values move."""
    opening = between[between.rindex(b"{") :]
    # A line end cannot stand inside a JSON string, so that lines make the best cells
    skip = opening.rfind(_LINE) + 1
    if skip:
        lead = opening[skip:]
        text = lead + record + between[: len(between) - len(lead)]
        yield Layout(skip, _LINE, b"", ()), text, len(lead)
    separator = _NEXT_KEY.match(record, values[0].end)
    if separator:
        joint = b"}" + between
        text = record[:-1] + separator[0] + joint + separator[0]
        yield Layout(len(opening), separator[0], joint, ()), text, 0


def _slots(
    text: bytes, separator: bytes, values: Sequence[_Value], shift: int
) -> tuple[Slot, ...] | None:
    """Return a record's cells; None where one holds more than a single value."""
    slots: list[Slot] = []
    placed = 0
    at = 0
    for cell in text.split(separator)[:-1]:
        end = at + len(cell)
        inside = [v for v in values if at <= v.start + shift and v.end + shift <= end]
        if len(inside) > 1:
            return None
        if inside:
            value = inside[0]
            before = text[at : value.start + shift]
            behind = text[value.end + shift : end]
            slots.append(Slot(before, behind, value.leaf, value.path))
            placed += 1
        else:
            slots.append(Slot(cell))
        at = end + len(separator)
    return tuple(slots) if placed == len(values) else None
