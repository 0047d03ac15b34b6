"""What a plain document is, by its first bytes; the catalogue's format is a hint."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["FLAT", "error_page", "s3_error_code", "sniff_format"]

FLAT: Final = "flat"

_BLANK: Final = b" \t\r\n\x0b\x0c\0\xef\xbb\xbf\xff\xfe"
_HTML: Final = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
# An S3 error: Source: Amazon S3 REST error responses
_ERROR_XML: Final = re.compile(rb"(?:<\?xml[^>]{0,200}\?>\s*)?<Error[\s>]")
_ERROR_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")


def sniff_format(head: bytes) -> str:
    """Return what a plain document looks like.

    Parameters
    ----------
    head : bytes
        Its first bytes, 512 or more where there are as many.

    Returns
    -------
    str
        ``"flat"``, ``"json"``, ``"xml"``, ``"html"``, ``"xlsx"`` or ``"pdf"``.
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
    return "xml" if start[:1] == b"<" else FLAT


def error_page(head: bytes) -> str | None:
    """Say what stands in a document's place, if it is an error page.

    Parameters
    ----------
    head : bytes
        First bytes of an HTTP body, at most a few KiB.

    Returns
    -------
    str or None
        ``"an HTML page"`` or ``"an S3 error (<Code>)"``, without the page's own text;
        None for anything else.
    """
    start = head.lstrip(_BLANK)
    if _HTML.match(start):
        return "an HTML page"
    if _ERROR_XML.match(start):
        code = s3_error_code(head)
        return f"an S3 error ({code})" if code else "an S3 error"
    return None


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
