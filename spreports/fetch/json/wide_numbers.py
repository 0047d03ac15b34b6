"""Find the numbers of a JSON text that Arrow's parser might read as other ones.

As it counts decimals in 128 bits and wraps around in silence (see `whole_decimals`), it
is asked only for what holds no number that might be too wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["may_be_wide"]

# 0 for digits and points, e for exponents' marks, + for signs
_KINDS: Final = bytes(
    ord("0" if c in "0123456789." else "e" if c in "eE" else "+" if c in "+-" else " ")
    for c in map(chr, range(256))
)
_LONG: Final = b"0" * 33
_EXPONENTS: Final = (b"0e0", b"0e+0")
_BEFORE: Final = re.compile(rb'["\s:,\[][+-]?([0-9.]+)\Z')
_BEHIND: Final = re.compile(rb'[eE][+-]?([0-9]+)["\s,}\]]')
_SURE_DIGITS: Final = 20
# Any part of a number, where a string writes it as an escape
_ESCAPED: Final = re.compile(rb"\\u00(?:3[0-9]|[46]5|2[bBdDeE])")
# Others have digits and letters of their own, which are none of a number's
_ESCAPE: Final = re.compile(rb"\\u[0-9a-fA-F]{4}")


def may_be_wide(text: bytes) -> bool:
    """Say whether some number has more than 32 digits, or a large exponent.

    Parameters
    ----------
    text : bytes
        Of JSON; numbers may stand in strings.

    Returns
    -------
    bool
        False where none has; True also where something only looks like one.
    """
    if b"\\u" in text:
        if _ESCAPED.search(text):
            return True
        text = _ESCAPE.sub(b"u", text)
    kinds = text.translate(_KINDS)
    return _LONG in kinds or any(
        _is_large(text, place + 1)
        for exponent in _EXPONENTS
        for place in _places(kinds, exponent)
    )


def _places(kinds: bytes, part: bytes) -> Iterator[int]:
    """Yield where a part begins; most are inside of identifiers."""
    place = kinds.find(part)
    while place >= 0:
        yield place
        place = kinds.find(part, place + 1)


def _is_large(text: bytes, at: int) -> bool:
    """Say whether the exponent there is a number's, and might be too large for it."""
    digits = _BEFORE.search(text[max(0, at - len(_LONG) - 1) : at])
    power = _BEHIND.match(text, at)
    return bool(
        digits and power and (len(digits[1]) > _SURE_DIGITS or len(power[1]) > 1)
    )
