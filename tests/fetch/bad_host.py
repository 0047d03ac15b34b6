"""A document host on a real socket that misbehaves by script, one fault a request."""

from __future__ import annotations

import gzip
import hashlib
import random
import re
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

SIGNATURE = "X-Amz-Signature=CANARY0123456789"


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]

    @property
    def start(self) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else None


@dataclass
class BadHost:
    """Serves `body` at any path; `script` names the fault of each request in turn.

    After the script's end all goes well. `where` gives a fraction of the body at which
    a fault strikes.
    """

    body: bytes
    script: Sequence[str] = ()
    etag: str | None = "md5"
    content_type: str | None = "text/plain; charset=UTF-8"
    where: Callable[[], float] = lambda: 0.5
    seed: int = 0
    more: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        if self.etag == "md5":
            self.etag = md5_etag(self.body)
        self._random = random.Random(self.seed)  # noqa: S311 - seeded, no secrets
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(600)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return f"http://127.0.0.1:{port}/documents/1?{SIGNATURE}"

    def __enter__(self) -> BadHost:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # wakes accept() up
        with socket.create_connection(self._listener.getsockname()) as last:
            last.sendall(b"QUIT\r\n\r\n")
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(60)
                head = b""
                while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
                    head += data
                if head.startswith(b"QUIT"):
                    return
                if not head:
                    continue
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if ": " in line)
                request = Request(
                    first.split(" ")[1], {k.lower(): v for k, v in headers.items()}
                )
                number = len(self.requests)
                self.requests.append(request)
                fault = self.script[number] if number < len(self.script) else "fine"
                try:
                    self._answer(connection, request, fault)
                except OSError:
                    continue

    def _answer(  # noqa: PLR0911, PLR0912 - one branch a fault
        self, connection: socket.socket, request: Request, fault: str
    ) -> None:
        body, etag = self.body, self.etag
        start = request.start or 0
        status = 206 if request.start is not None else 200
        place = int(self.where() * len(body))
        match fault:
            case "hang_up":
                return
            case "noise":
                connection.sendall(b"\x00\x01 no http at all\r\n\r\n")
                return
            case "500" | "503" | "429" | "404" | "401":
                self._send(connection, int(fault), {}, b"<Error><Code>X</Code></Error>")
                return
            case "expired":
                text = b"<Error><Code>AccessDenied</Code><Message>Request has expired"
                self._send(connection, 403, {}, text + b"</Message></Error>")
                return
            case "blocked":
                page = b"<!DOCTYPE html><html><body>blocked by policy 7</body></html>"
                self._send(connection, 403, {"Content-Type": "text/html"}, page)
                return
            case "redirect":
                self._send(connection, 302, {"Location": "http://127.0.0.1:9/x"}, b"")
                return
            case "412" | "416":
                self._send(connection, int(fault), {}, b"")
                return
            case "html":
                page = b"<!DOCTYPE html><html><body>portal</body></html>"
                self._send(connection, 200, {}, page)
                return
            case "s3_error":
                page = b'<?xml version="1.0"?>\n<Error><Code>SlowDown</Code></Error>'
                self._send(connection, 200, {}, page)
                return
            case "zipped_html":
                page = b"<!DOCTYPE html><html><body>portal</body></html>"
                self._send(connection, 200, {}, gzip.compress(page))
                return
            case "login":
                self._send(connection, 200, {}, b"Please\tlog in\n")
                return
            case "foreign":
                # another document, but only where ours has begun: as a first answer
                # nobody could tell
                if start:
                    noise = self._random.randbytes(8)
                    body = noise * (len(body) // 8 + 1)
                    etag, start, status = md5_etag(body), 0, 200
            case "no_etag":
                etag = None
            case "weak_etag":
                etag = f"W/{etag}"
            case "ignore_range" | "short_whole":
                start, status = 0, 200
            case "bit_flip":
                place = min(place, len(body) - 1)
                flipped = bytes([body[place] ^ 0x10])
                body = body[:place] + flipped + body[place + 1 :]
        headers = dict(self.more)
        if etag is not None:
            headers["ETag"] = etag
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        if status == 206 and start >= len(body):
            headers["Content-Range"] = f"bytes */{len(body)}"
            self._send(connection, 416, headers, b"")
            return
        if status == 206:
            total, first = len(body), start
            if fault == "wrong_start":
                first = start + 1
            if fault == "wrong_total":
                total += 7
            headers["Content-Range"] = f"bytes {first}-{total - 1}/{total}"
            if fault == "no_content_range":
                del headers["Content-Range"]
        part = body[start:]
        cut = part[: max(0, place - start)]
        match fault:
            case "reset":
                self._send(connection, status, headers, cut, length=len(part))
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case "close_early":
                self._send(connection, status, headers, cut, length=len(part))
            case "cut_without_length":
                self._send(connection, status, headers, cut, length=None)
            case "without_length":
                self._send(connection, status, headers, part, length=None)
            case "short_length" | "short_whole":
                self._send(connection, status, headers, cut)
            case "chunked" | "cut_chunked" | "short_chunked":
                headers["Transfer-Encoding"] = "chunked"
                sent = part if fault == "chunked" else cut
                coded = b"".join(
                    b"%x\r\n%s\r\n" % (len(sent[i : i + 5000]), sent[i : i + 5000])
                    for i in range(0, len(sent), 5000)
                )
                coded += b"" if fault == "cut_chunked" else b"0\r\n\r\n"
                self._send(connection, status, headers, coded, length=None)
            case "negative_length":
                headers["Content-Length"] = "-5"
                self._send(connection, status, headers, part, length=None)
            case _:
                self._send(connection, status, headers, part)

    def _send(
        self,
        connection: socket.socket,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        length: int | None = -1,
    ) -> None:
        if length is not None:
            headers["Content-Length"] = str(len(body) if length == -1 else length)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        answer = f"HTTP/1.1 {status} X\r\n{head}Connection: close\r\n\r\n"
        connection.sendall(answer.encode("latin-1"))
        connection.sendall(body)
        self.sent += len(body)


def md5_etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


FAULTS = (
    *("hang_up", "noise", "500", "503", "429", "404", "expired", "412", "416"),
    *("html", "s3_error", "foreign", "no_etag", "weak_etag", "ignore_range"),
    *("bit_flip", "wrong_start", "wrong_total", "no_content_range", "reset"),
    *("close_early", "cut_without_length", "without_length", "short_length"),
    *("chunked", "cut_chunked", "short_chunked", "negative_length"),
)
