"""Sockets: a small HTTP/1.1 server on loopback, and answers that may break off."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class Answer:
    """What to send: `framing` is "length", "close" or "chunked"; `cut` stops early."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: str = "length"
    cut: int | None = None
    length: int | None = None
    hang_up: bool = False


def json_answer(
    status: int, value: object, headers: Mapping[str, str] | None = None
) -> Answer:
    body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
    kind = {"Content-Type": "application/json"} if body else {}
    return Answer(status, body, {**kind, **(headers or {})})


class Server:
    """Serves `answer_to` on a port of its own."""

    def __init__(self, answer_to: Callable[[Asked], Answer]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer_to))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.002,), daemon=True
        )
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(
    answer_to: Callable[[Asked], Answer],
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            answer = answer_to(Asked(self.command, self.path, self.headers, body))
            if answer.hang_up:
                self._hang_up()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            body = answer.body if answer.cut is None else answer.body[: answer.cut]
            if answer.framing == "length":
                whole = len(answer.body) if answer.length is None else answer.length
                self.send_header("Content-Length", str(whole))
            elif answer.framing == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
                body = b"".join(
                    b"%x\r\n%s\r\n" % (len(body[at : at + 40]), body[at : at + 40])
                    for at in range(0, len(body), 40)
                )
                body += b"0\r\n\r\n" if answer.cut is None else b""
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if answer.length is not None and answer.cut is None:
                body = body[: answer.length]
            self.wfile.write(body)
            self.wfile.flush()
            if answer.cut is not None or answer.framing == "close":
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_WR)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    for method in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.serve)
    return Handler
