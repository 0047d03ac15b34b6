"""Turns at a file among the threads of this process.

SQLite lets whoever finds a file locked look again after a pause that grows, in no
order. Between processes that is good enough; two hundred clients in the threads of one
process starve one another so, until one gives up. They wait for one another here
instead, and SQLite sees one writer of each process.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["CLOSED", "transaction", "turn_at", "write_ahead"]

# What whoever comes later is told of a file that was closed with its client.
CLOSED = "this client is closed; connect() gives a new one"

# How long a new file's first users wait for one another, and look again
PATIENCE, PAUSE = 30.0, 0.01


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


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Be the one who writes, until the end of the block: all of it or nothing.

    What interrupts it, such as Ctrl-C while it waits for its turn, leaves nothing open:
    everybody else would wait for that.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode.

    Yields
    ------
    sqlite3.Connection
        The same.

    Raises
    ------
    sqlite3.Error
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # On a full disk SQLite has done so itself
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def write_ahead(connection: sqlite3.Connection, turn: _Turn) -> None:
    """Have a file keep a write-ahead log, so that its readers never wait.

    SQLite's own patience does not reach to this switch: of two who open a new file at
    the same instant, one is refused at once.

    Parameters
    ----------
    connection : sqlite3.Connection
    turn : object
        Of `turn_at`.

    Raises
    ------
    sqlite3.Error
        The file cannot be used, or others keep it busy for half a minute.
    """
    end = time.monotonic() + PATIENCE
    with turn.lock:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as exc:
                busy = exc.sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > end:
                    raise
                time.sleep(PAUSE)
            else:
                return
