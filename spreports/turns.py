"""Turns at a file among the threads of this process, and a fork between two of them.

SQLite lets whoever finds a file locked look again after a pause that grows, in no
order. Between processes that is good enough; two hundred clients in the threads of one
process starve one another so, until one gives up. They wait for one another here
instead, and SQLite sees one writer of each process.

A connection must not be used in a forked child, nor may another one be opened beside
it: SQLite believes that the process still has the parent's locks, and what the child
writes after the parent has closed the file is lost. So a fork waits for its turn at
every file, and the child first of all closes what it inherited.

Source: SQLite, How To Corrupt An SQLite Database File, section 2.6.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spreports.clock import CLOSED, StoppedError
from spreports.forks import PerProcess

__all__ = [
    "ELSEWHERE",
    "MAKE_ROOM",
    "TRY_AGAIN",
    "SharedFile",
    "closed_on_error",
    "is_damaged",
    "is_full",
    "kind_of",
    "transaction",
    "write_ahead",
]

# What to do about a disk that is full; SQLite may take it for one that fails.
MAKE_ROOM = (
    "its disk is full or fails: make room there and run again; what was written stays"
)
TRY_AGAIN = "let its other users finish, and run again: what was written stays"
ELSEWHERE = "its folder must be one that you may write to (SPREPORTS_HOME, home=)"
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# How long a new file's first users wait for one another, and look again
PATIENCE, PAUSE = 30.0, 0.01


def kind_of(exc: BaseException) -> int:
    """Return what kind an error of SQLite's is; 0 of another's.

    Source: SQLite, result codes: the low byte says what an extended one is of.
    """
    return int(getattr(exc, "sqlite_errorcode", 0)) & 0xFF


def is_full(exc: sqlite3.Error | OSError) -> bool:
    """Whether a disk is full, as far as can be told: then `MAKE_ROOM` is the advice.

    Where a write-ahead log finds no room, SQLite knows of an I/O error alone.
    """
    if isinstance(exc, OSError):
        return exc.errno in _NO_ROOM
    return kind_of(exc) in _FULL


def is_damaged(exc: BaseException) -> bool:
    """Whether a file is none of SQLite's, or has damaged pages."""
    return kind_of(exc) in _DAMAGE


class _Turn:
    """A lock that lives as long as somebody uses its file.

    Attributes
    ----------
    lock : threading.RLock
        Held by who uses the file, a transaction long.
    users : set of _Handle
        Whose connections a forked child inherits.
    forking : bool
        Whether a fork has its turn.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.users: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self.forking = False


class _Handle:
    """What one client has of a file in one process; opened when first used."""

    def __init__(self, path: Path) -> None:
        self.turn = _turn_at(path)
        self.connection: sqlite3.Connection | None = None
        with self.turn.lock:
            self.turn.users.add(self)


class _Turns:
    """The turns at the files of one process.

    What its threads share is the file: this says no more than that, and is empty where
    nobody uses one.
    """

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.at: weakref.WeakValueDictionary[Path, _Turn] = (
            weakref.WeakValueDictionary()
        )

    def begin_fork(self) -> None:
        """Wait until nobody is at a file; who takes too long is left to its fate."""
        self.guard.acquire()
        for turn in list(self.at.values()):
            turn.forking = turn.lock.acquire(timeout=PATIENCE)

    def end_fork(self) -> None:
        """Let the parent's threads go on."""
        for turn in list(self.at.values()):
            if turn.forking:
                turn.forking = False
                turn.lock.release()
        self.guard.release()

    def begin_child(self) -> None:
        """Close what was inherited, which takes no lock from the parent; begin anew."""
        for turn in list(self.at.values()):
            for user in list(turn.users):
                if turn.forking and user.connection is not None:
                    user.connection.close()
        self.guard, self.at = threading.Lock(), weakref.WeakValueDictionary()


_TURNS = _Turns()

if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(
        before=_TURNS.begin_fork,
        after_in_parent=_TURNS.end_fork,
        after_in_child=_TURNS.begin_child,
    )


def _turn_at(path: Path) -> _Turn:
    """Return what the users of a file in this process take turns by."""
    with _TURNS.guard:
        turn = _TURNS.at.get(path.resolve())
        if turn is None:
            turn = _TURNS.at[path.resolve()] = _Turn()
        return turn


class SharedFile:
    """An SQLite file, open for the threads of one client; a forked child opens it anew.

    Parameters
    ----------
    path : Path
    connect : callable
        Opens the file, in autocommit mode, for any thread.

    Attributes
    ----------
    closed : bool

    Raises
    ------
    OSError, sqlite3.Error
        Of `connect`.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._handle = PerProcess(lambda: _Handle(path))
        self.closed = False
        with self.turn():
            pass

    @contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        """Be the only thread of this process at the file, until the end of the block.

        Yields
        ------
        sqlite3.Connection

        Raises
        ------
        StoppedError
            It was closed, with its client.
        OSError, sqlite3.Error
            It is a forked child's first turn and cannot be opened.
        """
        handle = self._handle()
        with handle.turn.lock:
            if self.closed:
                raise StoppedError(CLOSED)
            if handle.connection is None:
                handle.connection = self._connect()
            yield handle.connection

    def close(self) -> None:
        """Close the file."""
        handle = self._handle()
        with handle.turn.lock:
            self.closed = True
            if handle.connection is not None:
                handle.connection.close()


@contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection that could not be set up: nobody else would."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


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


def write_ahead(connection: sqlite3.Connection) -> None:
    """Have a file keep a write-ahead log, so that its readers never wait.

    SQLite's own patience does not reach to this switch: of two who open a new file at
    the same instant, one is refused at once.

    Parameters
    ----------
    connection : sqlite3.Connection
        Of a `SharedFile` that is being opened.

    Raises
    ------
    sqlite3.Error
        The file cannot be used, or others keep it busy for half a minute.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            busy = kind_of(exc) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
        else:
            return
