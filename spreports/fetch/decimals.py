"""Read numbers exactly, also those with a decimal comma; nothing is ever rounded."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

__all__ = ["DECIMAL_DIGITS", "DECIMAL_SCALE", "parse_decimal", "parse_local_decimal"]

# 38 digits is what Arrow's decimal128 and most engines hold. 6 after the point serve
# money (2 to 3), unit prices and VAT rates (4 to 5), with 32 left before it.
DECIMAL_DIGITS: Final = 38
DECIMAL_SCALE: Final = 6

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_STEP: Final = Decimal(1).scaleb(-DECIMAL_SCALE)
# Source: Unicode CLDR, number symbols of the currencies' home locales. Other
# currencies are written either way.
_COMMA_IS_DECIMAL: Final = frozenset(
    {"EUR", "SEK", "PLN", "TRY", "BRL", "CZK", "DKK", "NOK"}
)
_COMMA_GROUPS: Final = frozenset({"USD", "GBP", "JPY"})
_LOCAL: Final = re.compile(r"([+-]?)(\d[\d.,]*|[.,]\d+)", re.ASCII)
# Swedish, Polish, French and others group by a blank, which does not break, and Swedish
# has a minus sign of its own. Source: Unicode CLDR, number symbols
_SPACED: Final = re.compile(
    "([+-]?[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+)(?:[.,]([0-9]+))?"
)
_MINUS: Final = "\u2212"


def parse_decimal(text: str) -> Decimal:
    """Return the exact number with a decimal point.

    Parameters
    ----------
    text : str
        Without surrounding blanks, such as ``"-1234.50"`` or ``"1E+2"``.

    Returns
    -------
    Decimal
        With 6 places.

    Raises
    ------
    ValueError
        Not a number, or it does not fit decimal128(38, 6) exactly.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError("no number")
    exact = Context(prec=DECIMAL_DIGITS, traps=[Inexact, InvalidOperation])
    try:
        return Decimal(text).quantize(_STEP, context=exact)
    except (Inexact, InvalidOperation):
        raise ValueError("too many digits") from None


def parse_local_decimal(text: str, currency: str | None) -> Decimal:
    """Return the exact number of a document that may write a decimal comma.

    With both marks, the last one is the decimal mark and the other groups threes. A
    mark that is there more than once groups threes. A lone mark is the decimal mark,
    unless exactly three digits follow and it could group them: then the currency
    decides. A lone comma groups for USD, GBP and JPY and is the decimal mark for EUR
    and other currencies of comma countries; a lone point groups only for the latter.
    A lone comma before three digits without such a currency is refused, since a guess
    is wrong by a factor of a thousand. Blanks group threes.

    Parameters
    ----------
    text : str
        Without surrounding blanks, such as ``"-1.234,50"`` or ``"95,00"``.
    currency : str or None
        The document's, such as ``"EUR"``.

    Returns
    -------
    Decimal
        With 6 places.

    Raises
    ------
    ValueError
        Not a number, not decidable, or it does not fit decimal128(38, 6) exactly.

    Source: changelog of the settlement report ("local decimal format, 95,00");
    Unicode CLDR, number symbols.
    """
    text = text.replace(_MINUS, "-")
    if spaced := _SPACED.fullmatch(text):
        return parse_decimal(f"{''.join(spaced[1].split())}.{spaced[2] or ''}")
    found = _LOCAL.fullmatch(text)
    if not found:
        return parse_decimal(text)
    sign, body = found.groups()
    mark = _decimal_mark(body, currency)
    whole, _, fraction = body.rpartition(mark) if mark else (body, "", "")
    group = "." if mark == "," or (not mark and "." in body) else ","
    if group in whole:
        first, *others = whole.split(group)
        if not 1 <= len(first) <= 3 or any(len(other) != 3 for other in others):
            raise ValueError("digits are not grouped by three")
        whole = whole.replace(group, "")
    return parse_decimal(f"{sign}{whole}.{fraction}")


def _decimal_mark(body: str, currency: str | None) -> str:
    """Return the decimal mark of an unsigned number, "" where it has none."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return max(".,", key=body.rfind)
    mark = "," if commas else "."
    if points + commas != 1:
        return ""
    whole, _, fraction = body.partition(mark)
    groups_three = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole != "0"
    if not groups_three:
        return mark
    if mark == ".":
        return "" if currency in _COMMA_IS_DECIMAL else mark
    if currency in _COMMA_GROUPS:
        return ""
    if currency in _COMMA_IS_DECIMAL:
        return mark
    raise ValueError("a comma before three digits, in an unknown currency")
