"""HTTP/1.1 on loopback: a request in, an answer out, and nothing on stderr.

Real sockets, keep-alive and real faults of transport: an answer may be cut, sent
without a length, or not sent at all.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from spreports.clock import Clock
from spreports.forks import only_here

LOOPBACK = "127.0.0.1"
MAX_BODY = 16 << 20
# A page in a browser can point its own name at 127.0.0.1, but it cannot send these.
# "27.0.0.1" and "ocalhost": python-amazon-sp-api cuts eight characters, "https://",
# off whatever endpoint it has.
KNOWN_HOST = re.compile(
    r"(?:1?27\.0\.0\.1|l?ocalhost|\[::1\]|[a-z0-9.-]+\.amazon(?:aws)?\.com)(?::\d+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came.

    Attributes
    ----------
    method : str
    path : str
        Percent-encoded, without the query.
    query : tuple of (str, str)
        Decoded, in the order sent.
    headers : mapping of str to str
        Names in lower case.
    body : bytes
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Answer:
    """One answer, and how it is to go wrong.

    Attributes
    ----------
    status : int
    headers : dict of str to str
    body : bytes or iterable of bytes
    size : int or None
        Bytes of an iterable body.
    framing : str
        ``"length"``, ``"chunked"``, or ``"close"``: the end is the closing.
    claimed : int or None
        A Content-Length that is not true.
    cut : int or None
        Close the connection after so many bytes of the body.
    reset : bool
        Close the connection without an answer.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    size: int | None = None
    framing: str = "length"
    claimed: int | None = None
    cut: int | None = None
    reset: bool = False

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        if isinstance(self.body, bytes):
            return len(self.body)
        return self.size or 0

    def pieces(self) -> Iterable[bytes]:
        """Return the body piece by piece, none of them empty."""
        if isinstance(self.body, bytes):
            return (self.body,) if self.body else ()
        return self.body


Application = Callable[[Request], Answer]


class _Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are in the journal."""

    def version_string(self) -> str:
        """Name the server as Amazon does."""
        return cast("Origin", self.server).product

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Date answers by the simulator's clock: clients measure their own by it."""
        if timestamp is not None:
            return super().date_time_string(timestamp)
        return format_datetime(cast("Origin", self.server).clock.now(), usegmt=True)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method in the same way; `http.server` looks for do_<method>."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        request = self._request()
        if request is None:
            return
        origin = cast("Origin", self.server)
        answer = origin.application(request)
        if answer.reset:
            self.close_connection = True
            return
        self._send(answer)

    def _request(self) -> Request | None:
        """Read the body and check the Host header; None where this has answered."""
        if KNOWN_HOST.fullmatch(self.headers.get("Host", "")) is None:
            self.close_connection = True
            self._send(Answer(status=421, body=b"not a host of this simulator\n"))
            return None
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._send(Answer(status=411, body=b"send a Content-Length\n"))
            return None
        if int(length) > MAX_BODY:
            self.close_connection = True
            self._send(Answer(status=413, body=b"the body is too long\n"))
            return None
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=target.path,
            query=tuple(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.framing == "length":
            claimed = answer.length if answer.claimed is None else answer.claimed
            self.send_header("Content-Length", str(claimed))
        elif answer.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        cut = answer.cut is not None or answer.claimed is not None
        if answer.framing == "close" or cut or self.close_connection:
            self.send_header("Connection", "close")
            self.close_connection = True
        head = cast("list[bytes]", cast("Any", self)._headers_buffer)  # noqa: SLF001  one write for a small answer: no wait for a delayed ACK
        head.append(b"\r\n")
        waiting = b"".join(head)
        head.clear()
        if self.command != "HEAD":
            left = answer.length if answer.cut is None else answer.cut
            for piece in answer.pieces():
                part = piece[:left]
                left -= len(part)
                if not part:
                    break
                if answer.framing == "chunked":
                    part = b"%x\r\n%b\r\n" % (len(part), part)
                self.wfile.write(waiting + part)
                waiting = b""
            if answer.framing == "chunked" and answer.cut is None:
                waiting += b"0\r\n\r\n"
        if waiting:
            self.wfile.write(waiting)


class Origin(ThreadingHTTPServer):
    """A server on 127.0.0.1 that starts at once and closes at once.

    Parameters
    ----------
    application : callable, Request -> Answer
    clock : Clock
        Dates the answers.
    product : str
        The Server header.
    port : int
        0 takes a free one.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, application: Application, clock: Clock, *, product: str, port: int = 0
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.clock = clock
        self.product = product
        self.application = application
        self.failures: list[BaseException] = []
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._end_connections = only_here(self._hang_up)
        self._thread = threading.Thread(
            target=self.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="spreports-simulator",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and close every connection, idle or not.

        A forked child lets go of the port alone: the connections are its parent's.
        """
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        self._end_connections()

    def _hang_up(self) -> None:
        """Close every connection, and wait for its thread."""
        with self._lock:
            waiting = list(self._open.items())
        for connection, thread in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
            finally:
                thread.join(timeout=1.0)

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give each connection its thread, and remember both."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            daemon=True,
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's signature
        """Keep what broke, for a test to see; a client that went away is no failure."""
        failure = sys.exception()
        if failure is not None and not isinstance(failure, OSError):
            self.failures.append(failure)
