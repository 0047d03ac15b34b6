"""Which element of a document is the record, where the catalogue does not say or errs.

Decided from the document's first records: what repeats, what holds what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

import pyarrow.compute as pc

from spreports.catalog import Table
from spreports.errors import ParseError
from spreports.fetch.xml.columns import Place
from spreports.fetch.xml.nodes import Nodes, Paths, has_text

__all__ = ["Profile", "profile_of", "record_element"]

_MESSAGE: Final = "Message"
_NAMED_AT_MOST: Final = 5

ElementPath = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the first part of a document looks like.

    Attributes
    ----------
    paths : tuple of tuple of str
        Every element's path from the root, in the order of its first appearance.
    repeated : frozenset of tuple of str
        Those that stand more than once in one parent.
    texts : frozenset of tuple of str
        Those with text other than blanks.
    attributes : mapping of tuple of str to tuple of str
        Element path to the names of its attributes.
    below : mapping of tuple of str to list of tuple of str
        What stands directly in an element.
    """

    paths: tuple[ElementPath, ...]
    repeated: frozenset[ElementPath]
    texts: frozenset[ElementPath]
    attributes: Mapping[ElementPath, tuple[str, ...]]
    below: Mapping[ElementPath, list[ElementPath]]

    def children(self, path: ElementPath) -> list[ElementPath]:
        """Return what stands directly in an element."""
        return self.below.get(path, [])

    def holders(self, path: ElementPath) -> list[ElementPath]:
        """Return the children that hold elements themselves."""
        return [each for each in self.children(path) if self.children(each)]

    def places(self, record: ElementPath) -> list[Place]:
        """Return where values stand in the records, in the order of appearance."""
        depth = len(record)
        found: list[Place] = []
        for path in self.paths:
            if path[:depth] != record:
                continue
            if path in self.texts or (path not in self.below and path != record):
                found.append(Place(path[depth:], None, frozenset()))
            found += [
                Place(path[depth:], name, frozenset())
                for name in self.attributes.get(path, ())
            ]
        return found


def profile_of(nodes: Nodes, paths: Paths) -> Profile:
    """Look at the elements of a document's first part.

    Parameters
    ----------
    nodes : Nodes
        From the document's first tag on.
    paths : Paths

    Returns
    -------
    Profile
    """
    first: dict[ElementPath, int] = {}
    repeated: set[ElementPath] = set()
    texts: set[ElementPath] = set()
    attributes: dict[ElementPath, tuple[str, ...]] = {}
    texted = has_text(nodes.texts)
    for depth, level in nodes.levels.items():
        for number in pc.unique(level.paths).to_pylist():
            path = paths.names[number]
            own = nodes.of(number, depth)
            first[path] = own[0].as_py()
            within = nodes.within(paths.parents[number], depth - 1, own)
            if len(pc.unique(within)) < len(own):
                repeated.add(path)
            if pc.any(texted.take(own)).as_py():
                texts.add(path)
            names: dict[str, None] = {}
            for code in pc.unique(nodes.codes.take(own)).to_pylist():
                names |= dict.fromkeys(nodes.tags[code].attributes)
            if names:
                attributes[path] = tuple(names)
    ordered = sorted(first, key=lambda path: first[path])
    below: dict[ElementPath, list[ElementPath]] = {}
    for path in ordered:
        below.setdefault(path[:-1], []).append(path)
    return Profile(
        paths=tuple(ordered),
        below=below,
        repeated=frozenset(repeated),
        texts=frozenset(texts),
        attributes=attributes,
    )


def record_element(profile: Profile, table: Table) -> ElementPath | None:
    """Decide which element is the record.

    Parameters
    ----------
    profile : Profile
    table : Table
        Its path where the catalogue has one; its columns as signs where not.

    Returns
    -------
    tuple of str or None
        Path from the root; None for a document that has no record.

    Raises
    ------
    ParseError
        It cannot be decided, or the document is of another kind.
    """
    root = profile.paths[0]
    if table.path:
        return _catalogued(profile, tuple(table.path.split("/")))
    if not profile.children(root) and table.columns:
        return None
    return _by_columns(profile, table) or _by_shape(profile, root)


def _catalogued(profile: Profile, path: ElementPath) -> ElementPath | None:
    """Return the catalogue's record element, or what goes by its name elsewhere."""
    if path in profile.paths:
        return path
    alike = [each for each in profile.paths if each[-1] == path[-1]]
    if len(alike) == 1:
        return alike[0]
    others = profile.holders(path[:-1])
    if profile.paths[0] == path[:1] and not others:
        return None
    found = others or list(profile.paths[:1])
    msg = f"no {'/'.join(path)} in the document, but {_words(found)}"
    raise ParseError(f"{msg}: is it of another report type?")


def _by_columns(profile: Profile, table: Table) -> ElementPath | None:
    """Return the element that has the most catalogued columns, if one has the most."""
    names = {Place.named(column.name).steps()[0] for column in table.columns}
    scores = {
        path: sum(child[-1] in names for child in profile.children(path))
        for path in profile.paths
    }
    best = max(scores.values())
    at_best = [path for path, score in scores.items() if score == best]
    return at_best[0] if best > 0 and len(at_best) == 1 else None


def _by_shape(profile: Profile, root: ElementPath) -> ElementPath:
    """Return what repeats first below the root, or below its messages."""
    if (*root, _MESSAGE) in profile.paths:
        inner = profile.holders((*root, _MESSAGE))
        return inner[0] if len(inner) == 1 else _undecided(inner)
    current = root
    while True:
        repeated = [
            each for each in profile.children(current) if each in profile.repeated
        ]
        if repeated:
            return repeated[0] if len(repeated) == 1 else _undecided(repeated)
        holders = profile.holders(current)
        lists = [
            each
            for each in holders
            if any(child in profile.repeated for child in profile.children(each))
        ]
        inner = lists if len(lists) == 1 else holders
        if len(inner) != 1:
            _undecided(inner)
        [only] = inner
        if any(child in profile.texts for child in profile.children(only)) and not any(
            child in profile.repeated and profile.children(child)
            for child in profile.children(only)
        ):
            return only
        current = only


def _undecided(candidates: list[ElementPath]) -> NoReturn:
    """Say that it cannot be decided."""
    seen = f": {_words(candidates)} may be it" if candidates else ""
    msg = f"which element is the record cannot be told{seen}"
    raise ParseError(msg, hint="add a table with its path to the catalogue")


def _words(paths: list[ElementPath]) -> str:
    """Name elements for an error."""
    named = ["/".join(path) for path in paths[:_NAMED_AT_MOST]]
    return ", ".join(named) + (" ..." if len(paths) > _NAMED_AT_MOST else "")
