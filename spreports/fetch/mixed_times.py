"""Read days or timestamps of several forms, each cell by the form it has.

A cell gives the same day or instant as `parse_date` and `parse_timestamp` give, or none
here: those then say what it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, null_where, scalar_of
from spreports.fetch.timestamps import (
    MONTHS,
    form_of,
    formats_tried,
    unnamed_zone,
    zone_offset,
)
from spreports.fetch.whole_columns import in_pythons_years

__all__ = ["mixed_days", "mixed_timestamps"]

_DAY: Final = pa.date32()
_LOCAL: Final = pa.timestamp("us")
_INSTANT: Final = pa.timestamp("us", "UTC")
# Each in the place of its hour
_HALVES: Final = [f"{hour:02}{m}" for m in ("AM", "PM") for hour in (12, *range(1, 12))]
# Of every month and day, whatever the year
_SURE: Final = (
    r"^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8]) ([01]\d|2[0-3])(:[0-5]\d){2}\."
)


def mixed_days(texts: pa.Array, formats: tuple[str, ...]) -> pa.Array:
    """Return the days of texts.

    Parameters
    ----------
    texts : pyarrow.Array of string, n texts
        Without surrounding blanks.
    formats : tuple of str
        As for `parse_date`.

    Returns
    -------
    pyarrow.Array of date32, n days
        Null for one that `parse_date` has to read.
    """
    return _by_form(texts, formats, _DAY)


def mixed_timestamps(texts: pa.Array, formats: tuple[str, ...]) -> pa.Array:
    """Return the instants of texts.

    Parameters
    ----------
    texts : pyarrow.Array of string, n texts
        Without surrounding blanks.
    formats : tuple of str
        As for `parse_timestamp`.

    Returns
    -------
    pyarrow.Array of timestamp[us, UTC], n instants
        Null for one that `parse_timestamp` has to read.
    """
    return _by_form(texts, formats, _INSTANT)


def _by_form(texts: pa.Array, formats: tuple[str, ...], dtype: pa.DataType) -> pa.Array:
    """Return each text by the first format whose form it has."""
    values = pa.nulls(len(texts), dtype)
    for pattern in formats_tried(formats):
        if texts.null_count == len(texts):
            break
        form = form_of(pattern, day=dtype == _DAY).pattern
        found = pc.extract_regex(texts, f"^(?:{form})$")
        fits = found.is_valid()
        texts = null_where(fits, texts)
        if found.null_count == len(found):
            continue
        fields = [each.name for each in found.type]
        parts = dict(zip(fields, found.flatten(), strict=True))
        read = _read(parts, unnamed_zone(pattern), dtype)
        known = pc.if_else(in_pythons_years(read), read, scalar_of(None, dtype))
        values = pc.coalesce(values, known)
    return values


def _read(parts: dict[str, pa.Array], unnamed: str, dtype: pa.DataType) -> pa.Array:
    """Return days or instants of the parts of texts, null where there are none.

    Parameters
    ----------
    parts : dict of str to pyarrow.Array of string
        By the letter of its token; null in a text without the form, and empty where it
        is not written.
    unnamed : str
        The zone where none is written.
    dtype : pyarrow.DataType
    """
    nothing = _text("")
    day = _joined(
        "-",
        parts["Y"] if "Y" in parts else _joined("20", nothing, parts["y"]),
        _month_numbers(parts["b"]) if "b" in parts else _two(parts["m"]),
        _two(parts["d"]) if "d" in parts else _text("01"),
    )
    if "p" in parts:
        hours = _joined("", _two(parts["H"]), parts["p"])
        of_day = pc.index_in(hours, value_set=array_of(_HALVES, pa.string()))
        parts = {**parts, "H": of_day.cast(pa.string())}
    clock = _joined(":", *(_two(parts.get(each, nothing)) for each in "HMS"))
    fraction = pc.utf8_rpad(parts.get("f", nothing), 6, "0")
    written = _joined(".", _joined(" ", day, clock), fraction)
    try:
        local = written.cast(_LOCAL)
    except pa.ArrowInvalid:  # some day or time does not exist
        sure = pc.match_substring_regex(written, _SURE)
        local = null_where(pc.invert(sure), written).cast(_LOCAL)
    east = _east(parts.get("Z", nothing), unnamed)
    if dtype == _DAY:  # as written, whatever the zone; but that has to be known
        return pc.if_else(pc.is_valid(east), local.cast(_DAY), scalar_of(None, _DAY))
    return pc.subtract(local.cast(pa.int64()), east).cast(_INSTANT)


def _text(text: str | None) -> pa.Scalar:
    return scalar_of(text, pa.string())


def _joined(mark: str, *parts: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    return pc.binary_join_element_wise(*parts, _text(mark))


def _two(digits: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    return pc.utf8_lpad(digits, 2, "0")


def _month_numbers(names: pa.Array) -> pa.Array:
    """Return two digits for each month's name, null for another word."""
    known = array_of(MONTHS, pa.string())
    numbers = array_of([f"{n:02}" for n in range(1, len(MONTHS) + 1)], pa.string())
    return numbers.take(pc.index_in(pc.utf8_lower(names), value_set=known))


def _east(zones: pa.Array | pa.Scalar, unnamed: str) -> pa.Array | pa.Scalar:
    """Return the microseconds of zones east of UTC, null for one that is not known."""
    if isinstance(zones, pa.Scalar):
        return scalar_of(_microseconds(unnamed), pa.int64())
    named = zones.dictionary_encode()
    names = named.dictionary.to_pylist()
    shifts = [_microseconds(name or unnamed) for name in names]
    return array_of(shifts, pa.int64()).take(named.indices)


def _microseconds(zone: str) -> int | None:
    try:
        return zone_offset(zone) // timedelta(microseconds=1)
    except ValueError:
        return None
