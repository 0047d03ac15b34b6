"""How the cells of one column become typed: at once, by their form, or one by one.

All ways give the same values. The first is the fastest and gives up on the whole
column, the second on single texts, and the third knows which cell is at fault.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import null_where
from spreports.catalog import Column
from spreports.fetch.decimals import (
    DECIMAL_SCALE,
    parse_decimal,
    parse_local_decimal,
)
from spreports.fetch.mixed_times import mixed_days, mixed_timestamps
from spreports.fetch.some_first import some_first
from spreports.fetch.timestamps import ISO, formats_tried, parse_date, parse_timestamp
from spreports.fetch.whole_columns import days, timestamps
from spreports.fetch.whole_decimals import DECIMAL, SURE_LOCAL, decimals, local_decimals

__all__ = ["ARROW_TYPES", "BLANKS", "NUMBER", "Cells", "arrow_type", "cells_of"]

# Around a cell they mean nothing; a cell of blanks alone is an empty one
BLANKS: Final = " \t\u00a0"

ARROW_TYPES: Final = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "decimal": DECIMAL,
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}

_EXPECTED: Final = {
    "int64": "an integer of 64 bits",
    "float64": "a number",
    "decimal": f"a decimal number of at most {DECIMAL_SCALE} places",
    "boolean": "a truth value",
    "date": "a date",
    "timestamp": "a date and time",
}
_INTEGER: Final = re.compile(r"([+-]?)0*(\d{1,19})", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
# Texts that Arrow reads as `one` does, and that are not too wide
_SURE_INTEGER: Final = "^-?[0-9]{1,18}$"
_SURE_NUMBER: Final = rf"^-?[0-9]{{1,20}}(\.[0-9]{{1,{DECIMAL_SCALE}}})?$"
_TRUTH: Final = {
    **dict.fromkeys(("true", "yes", "y", "1", "t"), True),
    **dict.fromkeys(("false", "no", "n", "0", "f"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One column's typing.

    Attributes
    ----------
    dtype : pyarrow.DataType
    expected : str
        In words, for an error.
    at_once : callable
        A string column to a typed one; ``ArrowInvalid`` where any cell does not fit.
    one : callable
        One text without surrounding blanks to a Python value; ``ValueError`` where it
        does not fit.
    stands_for : mapping of str to str
        What a text means, in lower case, that neither of them reads.
    most : callable, optional
        Like `at_once`, of texts without surrounding blanks; where a text is not
        surely read it gives null, whatever the others are.
    """

    dtype: pa.DataType
    expected: str
    at_once: Callable[[pa.Array], pa.Array]
    one: Callable[[str], object]
    stands_for: Mapping[str, str] = field(default_factory=dict)
    most: Callable[[pa.Array], pa.Array] | None = None


def arrow_type(dtype: str) -> pa.DataType:
    """Return the Arrow type of a catalogue dtype.

    Parameters
    ----------
    dtype : str
        ``string``, ``int64``, ``float64``, ``decimal``, ``boolean``, ``date`` or
        ``timestamp``.

    Returns
    -------
    pyarrow.DataType

    Raises
    ------
    ValueError
        There is no such dtype.
    """
    if dtype not in ARROW_TYPES:
        raise ValueError(f"no dtype {dtype!r}: one of {', '.join(ARROW_TYPES)}")
    return ARROW_TYPES[dtype]


def cells_of(column: Column, *, local: bool, currency: str | None) -> Cells | None:
    """Return how a column is typed.

    Parameters
    ----------
    column : Column
    local : bool
        A comma may be the decimal mark.
    currency : str or None
        Of the document.

    Returns
    -------
    Cells or None
        None for a column of strings.
    """
    dtype = ARROW_TYPES[column.dtype]
    formats = column.formats
    expected = _EXPECTED.get(column.dtype, "")
    cast = partial(pc.cast, target_type=dtype)
    at_once: Callable[[pa.Array], pa.Array]
    one: Callable[[str], object]
    most: Callable[[pa.Array], pa.Array] | None = None
    match column.dtype:
        case "int64":
            at_once, one = _integers, _integer
            most = partial(_sure, form=_SURE_INTEGER, read=cast)
        case "float64":
            at_once, one = _floats, _float
            most = partial(_sure, form=_SURE_NUMBER, read=cast)
        case "boolean":
            # at once: true, false, 1, 0 in any case; Yes and No go one by one
            at_once, one = _truths, _truth
        case "decimal" if local:
            at_once = local_decimals
            one = partial(parse_local_decimal, currency=currency)
            most = partial(_sure, form=SURE_LOCAL, read=local_decimals)
        case "decimal":
            at_once, one = decimals, parse_decimal
            most = partial(_sure, form=_SURE_NUMBER, read=cast)
        case "date":
            at_once = partial(days, formats=formats)
            one = partial(parse_date, formats=formats)
            most = partial(mixed_days, formats=formats)
        case "timestamp":
            at_once = partial(timestamps, formats=formats)
            one = partial(parse_timestamp, formats=formats)
            most = partial(mixed_timestamps, formats=formats)
        case _:
            return None
    if column.dtype in {"date", "timestamp"}:
        expected += f" ({_words(formats)})"
    else:  # days and timestamps look at some cells themselves
        at_once = partial(some_first, read=at_once)
    return Cells(
        dtype=dtype,
        expected=expected,
        at_once=at_once,
        one=one,
        most=most,
        stands_for={text.lower(): to for text, to in column.stands_for.items()},
    )


def _sure(texts: pa.Array, form: str, read: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Read texts of a form, null for others."""
    fits = pc.match_substring_regex(texts, form)
    return read(null_where(pc.invert(fits), texts))


def _truths(texts: pa.Array) -> pa.Array:
    """Cast to truth values as Arrow reads them."""
    return texts.cast(pa.bool_())


def _words(formats: tuple[str, ...]) -> str:
    """Return formats for an error."""
    known = formats_tried(formats) if formats else (ISO,)
    return " or ".join("ISO 8601" if each == ISO else each for each in known)


def _integers(texts: pa.Array) -> pa.Array:
    """Cast to int64; Arrow would also read hexadecimal."""
    values = texts.cast(pa.int64())
    # Two plain searches cost a tenth of one that ignores case
    for mark in ("x", "X"):
        if pc.any(pc.match_substring(texts, mark)).as_py():
            raise pa.ArrowInvalid("hexadecimal")
    return values


def _integer(text: str) -> int:
    """Return an integer of 64 bits."""
    found = _INTEGER.fullmatch(text)
    if not found:
        raise ValueError("no integer")
    # Python's int refuses thousands of zeros in front, which Arrow reads
    value = int(found[1] + found[2])
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("more than 64 bits")
    return value


def _floats(texts: pa.Array) -> pa.Array:
    """Cast to float64; Arrow would also read nan and inf."""
    values = texts.cast(pa.float64())
    if pc.all(pc.is_finite(values)).as_py() is False:
        raise pa.ArrowInvalid("not finite")
    return values


def _float(text: str) -> float:
    """Return a finite number."""
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError("no number")
    return value


def _truth(text: str) -> bool:
    """Return a truth value in any of Amazon's spellings."""
    value = _TRUTH.get(text.lower())
    if value is None:
        raise ValueError("no truth value")
    return value
