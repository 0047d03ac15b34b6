"""Check that chunks are UTF-8, at memory speed, without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from spreports.errors import DecodeError
from spreports.fetch.kernel.sandbox import (
    MOST_BYTES,
    NoRoomError,
    Sandboxes,
    kernel_pays,
)

__all__ = ["check_utf8"]

_LONGEST: Final = 4
# Bytes that are looked at, and the share of them that has to be no ASCII
_SAMPLE: Final = 2_048
_DENSE: Final = 16
_ASCII: Final = bytes(range(0x80))


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
    rest, kernel = b"", _Kernel()
    for chunk in chunks:
        data = rest + chunk if rest else chunk
        cut = _whole_characters(data)
        rest = data[cut:]
        whole = data[:cut] if rest else data
        valid = len(whole) if kernel.passes(whole) else _valid_bytes(whole)
        if valid:
            yield whole[:valid]
        offset += valid
        if valid < len(whole):
            raise _not_utf8(offset)
    if rest:
        raise _not_utf8(offset)


class _Kernel:
    """Checks texts of many other letters than ASCII, once the kernel is there anyway.

    Of those it takes half of Arrow's time, of German ones half as long again.
    """

    def __init__(self) -> None:
        self._boxes = Sandboxes(b"")

    def passes(self, text: bytes) -> bool:
        """Whether a text is known to be UTF-8; nothing is said against one that is not.

        Parameters
        ----------
        text : bytes
            Whole characters.
        """
        sample = text[:_SAMPLE]
        is_dense = len(sample.translate(None, _ASCII)) * _DENSE >= len(sample)
        if not is_dense or len(text) > MOST_BYTES or not kernel_pays(0):
            return False
        try:
            with self._boxes.one() as (sandbox, _):
                return sandbox.run("utf8", pa.py_buffer(text)) == 0
        except NoRoomError:
            return False


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

    Arrow checks ASCII at several GB a second, and other letters at a tenth of it.
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
    return DecodeError(
        f"not UTF-8 at byte {offset} of the plain document", offset=offset
    )
