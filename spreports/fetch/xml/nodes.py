"""From tags to elements: where each stands in the tree, level by level, natively.

An element's path is its parent's path and its name; its parent is the last element of
the level above that began before it. So a buffer takes a few passes a level and none
in Python a tag.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.errors import ParseError
from spreports.fetch.xml.tokens import Tag, Tokens

__all__ = ["MAX_PATHS", "Nodes", "Paths", "Reading", "has_text"]

MAX_DEPTH: Final = 100
MAX_PATHS: Final = 5_000
_NAMES: Final = 1 << 20


class Paths:
    """The tree of element paths seen so far; path 0 is the document itself."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = [()]
        self.parents: list[int] = [0]
        self._ids: dict[tuple[str, ...], int] = {(): 0}
        self._name_numbers: dict[str, int] = {}
        self._name_texts: list[str] = []

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int:
        """Return an element name's number."""
        number = self._name_numbers.get(name)
        if number is None:
            number = self._name_numbers[name] = len(self._name_texts)
            self._name_texts.append(name)
        return number

    def find(self, path: tuple[str, ...]) -> int | None:
        """Return a path's number, None where it has not been seen."""
        return self._ids.get(path)

    def child(self, key: int) -> int:
        """Return the path for a parent's path and a name: parent * 2**20 + name."""
        parent, number = divmod(key, _NAMES)
        path = (*self.names[parent], self._name_texts[number])
        found = self._ids.get(path)
        if found is None:
            if len(self.names) > MAX_PATHS:
                msg = f"the document has more than {MAX_PATHS} kinds of elements"
                raise ParseError(f"this is not a report: {msg}")
            found = self._ids[path] = len(self.names)
            self.names.append(path)
            self.parents.append(parent)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """The elements of one depth.

    Attributes
    ----------
    elements : pyarrow.Array, k
        Their numbers in the buffer, ascending.
    paths : pyarrow.Array, k
        Numbers of their paths.
    begun : pyarrow.Array, n
        For each element of the buffer: how many of these have begun by then.
    """

    elements: pa.Array
    paths: pa.Array
    begun: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """The elements that begin in a buffer, n of them in their order.

    Attributes
    ----------
    levels : dict of int to _Level
        By depth, the root element's being 1.
    texts : pyarrow.Array of string, n
        Null for an element that holds others.
    codes : pyarrow.Array, n
        Position of its tag in `tags`.
    tags : list of Tag
    end : int, bytes
        How much of the buffer they are.
    """

    levels: dict[int, _Level]
    texts: pa.Array
    codes: pa.Array
    tags: list[Tag]
    end: int
    _ranks: dict[int, pa.Array] = field(default_factory=dict)

    def of(self, path: int | None, depth: int) -> pa.Array:
        """Return the numbers of the elements of one path."""
        level = self.levels.get(depth)
        if level is None or path is None:
            return pa.nulls(0, pa.uint64())
        return level.elements.filter(pc.equal(level.paths, scalar_of(path, pa.int64())))

    def within(self, path: int | None, depth: int, elements: pa.Array) -> pa.Array:
        """Return how many elements of a path have begun by the time of others."""
        level = self.levels.get(depth)
        if level is None or path is None:
            return array_of([0] * len(elements), pa.int32())
        rank = self._ranks.get(path)
        if rank is None:
            rank = pa.concat_arrays(
                [
                    array_of([0], pa.int32()),
                    _running(pc.equal(level.paths, scalar_of(path, pa.int64()))),
                ]
            )
            self._ranks[path] = rank
        return rank.take(level.begun.take(elements))

    def attribute(self, name: str, elements: pa.Array) -> pa.Array:
        """Return an attribute's values, null for an element without it."""
        values = [tag.attributes.get(name) for tag in self.tags]
        return array_of(values, pa.string()).take(self.codes.take(elements))


