"""Turns at a file among the threads of this process.

SQLite lets whoever finds a file locked look again after a pause that grows, in no
order. Between processes that is good enough; two hundred clients in the threads of one
process starve one another so, until one gives up. They wait for one another here
instead, and SQLite sees one writer of each process.
"""

from __future__ import annotations

import threading
import weakref
from pathlib import Path

__all__ = ["turn_at"]


class _Turn:
    """A lock that lives as long as somebody holds it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


# What the threads of a process share is the file: this says no more than that, and is
# empty where nobody uses one.
_GUARD = threading.Lock()
_TURNS: weakref.WeakValueDictionary[Path, _Turn] = weakref.WeakValueDictionary()


def turn_at(path: Path) -> _Turn:
    """Return what the users of a file in this process take turns by.

    Parameters
    ----------
    path : Path

    Returns
    -------
    object
        Keep it as long as the file is open; its ``lock`` is held for a transaction.
    """
    with _GUARD:
        turn = _TURNS.get(path.resolve())
        if turn is None:
            turn = _TURNS[path.resolve()] = _Turn()
        return turn
