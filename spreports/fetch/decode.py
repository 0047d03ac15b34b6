"""Turn plain bytes of any charset into UTF-8, strictly.

Chunks may be cut inside a character. A byte that the charset has no place for is an
error with its offset, never a replacement character.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

from spreports.errors import DecodeError
from spreports.fetch.charsets import UTF_8, wrong_choice
from spreports.fetch.kernel.transcoder import transcoder_of
from spreports.fetch.utf8 import check_utf8

__all__ = ["decode"]

_BOM: Final = "\ufeff".encode()


def decode(
    chunks: Iterable[bytes],
    charset: str,
    *,
    offset: int = 0,
    chosen: str | None = None,
) -> Iterator[bytes]:
    """Yield a plain document as UTF-8, without a byte order mark.

    Parameters
    ----------
    chunks : iterable of bytes
        Plain bytes, cut anywhere.
    charset : str
        Name of a Python codec, as `told_charset` gives it.
    offset : int, bytes
        Where in the plain document the chunks begin. Only at its start do the bytes of
        a byte order mark mean one.
    chosen : str, optional
        The caller's own word, where that is why it is read in this charset.

    Yields
    ------
    bytes
        UTF-8, cut between characters; none empty.

    Raises
    ------
    DecodeError
        A byte does not belong to the charset, or the last character is incomplete.
        `offset` counts bytes of the plain document.
    """
    if charset == UTF_8:
        text = check_utf8(chunks, offset=offset)
    else:
        text = _transcode(chunks, charset, offset)
    try:
        if not offset:
            for first in text:
                rest = first
                while rest.startswith(_BOM):  # some writers put one before another's
                    rest = rest[len(_BOM) :]
                if rest:
                    yield rest
                    break
        yield from text
    except DecodeError as exc:
        if chosen is not None:
            exc.hint = wrong_choice(chosen)
        raise


def _transcode(chunks: Iterable[bytes], charset: str, offset: int) -> Iterator[bytes]:
    """Yield UTF-8 for a document of another charset, from `offset` on."""
    decoder = codecs.getincrementaldecoder(charset)("strict")
    transcoder = transcoder_of(charset)
    for chunk in chunks:
        utf8 = transcoder.utf8(chunk) if transcoder is not None else None
        if utf8 is None:
            text = _decoded(decoder, chunk, offset, charset, final=False)
            utf8 = text.encode()
        offset += len(chunk)
        if utf8:
            yield utf8
    text = _decoded(decoder, b"", offset, charset, final=True)
    if text:
        yield text.encode()


def _decoded(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    offset: int,
    charset: str,
    *,
    final: bool,
) -> str:
    """Decode one chunk that begins at `offset`; raise with the bad byte's place."""
    pending = len(decoder.getstate()[0])
    try:
        return decoder.decode(chunk, final)
    except UnicodeError as exc:
        # Counted from the bytes that the decoder had kept back of earlier chunks;
        # UTF-16 without a byte order mark is an error without a place
        place = offset - pending + getattr(exc, "start", 0)
    msg = f"byte {place} of the plain document is not {charset}"
    raise DecodeError(msg, offset=place)
