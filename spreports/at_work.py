"""Have several items at work at a time, each by a thread of its own, in order.

What comes out, and what is raised after what, is as if one item were done after the
other. Nothing is begun before it is asked for, and no thread outlives its consumer.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Final, TypeVar

__all__ = ["SIDE_BY_SIDE", "at_work", "cores", "threads_of"]

# An object store is asked for so many files side by side
SIDE_BY_SIDE: Final = 8
_NAME: Final = "spreports-at-work"

S = TypeVar("S")
T = TypeVar("T")


def at_work(
    work: Callable[[S], T],
    items: Iterable[S],
    *,
    threads: int = 2,
) -> Generator[T, None, None]:
    """Yield what is made of each item, while the ones after it are at work.

    Parameters
    ----------
    work : callable
        Called on other threads, for up to `threads` items at the same time.
    items : iterable
        Read by the consumer's thread, at most `threads` items and one more ahead of it,
        and closed where it is a generator. One waits, so that no thread stands still
        while a result is handed on.
    threads : int
        With one, the work is done in the order of the items, too.

    Yields
    ------
    object
        In the order of `items`.

    Raises
    ------
    Exception
        What `work` raises for an item, or `items` in its place, once everything before
        it has come out. What became of later items is dropped.
    """
    waiting: deque[Future[T]] = deque()
    failure: Exception | None = None
    more = True
    source = iter(items)
    with _closed(source), threads_of(_NAME, threads) as pool:
        while True:
            while more and len(waiting) <= threads:
                try:
                    item = next(source)
                except StopIteration:
                    more = False
                except Exception as exc:  # noqa: BLE001 - raised in its turn below
                    failure, more = exc, False
                else:
                    waiting.append(pool.submit(work, item))
                    del item  # the pool gives it free when it is done with it
            if not waiting:
                break
            yield waiting.popleft().result()
    if failure is not None:
        raise failure


def _closed(source: Iterator[object]) -> AbstractContextManager[object]:
    """Return what closes a generator at the end; another iterator needs no end."""
    return closing(source) if isinstance(source, Generator) else nullcontext()


@contextmanager
def threads_of(name: str, most: int) -> Iterator[Executor]:
    """Give threads that end with the block; what none has begun is dropped then.

    Parameters
    ----------
    name : str
        Of the threads.
    most : int
        At work at the same time.

    Yields
    ------
    concurrent.futures.Executor
    """
    pool = ThreadPoolExecutor(most, name)
    try:
        yield pool
    finally:
        # The collector may close a forgotten reader in one of these very threads
        here = threading.current_thread().name
        pool.shutdown(wait=not here.startswith(name), cancel_futures=True)


def cores() -> int:
    """Return how many processors this process may use, at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS nor Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1
