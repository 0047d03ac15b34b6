"""Type the texts of one column, and keep those that do not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.fetch.cells import BLANKS, Cells

__all__ = ["rescued", "typed_column"]


def typed_column(texts: pa.Array, cells: Cells) -> tuple[pa.Array, pa.Array | None]:
    """Type the texts of one column.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    cells : Cells

    Returns
    -------
    pyarrow.Array, n cells
        Null for a text that does not fit.
    pyarrow.Array or None
        Numbers (from 0) of the texts that do not fit; None where all do.
    """
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), cells.dtype), None
    if (read := _at_once(texts, cells)) is not None:
        return read, None
    # some cell does not fit: see which, one text at a time
    encoded = texts.dictionary_encode()
    values: list[object] = []
    misfits: list[int] = []
    for position, text in enumerate(encoded.dictionary.to_pylist()):
        value = None
        bare = text.strip(BLANKS)
        if bare:
            try:
                value = cells.one(bare)
            except ValueError:
                misfits.append(position)
        values.append(value)
    typed = array_of(values, cells.dtype).take(encoded.indices)
    if not misfits:
        return typed, None
    at_fault = pc.is_in(encoded.indices, array_of(misfits, encoded.indices.type))
    return typed, pc.indices_nonzero(at_fault)


def _at_once(texts: pa.Array, cells: Cells) -> pa.Array | None:
    """Return all cells, as they stand or without the blanks around them; or None."""
    if cells.at_once is None:
        return None
    try:
        return cells.at_once(texts)
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim(texts, BLANKS)
    if trimmed.equals(texts):
        return None
    is_empty = pc.equal(trimmed, scalar_of("", pa.string()))
    try:
        nothing = scalar_of(None, pa.string())
        return cells.at_once(pc.if_else(is_empty, nothing, trimmed))
    except pa.ArrowInvalid:
        return None


def rescued(bad: Mapping[str, pa.Array], texts: pa.RecordBatch) -> pa.Array:
    """Return a JSON object of column and text for each row with a bad cell.

    Parameters
    ----------
    bad : mapping of str to pyarrow.Array
        By column: numbers (from 0) of the rows whose cell does not fit.
    texts : pyarrow.RecordBatch, n rows

    Returns
    -------
    pyarrow.Array of string, n values
        Null for a sound row.
    """
    if not bad:
        return pa.nulls(texts.num_rows, pa.string())
    rows: dict[int, dict[str, str]] = {}
    for name, positions in bad.items():
        column = texts.column(texts.schema.get_field_index(name))
        for row, text in zip(
            positions.to_pylist(), column.take(positions).to_pylist(), strict=True
        ):
            rows.setdefault(row, {})[name] = text
    objects = [
        json.dumps(rows[row], ensure_ascii=False) if row in rows else None
        for row in range(texts.num_rows)
    ]
    return array_of(objects, pa.string())
