"""Read a whole column of decimals at once, where each text is surely read as it stands.

Arrow's way from text to decimal128 counts in 128 bits and wraps around in silence: of
a number that is too wide it makes another one, often 0, and reports no fault. So it is
given no text that could be too wide; what is not surely narrow is an ``ArrowInvalid``,
and its cells are then read one by one. Either way a cell gives the same number.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import bytes_of, holds
from spreports.fetch.decimals import DECIMAL_DIGITS, DECIMAL_SCALE

__all__ = ["DECIMAL", "SURE_LOCAL", "decimals", "local_decimals"]

DECIMAL: Final = pa.decimal128(DECIMAL_DIGITS, DECIMAL_SCALE)

# As many digits before the point as fit, so that no more than 38 come of them
_SURE_LENGTH: Final = DECIMAL_DIGITS - DECIMAL_SCALE
# 20 digits and 9 zeros are still fewer than that
_SURE_EXPONENT: Final = r"^[^eE]{1,20}([eE][+-]?[0-9])?$"
_PLAIN: Final = "[0-9]{1,32}([.,][0-9]{1,2})?"
_PLAIN_LOCAL: Final = f"^[+-]?{_PLAIN}$"
# Both marks, each in its place: no doubt either, whatever the currency
SURE_LOCAL: Final = (
    rf"^[+-]?({_PLAIN}"
    r"|[0-9]{1,3}((\.[0-9]{3}){1,9},|(,[0-9]{3}){1,9}\.)[0-9]{1,2})$"
)
_GROUP: Final = r"[.,]([0-9]{3})"


def decimals(texts: pa.Array) -> pa.Array:
    """Return the numbers of a column of texts with a decimal point.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells

    Returns
    -------
    pyarrow.Array of decimal128(38, 6), n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        Some text is no number, does not fit, or is long or has an exponent and might
        not.
    """
    longest = pc.max(pc.binary_length(texts)).as_py()
    if longest is not None and longest > _SURE_LENGTH:
        raise pa.ArrowInvalid("some text might be too wide")
    data = bytes_of(texts)
    if (holds(data, b"e") or holds(data, b"E")) and (
        pc.match_substring_regex(texts, _SURE_EXPONENT).false_count
    ):
        raise pa.ArrowInvalid("some exponent might be too large")
    return texts.cast(DECIMAL)


def local_decimals(texts: pa.Array) -> pa.Array:
    """Return the same where a comma, too, may be the decimal mark.

    The mark has one or two digits behind it: no doubt then. The other one may group
    threes before it.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells

    Returns
    -------
    pyarrow.Array of decimal128(38, 6), n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        Some cell needs the currency's custom, or does not fit.
    """
    if pc.all(pc.match_substring_regex(texts, _PLAIN_LOCAL)).as_py() is False:
        if pc.all(pc.match_substring_regex(texts, SURE_LOCAL)).as_py() is False:
            raise pa.ArrowInvalid("some cell needs the currency's custom")
        texts = pc.replace_substring_regex(texts, _GROUP, r"\1")
    return pc.replace_substring(texts, ",", ".", max_replacements=1).cast(DECIMAL)
