"""Turn decoded JSON records into typed columns, one leaf at a time.

Slow and careful: it knows which value does not fit and keeps its text. Arrays come out
nested, as the record is; `flat_columns` gives them their dotted names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.fetch.cells import NUMBER
from spreports.fetch.json.misfits import Misfit
from spreports.fetch.json.shape import Leaf, Many, Node, Record
from spreports.fetch.json.values import is_text, json_text
from spreports.fetch.typed_column import typed_column

__all__ = ["columns_of", "flat_columns", "typed_texts"]

_EXPONENT_DIGITS: Final = 30
_POINT: Final = ".0"


def columns_of(
    root: Record, records: Sequence[dict[str, object]]
) -> tuple[list[pa.Array], list[Misfit]]:
    """Return one array for each key of a table, and what did not fit.

    Parameters
    ----------
    root : Record, m keys
    records : sequence of dict, n records
        As `RecordCutter.exact` gives them.

    Returns
    -------
    list of pyarrow.Array, m arrays of n values
        Missing and null are null, and so is a value that did not fit.
    list of Misfit
        In no particular order.
    """
    misfits: list[Misfit] = []
    rows = range(len(records))
    return _children(root, records, rows, misfits), misfits


def _children(
    record: Record,
    objects: Sequence[dict[str, object] | None],
    rows: Sequence[int],
    misfits: list[Misfit],
) -> list[pa.Array]:
    """Return the arrays below an object's keys; a key that has none is a misfit."""
    fields = record.fields
    for row, each in zip(rows, objects, strict=True):
        if each and not each.keys() <= fields.keys():
            for key, value in each.items():
                if key not in fields and value is not None:
                    name = f"{record.name}.{key}" if record.name else key
                    misfits.append(Misfit(row, name, "", _plain(value)))
    return [
        _array(
            node, [each.get(key) if each else None for each in objects], rows, misfits
        )
        for key, node in fields.items()
    ]


def _array(
    node: Node, values: list[object], rows: Sequence[int], misfits: list[Misfit]
) -> pa.Array:
    """Return one node's array."""
    if isinstance(node, Leaf):
        return _leaf(node, values, rows, misfits)
    whole = [
        _container(node, each, row, misfits)
        for each, row in zip(values, rows, strict=True)
    ]
    missing = array_of([each is None for each in whole], pa.bool_())
    if isinstance(node, Record):
        children = _children(node, whole, rows, misfits)
        return pa.StructArray.from_arrays(
            children, fields=list(node.dtype), mask=missing
        )
    ends = [0]
    for each in whole:
        ends.append(ends[-1] + len(each or ()))
    items = [item for each in whole for item in each or ()]
    item_rows = [row for each, row in zip(whole, rows, strict=True) for _ in each or ()]
    return pa.ListArray.from_arrays(
        array_of(ends, pa.int32()),
        _array(node.item, items, item_rows, misfits),
        mask=missing,
    )


def _container(
    node: Record | Many, value: object, row: int, misfits: list[Misfit]
) -> Any:
    """Return an object or list as the tree says; anything but null is a misfit."""
    if isinstance(value, list if isinstance(node, Many) else dict):
        return value
    if value is not None:
        expected = "a list" if isinstance(node, Many) else "an object"
        misfits.append(Misfit(row, node.name, expected, _plain(value)))
    return None


def _leaf(
    leaf: Leaf, values: list[object], rows: Sequence[int], misfits: list[Misfit]
) -> pa.Array:
    """Return a typed column."""
    try:
        texts = array_of(values, pa.string())
    except (TypeError, UnicodeEncodeError):
        plain = [None if each is None else _plain(each) for each in values]
        for position, text in enumerate(plain):
            if text is not None and not is_text(text):
                # half of a surrogate pair is a JSON string, but no text
                escaped = json.dumps(text)
                misfits.append(Misfit(rows[position], leaf.name, "text", escaped))
                plain[position] = None
        texts = array_of(plain, pa.string())
    return typed_texts(texts, leaf, rows, misfits)


