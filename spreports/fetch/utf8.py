"""Check that chunks are UTF-8, at memory speed, without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from spreports.errors import DecodeError

__all__ = ["check_utf8"]

_LONGEST: Final = 4


def check_utf8(chunks: Iterable[bytes], *, offset: int = 0) -> Iterator[bytes]:
    """Yield the same bytes, cut between characters, once they are known to be UTF-8.

    All that stands before the first byte that does not belong comes first.

    Parameters
    ----------
    chunks : iterable of bytes
        Cut anywhere.
    offset : int, bytes
        Where in the plain document they begin.

    Yields
    ------
    bytes
        Whole characters; none empty.

    Raises
    ------
    DecodeError
        `offset` is the place of the first byte that does not belong.

    Source: RFC 3629, section 3.
    """
    rest = b""
    for chunk in chunks:
        data = rest + chunk if rest else chunk
        cut = _whole_characters(data)
        rest = data[cut:]
        whole = data[:cut] if rest else data
        valid = _valid_bytes(whole)
        if valid:
            yield whole[:valid]
        offset += valid
        if valid < len(whole):
            raise _not_utf8(offset)
    if rest:
        raise _not_utf8(offset)


def _whole_characters(data: bytes) -> int:
    """Return where the last character that may be incomplete begins."""
    for back in range(1, min(_LONGEST, len(data) + 1)):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < length else len(data)
    return len(data)


def _valid_bytes(data: bytes) -> int:
    """Return where the first byte is that does not belong; the length without one.

    Arrow checks several GB a second.
    """
    ends = pa.py_buffer(struct.pack("<qq", 0, len(data)))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        try:
            data.decode()
        except UnicodeDecodeError as exc:
            return exc.start
    return len(data)


def _not_utf8(offset: int) -> DecodeError:
    """Return the error for a byte that UTF-8 has no place for."""
    msg = f"not UTF-8 at byte {offset} of the plain document: pass encoding="
    return DecodeError(msg, offset=offset)
