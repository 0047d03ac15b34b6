"""Values of an XML document that found no place in their row, and where they stood."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.fetch.findings import Findings
from spreports.fetch.xml.columns import Place
from spreports.fetch.xml.nodes import Nodes, Paths, has_text

__all__ = ["Gathering", "Loose", "Misfits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfits:
    """Values of one column, in their order.

    Attributes
    ----------
    name : str
    rows : list of int
        From 0.
    texts : list of str
    expected : str or None
        What the column takes; None where there is no column at all.
    """

    name: str
    rows: list[int]
    texts: list[str]
    expected: str | None


class Gathering:
    """One buffer on its way to a batch.

    Parameters
    ----------
    nodes : Nodes
    record : int or None
        Number of the record element's path.
    depth : int
        Of the record element.
    """

    def __init__(self, nodes: Nodes, record: int | None, depth: int) -> None:
        self.nodes = nodes
        self.misfits: list[Misfits] = []
        self._record = record
        self._depth = depth

    def note(
        self, name: str, elements: pa.Array, texts: pa.Array, expected: str | None
    ) -> None:
        """Note values without a place."""
        begun = self.nodes.within(self._record, self._depth, elements)
        self.misfits.append(
            Misfits(
                name=name,
                rows=[each - 1 for each in begun.to_pylist()],
                texts=texts.to_pylist(),
                expected=expected,
            )
        )

    def rescued(self, rows: int) -> pa.Array:
        """Return a JSON object of column and text, or texts, for each row with any."""
        kept: dict[int, dict[str, list[str]]] = {}
        for each in self.misfits:
            for row, text in zip(each.rows, each.texts, strict=True):
                kept.setdefault(row, {}).setdefault(each.name, []).append(text)
        objects = [
            json.dumps(
                {
                    name: texts[0] if len(texts) == 1 else texts
                    for name, texts in kept[row].items()
                },
                ensure_ascii=False,
            )
            if row in kept
            else None
            for row in range(rows)
        ]
        return array_of(objects, pa.string())


class Loose:
    """What stands below the record and has no column.

    Parameters
    ----------
    record : tuple of str
        The record element's path from the root.
    paths : Paths
    columns : collection of pair of tuple of str and str or None
        Path below the record, and attribute, of each column.
    findings : Findings
        Gets ``unplaced``.
    """

    def __init__(
        self,
        record: tuple[str, ...],
        paths: Paths,
        columns: Collection[tuple[tuple[str, ...], str | None]],
        findings: Findings,
    ) -> None:
        self._record = record
        self._paths = paths
        self._columns = columns
        self._findings = findings
        self._numbers: list[int] = []
        self._looked_at = 0

    def note(self, gathering: Gathering) -> None:
        """Count a buffer's values below the record that have no column."""
        for number in range(self._looked_at, len(self._paths)):
            path = self._paths.names[number]
            inner = path[len(self._record) :]
            is_inside = path[: len(self._record)] == self._record
            if is_inside and (inner, None) not in self._columns:
                self._numbers.append(number)
        self._looked_at = len(self._paths)
        nodes = gathering.nodes
        for number in self._numbers:
            path = self._paths.names[number]
            elements = nodes.of(number, len(path))
            texts = nodes.texts.take(elements)
            self._note(path, None, elements, texts, gathering)
        for path, name, elements in self._attributes(nodes):
            texts = nodes.attribute(name, elements)
            self._note(path, name, elements, texts, gathering)

    def _attributes(
        self, nodes: Nodes
    ) -> Iterator[tuple[tuple[str, ...], str, pa.Array]]:
        """Yield the elements of each path with an attribute that has no column."""
        if not any(tag.attributes for tag in nodes.tags):
            return
        carry = array_of([bool(tag.attributes) for tag in nodes.tags], pa.bool_())
        for depth, level in nodes.levels.items():
            if depth < len(self._record):
                continue
            codes = nodes.codes.take(level.elements)
            marked = carry.take(codes)
            kinds = pc.add(
                pc.multiply(
                    level.paths.filter(marked), scalar_of(len(nodes.tags), pa.int64())
                ),
                codes.filter(marked).cast(pa.int64()),
            )
            names: dict[int, dict[str, None]] = {}
            for kind in pc.unique(kinds).to_pylist():
                number, code = divmod(kind, len(nodes.tags))
                inner = self._paths.names[number]
                if inner[: len(self._record)] == self._record:
                    names.setdefault(number, {}).update(
                        dict.fromkeys(nodes.tags[code].attributes)
                    )
            for number, found in names.items():
                path = self._paths.names[number]
                for name in found:
                    if (path[len(self._record) :], name) not in self._columns:
                        yield path, name, nodes.of(number, depth)

    def _note(
        self,
        path: tuple[str, ...],
        attribute: str | None,
        elements: pa.Array,
        texts: pa.Array,
        gathering: Gathering,
    ) -> None:
        """Count the values of one place that has no column."""
        which = pc.indices_nonzero(has_text(texts))
        if not len(which):
            return
        place = Place(path[len(self._record) :], attribute, frozenset())
        counts = self._findings.unplaced
        name = str(place)
        counts[name] = counts.get(name, 0) + len(which)
        gathering.note(name, elements.take(which), texts.take(which), None)
