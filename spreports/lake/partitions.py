"""Folders back to values: what `load.hive` wrote, read exactly.

A value is text until its column's type is known: ``007`` stays ``007``. A folder of
days, months or years also says between which instants its rows lie.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote

import pyarrow as pa

from spreports.arrays import scalar_of
from spreports.load.hive import NULL_VALUE, UNITS

__all__ = [
    "FolderKey",
    "derived_keys",
    "folder_keys",
    "folder_texts",
    "span_of",
    "typed_value",
]

TICK = timedelta(microseconds=1)
# Of '1e-99999999' Arrow 26 reads memory that is not its own
_LARGE_EXPONENT = re.compile("[eE][-+]?0*[1-9][0-9]{2}")
_REST = {"day": "", "month": "-01", "year": "-01-01"}


@dataclass(frozen=True, slots=True)
class FolderKey:
    """One level of folders.

    Attributes
    ----------
    name : str
        The column that comes out, and what stands before ``=``.
    source : str
        The column that the values were taken from.
    unit : str or None
        ``"day"``, ``"month"`` or ``"year"``.
    """

    name: str
    source: str
    unit: str | None

    @property
    def dtype(self) -> pa.DataType | None:
        """A day is a date; months (``2026-10``) and years are text; else unknown."""
        if self.unit is None:
            return None
        return pa.date32() if self.unit == "day" else pa.string()


def folder_texts(path: str) -> dict[str, str | None]:
    """Return the folders of a file as name and decoded text, None for null.

    Parameters
    ----------
    path : str
        Relative to the data root.
    """
    found: dict[str, str | None] = {}
    for piece in path.split("/")[:-1]:
        name, equals, value = piece.partition("=")
        if equals:
            found[name] = None if value == NULL_VALUE else unquote(value)
    return found


def folder_keys(
    partition_by: Sequence[str], names: Sequence[str]
) -> tuple[FolderKey, ...]:
    """Understand a marker's `partition_by` by the folders that came of it.

    Parameters
    ----------
    partition_by : sequence of str
    names : sequence of str
        The folders' names, in their order.
    """
    keys = []
    for entry, name in zip(partition_by, names, strict=False):
        source, _, unit = entry.rpartition(":")
        if entry != name and unit in UNITS and name == f"{source}_{unit}":
            keys.append(FolderKey(name, source, unit))
        else:
            keys.append(FolderKey(name, name, None))
    return tuple(keys)


def derived_keys(
    partition_by: Sequence[str], columns: Collection[str]
) -> tuple[FolderKey, ...]:
    """Return the days, months and years that folders would say, were there any.

    Parameters
    ----------
    partition_by : sequence of str
    columns : collection of str
        That the rows would have.
    """
    keys = []
    for entry in partition_by:
        source, _, unit = entry.rpartition(":")
        if entry not in columns and source in columns and unit in UNITS:
            keys.append(FolderKey(f"{source}_{unit}", source, unit))
    return tuple(keys)


@lru_cache(maxsize=4096)
def typed_value(text: str | None, dtype: pa.DataType) -> pa.Scalar:
    """Return a folder's value in its column's type.

    Raises
    ------
    pyarrow.ArrowInvalid
        The text is no such value.
    """
    if text and pa.types.is_decimal(dtype) and _LARGE_EXPONENT.search(text):
        raise pa.ArrowInvalid("an exponent that no decimal has")
    return scalar_of(text, pa.string()).cast(dtype)


def span_of(text: str | None, unit: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last instant of a day, month or year.

    Parameters
    ----------
    text : str or None
        As in the folder's name.
    unit : str

    Returns
    -------
    tuple of datetime, aware, UTC, to the microsecond
        None for the folder of nulls, or a text that is no such time.
    """
    try:
        first = date.fromisoformat(f"{text}{_REST[unit]}")
    except ValueError:
        return None
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    try:
        if unit == "day":
            after = start + timedelta(days=1)
        elif unit == "month":
            after = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            after = start.replace(year=start.year + 1)
    except (ValueError, OverflowError):
        return None
    return start, after - TICK
