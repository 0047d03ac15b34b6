"""The document host: presigned URLs, ranges, and what goes wrong with a download."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from xml.sax.saxutils import escape

from spreports.clock import Clock
from spreports.simulator.api_origin import PAGE
from spreports.simulator.documents import FORMS, Document, Stored
from spreports.simulator.faults import Fault, FaultScript
from spreports.simulator.journal import Journal, RequestRecord
from spreports.simulator.lifecycle import RETENTION
from spreports.simulator.server import Answer, Request
from spreports.simulator.shelf import DocumentShelf
from spreports.simulator.signing import Signer

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# Statuses that a fault may script; S3's words for them
S3_CODES = {400: "InvalidRequest", 403: "AccessDenied", 404: "NoSuchKey"}
S3_CODES |= {500: "InternalError", 503: "SlowDown"}


@dataclass(frozen=True, slots=True)
class _Span:
    """A part of the stored bytes, and what Content-Range says of it."""

    start: int
    length: int
    content_range: str | None


class DocumentOrigin:
    """Answers every request to the document host.

    Parameters
    ----------
    clock : Clock
    shelf : DocumentShelf
    signer : Signer
    faults : FaultScript
    journal : Journal
    etag : str or None
        ``"md5"`` of the bytes, ``"opaque"``, or None: no ETag.
    """

    def __init__(
        self,
        clock: Clock,
        shelf: DocumentShelf,
        signer: Signer,
        faults: FaultScript,
        journal: Journal,
        *,
        etag: str | None,
    ) -> None:
        self._clock = clock
        self._shelf = shelf
        self._signer = signer
        self._faults = faults
        self._journal = journal
        self._etag = etag

    def __call__(self, request: Request) -> Answer:
        """Return the answer to a request, faults included."""
        self._watch(request)
        fault = self._faults.take("document")
        if fault is not None and fault.kind == "slow":
            self._clock.sleep(fault.seconds)
        answer = self._early(fault) or self._answer(request, fault)
        answer.headers.setdefault("x-amz-request-id", secrets.token_hex(8).upper())
        answer.headers.setdefault("x-amz-id-2", secrets.token_urlsafe(24))
        self._journal.note(
            RequestRecord(
                operation="document",
                method=request.method,
                path=request.path,
                status=0 if answer.reset else answer.status,
                parameters=tuple(name for name, _ in request.query),
                time=self._clock.now(),
            )
        )
        return answer

    def _watch(self, request: Request) -> None:
        """Note what must not come here."""
        for name in request.headers:
            if name == "x-amz-access-token":
                self._journal.breach("document: the access token came here")
            elif name.startswith("x-amz-"):
                self._journal.breach(f"document: the header {name} came here")
            elif name == "authorization":
                self._journal.breach("document: an Authorization header came here")

    def _early(self, fault: Fault | None) -> Answer | None:
        """Return the answer of a fault that needs no document."""
        if fault is None:
            return None
        if fault.kind == "reset":
            return Answer(status=500, reset=True)
        if fault.kind == "html":
            return Answer(status=200, headers={"Content-Type": "text/html"}, body=PAGE)
        if fault.kind == "expire":
            return _refused(403, "AccessDenied", "Request has expired")
        if fault.kind == "status":
            code = S3_CODES.get(fault.status, fault.code)
            answer = _refused(fault.status, code, fault.message)
            answer.headers.update(fault.sent_headers())
            return answer
        return None

    def _answer(self, request: Request, fault: Fault | None) -> Answer:
        query = dict(request.query)
        wrong = self._signer.check(request.path, query)
        # The URL is signed for GET, with no header but Host
        if request.method != "GET":
            wrong = wrong or (
                "SignatureDoesNotMatch",
                "The method is not the signed one.",
            )
        if any(name.startswith("x-amz-") for name in request.headers):
            wrong = ("AccessDenied", "There were headers present which were not signed")
        if wrong is not None:
            return _refused(403, *wrong)
        document = self._shelf.behind(request.path)
        if document is None:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        kind = "" if fault is None else fault.kind
        stored = document.stored(kind if kind in FORMS else "")
        etag = self._etag_of(stored, kind)
        if_match = request.headers.get("if-match")
        if if_match is not None and if_match not in {"*", etag}:
            return _refused(412, "PreconditionFailed", "If-Match did not hold.")
        asked = None if kind == "ignore_range" else request.headers.get("range")
        span = _span(asked, stored.size)
        if span is None:
            answer = _refused(416, "InvalidRange", "The range is not satisfiable.")
            answer.headers["Content-Range"] = f"bytes */{stored.size}"
            return answer
        answer = self._whole(document, stored, span, etag)
        encoding = query.get("response-content-encoding")
        if encoding is not None:
            answer.headers["Content-Encoding"] = encoding
        if fault is not None:
            _spoil(answer, fault, stored, span)
            answer.headers.update(fault.sent_headers())
        return answer

    def _etag_of(self, stored: Stored, kind: str) -> str | None:
        if self._etag is None or kind == "no_etag":
            return None
        if kind == "change_etag":
            return f'"{secrets.token_hex(16)}"'
        # As of an object that was put in parts: it says nothing of the content
        return f'"{stored.md5}"' if self._etag == "md5" else f'"{stored.md5[::-1]}-2"'

    def _whole(
        self, document: Document, stored: Stored, span: _Span, etag: str | None
    ) -> Answer:
        """Return the answer as S3 gives it."""
        ends = document.created + RETENTION
        headers = {
            "Content-Type": document.content().content_type,
            "Accept-Ranges": "bytes",
            "Last-Modified": format_datetime(document.created, usegmt=True),
            "x-amz-expiration": f'expiry-date="{format_datetime(ends, usegmt=True)}"',
        }
        if etag is not None:
            headers["ETag"] = etag
        if span.content_range is not None:
            headers["Content-Range"] = span.content_range
        return Answer(
            status=200 if span.content_range is None else 206,
            headers=headers,
            body=stored.read(span.start, span.length),
            size=span.length,
        )


def _span(asked: str | None, size: int) -> _Span | None:
    """Return the part of the bytes that a Range header asks for; None: impossible.

    Several ranges, or none that is understood, give the whole.
    Source: RFC 9110, section 14.2.
    """
    whole = _Span(0, size, None)
    match = RANGE.fullmatch(asked) if asked is not None else None
    if match is None or match.groups() == ("", ""):
        return whole
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size), size - 1)
        if last and int(last) < start:
            return whole
    if start >= size or end < start:
        return None
    return _Span(start, end - start + 1, f"bytes {start}-{end}/{size}")


def _spoil(answer: Answer, fault: Fault, stored: Stored, span: _Span) -> None:
    """Let a good answer go wrong in its framing or its bytes."""
    if fault.kind == "cut":
        answer.framing = fault.framing
        answer.cut = fault.position(span.length)
    elif fault.kind == "short_length":
        answer.claimed = answer.cut = fault.position(span.length)
    elif fault.kind == "no_length":
        answer.framing = "close"
    elif fault.kind == "content_encoding":
        answer.headers["Content-Encoding"] = "gzip"
    elif fault.kind == "corrupt":
        flipped = fault.position(max(0, stored.size - 1))
        answer.body = _flip(stored.read(span.start, span.length), span.start, flipped)
    elif fault.kind == "wrong_range" and span.content_range is not None:
        # Honest about where it begins, but not where it was asked to
        start = max(0, span.start - 7)
        length = span.start + span.length - start
        end = start + length - 1
        answer.headers["Content-Range"] = f"bytes {start}-{end}/{stored.size}"
        answer.body, answer.size = stored.read(start, length), length


def _flip(pieces: Iterator[bytes], start: int, position: int) -> Iterator[bytes]:
    """Yield the pieces with one bit of one byte changed."""
    for piece in pieces:
        at = position - start
        if 0 <= at < len(piece):
            changed = bytearray(piece)
            changed[at] ^= 1
            yield bytes(changed)
        else:
            yield piece
        start += len(piece)


def _refused(status: int, code: str, message: str) -> Answer:
    """Return S3's error."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Answer(
        status=status, headers={"Content-Type": "application/xml"}, body=body.encode()
    )
