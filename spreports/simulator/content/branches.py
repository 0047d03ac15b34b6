"""Records that nest: a tree of a table's columns, and what grows on it.

``a.b`` of JSON and ``A/B`` of XML are objects in one another, ``a[]`` is an array,
``A/@b`` an attribute and ``A/text()`` the text of an element that has attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from spreports.catalog import Column
from spreports.simulator.content.cells import ABSENT, Cell, Filler, Manner

TEXT = "text()"
# How many elements an array has; None: the array itself is not there
LENGTHS = (0, 1, 1, 2, 3, None)
ABSENT_SHARE = 0.1


@dataclass(slots=True)
class Branch:
    """One key or element.

    Attributes
    ----------
    name : str
        ``""`` for the record itself.
    repeated : bool
        It is an array, or an element that may occur several times.
    column : Column or None
        What its own value or text is.
    text_key : str
        ``"text()"`` where the column is named so.
    attributes : dict of str to Column
        By name without ``@``.
    children : dict of str to Branch
    """

    name: str = ""
    repeated: bool = False
    column: Column | None = None
    text_key: str = ""
    attributes: dict[str, Column] = field(default_factory=dict)
    children: dict[str, Branch] = field(default_factory=dict)

    @property
    def scalar(self) -> bool:
        """Whether it holds one value and nothing else."""
        return not (self.children or self.attributes or self.text_key)

    def columns(self) -> Iterable[Column]:
        """Yield the columns on it and on what grows from it."""
        if self.column is not None:
            yield self.column
        yield from self.attributes.values()
        for child in self.children.values():
            yield from child.columns()


@dataclass(slots=True)
class Grown:
    """A branch with its cells.

    Attributes
    ----------
    branch : Branch
    present : bool
        False: the object is not there, all its values are empty.
    cell : Cell
    attributes : dict of str to Cell
    one : dict of str to Grown
        Children that occur once.
    several : dict of str to list of Grown or None
        Children that repeat; None where the array is not there.
    """

    branch: Branch
    present: bool
    cell: Cell = ABSENT
    attributes: dict[str, Cell] = field(default_factory=dict)
    one: dict[str, Grown] = field(default_factory=dict)
    several: dict[str, list[Grown] | None] = field(default_factory=dict)


def planted(columns: Iterable[Column], joint: str) -> Branch:
    """Return the tree of a table's columns.

    Parameters
    ----------
    columns : iterable of Column
    joint : str
        ``"."`` for JSON, ``"/"`` for XML.
    """
    root = Branch()
    for column in columns:
        *parents, last = column.name.split(joint)
        place = root
        for part in parents:
            place = _child(place, part)
        if last.startswith("@"):
            place.attributes[last[1:]] = column
        elif last == TEXT:
            place.column, place.text_key = column, TEXT
        else:
            _child(place, last).column = column
    return root


def _child(branch: Branch, part: str) -> Branch:
    name = part.removesuffix("[]")
    child = branch.children.setdefault(name, Branch(name))
    child.repeated = child.repeated or part.endswith("[]")
    return child


class Grower:
    """Grows records on one tree.

    Parameters
    ----------
    root : Branch
    manner : Manner
    source : random.Random
        Makes the choices of the document.
    elements : bool
        What stands has a text, if only an empty one: an XML element that repeats or
        has attributes.
    """

    def __init__(
        self, root: Branch, manner: Manner, source: Random, *, elements: bool
    ) -> None:
        self._root = root
        self._elements = elements
        self._fillers: dict[str, Filler] = {
            column.name: manner.filler(column, source) for column in root.columns()
        }

    def record(self, source: Random) -> Grown:
        """Return one record."""
        return self._grow(self._root, source, present=True)

    def _grow(self, branch: Branch, source: Random, *, present: bool) -> Grown:
        grown = Grown(branch, present)
        if present and branch.column is not None:
            grown.cell = self._fillers[branch.column.name](source)
        for name, column in branch.attributes.items():
            filled = self._fillers[column.name](source)
            grown.attributes[name] = filled if present else ABSENT
        stands = branch.repeated or any(
            cell.text is not None for cell in grown.attributes.values()
        )
        if self._elements and stands and grown.cell.text is None and present:
            grown.cell = Cell(None, "")
        for name, child in branch.children.items():
            if not child.repeated:
                there = present and not self._may_go(child, source)
                grown.one[name] = self._grow(child, source, present=there)
                continue
            length = source.choice(LENGTHS) if present else None
            grown.several[name] = None
            if length is not None:
                grown.several[name] = [
                    self._grow(child, source, present=True) for _ in range(length)
                ]
        return grown

    def _may_go(self, branch: Branch, source: Random) -> bool:
        """Say whether an object is left out, which it is where it may be empty."""
        free = all(column.nullable for column in branch.columns())
        return bool(branch.children) and free and source.random() < ABSENT_SHARE


def flattened(
    grown: Grown, joint: str, *, typed: bool, none_is_empty: bool
) -> dict[str, object]:
    """Return a record's values by column name, arrays as lists.

    Parameters
    ----------
    grown : Grown
    joint : str
    typed : bool
        False: the text of every cell, None for what is not there.
    none_is_empty : bool
        An array that is not there is an empty list: XML knows no other.
    """

    def value(cell: Cell) -> object:
        return cell.value if typed else cell.text

    def walk(grown: Grown, prefix: str, found: dict[str, object]) -> None:
        lead = prefix + joint if prefix else ""
        branch = grown.branch
        if branch.column is not None:
            found[lead + TEXT if branch.text_key else prefix] = value(grown.cell)
        for name, cell in grown.attributes.items():
            found[f"{lead}@{name}"] = value(cell)
        for name, child in grown.one.items():
            walk(child, lead + name, found)
        for name, several in grown.several.items():
            if several is None:
                found[lead + name] = [] if none_is_empty else None
            elif branch.children[name].scalar:
                found[lead + name] = [value(each.cell) for each in several]
            else:
                found[lead + name] = [
                    flattened(each, joint, typed=typed, none_is_empty=none_is_empty)
                    for each in several
                ]

    found: dict[str, object] = {}
    walk(grown, "", found)
    return found
