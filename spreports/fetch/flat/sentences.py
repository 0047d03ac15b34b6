"""Sentences above the header, as exports of payments have them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from spreports.errors import ParseError

__all__ = ["below_sentences"]

# Source: users' exports of date range reports: seven sentences, less than 2 KiB
_MOST_BYTES: Final = 64 << 10
_LINE_ENDS: Final = b"\r\n"


def below_sentences(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return a text from its first line of several cells on.

    Parameters
    ----------
    chunks : iterable of bytes
        UTF-8, cut anywhere.

    Returns
    -------
    iterator of bytes
        All of `chunks` where there is one line at most: who reads the header tells
        what it says.

    Raises
    ------
    ParseError
        None of the first 64 KiB is such a line.
    """
    rest = iter(chunks)
    text = b""
    for chunk in chain(rest, [b"\n"]):
        text += chunk
        place = 0
        for line in text[:_MOST_BYTES].splitlines(keepends=True):
            if line[-1] not in _LINE_ENDS:
                break
            if not _is_sentence(line):
                return chain([text[place:]], rest)
            place += len(line)
        if len(text) >= _MOST_BYTES:
            break
    if len(text.strip().splitlines()) > 1:
        raise ParseError("sentences, and no line of several cells below them")
    return chain([text], rest)


def _is_sentence(line: bytes) -> bool:
    """Say whether a line is blank or has one cell."""
    text = line.decode().strip()
    return "\t" not in text and len(next(csv.reader([text]), ())) < 2
