"""Which charset a document is in, from the signs it comes with.

Names that servers send are looked up in a list of our own: Python would also take
``unicode_escape`` or ``idna`` for charsets.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Sequence
from email.message import Message
from typing import Final

from spreports.errors import DecodeError
from spreports.fetch.utf8 import check_utf8

__all__ = ["allowed_charset", "charset_of", "declared_charset"]

UTF_8: Final = "utf-8"

# Latin-1 means windows-1252, as browsers read it: the letters that differ are
# quotation marks and the euro sign, which Latin-1 would make control characters.
# Source: WHATWG Encoding Standard, section 4.2, names and labels.
_FAMILIES: Final = {
    UTF_8: ("utf-8", "utf8", "us-ascii", "ascii"),
    "utf-16": ("utf-16", "utf16"),
    "utf-16-le": ("utf-16le", "utf-16-le"),
    "utf-16-be": ("utf-16be", "utf-16-be"),
    "cp1252": (
        *("cp1252", "windows-1252", "x-cp1252", "cp-1252"),
        *("iso-8859-1", "iso8859-1", "iso88591", "latin1", "latin-1", "l1"),
    ),
    "cp932": (
        *("windows-31j", "cp932", "ms932", "csWindows31J", "x-sjis", "sjis"),
        *("shift-jis", "shiftjis", "ms-kanji", "x-ms-cp932"),
    ),
    "iso8859-15": ("iso-8859-15", "iso8859-15", "latin9", "latin-9"),
    "cp1250": ("cp1250", "windows-1250"),
    "iso8859-2": ("iso-8859-2", "iso8859-2"),
    "cp1254": ("cp1254", "windows-1254", "iso-8859-9", "iso8859-9"),
    "cp1256": ("cp1256", "windows-1256"),
    "euc-jp": ("euc-jp", "eucjp"),
    "gb18030": ("gb18030", "gbk", "gb2312", "cp936", "windows-936"),
}
_CODECS: Final = {
    label.lower(): codec for codec, labels in _FAMILIES.items() for label in labels
}
_CP932: Final = "cp932"
# Source: Unicode blocks: CJK punctuation, kana, kanji, full-width forms, private use
_WIDE: Final = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]")
_WIDE_AFTER_WIDE: Final = re.compile(f"(?<={_WIDE.pattern}){_WIDE.pattern}")
_UNASSIGNED: Final = re.compile("[\ue000-\uf8ff]")
_BOMS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def allowed_charset(label: str | None) -> str | None:
    """Return the codec for a charset's name.

    Parameters
    ----------
    label : str or None
        Such as ``"Cp1252"`` or ``"Windows-31J"``; case and ``_`` for ``-`` are the
        same.

    Returns
    -------
    str or None
        Name of a Python codec; None for a name that is not on the list.
    """
    if label is None:
        return None
    return _CODECS.get(label.strip().lower().replace("_", "-"))


def declared_charset(content_type: str | None) -> str | None:
    """Return the codec that a Content-Type names, if it is on the list.

    Parameters
    ----------
    content_type : str or None
        Such as ``"text/plain;charset=Cp1252"``.

    Returns
    -------
    str or None

    Source: RFC 9110, section 8.3.1.
    """
    if not content_type:
        return None
    header = Message()
    header["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    label = header.get_param("charset")
    return allowed_charset(label) if isinstance(label, str) else None


def charset_of(
    head: bytes,
    open_plain: Callable[[], Iterable[bytes]],
    *,
    encoding: str | None,
    content_type: str | None,
    legacy_charset: str | Sequence[str] | None,
) -> str:
    """Decide a document's charset.

    In order: `encoding`; a byte order mark; the charset of `content_type`; UTF-8, if
    the whole document is UTF-8; `legacy_charset`.

    Parameters
    ----------
    head : bytes
        First plain bytes, at least 3 where there are as many.
    open_plain : callable
        Gives the plain document from its start; called only where nothing is
        declared, since a cp1252 document may differ from UTF-8 in its last line alone.
    encoding : str or None
        The caller's own word.
    content_type : str or None
        Of the HTTP answer.
    legacy_charset : str, sequence of str or None
        Of the marketplace, such as ``"cp1252"``; of several, where the marketplace is
        not known, the first that the whole document fits; cp932 where it fits several
        and reads as Japanese.

    Returns
    -------
    str
        Name of a Python codec.

    Raises
    ------
    ValueError
        `encoding` is not on the list.
    DecodeError
        Nothing is declared, the document is not UTF-8, and there is no legacy
        charset to fall back on.
    """
    if encoding is not None:
        codec = allowed_charset(encoding)
        if codec is None:
            known = ", ".join(sorted(_FAMILIES))
            raise ValueError(f"encoding {encoding!r} is not one of: {known}")
        return _with_byte_order(codec, head)
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    declared = declared_charset(content_type)
    if declared is not None:
        return _with_byte_order(declared, head)
    try:
        for _ in check_utf8(open_plain()):
            pass
    except DecodeError as exc:
        labels = [legacy_charset] if isinstance(legacy_charset, str) else legacy_charset
        legacy = [c for c in map(allowed_charset, labels or ()) if c is not None]
        if len(legacy) > 1:
            legacy = [c for c in legacy if _fits(open_plain(), c)]
        if len(legacy) > 1 and _CP932 in legacy and _is_japanese(open_plain()):
            legacy = [_CP932]
        if not legacy:
            msg = "no charset is declared and this is not UTF-8: pass encoding="
            raise DecodeError(msg, offset=exc.offset) from None
        return legacy[0]
    return UTF_8


def _fits(chunks: Iterable[bytes], codec: str) -> bool:
    """Whether every byte belongs to a charset."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_japanese(chunks: Iterable[bytes]) -> bool:
    """Whether cp932 text, which would fit another charset too, reads as Japanese.

    Its wide letters then mostly stand together. Of Western text in this reading it is
    one here and there, such as the apostrophe of "it's" with the letter behind it, or
    one that no standard has.
    """
    decoder = codecs.getincrementaldecoder(_CP932)()
    wide = together = 0
    last = ""
    for chunk in chunks:
        text = last + decoder.decode(chunk)
        if _UNASSIGNED.search(text):
            return False
        wide += len(_WIDE.findall(text, len(last)))
        together += len(_WIDE_AFTER_WIDE.findall(text))
        last = text[-1:]
    return 2 * together >= wide > 0


def _with_byte_order(codec: str, head: bytes) -> str:
    """Return UTF-16 as little-endian where no byte order mark says which.

    Source: WHATWG Encoding Standard, section 4.2: the label "utf-16" is UTF-16LE.
    """
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16-le" if codec == "utf-16" and not marked else codec
