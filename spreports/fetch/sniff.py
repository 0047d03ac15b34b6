"""What a plain document is, by its first bytes; the catalogue's format is a hint."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "FLAT",
    "binary_kind",
    "error_page",
    "is_lone_text",
    "s3_error_code",
    "sniff_format",
]

FLAT: Final = "flat"

_BLANK: Final = b" \t\r\n\x0b\x0c\0\xef\xbb\xbf\xff\xfe"
# What may stand before the first tag; possessive, as each part has one way to match
_PROLOGUE: Final = rb"(?:(?><\?xml[^>]{0,200}\?>|<!--.*?-->)\s*+)*+"
# Source: HTML Living Standard, section 4; the elements that error pages begin with, and
# none by whose name a report's root goes
_HTML: Final = re.compile(
    _PROLOGUE + rb"<(?:!doctype\s+html|(?:html|head|body|title|meta|base|script|style|"
    rb"noscript|iframe|center|div|span|font|pre|img|br|hr|p|b|h[1-6])[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
# An S3 error. Source: Amazon S3 REST error responses; API Gateway and MWS wrap it
_ERROR_XML: Final = re.compile(_PROLOGUE + rb"<(Error|ErrorResponse)[\s>]", re.DOTALL)
_LONE_TEXT: Final = re.compile(
    _PROLOGUE + rb"<([^\s<>/!?]++)[^<>]*+>([^<]*+)</\1\s*>\s*", re.DOTALL
)
_ERROR_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")


# Source: each format's own specification
_MAGIC: Final = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office file"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"PAR1", "a Parquet file"),
)
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b"))
_CONTROLS_AT_MOST: Final = 0.1
_UTF_16_ZEROS: Final = 8


def sniff_format(head: bytes) -> str:
    """Return what a plain document looks like.

    Parameters
    ----------
    head : bytes
        Its first bytes, 512 or more where there are as many.

    Returns
    -------
    str
        ``"flat"``, ``"json"``, ``"xml"``, ``"html"``, ``"xlsx"`` (any ZIP archive),
        ``"pdf"`` or ``"binary"``.
    """
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"%PDF-"):
        return "pdf"
    start = head.lstrip(_BLANK)
    if _HTML.match(start):
        return "html"
    if start[:1] in {b"{", b"["}:
        return "json"
    if start[:1] == b"<":
        return "xml"
    return FLAT if binary_kind(head) is None else "binary"


def binary_kind(head: bytes) -> str | None:
    """Say what a document is that holds no text.

    Parameters
    ----------
    head : bytes
        Its first bytes, 512 or more where there are as many.

    Returns
    -------
    str or None
        Such as ``"a PDF"``; None for text of any charset.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if not head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    few, many = sorted((head[::2].count(0), head[1::2].count(0)))
    if few * _UTF_16_ZEROS <= many and many * _UTF_16_ZEROS > len(head) // 2:
        return None  # UTF-16 without a byte order mark has zeros mostly on one side
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _CONTROLS_AT_MOST * len(head):
        return "binary of an unknown kind"
    return None


def error_page(head: bytes, content_type: str | None = None) -> str | None:
    """Say what stands in a document's place, if it is an error page.

    Parameters
    ----------
    head : bytes
        First bytes of an HTTP body, at most a few KiB.
    content_type : str, optional
        That of HTML settles it for what begins as markup or JSON.

    Returns
    -------
    str or None
        ``"an HTML page"``, ``"an S3 error (<Code>)"`` or ``"an error answer
        (<Code>)"``, without the page's own text; None for anything else.
    """
    start = head.lstrip(_BLANK)
    told = (content_type or "").lower().lstrip().startswith("text/html")
    if _HTML.match(start) or (told and start[:1] in {b"<", b"{", b"["}):
        return "an HTML page"
    if found := _ERROR_XML.match(start):
        what = "an S3 error" if found[1] == b"Error" else "an error answer"
        code = s3_error_code(head)
        return f"{what} ({code})" if code else what
    return None


def is_lone_text(head: bytes) -> bool:
    """Say whether an XML document is one element around some words.

    Parameters
    ----------
    head : bytes
        The document, as far as it is known; such a message is short.

    Returns
    -------
    bool
        False for an element that is empty: a report of no rows may be one.
    """
    found = _LONE_TEXT.fullmatch(head.strip(_BLANK))
    return found is not None and bool(found[2].strip())


def s3_error_code(body: bytes) -> str | None:
    """Return the code of an S3 error document, such as ``"AccessDenied"``.

    Parameters
    ----------
    body : bytes
        At most a few KiB; read by pattern, not by an XML parser.

    Returns
    -------
    str or None
    """
    found = _ERROR_CODE.search(body)
    return found[1].decode() if found else None
