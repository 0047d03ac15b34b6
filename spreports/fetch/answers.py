"""What the document host's answers bring: bytes, or why there are none."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Final

import urllib3

from spreports.fetch.no_answer import no_answer
from spreports.fetch.sniff import error_page, s3_error_code
from spreports.fetch.tries import Setback
from spreports.wire import read_some

if TYPE_CHECKING:
    import requests

__all__ = ["may_be_asked_again", "next_chunk", "refusal"]

_READ: Final = 1 << 17
_ERROR_BODY: Final = 8 << 10
_RENEW_STATUS: Final = frozenset({400, 403, 404})
_RETRY_STATUS: Final = frozenset({408, 425, 429})
_PAGE: Final = "an HTML page"
# Of a URL that has outlived its time. Source: Amazon S3 API, Error responses
_EXPIRED: Final = (b"Request has expired", b"ExpiredToken", b"RequestTimeTooSkewed")


def next_chunk(answer: requests.Response) -> bytes | Setback:
    """Return the next bytes as they are stored; b"" at a proper end."""
    try:
        return read_some(answer, _READ, decode=False)
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as exc:
        return no_answer(exc)


def may_be_asked_again(status: int) -> bool:
    """Whether the same may be asked for again later."""
    return status in _RETRY_STATUS or status >= 500


def refusal(answer: requests.Response) -> Setback:
    """Return what a status without a document means."""
    status = answer.status_code
    body = next_chunk(answer)
    said = body[:_ERROR_BODY] if isinstance(body, bytes) else b""
    code = s3_error_code(said)
    answered = f"HTTP {status}" + (f" {code}" if code else "")
    if status in _RENEW_STATUS:
        if error_page(said, answer.headers.get("Content-Type")) == _PAGE:
            # S3 refuses in XML: of the document this tells nothing
            return Setback(
                f"{_PAGE} came in the document host's place ({answered}); look for a"
                " proxy or filter that keeps amazonaws.com out",
                final=True,
            )
        is_old = any(word in said for word in _EXPIRED)
        what = "is not there any more" if code == "NoSuchKey" else "was refused"
        reason = f"the document {what}: {answered}"
        return Setback(reason, refused=True, lasting=not is_old)
    if may_be_asked_again(status):
        return Setback(f"the document host answered {answered}")
    if 300 <= status < 400:
        return Setback(f"redirected ({answered}); redirects are refused", final=True)
    return Setback(f"the document host answered {answered}", final=True)