class Reading:
    """Where in the tree the text has been read to.

    Parameters
    ----------
    paths : Paths
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._open = [0]

    def nodes(self, tokens: Tokens, *, below: int | None) -> Nodes | None:
        """Read on.

        Parameters
        ----------
        tokens : Tokens
        below : int or None
            Stop behind the last tag after which nothing of this depth or deeper is
            open; None reads all of it.

        Returns
        -------
        Nodes or None
            None where there is no such tag.

        Raises
        ------
        ParseError
            Text between elements, or elements more than 100 deep.
        """
        codes, texts = tokens.codes, tokens.texts
        steps = array_of([tag.step for tag in tokens.tags], pa.int32()).take(codes)
        after = pc.add(
            pc.cumulative_sum(steps), scalar_of(len(self._open) - 1, pa.int32())
        )
        if pc.max(after).as_py() > MAX_DEPTH:
            msg = f"elements lie more than {MAX_DEPTH} deep"
            raise ParseError(f"this is not a report: {msg}")
        if below is not None:
            ends = pc.and_(
                pc.less(after, scalar_of(below, pa.int32())),
                pc.less(steps, scalar_of(1, pa.int32())),
            )
            last = pc.max(pc.indices_nonzero(ends)).as_py()
            if last is None:
                return None
            codes, texts = codes.slice(0, last + 1), texts.slice(0, last + 1)
            steps, after = steps.slice(0, last + 1), after.slice(0, last + 1)
        begins, empty, closes = (
            pc.equal(steps, scalar_of(step, pa.int32())) for step in (1, 0, -1)
        )
        ends = pa.concat_arrays([closes.slice(1), array_of([True], pa.bool_())])
        closed = pc.and_(begins, ends)
        _refuse_stray(texts.filter(pc.invert(closed)))
        elements = pc.indices_nonzero(pc.or_(begins, empty))
        empty = empty.take(elements)
        codes = codes.take(elements)
        numbers = [self._paths.number(tag.name) for tag in tokens.tags]
        levels = self._levels(
            pc.add(after.take(elements), empty.cast(pa.int32())),
            array_of(numbers, pa.int64()).take(codes),
        )
        self._reach(after[-1].as_py(), levels)
        return Nodes(
            levels=levels,
            texts=pc.if_else(
                closed.take(elements),
                texts.take(elements),
                pc.if_else(
                    empty, scalar_of("", pa.string()), scalar_of(None, pa.string())
                ),
            ),
            codes=codes,
            tags=tokens.tags,
            end=tokens.end(len(steps) - 1),
        )

    def _levels(self, depths: pa.Array, names: pa.Array) -> dict[int, _Level]:
        """Return the levels from the root downwards."""
        levels: dict[int, _Level] = {}
        if not len(depths):
            return levels
        bounds = pc.min_max(depths).as_py()
        for depth in range(bounds["min"], bounds["max"] + 1):
            here = pc.equal(depths, scalar_of(depth, pa.int32()))
            elements = pc.indices_nonzero(here)
            opened = self._open[depth - 1] if depth <= len(self._open) else 0
            above = levels.get(depth - 1)
            if above is None:
                parents = array_of([opened] * len(elements), pa.int64())
            else:
                # 0: below what was open before; k: below the k-th of the level above
                known = pa.concat_arrays([array_of([opened], pa.int64()), above.paths])
                parents = known.take(above.begun.take(elements))
            keys = pc.add(
                pc.multiply(parents, scalar_of(_NAMES, pa.int64())),
                names.take(elements),
            )
            encoded = keys.dictionary_encode()
            paths = [self._paths.child(key) for key in encoded.dictionary.to_pylist()]
            levels[depth] = _Level(
                elements=elements,
                paths=array_of(paths, pa.int64()).take(encoded.indices),
                begun=_running(here),
            )
        return levels

    def _reach(self, depth: int, levels: dict[int, _Level]) -> None:
        """Note which elements are open now: the last that began on each level."""
        still = self._open[: depth + 1] + [0] * (depth + 1 - len(self._open))
        for number, level in levels.items():
            if number <= depth and len(level.paths):
                still[number] = level.paths[-1].as_py()
        self._open = still


def has_text(texts: pa.Array) -> pa.Array:
    """Say which texts hold more than blanks; one that is missing does not."""
    empty = pc.equal(texts, scalar_of("", pa.string()))
    blank = pc.or_(pc.ascii_is_space(texts), empty)
    return pc.invert(pc.fill_null(blank, scalar_of(value=True, dtype=pa.bool_())))


def _running(marks: pa.Array) -> pa.Array:
    """Return how many are true up to each."""
    return pc.cumulative_sum(marks.cast(pa.int32()))


def _refuse_stray(between: pa.Array) -> None:
    """Refuse text beside elements: it has no column, and hints at a changed byte."""
    if pc.any(has_text(between)).as_py():
        msg = "text stands between elements, where a report has none"
        raise ParseError(f"the document is not sound: {msg}")
