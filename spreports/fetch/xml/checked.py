"""See that a document is well-formed XML and holds nothing dangerous, chunk by chunk.

Expat reads every byte before anything else does, without handlers of ours, so at the
speed of C. What comes after may then trust the text: tags match, attributes are quoted,
references end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn
from xml.parsers import expat

from spreports.errors import DecodeError, ParseError
from spreports.fetch.charsets import UTF_8, allowed_charset, told_charset

__all__ = ["MAX_RECORD", "checked", "xml_charset"]

MAX_RECORD: Final = 64 << 20
_FED_AT_MOST: Final = 16 << 20

# Source: XML 1.0, section 2.8, XMLDecl, and section 4.3.3, EncodingDecl
_DECLARED: Final = re.compile(
    rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']"
)
# "<" or "<?" without a byte order mark. Source: XML 1.0, appendix F.1
_UTF_16: Final = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_BOM_UTF_8: Final = b"\xef\xbb\xbf"
_LINE_ENDS: Final = ((b"\r\n", b"\n"), (b"\r", b"\n"))


def xml_charset(head: bytes, *, encoding: str | None, content_type: str | None) -> str:
    """Decide the charset of an XML document.

    In order: `encoding`; a byte order mark; UTF-16 by its zero bytes; the XML
    declaration; the charset of `content_type`; UTF-8.

    Parameters
    ----------
    head : bytes
        First plain bytes, 512 or more where there are as many.
    encoding : str or None
        The caller's own word.
    content_type : str or None
        Of the HTTP answer.

    Returns
    -------
    str
        Name of a Python codec.

    Raises
    ------
    ValueError
        `encoding` is not on the list.
    DecodeError
        The declaration names a charset that is not on the list.

    Source: XML 1.0, section 4.3.3 and appendix F.
    """
    marked = head.startswith((_BOM_UTF_8, b"\xff\xfe", b"\xfe\xff"))
    if encoding is None and not marked:
        for start, codec in _UTF_16:
            if head.startswith(start):
                return codec
        found = _DECLARED.match(head)
        if found:
            label = found[1].decode()
            declared = allowed_charset(label)
            if declared is None:
                msg = f"its XML declaration names an unknown charset, {label}"
                raise DecodeError(msg, offset=found.start(1))
            # The declaration could not be read as ASCII if it were UTF-16
            return UTF_8 if declared.startswith("utf-16") else declared
    return told_charset(head, encoding=encoding, content_type=content_type) or UTF_8


def checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield the same text once it has been found well-formed so far.

    Parameters
    ----------
    chunks : iterable of bytes
        UTF-8 without byte order mark, cut between characters.

    Yields
    ------
    bytes
        The text, line ends as ``\n``.

    Raises
    ------
    ParseError
        Not well-formed, cut short, followed by something else, a document type
        declaration with a part of its own, or a tag or comment of more than 64 MiB.
        Chunks before the fault have been given out by then.

    Source: XML 1.0, sections 2.1 (well-formed documents) and 2.11 (line ends).
    """
    parser = expat.ParserCreate(UTF_8)
    parser.StartDoctypeDeclHandler = _refuse_declarations
    parser.EntityDeclHandler = _refuse_entity
    parser.SkippedEntityHandler = _refuse_skipped
    waiting = bytearray()
    need, fed = 1, 0
    kept = b""
    for chunk in chunks:
        waiting += chunk
        if len(waiting) < need:
            continue
        data = bytes(waiting)
        waiting.clear()
        _parse(parser, data, final=False)
        fed += len(data)
        # Whenever expat gets more of a tag that has not ended, it reads the whole tag
        # again: as many new bytes are waited for first
        behind = fed - max(parser.CurrentByteIndex, 0)
        need = min(behind, _FED_AT_MOST)
        if behind > MAX_RECORD:
            msg = f"one tag or comment of more than {MAX_RECORD >> 20} MiB"
            raise ParseError(f"this is not a report: {msg}")
        text = kept + data
        kept = b"\r" if text.endswith(b"\r") else b""
        yield _lines(text.removesuffix(b"\r"))
    _parse(parser, bytes(waiting), final=True)
    yield _lines(kept + waiting)


def _lines(text: bytes) -> bytes:
    r"""Return the text with every line end as ``\n``."""
    if b"\r" in text:
        for served, plain in _LINE_ENDS:
            text = text.replace(served, plain)
    return text


def _parse(parser: expat.XMLParserType, data: bytes, *, final: bool) -> None:
    """Let expat read on; its error without the document's own words."""
    try:
        parser.Parse(data, final)
    except expat.ExpatError as exc:
        place = parser.ErrorByteIndex
        what = expat.ErrorString(exc.code)
    else:
        return
    raise ParseError(f"not well-formed XML at byte {place} of its text: {what}")


def _refuse_declarations(
    _name: str,
    _system: str | None,
    _public: str | None,
    has_own_part: bool,  # noqa: FBT001 - expat's signature
) -> None:
    """Refuse entities, default attributes and the like; a bare DOCTYPE may stand."""
    if has_own_part:
        _refuse()


def _refuse_entity(*_declaration: object) -> None:
    """Refuse a declared entity."""
    _refuse()


def _refuse_skipped(_name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's
    """Refuse a reference to an entity declared elsewhere."""
    msg = "the document refers to an entity that it does not hold; none is fetched"
    raise ParseError(msg)


def _refuse() -> NoReturn:
    msg = "the document declares a document type of its own (<!DOCTYPE ... [): refused"
    raise ParseError(msg)
