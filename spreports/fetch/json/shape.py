"""What a JSON record is made of: a tree of leaves, objects and lists.

The catalogue names leaves by their path: ``salesByAsin.unitsOrdered`` stands in an
object, ``asins[].asin`` in each object of a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from spreports.catalog import Column
from spreports.fetch.cells import Cells, cells_of

__all__ = [
    "Leaf",
    "Many",
    "Node",
    "Record",
    "discover",
    "leaves",
    "occurs",
    "record_of",
]

_LIST: Final = "[]"
# What Arrow's JSON parser reads from the text itself, exactly or not at all, if no
# decimal is too wide. Days and instants it reads as text.
_DIRECT: Final = frozenset({"int64", "float64", "decimal", "boolean"})


@dataclass(slots=True, kw_only=True)
class Leaf:
    """A scalar.

    Attributes
    ----------
    name : str
        Full path, such as ``asins[].asin``.
    cells : Cells or None
        How its text is typed; None for a string.
    known : bool
        The catalogue holds it.
    direct : bool
        The native parser is asked for the type itself, and not for a text to type.
    """

    name: str
    cells: Cells | None = None
    known: bool = True
    direct: bool = False

    @property
    def dtype(self) -> pa.DataType:
        """Return the type of the column."""
        return self.cells.dtype if self.cells else pa.string()

    @property
    def parsed(self) -> pa.DataType:
        """Return what the native parser is asked for."""
        return self.dtype if self.direct else pa.string()


@dataclass(slots=True, kw_only=True)
class Record:
    """An object, by key."""

    name: str = ""
    fields: dict[str, Node] = field(default_factory=dict)

    @property
    def dtype(self) -> pa.DataType:
        """Return the type of a struct column."""
        return pa.struct([(key, each.dtype) for key, each in self.fields.items()])

    @property
    def parsed(self) -> pa.DataType:
        """Return what the native parser is asked for."""
        return pa.struct([(key, each.parsed) for key, each in self.fields.items()])


@dataclass(slots=True, kw_only=True)
class Many:
    """A list."""

    name: str
    item: Node

    @property
    def dtype(self) -> pa.DataType:
        """Return the type of a list column."""
        return pa.list_(self.item.dtype)

    @property
    def parsed(self) -> pa.DataType:
        """Return what the native parser is asked for."""
        return pa.list_(self.item.parsed)


Node = Leaf | Record | Many


def record_of(columns: Iterable[Column], *, typed: bool) -> Record:
    """Return the tree of a table's catalogued columns.

    Parameters
    ----------
    columns : iterable of Column
    typed : bool
        False: every leaf is a string.

    Returns
    -------
    Record
        Empty where no columns are known.
    """
    root = Record()
    for column in columns:
        *way, last = column.name.split(".")
        here: Record | None = root
        path = ""
        for part in way:
            path = f"{path}.{part}" if path else part
            here = _entered(here, part, path) if here is not None else None
        if here is not None:
            _add_leaf(here, last, _leaf(column, typed=typed))
    return root


def _leaf(column: Column, *, typed: bool) -> Leaf:
    cells = cells_of(column, local=False, currency=None) if typed else None
    direct = cells is not None and column.dtype in _DIRECT
    return Leaf(name=column.name, cells=cells, direct=direct)


def _entered(here: Record, part: str, path: str) -> Record | None:
    """Return the object that a part of a path leads into, made where it is new."""
    key = part.removesuffix(_LIST)
    node = here.fields.get(key)
    if node is None:
        inner = Record(name=path)
        node = Many(name=path, item=inner) if part.endswith(_LIST) else inner
        here.fields[key] = node
    if isinstance(node, Many):
        node = node.item
    return node if isinstance(node, Record) else None


def _add_leaf(here: Record, last: str, leaf: Leaf) -> None:
    """Put a leaf, or a list of scalars, into its object."""
    key = last.removesuffix(_LIST)
    here.fields[key] = Many(name=leaf.name, item=leaf) if last != key else leaf


def occurs(path: str, records: Sequence[dict[str, object]]) -> bool:
    """Whether some record has a key at a catalogued path.

    Parameters
    ----------
    path : str
        Such as ``asins[].asin``.
    records : sequence of dict
        As `RecordCutter.exact` gives them.

    Returns
    -------
    bool
        True where its value is null, too, and where a list on the way is there and has
        nothing in it, ever.
    """
    here: list[object] = list(records)
    *way, last = path.split(".")
    for part in way:
        key = part.removesuffix(_LIST)
        there = [each[key] for each in here if isinstance(each, dict) and key in each]
        if part != key and there and all(child in (None, []) for child in there):
            return True
        here = []
        for child in there:
            here += child if isinstance(child, list) else [child]
    key = last.removesuffix(_LIST)
    return any(isinstance(each, dict) and key in each for each in here)


def discover(root: Record, records: Sequence[dict[str, object]]) -> None:
    """Add to a tree what records hold and the tree does not, as strings.

    An object that is not known becomes one column for each of its leaves; a list that
    is not known, or a key that is now an object and now a scalar, one column of JSON
    text.

    Parameters
    ----------
    root : Record
        Extended in place.
    records : sequence of dict
        As `RecordCutter.exact` gives them.
    """
    # what is null here may be an object elsewhere: nulls come last
    for nulls in (False, True):
        for record in records:
            _meet(root, record, nulls=nulls)


def _meet(here: Record, value: dict[str, object], *, nulls: bool) -> None:
    """Extend one object's tree by one object."""
    for key, child in value.items():
        name = f"{here.name}.{key}" if here.name else key
        node = here.fields.get(key)
        if node is None:
            if child is not None or nulls:
                here.fields[key] = _found(name, child, nulls=nulls)
        elif isinstance(node, Record):
            if isinstance(child, dict):
                _meet(node, child, nulls=nulls)
            elif child is not None and not any(leaf.known for leaf in leaves(node)):
                here.fields[key] = Leaf(name=name, known=False)
        elif isinstance(node, Many) and isinstance(child, list):
            for item in child:
                if isinstance(node.item, Record) and isinstance(item, dict):
                    _meet(node.item, item, nulls=nulls)


def _found(name: str, value: object, *, nulls: bool) -> Node:
    """Return the node of a key that is not known."""
    if not isinstance(value, dict) or not value:
        return Leaf(name=name, known=False)
    record = Record(name=name)
    _meet(record, value, nulls=nulls)
    return record if record.fields else Leaf(name=name, known=False)


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield all leaves of a tree, in order."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Many):
        yield from leaves(node.item)
    else:
        for each in node.fields.values():
            yield from leaves(each)
