"""Undo a document's compression, chunk by chunk; the bytes decide whether there is one.

GZIP members may follow one another and may end anywhere in a chunk. A stream that stops
inside a member, fails its checksum or goes on with foreign bytes is an error, never a
short result. Bytes that are not GZIP pass through.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from spreports.errors import DecompressError

__all__ = ["Members", "decompress", "looks_gzipped"]

MAX_PLAIN_BYTES: Final = 16 << 30
MAX_CHUNK: Final = 1 << 20
MAX_LAYERS: Final = 2
MAX_MEMBERS: Final = 100_000

# RFC 1952, section 2.3.1: ID1 ID2, CM = deflate, and the bits of FLG
MAGIC: Final = b"\x1f\x8b"
_DEFLATE: Final = 8
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0
_MAX_HEADER: Final = 1 << 17
_RAW_DEFLATE: Final = -15
# What an inflater is given first, and then twice as much each time: it copies what lies
# behind its member, which is no more than the member so
_PIECE: Final = 1 << 12
_MOST: Final = 1 << 22
# 1.7.0, 1.7.1, 1.7.2 and 1.8.0 fail on sound streams that are cut in some places, as
# tests/fetch/test_decompress.py cuts them
_SOUND_ISAL: Final = (1, 9)


@dataclass(slots=True)
class Members:
    """Where undoing a compression is.

    Attributes
    ----------
    begun : int
        Members that have begun and not ended, of all layers. With none, all that was
        taken so far is whole and sound.
    ended : int
        Members that have ended, whole and sound. Without one of either, what was taken
        so far is not compressed.
    """

    begun: int = 0
    ended: int = 0


def looks_gzipped(head: bytes) -> bool:
    """Say whether bytes begin as GZIP, or as a GZIP file cut after one byte."""
    return head.startswith(MAGIC) or head == MAGIC[:1]


def decompress(
    chunks: Iterable[bytes],
    *,
    max_plain: int = MAX_PLAIN_BYTES,
    max_chunk: int = MAX_CHUNK,
    members: Members | None = None,
) -> Iterator[bytes]:
    """Yield the plain bytes of a stored document.

    Parameters
    ----------
    chunks : iterable of bytes
        Stored bytes, cut anywhere; empty chunks are allowed.
    max_plain : int, bytes
        More plain bytes than this is taken for a bomb.
    max_chunk : int, bytes
        Upper bound on one inflated chunk, so that a small document that expands a
        thousandfold does not arrive as a single allocation.
    members : Members, optional
        Kept up to date.

    Yields
    ------
    bytes
        In order, none empty; nothing for a stored document of 0 bytes.

    Raises
    ------
    DecompressError
        Cut short, corrupt, followed by foreign bytes, compressed more than twice, or
        larger than `max_plain`. `offset` counts bytes of the stored document (of the
        inner layer where there are two).

    Source: RFC 1952, sections 2.2 (members) and 2.3.1 (header, CRC32, ISIZE).
    """
    members = members or Members()
    members.begun = members.ended = 0
    plain: Iterator[bytes] = iter(chunks)
    for _ in range(MAX_LAYERS):
        head, plain = _peek(plain)
        if not looks_gzipped(head):
            break
        plain = _gunzip(plain, max_chunk, members)
    else:
        head, plain = _peek(plain)
        if looks_gzipped(head):
            msg = f"compressed more than {MAX_LAYERS} times: not a report document"
            raise DecompressError(msg, offset=0)
    total = 0
    for chunk in plain:
        total += len(chunk)
        if total > max_plain:
            msg = f"more than {max_plain} plain bytes: refused as a decompression bomb"
            raise DecompressError(msg)
        if chunk:
            yield chunk


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first two bytes, and the chunks as they were."""
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if size >= len(MAGIC):
            break
    return b"".join(taken)[: len(MAGIC)], chain(taken, chunks)


