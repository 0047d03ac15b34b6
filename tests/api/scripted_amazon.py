"""A scripted Amazon on a real socket: say what it answers, see what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

BASE = "/reports/2021-06-30"
RDT = "/tokens/2021-03-01/restrictedDataToken"
LWA = "/auth/o2/token"
RATES = "x-amzn-RateLimit-Limit"


@dataclass(frozen=True)
class Reply:
    """One answer; `lost` closes the connection instead of answering."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False

    def as_bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    @property
    def arguments(self) -> dict[str, str]:
        found = parse_qs(self.query, strict_parsing=True) if self.query else {}
        return {name: values[0] for name, values in found.items()}

    @property
    def json(self) -> object:
        return json.loads(self.body)


def refusal(status: int, code: str = "", message: str = "", **headers: str) -> Reply:
    """Answer with an ErrorList."""
    entry = {"code": code or f"Code{status}", "message": message or "Said Amazon"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status, {"errors": [entry]}, {"x-amzn-RequestId": "request-1", **names}
    )


class ScriptedAmazon:
    """API and LWA on one port; answers are used up in order, the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._script: defaultdict[str, deque[Reply]] = defaultdict(deque)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # headers and body in one packet: no delayed ACK

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                asked = Asked(self.command, self.path, dict(self.headers), body)
                reply = owner.reply(asked)
                if reply.lost:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                plain = reply.as_bytes()
                self.send_response_only(reply.status)  # no Date but a scripted one
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(plain)))
                self.end_headers()
                self.wfile.write(plain)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Keep quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def token_url(self) -> str:
        return self.endpoint + LWA

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, what: str, *replies: Reply | Mapping[str, object]) -> None:
        """Script the answers to ``"GET /path"``."""
        self._script[what].extend(
            each if isinstance(each, Reply) else Reply(200, each) for each in replies
        )

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            script = self._script[f"{asked.method} {asked.path}"]
            if len(script) > 1:
                return script.popleft()
            if script:
                return script[0]
            tokens = sum(1 for each in self.asked if each.path == LWA)
        if asked.path == LWA:
            return Reply(200, {"access_token": f"Atza|{tokens}", "expires_in": 3600})
        return refusal(404, "NotFound", "not in the script")

    def calls(self, path: str = BASE) -> list[Asked]:
        """Return the requests below a path."""
        return [each for each in self.asked if each.path.startswith(path)]


def report_json(report_id: str = "R1", status: str = "DONE") -> dict[str, object]:
    """Return a Report as Amazon sends it."""
    return {
        "reportId": report_id,
        "reportType": "GET_MERCHANT_LISTINGS_ALL_DATA",
        "createdTime": "2026-10-31T22:00:00Z",
        "processingStatus": status,
        "marketplaceIds": ["A1PA6795UKMFR9"],
    }


def schedule_json(schedule_id: str = "S1") -> dict[str, object]:
    """Return a ReportSchedule as Amazon sends it."""
    return {
        "reportScheduleId": schedule_id,
        "reportType": "GET_MERCHANT_LISTINGS_ALL_DATA",
        "period": "P1D",
    }


def document_json(document_id: str = "D1") -> dict[str, object]:
    """Return a ReportDocument as Amazon sends it."""
    return {
        "reportDocumentId": document_id,
        "url": "https://bucket.s3.amazonaws.com/k?X-Amz-Signature=canary-signature",
        "compressionAlgorithm": "GZIP",
    }
