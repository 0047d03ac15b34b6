"""Arrays of a record's keys, from columns by path."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from spreports.fetch.json.shape import Node, Record

__all__ = ["nested_columns"]

KeyPath = tuple[str, ...]


def nested_columns(
    root: Record, found: Mapping[KeyPath, pa.Array], rows: int
) -> list[pa.Array]:
    """Return one array for each key of a record.

    Parameters
    ----------
    root : Record, m keys
    found : mapping of tuple of str to pyarrow.Array, n values each
        By path; for an object, what is null where it is missing.
    rows : int

    Returns
    -------
    list of pyarrow.Array, m arrays of n values
        Null where nothing was found for a key.
    """
    return [_nested(node, (key,), found, rows) for key, node in root.fields.items()]


def _nested(
    node: Node, path: KeyPath, found: Mapping[KeyPath, pa.Array], rows: int
) -> pa.Array:
    """Return one key's array; null where the layout lacks the key."""
    if isinstance(node, Record) and any(each[: len(path)] == path for each in found):
        children = [
            _nested(each, (*path, key), found, rows)
            for key, each in node.fields.items()
        ]
        there = found.get(path)
        missing = there.is_null() if there is not None and there.null_count else None
        return pa.StructArray.from_arrays(
            children, fields=list(node.dtype), mask=missing
        )
    if path in found:
        return found[path]
    return pa.nulls(rows, node.dtype)
