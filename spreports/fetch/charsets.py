"""Which charset a document is in, from the signs it comes with.

Names that servers send are looked up in a list of our own: Python would also take
``unicode_escape`` or ``idna`` for charsets.
"""

from __future__ import annotations

import codecs
from email.message import Message
from typing import Final

from spreports.errors import DecodeError

__all__ = [
    "UTF_8",
    "allowed_charset",
    "chosen_charset",
    "declared_charset",
    "fitting_charset",
    "told_charset",
    "wrong_choice",
]

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
_BOMS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Where the first high byte lies, which of ASCII is zero; as `_with_byte_order` has it
_HIGH_BYTES: Final = {"utf-16": 1, "utf-16-le": 1, "utf-16-be": 0}


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


def chosen_charset(encoding: object) -> str | None:
    """Return the codec that the caller chose; None where the caller chose none.

    Raises
    ------
    ValueError
        `encoding` is not on the list.
    """
    if encoding is None:
        return None
    codec = allowed_charset(encoding) if isinstance(encoding, str) else None
    if codec is None:
        known = ", ".join(sorted(_FAMILIES))
        raise ValueError(f"encoding {encoding!r} is not one of: {known}")
    return codec


def fitting_charset(encoding: object, head: bytes) -> str | None:
    """Return the codec that the caller chose, where the document can be in it.

    Parameters
    ----------
    encoding : str or None
        The caller's own word.
    head : bytes
        First plain bytes.

    Returns
    -------
    str or None
        None where the caller chose none.

    Raises
    ------
    ValueError
        `encoding` is not on the list.
    DecodeError
        UTF-16 of this byte order would have the zeros of delimiters and line ends. Read
        in it all the same, nearly any bytes are letters, and mostly Chinese ones.
    """
    chosen = chosen_charset(encoding)
    if chosen in _HIGH_BYTES and head and not head.startswith(_UTF_16_MARKS):
        high = head[_HIGH_BYTES[chosen] :: 2]
        if b"\0" not in high:
            msg = f"the plain document is not {chosen}"
            raise DecodeError(msg, offset=0, hint=wrong_choice(encoding))
    return chosen


def wrong_choice(encoding: object) -> str:
    """Return what to do about the caller's choice, which does not fit."""
    return f"encoding={encoding!r} is wrong for it: leave it out, or pass another"


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


def told_charset(
    head: bytes, *, encoding: str | None, content_type: str | None
) -> str | None:
    """Return the charset that a document is said to be in.

    In order: `encoding`; a byte order mark; the charset of `content_type`.

    Parameters
    ----------
    head : bytes
        First plain bytes, at least 3 where there are as many.
    encoding : str or None
        The caller's own word.
    content_type : str or None
        Of the HTTP answer.

    Returns
    -------
    str or None
        Name of a Python codec; None where nothing is said.

    Raises
    ------
    ValueError
        `encoding` is not on the list.
    """
    chosen = chosen_charset(encoding)
    if chosen is not None:
        return _with_byte_order(chosen, head)
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    declared = declared_charset(content_type)
    return None if declared is None else _with_byte_order(declared, head)


def _with_byte_order(codec: str, head: bytes) -> str:
    """Return UTF-16 as little-endian where no byte order mark says which.

    Source: WHATWG Encoding Standard, section 4.2: the label "utf-16" is UTF-16LE.
    """
    marked = head.startswith(_UTF_16_MARKS)
    return "utf-16-le" if codec == "utf-16" and not marked else codec
