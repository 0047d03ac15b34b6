"""Values of a JSON document that their columns cannot hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from spreports.arrays import array_of
from spreports.fetch.json.values import is_text

__all__ = ["Misfit", "rescued"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that its column cannot hold.

    Attributes
    ----------
    row : int
        In the batch, from 0.
    column : str
        Full path.
    expected : str
        In words; "" for a key that has no column.
    text : str
        The value: plain for a string, JSON for anything else. Never shown.
    """

    row: int
    column: str
    expected: str
    text: str


def rescued(misfits: Sequence[Misfit], rows: int) -> pa.Array:
    """Return a JSON object of column and text for each row with a bad value.

    Columns in the order of their names, however the row was read.
    """
    found: dict[int, dict[str, object]] = {}
    # Of equal names, the values of late keys first: each way has both in their order
    for each in sorted(misfits, key=lambda each: (each.column, bool(each.expected))):
        _keep(found.setdefault(each.row, {}), each)
    objects = [_object(found[row]) if row in found else None for row in range(rows)]
    return array_of(objects, pa.string())


def _object(found: dict[str, object]) -> str:
    """Return JSON; half of a surrogate pair, which is no text, stays escaped in it."""
    plain = json.dumps(found, ensure_ascii=False)
    return plain if is_text(plain) else json.dumps(found)


def _keep(row: dict[str, object], misfit: Misfit) -> None:
    """Add a text; several of one column, as in a list, become a list."""
    before = row.get(misfit.column)
    if before is None:
        row[misfit.column] = misfit.text
    elif isinstance(before, list):
        before.append(misfit.text)
    else:
        row[misfit.column] = [before, misfit.text]
