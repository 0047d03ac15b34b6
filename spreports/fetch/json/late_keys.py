"""Keys that come behind the first records, at any depth: read, but given no column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from spreports.fetch.json.shape import Leaf, Many, Node, Record

__all__ = ["Late", "grown", "parted"]


@dataclass(frozen=True, slots=True)
class Late:
    """The values of one late key.

    Attributes
    ----------
    name : str
        Full path, such as ``asins[].size``.
    rows : pyarrow.Array, n numbers from 0
    texts : pyarrow.StringArray, n values
        Plain for a string, JSON for anything else.
    """

    name: str
    rows: pa.Array
    texts: pa.Array


def grown(root: Record, records: Sequence[object]) -> Record:
    """Return a tree that has what records hold, too: strings, behind the keys it has.

    Parameters
    ----------
    root : Record
        Left as it is.
    records : sequence of dict
        As `RecordCutter.exact` gives them.

    Returns
    -------
    Record
        `root` itself where it has all keys.
    """
    objects = [each for each in records if isinstance(each, dict)]
    fields = {
        key: _grown(node, [each.get(key) for each in objects])
        if not isinstance(node, Leaf)
        else node
        for key, node in root.fields.items()
    }
    for key in sorted(set().union(*objects) - fields.keys()):
        name = f"{root.name}.{key}" if root.name else key
        fields[key] = Leaf(name=name, known=False)
    if all(node is root.fields.get(key) for key, node in fields.items()):
        return root
    return replace(root, fields=fields)


def _grown(node: Node, values: Sequence[object]) -> Node:
    """Return one node with the keys that values have below it."""
    if isinstance(node, Record):
        return grown(node, values)
    if isinstance(node, Many) and not isinstance(node.item, Leaf):
        items = [item for each in values if isinstance(each, list) for item in each]
        item = _grown(node.item, items)
        return node if item is node.item else replace(node, item=item)
    return node


def parted(
    root: Record, tree: Record, arrays: Sequence[pa.Array]
) -> tuple[list[pa.Array], list[Late]]:
    """Part the columns of a tree into those it had and those of its late keys.

    Parameters
    ----------
    root : Record, m keys
    tree : Record
        What `grown` made of it.
    arrays : sequence of pyarrow.Array
        Nested, one for each key of `tree`.

    Returns
    -------
    list of pyarrow.Array, m arrays
    list of Late
        Those that have values; of one object before those inside it.
    """
    late: list[Late] = []
    return _parted(root, tree, arrays, None, late), late


def _parted(
    root: Record,
    tree: Record,
    arrays: Sequence[pa.Array],
    rows: pa.Array | None,
    late: list[Late],
) -> list[pa.Array]:
    """Part the columns of objects, whose rows are numbered one by one where None."""
    own = len(root.fields)
    nodes = list(tree.fields.values())
    for node, texts in zip(nodes[own:], arrays[own:], strict=True):
        there = texts.is_valid()
        if isinstance(node, Leaf) and there.true_count:
            at = pc.indices_nonzero(there)
            at = at if rows is None else rows.take(at)
            late.append(Late(node.name, at, texts.drop_null()))
    return [
        _without_late(node, more, array, rows, late)
        for node, more, array in zip(
            root.fields.values(), nodes[:own], arrays[:own], strict=True
        )
    ]


def _without_late(
    node: Node, more: Node, array: pa.Array, rows: pa.Array | None, late: list[Late]
) -> pa.Array:
    """Return one key's array as it was before its node had grown."""
    missing = array.is_null() if array.null_count else None
    match node, more:
        case Record(), Record() if node is not more:
            children = _parted(node, more, array.flatten(), rows, late)
            return pa.StructArray.from_arrays(
                children, fields=list(node.dtype), mask=missing
            )
        case Many(), Many() if node is not more:
            at = pc.list_parent_indices(array)
            at = at if rows is None else rows.take(at)
            items = _without_late(node.item, more.item, array.values, at, late)
            return pa.ListArray.from_arrays(array.offsets, items, mask=missing)
    return array
