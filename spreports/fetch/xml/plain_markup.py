"""Leave out what is no element, and write CDATA sections as other texts are written.

What follows then meets tags and texts alone, which are split natively, however many
comments stand between them. Most documents have nothing of the kind, and to look for it
would cost them 7 %: it is done from where it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

__all__ = ["Markup", "is_plain", "plain_markup"]

_CDATA: Final = b"<![CDATA["
_DOCTYPE: Final = b"<!DOCTYPE"
# Source: XML 1.0, sections 2.5 (comments), 2.6 (processing instructions; the XML
# declaration looks like one), 2.7 (CDATA sections) and 2.8 (document type declaration)
_ENDS: Final = {
    b"<?": re.compile(rb"\?>"),
    b"<!--": re.compile(rb"-->"),
    _CDATA: re.compile(rb"\]\]>"),
    _DOCTYPE: re.compile(rb"[>\"']"),
}
_OPENINGS: Final = tuple(_ENDS)
_OPENING: Final = re.compile(b"|".join(map(re.escape, _OPENINGS)))
_LONGEST_OPENING: Final = max(map(len, _OPENINGS))
_LONGEST_END: Final = len(b"]]>")
# In a document type declaration ">" may stand in quotes
_QUOTED: Final = {quote: re.compile(quote) for quote in (b'"', b"'")}


class Markup:
    """The chunks of a text, plain from where they have to be.

    Parameters
    ----------
    chunks : iterable of bytes
        What `checked` yields.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def take_back(self, text: bytes) -> bool:
        """Have a text come again, and be plain with all that follows it.

        Parameters
        ----------
        text : bytes
            The end of what came, from a tag or a text on.

        Returns
        -------
        bool
            False where it is plain: then it does not come again.
        """
        if is_plain(text):
            return False
        self._chunks = plain_markup(chain((text,), self._chunks))
        return True


def is_plain(text: bytes) -> bool:
    """Say whether tags and texts are all there is."""
    return _OPENING.search(text) is None


def plain_markup(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same elements, without anything else.

    Parameters
    ----------
    chunks : iterable of bytes
        What `checked` yields.

    Yields
    ------
    bytes
        Tags and texts; cut anywhere, some empty. Comments, processing instructions and
        the document type are gone. References stand where CDATA sections had ``&`` or
        ``<``.
    """
    kept = inside = b""
    for chunk in chunks:
        data = kept + chunk
        pieces: list[bytes] = []
        at = 0
        while True:
            end = _looked_for(inside).search(data, at)
            upto = end.start() if end else _whole(data, at, inside)
            if not inside:
                pieces.append(data[at:upto])
            elif inside == _CDATA:
                pieces.append(_escaped(data[at:upto]))
            if end is None:
                kept = data[upto:]
                break
            at, inside = end.end(), _after(inside, end[0])
        yield b"".join(pieces)


def _looked_for(inside: bytes) -> re.Pattern[bytes]:
    """Return what ends the piece that is being read."""
    if not inside:
        return _OPENING
    return _QUOTED.get(inside) or _ENDS[inside]


def _after(inside: bytes, found: bytes) -> bytes:
    """Return what is being read behind what was found; empty for tags and texts."""
    if inside in _QUOTED:
        return _DOCTYPE
    return found if not inside or found in _QUOTED else b""


def _whole(data: bytes, at: int, inside: bytes) -> int:
    """Return up to where nothing can be the beginning of what is looked for."""
    if inside:
        return max(at, len(data) - _LONGEST_END + 1)
    last = data.rfind(b"<", max(at, len(data) - _LONGEST_OPENING + 1))
    begun = last >= 0 and any(each.startswith(data[last:]) for each in _OPENINGS)
    return last if begun else len(data)


def _escaped(text: bytes) -> bytes:
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
