"""What a forked child must not share with its parent: locks, and what they guard.

A fork copies memory and one thread. A lock that another thread held at that moment is
never released in the child, who stands in a line is never served, and a socket's or a
file's state is the parent's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["PerProcess", "only_here"]

T = TypeVar("T")


class PerProcess(Generic[T]):
    """One of a kind for each process: a forked child has its own, made afresh.

    Parameters
    ----------
    make : callable
        Gives a new one. Two threads may call it at the same time; one of the two
        results is then dropped.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # The parent's stays here: nobody is to end or close it in the child
        self._made = {os.getpid(): make()}

    def __call__(self) -> T:
        """Return this process's own."""
        pid = os.getpid()
        try:
            return self._made[pid]
        except KeyError:
            # Indivisible: threads that come at the same time get the same one
            return self._made.setdefault(pid, self._make())


def only_here(work: Callable[[], object]) -> Callable[[], None]:
    """Return work that a forked child leaves to its parent, such as to delete a folder.

    Parameters
    ----------
    work : callable
        Done by the process that calls this, and by no other.
    """
    owner = os.getpid()

    def done() -> None:
        if os.getpid() == owner:
            work()

    return done
