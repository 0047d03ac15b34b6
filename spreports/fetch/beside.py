"""Make something of stored bytes while they arrive, on a thread of its own.

To undo the compression of a document, or to reckon its MD5, takes as long as all else
that is done with its bytes, or longer; beside that it is over soon after the last one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

__all__ = ["Beside"]

_WAITING_BYTES: Final = 4 << 20
# Below it, a thread costs more than it saves
_WORTH_BYTES: Final = 1 << 20

T = TypeVar("T")


class Beside(Generic[T]):
    """Has work done on what it is fed, on a thread once there is much of it.

    `end` or `stop` must be called, whatever happens: they end the thread.

    Parameters
    ----------
    work : callable
        Takes the bytes, cut anywhere, and gives what becomes of them.
    what : str
        For the thread's name: the simulator's clock knows by it that it only follows.
    """

    def __init__(self, work: Callable[[Iterator[bytes]], T], what: str) -> None:
        self._work, self._name = work, f"spreports-beside-{what}"
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._room = threading.Condition()
        self._fed = self._taken = 0
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._results: list[T] = []
        self._error: BaseException | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next stored bytes, not empty; wait while too many are waiting."""
        self._waiting.put(chunk)
        self._fed += len(chunk)
        if self._thread is None and self._fed >= _WORTH_BYTES:
            # daemon: a download that is never ended must not keep the process alive
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            thread.start()
            # Only now: one that the system would not give cannot be waited for
            self._thread = thread
        with self._room:
            while self._thread and self._fed - self._taken > _WAITING_BYTES:
                self._room.wait()

    def end(self) -> T:
        """Return what becomes of all that was fed, or raise what the work raised."""
        self._waiting.put(b"")
        if self._thread is None:
            return self._work(self._chunks())
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results.pop()

    def stop(self) -> None:
        """Give up, whatever it would have come to."""
        self._stopped = True
        self._waiting.put(b"")
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        """Work to the end (on the thread)."""
        chunks = self._chunks()
        try:
            self._results.append(self._work(chunks))
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
