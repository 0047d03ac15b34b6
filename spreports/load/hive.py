"""Values as folder names: Hive's layout, in an encoding of our own.

A folder is ``key=value``. A value is percent-encoded but for ``A-Z a-z 0-9 - _ .``, so
that polars, pyarrow and DuckDB read back exactly the text that went in, and so that
no value can leave the root. Null is Hive's ``__HIVE_DEFAULT_PARTITION__``; the empty
text is an empty value (``key=``), which all three tell from null; that very text as
data would read back as null and is refused. Values read back as text when the reader
is given a schema; without one each reader guesses (``007`` becomes 7).

Dates are ISO 8601, timestamps too, in UTC (``2026-10-01T10%3A05%3A00Z``).
"""

from __future__ import annotations

from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from spreports.errors import SinkError

__all__ = [
    "NULL_VALUE",
    "UNITS",
    "days_of",
    "encode_value",
    "is_time",
    "parts_of",
    "segments",
]

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
UNITS = {"day": 10, "month": 7, "year": 4}  # characters of an ISO date
MAX_SEGMENT = 255  # bytes: NAME_MAX of the usual file systems


def encode_value(text: str) -> str:
    """Write a value so that it is one safe path segment and reads back exactly.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        ASCII; empty for the empty text.
    """
    encoded = quote(text, safe="-_.")
    if encoded.endswith(
        "."
    ):  # "." and ".." are places, and some systems drop a last dot
        stem = encoded.rstrip(".")
        encoded = stem + "%2E" * (len(encoded) - len(stem))
    return encoded


def segments(
    name: str, values: pa.Array, *, source: str, unit: str | None
) -> list[str]:
    """Write values as path segments.

    Parameters
    ----------
    name : str
        What stands before ``=``.
    values : pyarrow.Array, n values
    source : str
        Whose values they are, for errors.
    unit : str or None
        ``"day"``, ``"month"`` or ``"year"``: of dates and timestamps, in UTC.

    Returns
    -------
    list of str, n
        ``name=value``, ASCII but for the name.

    Raises
    ------
    SinkError
        A value that no folder can hold; names the column, not the value.
    """
    values = _to_utc(values) if unit is None else days_of(values)
    texts: list[str | None] = values.cast(pa.string()).to_pylist()
    if unit is not None:
        size = UNITS[unit]
        texts = [t if t is None else t[:size] for t in texts]
    elif pa.types.is_timestamp(values.type):
        texts = [t if t is None else _iso(t) for t in texts]
    return [_segment(name, text, source) for text in texts]


def _segment(name: str, text: str | None, source: str) -> str:
    """Write one value as ``key=value``."""
    if text is None:
        return f"{name}={NULL_VALUE}"
    if text == NULL_VALUE:
        msg = (
            f"cannot partition by {source!r}: a value is the text {NULL_VALUE},"
            " which every reader takes for null"
        )
        raise SinkError(msg)
    segment = f"{name}={encode_value(text)}"
    if len(segment.encode()) > MAX_SEGMENT:
        msg = (
            f"cannot partition by {source!r}: a value makes a folder name of"
            f" {len(segment.encode())} bytes, more than {MAX_SEGMENT}"
        )
        raise SinkError(msg)
    return segment


def _to_utc(values: pa.Array) -> pa.Array:
    """Bring timestamps of other zones to UTC.

    Parameters
    ----------
    values : pyarrow.Array
        Of any type; others, and timestamps without a zone, stay as they are.

    Returns
    -------
    pyarrow.Array
    """
    if pa.types.is_timestamp(values.type) and values.type.tz not in (None, "UTC"):
        return values.cast(pa.timestamp(values.type.unit, "UTC"))
    return values


def is_time(dtype: pa.DataType) -> bool:
    """Tell whether values of a type have a day: dates and timestamps."""
    return bool(pa.types.is_date(dtype) or pa.types.is_timestamp(dtype))


def days_of(values: pa.Array) -> pa.Array:
    """Return the days of dates and timestamps, in UTC.

    Parameters
    ----------
    values : pyarrow.Array, n values

    Returns
    -------
    pyarrow.Date32Array, n values
    """
    if pa.types.is_timestamp(values.type):
        # Microseconds are those of UTC, whatever the zone; of one that has a zone Arrow
        # asks for each value how far it is from UTC
        values = values.view(pa.timestamp(values.type.unit))
    return values.cast(pa.date32(), safe=False)


def parts_of(times: pa.Array, unit: str) -> pa.Array:
    """Return the days, months or years of times, as their folders would say them.

    Parameters
    ----------
    times : pyarrow.Array, n values
        Dates or timestamps.
    unit : str
        ``"day"``, ``"month"`` or ``"year"``.

    Returns
    -------
    pyarrow.Array, n values
        Days are dates, in UTC; months (``2026-10``) and years are text.
    """
    days = days_of(times)
    if unit == "day":
        return days
    return pc.utf8_slice_codeunits(days.cast(pa.string()), 0, UNITS[unit])


def _iso(text: str) -> str:
    """Turn Arrow's text of a timestamp into ISO 8601, without an empty fraction."""
    zone = "Z" if text.endswith("Z") else ""
    text = text.removesuffix("Z").replace(" ", "T")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + zone
