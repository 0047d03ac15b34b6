"""Run an iterator of chunks in a thread of its own, a bounded number of bytes ahead.

Inflating, decoding and parsing release the interpreter, so that they overlap with each
other and with what the consumer does. The thread is joined at the end, at an error,
when the consumer stops early, and before the interpreter ends.
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import Final, Generic, TypeVar

import pyarrow as pa

__all__ = ["read_ahead"]

QUEUE_BYTES: Final = 4 << 20
_NAME: Final = "spreports-read-ahead"

T = TypeVar("T", bytes, pa.RecordBatch)


def read_ahead(
    chunks: Generator[T, None, None],
    *,
    queue_bytes: int = QUEUE_BYTES,
    worth: int = 0,
) -> Generator[T, None, None]:
    """Yield the same chunks, read ahead by another thread.

    Parameters
    ----------
    chunks : generator of bytes or of record batches
        Its errors come out here, with their own type, after the chunks before them.
        The thread that reads it also closes it.
    queue_bytes : int, bytes
        The thread waits while as much as this is waiting; 1 for one chunk at a time.
    worth : int, bytes
        Where the first chunk has fewer there is little behind it, and no thread.

    Yields
    ------
    bytes or pyarrow.RecordBatch
        In order.
    """
    if worth:
        first = list(islice(chunks, 1))
        if sum(map(_bytes_of, first)) < worth:
            with closing(chunks):
                yield from first
                yield from chunks
            return
        chunks = _behind(first, chunks)
    ahead = _Ahead(chunks, queue_bytes)
    # A thread inside native code must not be torn down with the interpreter
    atexit.register(ahead.stop)
    try:
        yield from ahead
    finally:
        ahead.stop()
        atexit.unregister(ahead.stop)


def _behind(
    first: list[T], chunks: Generator[T, None, None]
) -> Generator[T, None, None]:
    """Yield what was read already, which is kept no longer than that, and the rest."""
    with closing(chunks):
        yield first.pop()
        yield from chunks


class _Ahead(Generic[T]):
    """The thread, and the chunks that wait for their consumer."""

    def __init__(self, chunks: Generator[T, None, None], queue_bytes: int) -> None:
        self._chunks: Generator[T, None, None] = chunks
        self._consumer = threading.current_thread()
        self._room = queue_bytes
        self._waiting: deque[tuple[T, int]] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._stopped = False
        self._error: BaseException | None = None
        # daemon: a consumer that never finishes must not keep the process alive
        self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if not self._waiting:
                    break
                chunk, size = self._waiting.popleft()
                self._room += size
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
        # The collector may close a forgotten reader in any thread: in this very one, or
        # in one that this one waits for, where two stand in a row
        here = threading.current_thread()
        if here is self._consumer or here.name != _NAME:
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

    def _put(self, chunk: T) -> bool:
        """Wait for room and queue a chunk; say whether anybody still wants it."""
        size = _bytes_of(chunk)  # takes a batch of many columns its time
        with self._changed:
            while self._room <= 0 and not self._stopped:
                self._changed.wait()
            if not self._stopped:
                self._waiting.append((chunk, size))
                self._room -= size
                self._changed.notify_all()
            return not self._stopped


def _bytes_of(chunk: bytes | pa.RecordBatch) -> int:
    return len(chunk) if isinstance(chunk, bytes) else int(chunk.nbytes)
