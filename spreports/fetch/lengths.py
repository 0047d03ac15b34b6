"""How long a document is, by all that its answers have told and brought so far.

An answer may lie about its end; what another one has shown goes on counting. Only
another strong ETag tells another version: without one, an answer may be of any.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

__all__ = ["Lengths", "may_be"]

_RANGE: Final = re.compile(
    r"bytes (?:\*|\d{1,18}-(\d{1,18}))/(?:\*|(\d{1,18}))", re.ASCII
)


class Lengths:
    """The longest that was told, and that came, of each version."""

    def __init__(self) -> None:
        self._told: Counter[str | None] = Counter()
        self._came: Counter[tuple[str | None, bool]] = Counter()

    def tell(self, etag: str | None, total: int | None) -> None:
        """Keep a length that was announced; of a page, none may be kept.

        Parameters
        ----------
        etag : str or None
            Strong.
        total : int or None, bytes
        """
        self._told[etag] = max(self._told[etag], total or 0)

    def tell_range(self, etag: str | None, text: str) -> int:
        """Keep and return what a Content-Range says of the length; 0 if nothing.

        Source: RFC 9110, section 14.4.
        """
        found = _RANGE.fullmatch(text.strip())
        if not found:
            return 0
        last, total = found.groups()
        length = max(int(last or -1) + 1, int(total or 0))
        self.tell(etag, length)
        return length

    def bring(self, etag: str | None, size: int, *, gzipped: bool) -> None:
        """Keep how many bytes came of what was not taken; of a page, none may be kept.

        Parameters
        ----------
        etag : str or None
            Strong.
        size : int, bytes
        gzipped : bool
            The form they came in.
        """
        kept = self._came[etag, gzipped]
        self._came[etag, gzipped] = max(kept, size)

    def seen(self, etag: str | None, *, gzipped: bool) -> int:
        """Return how many bytes had come, at the least, of what a copy may be of.

        Text that came where gzip comes now is left out: it may be as much unpacked.
        """
        return max(
            (
                size
                for (other, packed), size in self._came.items()
                if may_be(other, etag) and (packed or not gzipped)
            ),
            default=0,
        )

    def told(self, etag: str | None) -> int:
        """Return how long what a copy may be of was announced to be, or came."""
        lengths = [size for other, size in self._told.items() if may_be(other, etag)]
        lengths += [
            size for (other, _), size in self._came.items() if may_be(other, etag)
        ]
        return max(lengths, default=0)


def may_be(one: str | None, other: str | None) -> bool:
    """Say whether two answers may be of the same version."""
    return one is None or other is None or one == other