def typed_texts(
    texts: pa.Array, leaf: Leaf, rows: Sequence[int], misfits: list[Misfit]
) -> pa.Array:
    """Return a column in its type, and note what did not fit.

    Parameters
    ----------
    texts : pyarrow.StringArray, n texts
        JSON numbers as they were written, strings without their quotes.
    leaf : Leaf
    rows : sequence of int, n numbers
        Of the records that they stand in.
    misfits : list of Misfit
        Extended in place.

    Returns
    -------
    pyarrow.Array, n values
        Null where the text is null, blank or did not fit.
    """
    cells = leaf.cells
    if cells is None:
        return texts
    if pa.types.is_integer(leaf.dtype):
        at_once, one = cells.at_once, cells.one
        cells = replace(
            cells,
            at_once=lambda texts: _wholes(texts, at_once),
            one=lambda text: one(_whole(text)),
        )
    typed, unfit = typed_column(texts, cells)
    if unfit is not None:
        places, bad = unfit.to_pylist(), texts.take(unfit).to_pylist()
        for place, text in zip(places, bad, strict=True):
            misfits.append(Misfit(rows[place], leaf.name, cells.expected, text))
    return typed


def _wholes(texts: pa.Array, at_once: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return integers, some of which may be written like ``5.0``."""
    try:
        return at_once(texts)
    except pa.ArrowInvalid:
        # where `_whole` leaves a text as it is, so must this
        short = pc.less_equal(
            pc.binary_length(texts), scalar_of(_EXPONENT_DIGITS, pa.int32())
        )
        pointed = pc.and_(pc.ends_with(texts, _POINT), short)
        if not pointed.true_count:
            raise
        texts = texts.view(pa.binary())
        without = pc.binary_slice(texts, 0, -len(_POINT))
        return at_once(pc.if_else(pointed, without, texts).view(pa.string()))


def _whole(text: str) -> str:
    """Return ``5.0`` or ``5e2`` as an integer's text; anything else as it is.

    Source: JSON Schema draft 7, validation, section 6.1.1: any number with a zero
    fraction is an integer.
    """
    # Decimal reads more than JSON does: 1_0, digits of other scripts, a signalling NaN
    if len(text) > _EXPONENT_DIGITS or not NUMBER.fullmatch(text):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if number == 0:
        return "0"
    sound = abs(number.adjusted()) < _EXPONENT_DIGITS
    return str(int(number)) if sound and number == int(number) else text


def _plain(value: object) -> str:
    """Return a string as it is, anything else as JSON text."""
    return str(value) if isinstance(value, str) else json_text(value)


def flat_columns(
    root: Record, arrays: Iterable[pa.Array]
) -> list[tuple[str, pa.Array]]:
    """Return a table's leaves and lists under their dotted names.

    Parameters
    ----------
    root : Record, m keys
    arrays : iterable of pyarrow.Array, m arrays
        Nested.

    Returns
    -------
    list of tuple of str and pyarrow.Array
        A list of objects stays a list of structs, whose fields have dotted names in
        their turn. Below a null object all leaves are null.
    """
    columns: list[tuple[str, pa.Array]] = []
    for (key, node), array in zip(root.fields.items(), arrays, strict=True):
        if isinstance(node, Record):
            inner = flat_columns(node, array.flatten())
            columns += [(f"{key}.{name}", each) for name, each in inner]
        else:
            columns.append((key, _flat_list(node, array)))
    return columns


def _flat_list(node: Leaf | Many, array: pa.Array) -> pa.Array:
    """Flatten the objects inside a list."""
    if isinstance(node, Leaf) or not _has_objects(node.item):
        return array
    items = array.values
    if isinstance(node.item, Record):
        inner = flat_columns(node.item, items.flatten())
        items = pa.StructArray.from_arrays(
            [each for _, each in inner],
            names=[name for name, _ in inner],
            mask=items.is_null(),
        )
    elif isinstance(node.item, Many):
        items = _flat_list(node.item, items)
    return pa.ListArray.from_arrays(array.offsets, items, mask=array.is_null())


def _has_objects(item: Node) -> bool:
    """Say whether a list's items have objects in them that must be flattened."""
    if isinstance(item, Record):
        return any(
            isinstance(each, Record) or (isinstance(each, Many) and _has_objects(each))
            for each in item.fields.values()
        )
    return isinstance(item, Many) and _has_objects(item.item)
