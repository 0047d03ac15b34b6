"""Run an iterator of chunks in a thread of its own, a bounded number of bytes ahead.

Inflating and decoding release the interpreter, so they overlap with parsing. The thread
is joined at the end, at an error, when the consumer stops early, and before the
interpreter ends.
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final

__all__ = ["read_ahead"]

QUEUE_BYTES: Final = 4 << 20


def read_ahead(
    chunks: Generator[bytes, None, None], *, queue_bytes: int = QUEUE_BYTES
) -> Generator[bytes, None, None]:
    """Yield the same chunks, read ahead by another thread.

    Parameters
    ----------
    chunks : generator of bytes
        Its errors come out here, with their own type, after the chunks before them.
        The thread that reads it also closes it.
    queue_bytes : int, bytes
        The thread waits while as much as this is waiting.

    Yields
    ------
    bytes
        In order.
    """
    ahead = _Ahead(chunks, queue_bytes)
    # A thread inside native code must not be torn down with the interpreter
    atexit.register(ahead.stop)
    try:
        yield from ahead
    finally:
        ahead.stop()
        atexit.unregister(ahead.stop)


class _Ahead:
    """The thread, and the chunks that wait for their consumer."""

    def __init__(self, chunks: Generator[bytes, None, None], queue_bytes: int) -> None:
        self._chunks = chunks
        self._room = queue_bytes
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._stopped = False
        self._error: BaseException | None = None
        # daemon: a consumer that never finishes must not keep the process alive
        self._thread = threading.Thread(
            target=self._run, name="spreports-read-ahead", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if not self._waiting:
                    break
                chunk = self._waiting.popleft()
                self._room += len(chunk)
                self._changed.notify_all()
            yield chunk
        self._thread.join()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def stop(self) -> None:
        """Let the thread end after the chunk it is at, and wait for it."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        # The collector may close a forgotten reader in this very thread
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        """Read until the end, an error, or `stop`."""
        try:
            with closing(self._chunks):
                for chunk in self._chunks:
                    if not self._put(chunk):
                        break
        except BaseException as exc:  # noqa: BLE001 - raised again by the consumer
            self._error = exc
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, chunk: bytes) -> bool:
        """Wait for room and queue a chunk; say whether anybody still wants it."""
        with self._changed:
            while self._room <= 0 and not self._stopped:
                self._changed.wait()
            if not self._stopped:
                self._waiting.append(chunk)
                self._room -= len(chunk)
                self._changed.notify_all()
            return not self._stopped
