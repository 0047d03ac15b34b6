"""JSON records by the kernel, in one pass: keys in any order, some of them or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, bytes_of, every, scalar_of
from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.misfits import Misfit
from spreports.fetch.json.nesting import nested_columns
from spreports.fetch.json.shape import Leaf, Many, Node, Record
from spreports.fetch.json.stencil import Unlike
from spreports.fetch.kernel.columns import (
    COLUMN_BYTES,
    KEY,
    KINDS,
    LIST,
    NO_COLUMN,
    TEXT,
    arrays,
    described,
)
from spreports.fetch.kernel.sandbox import MOST_BYTES, NoRoomError, Sandboxes

__all__ = ["KernelRecords"]

KeyPath = tuple[str, ...]
_OPENED: Final = b"[{"
# An empty key, which Amazon has nowhere, stands in the first object of each list
_FIRST: Final = ""
_MARKED: Final = b'{"":"",'


class KernelRecords:
    """Reads blocks of records; may be shared by threads.

    Parameters
    ----------
    root : Record
        What the keys are. A list of scalars that has a type has to be null; one in
        place of a text is read as what it is, without blanks.
    """

    def __init__(self, root: Record) -> None:
        self._keys = _keys_of(root)
        # Of each column, an object's among them: a text where the object is
        self._columns = [
            (path, node) for path, node in self._keys if _has_column(path, node)
        ]
        self._lists = {
            path: _KernelLists(node.item)
            for path, node in self._columns
            if isinstance(node, Many) and isinstance(node.item, Record)
        }
        # Values that do not fit leave their column to be typed as text, from then on
        self._kinds = [_kind(node) for _, node in self._columns]
        self._keys_at = len(self._columns) * COLUMN_BYTES
        self._boxes = Sandboxes(bytes(len(self._setup(0, tuple(self._kinds)))))
        self._setups: dict[tuple[int, tuple[int, ...]], bytes] = {}

    def values(
        self, block: Block, misfits: list[Misfit]
    ) -> tuple[int, dict[KeyPath, pa.Array]]:
        """Return a block's records.

        Parameters
        ----------
        block : Block, n records
        misfits : list of Misfit
            Extended in place by values that their columns cannot hold.

        Returns
        -------
        int
            How many there are.
        dict of tuple of str to pyarrow.Array
            Typed columns by path; for an object, what is null where it is missing.

        Raises
        ------
        Unlike
            A key is not known or comes twice, no object or list stands in the place of
            one, a list of scalars that has a type comes, or the block has some MiB.
        """
        text = pa.py_buffer(block.data).slice(block.start, block.size)
        return self.read(text, misfits)

    def read(
        self, text: pa.Buffer, misfits: list[Misfit]
    ) -> tuple[int, dict[KeyPath, pa.Array]]:
        """Return the records of a text, each of which has a comma behind it.

        Parameters
        ----------
        text : pyarrow.Buffer
        misfits : list of Misfit
            As `values`.

        Returns
        -------
        int, dict of tuple of str to pyarrow.Array
            As `values`.

        Raises
        ------
        Unlike
            As `values`.
        """
        if text.size > MOST_BYTES:
            raise Unlike
        try:
            rows, found = self._found(text)
        except NoRoomError:
            raise Unlike from None
        return rows, {
            path: self._lists[path].arrays(array, misfits)
            if path in self._lists
            else _typed(array, node, misfits)
            for array, (path, node) in zip(found, self._columns, strict=True)
        }

    def _found(self, text: pa.Buffer) -> tuple[int, list[pa.Array]]:
        """Return the columns as the kernel writes them."""
        width = len(self._columns)
        with self._boxes.one() as (sandbox, start):
            while True:
                kinds = tuple(self._kinds)
                setup = self._setups.get((start, kinds))
                if setup is None:
                    setup = self._setups[start, kinds] = self._setup(start, kinds)
                sandbox.change(start, setup)
                rows = sandbox.run(
                    "records",
                    text,
                    columns=start,
                    count=width,
                    keys=start + self._keys_at,
                    key_count=len(self._keys),
                )
                if rows >= -1:
                    break
                self._kinds[-2 - rows] = TEXT
            if rows < 0:
                raise Unlike
            return rows, arrays(sandbox, start, width, rows)

    def _setup(self, start: int, kinds: tuple[int, ...]) -> bytes:
        """Return columns, keys and the keys' texts, for the memory at `start`."""
        texts = ["".join(path[-1:]).encode() for path, _ in self._keys]
        places = {path: number for number, (path, _) in enumerate(self._keys)}
        columns = {path: number for number, (path, _) in enumerate(self._columns)}
        at = start + self._keys_at + len(self._keys) * KEY.size
        first, keys = 1, b""
        for text, (path, node) in zip(texts, self._keys, strict=True):
            count = len(node.fields) if isinstance(node, Record) else 0
            column = columns.get(path, NO_COLUMN)
            keys += KEY.pack(at, len(text), column, places[path[:-1]], first, count)
            first += count
            at += len(text)
        return described(kinds) + keys + b"".join(texts)


