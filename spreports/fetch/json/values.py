"""Decode one JSON value from text, exactly: numbers keep their own spelling.

Stricter than the standard library: ``NaN`` and ``Infinity`` are no JSON, a key that
stands twice in one object would lose a value, and depth is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from spreports.errors import ParseError

__all__ = [
    "CutShort",
    "JsonValues",
    "Number",
    "is_text",
    "json_text",
    "python_number",
]

MAX_DEPTH: Final = 100
_INTEGER_DIGITS: Final = 1000

# The longest token that can look wrong only because the text ends: "-Infinity", or an
# escaped surrogate pair
_MARGIN: Final = 16


class Number(str):
    """A JSON number as it was written, such as ``1.10``."""

    __slots__ = ()


class CutShort(Exception):  # noqa: N818 - a signal inside this room: more text is needed
    """The text ends inside a value."""


class _Refused(Exception):  # noqa: N818 - carries a sentence out of the decoder's hooks
    """The standard library would take it, JSON or this room does not."""


class JsonValues:
    """A decoder for one reader; not to be shared by threads.

    Parameters
    ----------
    number : callable
        Given how a number was written, what to have for it.
    """

    def __init__(self, number: Callable[[str], object] = Number) -> None:
        self._decoder = json.JSONDecoder(
            parse_float=number,
            parse_int=number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )

    def decode(self, text: str, at: int) -> tuple[object, int]:
        """Return the value that begins at `at`, and where it ends.

        Parameters
        ----------
        text : str
        at : int
            Of the value's first character, no blank.

        Returns
        -------
        tuple of object and int
            Numbers are what `number` makes of them. One that ends with the text may go
            on after it.

        Raises
        ------
        CutShort
            The text ends inside the value.
        ParseError
            It is no JSON, or deeper than 100 levels. Says where, never what.
        """
        reason = ""
        try:
            value, end = self._decoder.raw_decode(text, at)
        except json.JSONDecodeError as exc:
            # The decoder's own error holds the text, so it must not become a cause
            open_string = exc.msg.startswith("Unterminated string")
            cut = open_string or exc.pos >= len(text) - _MARGIN
            reason = "" if cut else exc.msg
            value, end = None, -1
        except _Refused as exc:
            reason = str(exc)
            value, end = None, -1
        except RecursionError:
            reason = f"deeper than {MAX_DEPTH} levels"
            value, end = None, -1
        if reason:
            raise ParseError(f"no sound JSON: {reason}")
        if end < 0:
            raise CutShort
        openers = text.count("{", at, end) + text.count("[", at, end)
        if openers > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
            raise ParseError(f"no sound JSON: deeper than {MAX_DEPTH} levels")
        return value, end


def python_number(text: str) -> int | Decimal | str:
    """Return a whole number as int, another as Decimal, one beyond both as text."""
    try:
        whole = text.lstrip("-").isdigit() and len(text) < _INTEGER_DIGITS
        return int(text) if whole else Decimal(text)
    except InvalidOperation:
        return text


def json_text(value: object) -> str:
    """Return a decoded value as JSON text without blanks, numbers as they were.

    Parameters
    ----------
    value : object
        As `JsonValues.decode` gives it.

    Returns
    -------
    str
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        fields = (f"{json_text(str(k))}:{json_text(v)}" for k, v in value.items())
        return f"{{{','.join(fields)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    return json.dumps(value, ensure_ascii=not is_text(value))


def is_text(value: object) -> bool:
    """Say whether a value can be UTF-8: half of a surrogate pair cannot."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object; the last of two equal keys must not win in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("a key stands twice in one object")
    if not all(key.isascii() or is_text(key) for key in found):
        raise _Refused("a key holds half of a surrogate pair, which is no text")
    return found


def _refuse_constant(_name: str) -> object:
    """Refuse what the standard library takes for a number."""
    raise _Refused("NaN and Infinity are no JSON numbers")


def _deeper_than(value: object, levels: int) -> bool:
    """Say whether objects and arrays stand in one another more than `levels` times."""
    here: list[object] = [value]
    for _ in range(levels):
        here = [
            child
            for each in here
            for child in (
                each.values()
                if isinstance(each, dict)
                else each
                if isinstance(each, list)
                else ()
            )
            if isinstance(child, dict | list)
        ]
        if not here:
            return False
    return True
