"""Do the next piece of work on a thread while the result of the last is handed on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Final, TypeVar

__all__ = ["ahead"]

# One at work, one that waits: more would only take memory
_AHEAD: Final = 2

S = TypeVar("S")
T = TypeVar("T")


def ahead(
    work: Callable[[S], T], items: Generator[S, None, None]
) -> Generator[T, None, None]:
    """Yield what is made of each item, one after the other on a thread of its own.

    To be closed by its consumer; nothing is at work afterwards.

    Parameters
    ----------
    work : callable
        Called on one other thread, in order.
    items : generator
        Read by the consumer's thread, at most two items ahead of it, and closed.

    Yields
    ------
    object
        In the order of `items`.

    Raises
    ------
    Exception
        What `work` raises for an item, or `items` in its place, once everything before
        it has come out.
    """
    waiting: deque[Future[T]] = deque()
    failure: Exception | None = None
    more = True
    pool = ThreadPoolExecutor(1, "spreports-order")
    with closing(items):
        try:
            while more or waiting:
                while more and len(waiting) < _AHEAD:
                    try:
                        item = next(items)
                    except StopIteration:
                        more = False
                    except Exception as exc:  # noqa: BLE001 - raised in its turn below
                        failure, more = exc, False
                    else:
                        waiting.append(pool.submit(work, item))
                        del item  # the pool gives it free when it is done with it
                if waiting:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
