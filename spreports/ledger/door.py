"""The ledger's file: opened, read and written in one place.

Amazon's JSON may hold half a character (a lone surrogate, where Java has cut an emoji),
which is text for Python and none for SQLite. A reader or writer meets a closed client,
a full disk or damaged pages here, and nobody else has to know SQLite's errors.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spreports.errors import ConfigError
from spreports.ledger.schema import SCHEMA, SCHEMA_VERSION
from spreports.ledger.windows import WINDOWS_SCHEMA, add_items
from spreports.turns import CLOSED, transaction, turn_at, write_ahead

__all__ = ["LedgerFile"]

_BEGIN_ANEW = (
    "move it away to start a new one: reports then are asked for again, files stay as "
    "they are"
)
_TRY_AGAIN = (
    "make room, or let its other users finish, and run again: what was written stays"
)
_ELSEWHERE = "its folder must be one that you may write to (SPREPORTS_HOME, home=)"
_PLACE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class LedgerFile:
    """The file; safe for threads, and for processes of one machine.

    Parameters
    ----------
    path : Path
        Made when missing. Not on a network file system: SQLite's locks lie there.

    Raises
    ------
    ConfigError
        The file is no ledger, or was written by a newer spreports.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._turn = turn_at(path)
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                path,
                timeout=30.0,
                isolation_level=None,
                check_same_thread=False,
                factory=_AnyText,
            )
            path.chmod(0o600)
            self._prepare()
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable("opened", exc) from exc

    def _prepare(self) -> None:
        """Set up the schema, refusing a newer one."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise ConfigError(
                f"the ledger {self._path} was written by a newer spreports "
                f"(schema {version}, this one knows {SCHEMA_VERSION}); upgrade it"
            )
        write_ahead(self._connection, self._turn)
        # A row that was relied upon must survive a power cut, not only a crash.
        self._connection.execute("PRAGMA synchronous = FULL")
        # What an older file lacks is added; what it has keeps its form
        self._connection.executescript(SCHEMA + WINDOWS_SCHEMA)
        add_items(self._connection)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for one transaction."""
        with self._lock, self._turn.lock:
            try:
                with transaction(self._connection) as db:
                    yield db
            except sqlite3.Error as exc:
                raise self._unusable("written", exc) from exc

    def rows(self, query: str, parameters: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of a query that changes nothing."""
        with self._lock:
            try:
                return self._connection.execute(query, parameters).fetchall()
            except sqlite3.Error as exc:
                raise self._unusable("read", exc) from exc

    def _unusable(self, how: str, exc: sqlite3.Error | OSError) -> ConfigError:
        """Say what to do about a ledger that cannot be opened, read or written."""
        if self._closed:
            return ConfigError(CLOSED)
        # The lowest byte is the kind of error, the others say more of it
        kind = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if kind in _DAMAGE:
            advice = _BEGIN_ANEW
        elif kind in _PLACE or isinstance(exc, OSError):
            advice = _ELSEWHERE
        else:
            advice = _TRY_AGAIN
        return ConfigError(f"the ledger {self._path} cannot be {how} ({exc}); {advice}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._connection.close()


class _AnyText(sqlite3.Connection):
    r"""A connection that takes any text; half a character is written as ``\ud83d``.

    The same text is always written in the same way, so that what was written is found.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement with its parameters in order."""
        return super().execute(sql, [_storable(each) for each in parameters])


def _storable(value: object) -> object:
    """Return what SQLite can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
