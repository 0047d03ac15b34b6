"""Which texts can be sent: as UTF-8, and as the value of a header."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["fits_header", "is_whole"]

# Of UTF-16, which Python's strings may hold and no encoding of Unicode can
_HALF_A_PAIR: Final = re.compile(r"[\ud800-\udfff]")


def is_whole(text: str) -> bool:
    """Whether a text can be UTF-8.

    JSON may hold half of a surrogate pair, and ``os.environ`` has one for a byte that
    is no UTF-8.
    """
    return text.isascii() or not _HALF_A_PAIR.search(text)


def fits_header(token: str) -> bool:
    """Whether a token can be a header, which else would show it in its complaint."""
    return token.isascii() and token.isprintable() and token != "" and " " not in token
