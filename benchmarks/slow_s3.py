"""An S3 on loopback, in a process of its own, whose answers take their time."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any


def _serve(seconds: float, ready: Connection) -> None:
    """Answer with moto, later."""
    # Both are there for such as us, but in no __all__
    from moto.server import (  # type: ignore[attr-defined] # noqa: PLC0415 - heavy
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import (  # noqa: PLC0415 - as above
        WSGIRequestHandler,
        make_server,
    )

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: object) -> None:
            """Say nothing: output is a cost of its own."""

    answers = DomainDispatcherApplication(create_backend_app)

    def late(environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(seconds)
        body: Iterable[bytes] = answers(environment, start)
        return body

    server = make_server("127.0.0.1", 0, late, threaded=True, request_handler=Handler)
    ready.send(server.server_port)
    server.serve_forever()


@contextmanager
def slow_s3(seconds: float) -> Iterator[str]:
    """Give the endpoint of an S3 whose every answer is so much later."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(seconds, sender), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.terminate()
        process.join()
