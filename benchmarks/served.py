"""Serve one file on loopback, in a process of its own, as a document host would."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path


def _serve(path: Path, content_type: str, etag: str | None, ready: Connection) -> None:
    """Answer every GET with the whole file."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with path.open("rb") as file:
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(path.stat().st_size))
                if etag is not None:
                    self.send_header("ETag", etag)
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.connection.sendfile(file)  # unless who asked has enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing: output is a cost of its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def served(
    path: Path,
    content_type: str = "text/plain;charset=UTF-8",
    *,
    tells_md5: bool = False,
) -> Iterator[str]:
    """Give the URL of a file while a server process runs.

    Where it tells the MD5, as S3 does of an object that was put in one piece, a
    document is proved without undoing its compression.
    """
    etag = f'"{_md5(path)}"' if tells_md5 else None
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(path, content_type, etag, sender), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}/document"
    finally:
        process.terminate()
        process.join()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()
