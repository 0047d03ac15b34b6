"""Which columns a document's records have: the catalogue's, and what else is served.

A column is named by its element path in the record. The path up to the first repeated
element is a list column; what it holds is named from there on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from spreports.catalog import Column
from spreports.fetch.cells import ARROW_TYPES

__all__ = ["Field", "Group", "Leaf", "Place", "Repeat", "arrow_of", "grouped", "layout"]

OWN_TEXT = "text()"


@dataclass(frozen=True, slots=True)
class Place:
    """Where values stand in a record.

    Attributes
    ----------
    path : tuple of str
        Element names below the record's own.
    attribute : str or None
        None for the element's text.
    lists : frozenset of tuple of str
        Beginnings of `path` whose last element repeats.
    """

    path: tuple[str, ...]
    attribute: str | None
    lists: frozenset[tuple[str, ...]]

    @classmethod
    def named(cls, name: str) -> Place:
        """Read a catalogue's column name, such as ``Item[]/Amount/@currency``."""
        steps = name.split("/")
        attribute = steps.pop().removeprefix("@") if steps[-1][:1] == "@" else None
        if steps and steps[-1] == OWN_TEXT:
            steps.pop()
        path = tuple(step.removesuffix("[]") for step in steps)
        lists = {
            path[: depth + 1] for depth, step in enumerate(steps) if step[-2:] == "[]"
        }
        return cls(path, attribute, frozenset(lists))

    def steps(self, after: int = 0) -> tuple[str, ...]:
        """Return the names from an element on, an attribute's and own text's last."""
        steps = self.path[after:]
        if self.attribute is not None:
            return (*steps, f"@{self.attribute}")
        return steps or (OWN_TEXT,)

    def __str__(self) -> str:
        marked = [
            name + "[]" * (self.path[: depth + 1] in self.lists)
            for depth, name in enumerate(self.path)
        ]
        return "/".join(
            marked + ([f"@{self.attribute}"] if self.attribute is not None else [])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A column or field of single values; `column` is None where it is not known."""

    name: str
    place: Place
    column: Column | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A list column or field; `scalar` where it holds the texts themselves."""

    name: str
    path: tuple[str, ...]
    scalar: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A struct column or field of what lies below one element."""

    name: str
    fields: tuple[Field, ...]


Field = Leaf | Repeat | Group


def layout(
    columns: Sequence[Column],
    served: Sequence[Place],
    repeated: Iterable[tuple[str, ...]],
) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    """Lay columns out.

    Parameters
    ----------
    columns : sequence of Column
        Of the catalogue; they come first, in their order.
    served : sequence of Place
        What the document has beside them.
    repeated : iterable of tuple of str
        Elements seen more than once in one parent: lists, but for those that lead to a
        column of single values by the catalogue, whose type is no document's affair.

    Returns
    -------
    tuple of Leaf or Repeat
    tuple of str
        The columns that the catalogue does not have.
    """
    known = [(Place.named(column.name), column) for column in columns]
    lists = frozenset[tuple[str, ...]]().union(*(place.lists for place, _ in known))
    settled = {
        place.path[:depth]
        for place, _ in known
        for depth in range(1, len(place.path) + 1)
    }
    lists |= set(repeated) - settled
    catalogued = [(Place(p.path, p.attribute, lists), column) for p, column in known]
    texts = {place.path for place, _ in catalogued if place.attribute is None}
    # A list of plain texts stays one, whatever attributes turn up beside them; not
    # where elements stand in its own: no text of theirs may be lost
    plain = {
        path
        for path in texts & lists
        if not any(
            place.path[: len(path)] == path and place.steps(len(path)) != (OWN_TEXT,)
            for place, _ in catalogued
        )
    }
    taken = {(place.path, place.attribute) for place, _ in catalogued}
    inner = {path[:depth] for path, _ in taken for depth in range(len(path))}
    others = [
        (Place(p.path, p.attribute, lists), None)
        for p in served
        if (p.path, p.attribute) not in taken
        and not (p.attribute is None and p.path in inner)
        and p.path not in plain
    ]
    names = tuple(str(place) for place, _ in others)
    return _fields((), [*catalogued, *others], lists), names


def _fields(
    base: tuple[str, ...],
    places: Sequence[tuple[Place, Column | None]],
    lists: frozenset[tuple[str, ...]],
) -> tuple[Field, ...]:
    """Return the fields of a record or of a list's element."""
    found: dict[tuple[bool, tuple[str, ...]], list[tuple[Place, Column | None]]] = {}
    for place, column in places:
        inner = _first_list(base, place, lists)
        key = (True, inner) if inner else (False, place.steps(len(base)))
        found.setdefault(key, []).append((place, column))
    return tuple(
        _repeat(base, steps, members, lists)
        if repeats
        else Leaf(name="/".join(steps), place=members[0][0], column=members[0][1])
        for (repeats, steps), members in found.items()
    )


def _first_list(
    base: tuple[str, ...], place: Place, lists: frozenset[tuple[str, ...]]
) -> tuple[str, ...]:
    """Return the first repeated element below `base` on the way, or nothing."""
    for depth in range(len(base) + 1, len(place.path) + 1):
        if place.path[:depth] in lists:
            return place.path[:depth]
    return ()


def _repeat(
    base: tuple[str, ...],
    path: tuple[str, ...],
    places: Sequence[tuple[Place, Column | None]],
    lists: frozenset[tuple[str, ...]],
) -> Repeat:
    """Return the list of one repeated element."""
    fields = _fields(path, places, lists)
    return Repeat(
        name="/".join(path[len(base) :]),
        path=path,
        scalar=len(fields) == 1 and fields[0].name == OWN_TEXT,
        fields=fields,
    )


def grouped(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the same fields with a struct for each element that holds others.

    Parameters
    ----------
    fields : sequence of Leaf or Repeat

    Returns
    -------
    tuple of Leaf, Repeat or Group
        In place of ``Address/City`` a struct ``Address`` with a field ``City``; the
        text of an element that also has attributes is its field ``text()``.
    """
    return _grouped([(tuple(field.name.split("/")), field) for field in fields])


def _grouped(fields: Sequence[tuple[tuple[str, ...], Field]]) -> tuple[Field, ...]:
    """Gather the fields that share the first step of their names."""
    order = {steps[0]: number for number, (steps, _) in reversed([*enumerate(fields)])}
    together = groupby(
        sorted(fields, key=lambda each: order[each[0][0]]), key=lambda each: each[0][0]
    )
    found: list[Field] = []
    for name, each in together:
        members = list(each)
        if len(members) == 1 and len(members[0][0]) == 1:
            found.append(_renamed(members[0][1], name))
            continue
        inner = [(steps[1:] or (OWN_TEXT,), field) for steps, field in members]
        found.append(Group(name=name, fields=_grouped(inner)))
    return tuple(found)


def _renamed(field: Field, name: str) -> Field:
    """Return a field by its name inside its struct, what is below it grouped too."""
    if isinstance(field, Repeat):
        inner = field.fields if field.scalar else grouped(field.fields)
        return Repeat(name=name, path=field.path, scalar=field.scalar, fields=inner)
    if isinstance(field, Leaf):
        return Leaf(name=name, place=field.place, column=field.column)
    return field


def arrow_of(field: Field, *, typed: bool) -> pa.DataType:
    """Return the Arrow type of a field.

    Parameters
    ----------
    field : Leaf, Repeat or Group
    typed : bool
        False: all values are strings.

    Returns
    -------
    pyarrow.DataType
    """
    if isinstance(field, Leaf):
        known = typed and field.column is not None
        return (
            ARROW_TYPES[field.column.dtype] if known and field.column else pa.string()
        )
    if isinstance(field, Repeat) and field.scalar:
        return pa.list_(arrow_of(field.fields[0], typed=typed))
    struct = pa.struct(
        [(each.name, arrow_of(each, typed=typed)) for each in field.fields]
    )
    return pa.list_(struct) if isinstance(field, Repeat) else struct
