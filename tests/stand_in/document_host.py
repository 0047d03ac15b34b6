"""The host of report documents: presigned URLs that expire, ranges, broken bodies."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.stand_in.etiquette import HOST, header_breaches
from tests.stand_in.serving import Answer, Asked, Server
from tests.stand_in.timepiece import Timepiece

EXPIRED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    b"<Message>Request has expired</Message><Expires>2026-11-01T00:05:00Z</Expires>"
    b"<RequestId>4442587FB7D0A2F9</RequestId></Error>"
)


@dataclass(frozen=True)
class Delivery:
    """How one request for a document is answered; the default is whole and honest."""

    framing: str = "length"
    cut: int | None = None
    length: int | None = None
    status: int = 200
    body: bytes | None = None
    content_encoding: str | None = None
    etag: bool = True
    ranges: bool = True


@dataclass
class Held:
    """A report document as Amazon keeps it; lifetimes and deliveries are used up."""

    id: str
    stored: bytes
    content_type: str | None = "text/plain;charset=UTF-8"
    compression: str | None = None
    restricted: bool = False
    lifetimes: deque[float] = field(default_factory=deque)
    deliveries: deque[Delivery] = field(default_factory=deque)
    always: Delivery = Delivery()
    asked: list[str] = field(default_factory=list)


class DocumentHost:
    """Serves what `issue` has signed."""

    def __init__(self, breaches: list[str], time: Timepiece) -> None:
        self._breaches, self._time = breaches, time
        self._issued: dict[str, tuple[Held, float]] = {}
        self._count = itertools.count(1)
        self._server = Server(self._answer)
        self.origin = self._server.origin
        self.close = self._server.close

    def issue(self, held: Held) -> str:
        """Return a presigned URL, of five minutes unless the document says other."""
        seconds = held.lifetimes.popleft() if held.lifetimes else 300.0
        number = next(self._count)
        sign = hashlib.sha256(f"{held.id} {number}".encode()).hexdigest()
        target = (
            f"/%2FNinetyDays/{quote(held.id, safe='')}"
            "?X-Amz-Security-Token=IQoJb3JpZ2lu%2FX2VjE%2B%3D%3D"
            "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261101T000000Z"
            "&X-Amz-SignedHeaders=host&X-Amz-Expires=300"
            f"&X-Amz-Credential=AKIAMADEUP%2F20261101&X-Amz-Signature={sign}"
        )
        self._issued[target] = (held, self._time.seconds() + seconds)
        return self.origin + target

    def _answer(self, asked: Asked) -> Answer:
        wrong = header_breaches(asked.headers, HOST)
        if asked.method != "GET":
            wrong.append("the method is not signed for")
        if asked.target not in self._issued:
            self._note([*wrong, "the URL is not one that was issued"])
            return Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        held, until = self._issued[asked.target]
        span = asked.headers.get("Range")
        held.asked.append(span or "")
        if span and not re.fullmatch(r"bytes=\d+-", span):
            wrong.append(f"Range {span}")
        if span and not (
            asked.headers.get("If-Match") or asked.headers.get("If-Range")
        ):
            wrong.append("a range of no version")
        self._note(wrong)
        if self._time.seconds() >= until:
            return Answer(403, EXPIRED, {"Content-Type": "application/xml"})
        how = held.deliveries.popleft() if held.deliveries else held.always
        return _delivered(held, how, asked)

    def _note(self, wrong: list[str]) -> None:
        self._breaches.extend(f"document host: {each}" for each in wrong)


def _delivered(held: Held, how: Delivery, asked: Asked) -> Answer:
    if how.status != 200:
        return Answer(how.status, how.body or b"", {"Content-Type": "application/xml"})
    etag = f'"{hashlib.md5(held.stored).hexdigest()}"'  # noqa: S324 - S3's own form
    body = held.stored if how.body is None else how.body
    headers = {"Accept-Ranges": "bytes"} if how.ranges else {}
    if how.etag:
        headers["ETag"] = etag
    if held.content_type is not None:
        headers["Content-Type"] = held.content_type
    if how.content_encoding is not None:
        headers["Content-Encoding"] = how.content_encoding
    status, start = 200, 0
    span = asked.headers.get("Range")
    if span and how.ranges:
        if asked.headers.get("If-Match") not in {etag, "*"}:
            return Answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        start = int(span.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            return Answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        status = 206
    cut = None if how.cut is None else max(0, how.cut - start)
    return Answer(status, body[start:], headers, how.framing, cut, how.length)
