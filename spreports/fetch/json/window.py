"""A window on the UTF-8 of a JSON document, moved forward only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spreports.errors import ParseError
from spreports.fetch.json.values import CutShort, JsonValues, python_number

__all__ = ["MAX_VALUE", "Window", "cut_short"]

MAX_VALUE: Final = 64 << 20

_FIRST: Final = 1 << 12
_BLANKS: Final = re.compile(rb"[ \t\r\n]*+")
_INTO_ARRAY: Final = re.compile(rb"\[[ \t\r\n]*+")


class Window:
    """The bytes from the reader's place on, as many as were asked for.

    Parameters
    ----------
    chunks : iterator of bytes
        UTF-8, checked, cut anywhere.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks
        self.values = JsonValues()
        # Most of a value of nothing but numbers would be their spelling
        self._python = JsonValues(python_number)
        self.data = b""
        self.at = 0
        self.ended = False

    def hold(self, count: int) -> None:
        """Have `count` bytes from the place on, or all that there are."""
        missing = count - (len(self.data) - self.at)
        if missing <= 0 or self.ended:
            return
        parts = [self.data[self.at :]]
        while missing > 0:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.ended = True
                break
            parts.append(chunk)
            missing -= len(chunk)
        self.data = b"".join(parts)
        self.at = 0

    def text(self, count: int) -> str:
        """Return the next `count` bytes as text, up to the last whole character."""
        # checked before, so that "ignore" can only mean the character that is cut
        return self.data[self.at : self.at + count].decode(errors="ignore")

    def peek(self) -> bytes:
        """Return the next byte that is no blank; b"" at the end of the document."""
        while True:
            found = _BLANKS.match(self.data, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.data):
                return self.data[self.at : self.at + 1]
            if self.ended:
                return b""
            self.hold(_FIRST)

    def first_item(self) -> bytes:
        """Return the first byte inside an array that begins here, without moving."""
        while True:
            found = _INTO_ARRAY.match(self.data, self.at)
            end = found.end() if found else self.at
            if end < len(self.data) or self.ended:
                return self.data[end : end + 1]
            held = len(self.data) - self.at
            if held > MAX_VALUE:
                raise ParseError(f"more than {MAX_VALUE >> 20} MiB of blanks")
            self.hold(2 * held + _FIRST)

    def value(self) -> object:
        """Return the JSON value at the place, and move behind it.

        Returns
        -------
        object
            Numbers are those of `python_number`.

        Raises
        ------
        ParseError
            It is no JSON, cut short, or larger than 64 MiB.
        """
        self.peek()
        size = _FIRST
        while True:
            self.hold(size)
            text = self.text(size)
            whole = self.ended and size >= len(self.data) - self.at
            try:
                value, end = self._python.decode(text, 0)
            except CutShort:
                end = -1
            # a number at the very end of the text may go on
            if end >= 0 and (end < len(text) or whole):
                self.at += len(text[:end].encode())
                return value
            if whole:
                raise cut_short()
            if size >= MAX_VALUE:
                raise ParseError(f"a JSON value of more than {MAX_VALUE >> 20} MiB")
            size *= 4


def cut_short() -> ParseError:
    """Return the error for a document that ends too early."""
    return ParseError("the JSON document is cut short, or not sound at its end")