class _KernelLists:
    """Reads lists of objects: all of their objects are the records of one text.

    Parameters
    ----------
    item : Record
        What the objects' keys are; none of them is empty.
    """

    def __init__(self, item: Record) -> None:
        self._item = item
        marked: dict[str, Node] = {_FIRST: Leaf(name=_FIRST), **item.fields}
        self._objects = KernelRecords(Record(fields=marked))

    def arrays(self, texts: pa.Array, misfits: list[Misfit]) -> pa.ListArray:
        """Return lists.

        Parameters
        ----------
        texts : pyarrow.Array of string, n JSON lists
            Without blanks.
        misfits : list of Misfit
            Extended in place; the rows are the lists'.

        Returns
        -------
        pyarrow.ListArray, n lists of structs

        Raises
        ------
        Unlike
            Something else than an object is in a list, or such an object as
            `KernelRecords` does not read.
        """
        sizes = pc.fill_null(pc.binary_length(texts), scalar_of(0, pa.int32()))
        there = pc.greater(sizes, scalar_of(len("[]"), pa.int32()))
        inside: list[Misfit] = []
        counts, objects = self._read(texts.filter(there), inside)
        counts = pc.replace_with_mask(every(0, len(texts)), there, counts)
        offsets = [array_of([0], pa.int32()), pc.cumulative_sum(counts)]
        lists = pa.ListArray.from_arrays(
            pa.concat_arrays(offsets),
            pa.StructArray.from_arrays(objects, fields=list(self._item.dtype)),
            mask=texts.is_null() if texts.null_count else None,
        )
        if inside:
            rows = pc.list_parent_indices(lists).to_pylist()
            misfits += [replace(each, row=rows[each.row]) for each in inside]
        return lists

    def _read(
        self, lists: pa.Array, misfits: list[Misfit]
    ) -> tuple[pa.Array, list[pa.Array]]:
        """Return how many objects each list has, and the columns of all objects."""
        if not len(lists):
            return array_of([], pa.int32()), nested_columns(self._item, {}, 0)
        lists = lists.view(pa.binary())
        if pc.starts_with(lists, _OPENED).false_count:
            raise Unlike
        text = pc.binary_join_element_wise(
            scalar_of(_MARKED, pa.binary()),
            pc.binary_slice(lists, len(_OPENED), -1),
            scalar_of(b",", pa.binary()),
            scalar_of(b"", pa.binary()),
        )
        rows, found = self._objects.read(bytes_of(text).buffers()[1], misfits)
        firsts = pc.indices_nonzero(found.pop((_FIRST,)).is_valid()).cast(pa.int32())
        if len(firsts) != len(lists):
            raise Unlike
        ends = pa.concat_arrays([firsts[1:], array_of([rows], pa.int32())])
        return pc.subtract(ends, firsts), nested_columns(self._item, found, rows)


def _keys_of(root: Record) -> list[tuple[KeyPath, Node]]:
    """Return the record and its keys, those of an object side by side."""
    keys: list[tuple[KeyPath, Node]] = [((), root)]
    for path, node in keys:
        if isinstance(node, Record):
            keys += [((*path, key), each) for key, each in node.fields.items()]
    return keys


def _has_column(path: KeyPath, node: Node) -> bool:
    if isinstance(node, Many):
        return isinstance(node.item, Record) and _FIRST not in node.item.fields
    return isinstance(node, Leaf) or bool(path)


def _kind(node: Node) -> int:
    """Return how the kernel types a key; days and instants have several forms."""
    if isinstance(node, Many):
        return LIST
    return KINDS[node.dtype] if isinstance(node, Leaf) and node.direct else TEXT


def _typed(array: pa.Array, node: Node, misfits: list[Misfit]) -> pa.Array:
    """Return a column in its type."""
    if not isinstance(node, Leaf) or array.type == node.dtype:
        return array
    return typed_texts(array, node, range(len(array)), misfits)
