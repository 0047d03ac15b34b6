"""Walk a gzip document to the end of its last member while it arrives.

Undoing the compression takes longer than receiving, writing and hashing together; in a
thread of its own it is over when the last byte has come.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Final

from spreports.errors import DecompressError
from spreports.fetch.decompress import decompress

__all__ = ["GzipWalk", "gzip_fault"]

# Looked at by nobody. Smaller ones stay in the processor's cache, and take a fifth
# longer for their number
_PLAIN_BYTES: Final = 1 << 18
_WAITING_BYTES: Final = 4 << 20
# Below it, a thread costs more than it saves
_WORTH_BYTES: Final = 1 << 20


def gzip_fault(chunks: Iterator[bytes]) -> str | None:
    """Walk every member.

    Parameters
    ----------
    chunks : iterator of bytes
        Stored bytes, cut anywhere.

    Returns
    -------
    str or None
        What is wrong; None where they are whole and sound.
    """
    try:
        for _ in decompress(chunks, max_chunk=_PLAIN_BYTES):
            pass
    except DecompressError as exc:
        return str(exc)
    return None


class GzipWalk:
    """Walks what it is fed, on a thread once there is much of it.

    `end` or `stop` must be called, whatever happens: they end the thread.
    """

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._room = threading.Condition()
        self._fed = self._taken = 0
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._fault: str | None = None
        self._error: BaseException | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next stored bytes, not empty; wait while too many are waiting."""
        self._waiting.put(chunk)
        self._fed += len(chunk)
        if self._thread is None and self._fed >= _WORTH_BYTES:
            # daemon: a download that is never ended must not keep the process alive
            thread = threading.Thread(
                target=self._run, name="spreports-gzip-walk", daemon=True
            )
            thread.start()
            # Only now: one that the system would not give cannot be waited for
            self._thread = thread
        with self._room:
            while self._thread and self._fed - self._taken > _WAITING_BYTES:
                self._room.wait()

    def end(self) -> str | None:
        """Say what is wrong with all that was fed.

        Returns
        -------
        str or None
            None where it is whole and sound.
        """
        self._waiting.put(b"")
        if self._thread is None:
            return gzip_fault(self._chunks())
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._fault

    def stop(self) -> None:
        """Give up, whatever it would have said."""
        self._stopped = True
        self._waiting.put(b"")
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        """Walk to the end (on the thread)."""
        chunks = self._chunks()
        try:
            self._fault = gzip_fault(chunks)
        except BaseException as exc:  # noqa: BLE001 - raised again by `end`
            self._error = exc
        for _ in chunks:  # what comes behind a fault, so that nobody waits
            pass

    def _chunks(self) -> Iterator[bytes]:
        """Yield what was fed, to its end."""
        while (chunk := self._waiting.get()) and not self._stopped:
            with self._room:
                self._taken += len(chunk)
                self._room.notify_all()
            yield chunk
