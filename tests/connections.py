"""Sockets that hand every connection to a function, or give answers in turn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def accepting(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer connections one after the other; give host and port.

    Each is closed after its answer; a caller who has gone is no error.
    """
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                with connection:
                    answer(connection)
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@contextmanager
def answering(answers: Sequence[bytes]) -> Iterator[tuple[str, list[str]]]:
    """Answer one request after another, the last answer for ever; note the paths."""
    asked: list[str] = []

    def answer(connection: socket.socket) -> None:
        head = connection.recv(65536)
        asked.append(head.decode("latin-1").split(" ")[1])
        connection.sendall(answers[min(len(asked), len(answers)) - 1])

    with accepting(answer) as host:
        yield f"http://{host}", asked
