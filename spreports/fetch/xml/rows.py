"""Records as rows: the elements of a buffer gathered into columns, natively.

An element's row, or its place in a list, is found by position among the elements that
begin around it. What has no column is counted, and kept where the caller rescues.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, every, null_where, scalar_of
from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.cells import Cells, cells_of
from spreports.fetch.flat.header import RESCUED
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.typed_column import typed_column
from spreports.fetch.xml.columns import Field, Group, Leaf, Place, Repeat, arrow_of
from spreports.fetch.xml.misfits import Gathering, Loose
from spreports.fetch.xml.nodes import Nodes, Paths

__all__ = ["Rows"]

_REPEATED = "a single element"
_WAYS_ON = (
    "on_bad_value='null' or 'rescue' goes on without it, typed=False leaves all values "
    "text"
)
# Text has no more room for them than any other type
_WAYS_ON_REPEATED = (
    "on_bad_value='rescue' keeps the first in its place and the others in _rescued, "
    "'null' leaves the others out"
)


class Rows:
    """The table of a document's records.

    Parameters
    ----------
    fields : sequence of Leaf, Repeat or Group
        m columns.
    record : tuple of str
        The record element's path from the root.
    paths : Paths
    entry : ReportType
    options : ReadOptions
        A value that stands twice where the columns have one place is as bad as one
        that does not fit its type, typed or not. The findings get
        ``rows``, ``bad_cells`` and ``unplaced`` batch by batch.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        record: tuple[str, ...],
        paths: Paths,
        entry: ReportType,
        options: ReadOptions,
    ) -> None:
        typed, findings = options.typed, options.findings
        self._fields = fields
        self._record = record
        self._paths = paths
        self._typed = typed
        self._rule = options.on_bad_value
        self._findings = findings
        self._leaves = {
            (leaf.place.path, leaf.place.attribute): leaf for leaf in _leaves(fields)
        }
        self._cells: dict[Place, Cells | None] = {
            leaf.place: cells_of(leaf.column, local=entry.local_decimals, currency=None)
            if typed and leaf.column is not None
            else None
            for leaf in self._leaves.values()
        }
        self._seen: set[Place] = set()
        self._loose = Loose(record, paths, self._leaves.keys(), findings)
        self._rows = 0
        # An element may have the name that is ours
        ours = {RESCUED: f"{RESCUED}_2"}
        columns = [
            (ours.get(field.name, field.name), arrow_of(field, typed=typed))
            for field in fields
        ]
        if self._rule == "rescue":
            columns.append((RESCUED, pa.string()))
        self.schema = pa.schema(columns)

    def unseen(self) -> tuple[str, ...]:
        """Return the catalogued columns that no record had."""
        return tuple(
            leaf.column.name
            for leaf in self._leaves.values()
            if leaf.column is not None
            and not leaf.column.optional
            and leaf.place not in self._seen
        )

    def batch(self, nodes: Nodes) -> pa.RecordBatch:
        """Return the records of a buffer as a batch.

        Parameters
        ----------
        nodes : Nodes
            Whole records, and what stands around them.

        Returns
        -------
        pyarrow.RecordBatch
            n rows x m columns, and ``_rescued`` where the rule is ``"rescue"``.

        Raises
        ------
        ParseError
            The rule is ``"raise"`` and a value does not fit its column.
        """
        depth = len(self._record)
        number = self._paths.find(self._record)
        records = nodes.of(number, depth)
        gathering = Gathering(nodes, number, depth)
        arrays = [self._array(field, (), records, gathering) for field in self._fields]
        self._loose.note(gathering)
        if gathering.misfits:
            self._judge(gathering)
        rows = len(records)
        if self._rule == "rescue":
            arrays.append(gathering.rescued(rows))
        self._rows += rows
        self._findings.rows += rows
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _array(
        self,
        field: Field,
        base: tuple[str, ...],
        owners: pa.Array,
        gathering: Gathering,
    ) -> pa.Array:
        """Return a field's values, one for each of the elements around them."""
        if isinstance(field, Group):
            arrays = [
                self._array(each, base, owners, gathering) for each in field.fields
            ]
            return _struct(arrays, field.fields)
        if isinstance(field, Leaf):
            return self._values(field, base, owners, gathering)
        nodes = gathering.nodes
        depth, number = self._place(field.path)
        elements = nodes.of(number, depth)
        # An owner begins before what it holds: those begun by then are others'
        starts = nodes.within(number, depth, owners)
        offsets = pa.concat_arrays([starts, array_of([len(elements)], pa.int32())])
        inner = [
            self._array(each, field.path, elements, gathering) for each in field.fields
        ]
        values = inner[0] if field.scalar else _struct(inner, field.fields)
        return pa.ListArray.from_arrays(offsets, values)

    def _values(
        self,
        leaf: Leaf,
        base: tuple[str, ...],
        owners: pa.Array,
        gathering: Gathering,
    ) -> pa.Array:
        """Return a leaf's values, typed."""
        place, nodes = leaf.place, gathering.nodes
        elements = owners
        if place.path != base:
            depth, number = self._place(place.path)
            elements = nodes.of(number, depth)
        if place.attribute is None:
            texts = nodes.texts.take(elements)
        else:
            texts = nodes.attribute(place.attribute, elements)
        if place.path != base:
            depth, number = self._place(base)
            within = nodes.within(number, depth, elements)
            again = pc.equal(within.slice(1), within.slice(0, max(len(within) - 1, 0)))
            if pc.any(again).as_py():
                extra = pc.indices_nonzero(
                    pa.concat_arrays([array_of([False], pa.bool_()), again])
                )
                self._note(
                    leaf, elements.take(extra), texts.take(extra), _REPEATED, gathering
                )
            if len(elements) != len(owners) or pc.any(again).as_py():
                # Where each owner stands among those that have one
                where = pc.index_in(every(1, len(owners)), value_set=within)
                texts, elements = texts.take(where), owners
        if len(texts) != texts.null_count:
            self._seen.add(place)
        if not self._typed:
            return texts
        empty = pc.equal(texts, scalar_of("", pa.string()))
        texts = null_where(empty, texts)
        cells = self._cells[place]
        if cells is None:
            return texts
        # Printed over several lines, a number may stand on its own
        texts = pc.ascii_trim_whitespace(texts)
        values, bad = typed_column(texts, cells)
        if bad is not None:
            at, expected = elements.take(bad), cells.expected
            self._note(leaf, at, texts.take(bad), expected, gathering)
        return values

    def _place(self, path: tuple[str, ...]) -> tuple[int, int | None]:
        """Return depth and number of a path below the record."""
        return len(self._record) + len(path), self._paths.find(self._record + path)

    def _note(
        self,
        leaf: Leaf,
        elements: pa.Array,
        texts: pa.Array,
        expected: str,
        gathering: Gathering,
    ) -> None:
        """Note values that do not fit their column."""
        if leaf.column is not None:
            gathering.note(leaf.column.name, elements, texts, expected)
            return
        name = str(leaf.place)
        counts = self._findings.unplaced
        counts[name] = counts.get(name, 0) + len(elements)
        gathering.note(name, elements, texts, None)

    def _judge(self, gathering: Gathering) -> None:
        """Count bad values, or raise for the first of them."""
        known = [each for each in gathering.misfits if each.expected is not None]
        if self._rule == "raise" and known:
            first = min(known, key=lambda each: each.rows[0])
            row = self._rows + first.rows[0] + 1
            ways = _WAYS_ON_REPEATED if first.expected == _REPEATED else _WAYS_ON
            msg = f"record {row}, column {first.name!r}: not {first.expected}; {ways}"
            raise ParseError(msg, row=row, column=first.name)
        counts = self._findings.bad_cells
        for each in known:
            counts[each.name] = counts.get(each.name, 0) + len(each.rows)


def _struct(arrays: Sequence[pa.Array], fields: Sequence[Field]) -> pa.Array:
    """Return arrays of the same length as one array of structs."""
    return pa.StructArray.from_arrays(arrays, [field.name for field in fields])


def _leaves(fields: Sequence[Field]) -> Iterator[Leaf]:
    """Yield every leaf."""
    for field in fields:
        if isinstance(field, Leaf):
            yield field
        elif isinstance(field, Repeat | Group):
            yield from _leaves(field.fields)
