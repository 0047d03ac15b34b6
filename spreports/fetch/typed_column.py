"""Type the texts of one column, and keep those that do not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, null_where, scalar_of
from spreports.fetch.cells import BLANKS, Cells

__all__ = ["rescued", "typed_column"]

# Cells of a run at least, runs of a column at most, and those that may be in vain
_RUN: Final = 64
_RUNS: Final = 16
_IN_VAIN: Final = 2


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
    return _judged_texts(texts, cells)


def _judged_texts(texts: pa.Array, cells: Cells) -> tuple[pa.Array, pa.Array | None]:
    """Type texts of which some do not fit as they stand; see `typed_column`."""
    encoded = texts.dictionary_encode()
    values, misfits = _by_form(_plain(encoded.dictionary, cells), cells)
    typed = values.take(encoded.indices)
    if not misfits:
        return typed, None
    at_fault = pc.is_in(encoded.indices, array_of(misfits, encoded.indices.type))
    return typed, pc.indices_nonzero(at_fault)


def _at_once(texts: pa.Array, cells: Cells) -> pa.Array | None:
    """Return all cells, as they stand or plainly written; or None."""
    try:
        return cells.at_once(texts)
    except pa.ArrowInvalid:
        plain = _plain(texts, cells)
    if plain.equals(texts):
        return None
    try:
        return cells.at_once(plain)
    except pa.ArrowInvalid:
        return None


def _plain(texts: pa.Array, cells: Cells) -> pa.Array:
    """Return what texts mean, without blanks around them; null where it is nothing."""
    trimmed = pc.utf8_trim(texts, BLANKS)
    if cells.stands_for:
        known, meant = (
            array_of([*each], pa.string())
            for each in (cells.stands_for.keys(), cells.stands_for.values())
        )
        found = pc.index_in(pc.utf8_lower(trimmed), value_set=known)
        trimmed = pc.coalesce(meant.take(found), trimmed)
    is_empty = pc.equal(trimmed, scalar_of("", pa.string()))
    return null_where(is_empty, trimmed)


def _by_form(texts: pa.Array, cells: Cells) -> tuple[pa.Array, list[int]]:
    """Return values, and the positions of texts that do not fit, which are null.

    Only what is of no plain form is read one by one, which takes ten times as long.
    """
    values = _most(texts, cells)
    left = pc.and_(values.is_null(), texts.is_valid())
    misfits: list[int] = []
    others: list[object] = []
    positions = pc.indices_nonzero(left).to_pylist()
    for position, text in zip(positions, texts.filter(left).to_pylist(), strict=True):
        try:
            others.append(cells.one(text))
        except ValueError:
            others.append(None)
            misfits.append(position)
    if others:
        values = pc.replace_with_mask(values, left, array_of(others, cells.dtype))
    return values, misfits


def _most(texts: pa.Array, cells: Cells) -> pa.Array:
    """Return what is read at once or by form, null for the rest.

    Where few cells do not fit, most runs of cells have none of these, and to read such
    a run at once takes a fraction. In a column of many forms hardly any run is such.
    """
    if len(texts) <= _RUN:
        return _by_its_form(texts, cells)
    step = max(_RUN, -(-len(texts) // _RUNS))
    found, start, in_vain = [pa.nulls(0, cells.dtype)], 0, 0
    while start < len(texts) and in_vain < _IN_VAIN:
        run = texts.slice(start, step)
        start += step
        try:
            found.append(cells.at_once(run))
            in_vain = max(0, in_vain - 1)
        except pa.ArrowInvalid:
            found.append(_by_its_form(run, cells))
            in_vain += 1
    found.append(_by_its_form(texts.slice(start), cells))
    return pa.concat_arrays(found)


def _by_its_form(texts: pa.Array, cells: Cells) -> pa.Array:
    return cells.most(texts) if cells.most else pa.nulls(len(texts), cells.dtype)


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