class _Stored:
    """Stored bytes with a place, to be read by the byte or by the piece.

    What is given back is only stepped over again: a document of many members would
    have the rest of its chunk copied for each of them.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._at = 0
        self.offset = 0

    def piece(self, most: int) -> bytes:
        """Return the next bytes, 1 to `most`; b"" at the end."""
        while self._at == len(self._chunk):
            following = next(self._chunks, None)
            if following is None:
                return b""
            self._chunk, self._at = following, 0
        data = self._chunk[self._at : self._at + most]
        self._at += len(data)
        self.offset += len(data)
        return data

    def push_back(self, data: bytes) -> None:
        """Give back the last bytes, which an inflater may have from chunks before."""
        self.offset -= len(data)
        if len(data) <= self._at:
            self._at -= len(data)
        else:
            self._chunk, self._at = data + self._chunk[self._at :], 0

    def exactly(self, count: int) -> bytes:
        """Return `count` bytes of a header or trailer."""
        parts = b""
        while len(parts) < count:
            data = self.piece(count - len(parts))
            if not data:
                raise _cut_short(self.offset)
            parts += data
        return parts

    def through_zero(self, limit: int) -> bytes:
        """Return a zero-terminated text of a header, with its zero."""
        text = b""
        while True:
            data = self.piece(_PIECE)
            if not data:
                raise _cut_short(self.offset)
            text += data
            end = text.find(b"\0")
            if end >= 0:
                self.push_back(text[end + 1 :])
                return text[: end + 1]
            if len(text) > limit:
                raise DecompressError("GZIP header without end", offset=self.offset)

    def skip_zeros(self) -> bool:
        """Skip padding; say whether other bytes follow."""
        while data := self.piece(_PIECE):
            stripped = data.lstrip(b"\0")
            if stripped:
                self.push_back(stripped)
                return True
        return False


def _gunzip(
    chunks: Iterator[bytes], max_chunk: int, layers: Members
) -> Iterator[bytes]:
    """Yield the plain bytes of all members.

    The framing is ours and the library only inflates: isal's own framing fails where
    a chunk ends inside some headers.
    """
    new_inflater, crc32, error = _inflater()
    stored = _Stored(chunks)
    members = 0
    while members == 0 or stored.skip_zeros():
        members += 1
        if members > MAX_MEMBERS:
            msg = f"more than {MAX_MEMBERS} GZIP members"
            raise DecompressError(msg, offset=stored.offset)
        layers.begun += 1
        _read_header(stored, first=members == 1)
        checksum, size = 0, 0
        inflater = new_inflater(_RAW_DEFLATE)
        data, most = b"", _PIECE
        while not inflater.eof:
            if not data:
                data = stored.piece(most)
                most = min(2 * most, _MOST)
            # b"" asks the inflater for what it still holds; only if it holds
            # nothing has the stream been cut
            try:
                plain = inflater.decompress(data, max_chunk)
            except error as exc:
                msg = f"corrupt GZIP: {exc}"
                where = stored.offset - len(data)
                raise DecompressError(msg, offset=where) from exc
            if plain:
                checksum = crc32(plain, checksum)
                size += len(plain)
                yield plain
            elif not data and not inflater.eof:
                raise _cut_short(stored.offset)
            data = inflater.unconsumed_tail
        stored.push_back(inflater.unused_data)
        trailer = stored.exactly(8)
        expected = (checksum & 0xFFFFFFFF, size & 0xFFFFFFFF)
        if trailer != b"".join(part.to_bytes(4, "little") for part in expected):
            msg = "corrupt GZIP: checksum or length differs from the member's trailer"
            raise DecompressError(msg, offset=stored.offset - len(trailer))
        layers.begun -= 1
        layers.ended += 1


def _read_header(stored: _Stored, *, first: bool) -> None:
    """Read one member's header."""
    start = stored.offset
    fixed = stored.exactly(2)
    if fixed != MAGIC:
        what = "not GZIP" if first else "foreign bytes after the GZIP data"
        raise DecompressError(what, offset=start)
    head = fixed + stored.exactly(8)
    flags = head[3]
    if head[2] != _DEFLATE or flags & _RESERVED:
        raise DecompressError("GZIP of an unknown kind", offset=start)
    if flags & _FEXTRA:
        length = stored.exactly(2)
        head += length + stored.exactly(int.from_bytes(length, "little"))
    if flags & _FNAME:
        head += stored.through_zero(_MAX_HEADER)
    if flags & _FCOMMENT:
        head += stored.through_zero(_MAX_HEADER)
    if flags & _FHCRC:
        checksum = int.from_bytes(stored.exactly(2), "little")
        if checksum != zlib.crc32(head) & 0xFFFF:
            raise DecompressError("corrupt GZIP header", offset=start)


def _cut_short(offset: int) -> DecompressError:
    """Return the error for a stream that stops inside a member."""
    return DecompressError("GZIP data is cut short", offset=offset)


def _inflater() -> tuple[
    Callable[[int], Any], Callable[[bytes, int], int], type[Exception]
]:
    """Return inflater, checksum and error: of isal where installed, else of zlib."""
    plain = zlib.decompressobj, zlib.crc32, zlib.error
    try:
        import isal  # noqa: PLC0415 - an extra, looked for on first use
        from isal import isal_zlib  # noqa: PLC0415 - as above
    except ImportError:
        return plain
    version = re.match(r"(\d+)\.(\d+)", isal.__version__)
    if version is None or tuple(map(int, version.groups())) < _SOUND_ISAL:
        return plain
    error: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # stub says instance
    return isal_zlib.decompressobj, isal_zlib.crc32, error
