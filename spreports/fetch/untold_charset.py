"""The charset of a flat document that does not say which: from its bytes.

Amazon serves settlements, Japanese reports and others without a word on their charset,
and a file has none. UTF-8 is tried first, then the marketplace's old charset. Those are
alike as long as the bytes are ASCII: such a document is read once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Final

from spreports.errors import DecodeError
from spreports.fetch.charsets import UTF_8, allowed_charset
from spreports.fetch.decode import decode
from spreports.fetch.utf8 import check_utf8

__all__ = ["decode_untold", "tried_charset"]

# Characters beyond ASCII, all of them UTF-8. Of an old charset's text one in ten would
# pass at best: what is none, behind so many, is damaged and not of another charset
PROOF: Final = 4096
_ASCII: Final = bytes(range(0x80))
_NO_LEAD: Final = bytes(range(0xC0))
_CP932: Final = "cp932"
# Source: Unicode blocks: CJK punctuation, kana, kanji, full-width forms, private use
_WIDE: Final = "[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]"
_WIDE_AFTER_WIDE: Final = f"(?<={_WIDE}){_WIDE}"
_WIDE_WITHIN_A_WORD: Final = f"(?<=[a-z]){_WIDE}"
_UNASSIGNED: Final = "[\ue000-\uf8ff]"


def decode_untold(chunks: Iterable[bytes], tried: Callable[[], str]) -> Iterator[bytes]:
    """Yield a document as UTF-8, and ask for its charset where that matters.

    Parameters
    ----------
    chunks : iterable of bytes
        Plain bytes, cut anywhere, without a byte order mark.
    tried : callable
        Gives the charset, one that holds ASCII; asked at the first byte beyond it.

    Yields
    ------
    bytes
        UTF-8, cut between characters; none empty.

    Raises
    ------
    DecodeError
        As `decode`; whatever `tried` raises passes through.
    """
    rest = iter(chunks)
    offset = 0
    for chunk in rest:
        if not chunk.isascii():
            yield from decode(chain([chunk], rest), tried(), offset=offset)
            return
        yield chunk
        offset += len(chunk)


def tried_charset(
    open_plain: Callable[[], Generator[bytes, None, None]],
    legacy_charset: str | Sequence[str] | None,
) -> str:
    """Find the charset that a document's bytes fit.

    Parameters
    ----------
    open_plain : callable
        Gives the plain document from its start: a cp1252 document may differ from UTF-8
        in its last line alone.
    legacy_charset : str, sequence of str or None
        Of the marketplace, such as ``"cp1252"``; of several, where the marketplace is
        not known, the first that the whole document fits; cp932 where it fits several
        and reads as Japanese.

    Returns
    -------
    str
        Name of a Python codec: UTF-8, if the whole document is, or if so much of it is
        that what is not, further down, is a fault.

    Raises
    ------
    DecodeError
        The document is not UTF-8, and there is no legacy charset to fall back on.
    """
    beyond = 0
    try:
        with closing(open_plain()) as plain:
            for text in check_utf8(plain):
                if not text.isascii():
                    beyond += len(text.translate(None, _NO_LEAD))
                if beyond >= PROOF:
                    break
    except DecodeError as exc:
        labels = [legacy_charset] if isinstance(legacy_charset, str) else legacy_charset
        legacy = [c for c in map(allowed_charset, labels or ()) if c is not None]
        if len(legacy) > 1:
            with closing(open_plain()) as plain:
                legacy = _left(plain, legacy)
        if len(legacy) > 1 and _CP932 in legacy:
            with closing(open_plain()) as plain:
                legacy = [_CP932] if _is_japanese(plain) else legacy
        if not legacy:
            where = f"byte {exc.offset} of the plain document"
            msg = f"no charset is declared, and it is not UTF-8 at {where}"
            raise DecodeError(msg, offset=exc.offset) from None
        return legacy[0]
    return UTF_8


def _left(chunks: Iterable[bytes], names: Sequence[str]) -> list[str]:
    """Return the charsets that every byte belongs to.

    One that is alone is not tried for longer than what is proof: it is not worth a
    second reading of a GiB, and an error in the rest is told by whoever reads it.
    """
    decoders = {name: codecs.getincrementaldecoder(name)() for name in names}
    beyond = 0
    for chunk in chain(chunks, [None]):
        for name, decoder in list(decoders.items()):
            try:
                decoder.decode(chunk or b"", final=chunk is None)
            except UnicodeDecodeError:
                del decoders[name]
        beyond += len(chunk.translate(None, _ASCII)) if chunk else 0
        if not decoders or (len(decoders) == 1 and beyond >= PROOF):
            break
    return list(decoders)


def _is_japanese(chunks: Iterable[bytes]) -> bool:
    """Whether cp932 text, which would fit another charset too, reads as Japanese.

    Its wide letters then mostly stand together. Of Western text in this reading it is
    one here and there, such as the apostrophe of "it's" with the letter behind it, or
    one that no standard has; or all of them stand within words, as in "brûlée".
    """
    decoder = codecs.getincrementaldecoder(_CP932)()
    letter, after = re.compile(_WIDE), re.compile(_WIDE_AFTER_WIDE)
    in_word = re.compile(_WIDE_WITHIN_A_WORD)
    wide = together = within = 0
    last = ""
    for chunk in chunks:
        text = last + decoder.decode(chunk)
        if re.search(_UNASSIGNED, text):
            return False
        wide += len(letter.findall(text, len(last)))
        together += len(after.findall(text))
        within += len(in_word.findall(text))
        last = text[-1:]
    return 2 * together >= wide > together + within
