"""JSON records by the kernel, in one pass: keys in any order, some of them or none."""

from __future__ import annotations

import pyarrow as pa

from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.shape import Leaf, Node, Record
from spreports.fetch.json.stencil import Unlike
from spreports.fetch.kernel.columns import (
    COLUMN_BYTES,
    KEY,
    KINDS,
    NO_COLUMN,
    TEXT,
    arrays,
    described,
)
from spreports.fetch.kernel.sandbox import MOST_BYTES, NoRoomError, Sandboxes

__all__ = ["KernelRecords"]

KeyPath = tuple[str, ...]


class KernelRecords:
    """Reads blocks of records; may be shared by threads.

    Parameters
    ----------
    root : Record
        What the keys are. A list that has a type has to be null; one in place of a
        text is read as what it is, without blanks.
    """

    def __init__(self, root: Record) -> None:
        self._keys = _keys_of(root)
        # Of each column, an object's among them: a text where the object is
        self._columns = [
            (path, node) for path, node in self._keys if _has_column(path, node)
        ]
        # Values that do not fit leave their column to be typed as text, from then on
        self._kinds = [_kind(node) for _, node in self._columns]
        self._keys_at = len(self._columns) * COLUMN_BYTES
        self._boxes = Sandboxes(bytes(len(self._setup(0, tuple(self._kinds)))))
        self._setups: dict[tuple[int, tuple[int, ...]], bytes] = {}

    def values(self, block: Block) -> tuple[int, dict[KeyPath, pa.Array]]:
        """Return a block's records.

        Parameters
        ----------
        block : Block, n records

        Returns
        -------
        int
            How many there are.
        dict of tuple of str to pyarrow.Array
            Typed columns by path; for an object, what is null where it is missing.

        Raises
        ------
        Unlike
            A key is not known or comes twice, a value does not fit, a list that has a
            type comes, or the block has some MiB.
        """
        if block.size > MOST_BYTES:
            raise Unlike
        try:
            return self._read(pa.py_buffer(block.data).slice(block.start, block.size))
        except NoRoomError:
            raise Unlike from None

    def _read(self, text: pa.Buffer) -> tuple[int, dict[KeyPath, pa.Array]]:
        """Return the records of a text, each of which has a comma behind it."""
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
            found = arrays(sandbox, start, width, rows)
        return rows, {
            path: _typed(array, node)
            for array, (path, node) in zip(found, self._columns, strict=True)
        }

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


def _keys_of(root: Record) -> list[tuple[KeyPath, Node]]:
    """Return the record and its keys, those of an object side by side."""
    keys: list[tuple[KeyPath, Node]] = [((), root)]
    for path, node in keys:
        if isinstance(node, Record):
            keys += [((*path, key), each) for key, each in node.fields.items()]
    return keys


def _has_column(path: KeyPath, node: Node) -> bool:
    return isinstance(node, Leaf) or (isinstance(node, Record) and bool(path))


def _kind(node: Node) -> int:
    """Return how the kernel types a key; days and instants have several forms."""
    return KINDS[node.dtype] if isinstance(node, Leaf) and node.direct else TEXT


def _typed(array: pa.Array, node: Node) -> pa.Array:
    """Return a column in its type; a text that does not fit goes another way."""
    if not isinstance(node, Leaf) or array.type == node.dtype:
        return array
    typed, bad = typed_texts(array, node)
    if bad:
        raise Unlike
    return typed
