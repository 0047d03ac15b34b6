"""The ledger's file: opened, read and written in one place.

Amazon's JSON may hold half a character (a lone surrogate, where Java has cut an emoji),
which is text for Python and none for SQLite. A reader or writer meets a closed client,
a full disk or damaged pages here, and nobody else has to know SQLite's errors.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spreports.errors import ConfigError
from spreports.ledger.schema import SCHEMA, SCHEMA_VERSION
from spreports.ledger.windows import WINDOWS_SCHEMA, add_version_of
from spreports.turns import (
    ELSEWHERE,
    MAKE_ROOM,
    TRY_AGAIN,
    SharedFile,
    closed_on_error,
    is_damaged,
    is_full,
    kind_of,
    transaction,
    write_ahead,
)

__all__ = ["LedgerFile"]

_BEGIN_ANEW = (
    "move it away to start a new one: a sync then learns from its lake what is there, "
    "other reports are asked for again; files stay as they are"
)
_PLACE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


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
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = SharedFile(path, self._connect)
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable("opened", exc) from exc

    def _connect(self) -> sqlite3.Connection:
        """Open the file, with its schema; a newer one is refused."""
        db = sqlite3.connect(
            self._path,
            timeout=30.0,
            isolation_level=None,
            check_same_thread=False,
            factory=_AnyText,
        )
        with closed_on_error(db):
            self._set_up(db)
        return db

    def _set_up(self, db: sqlite3.Connection) -> None:
        """Bring the file to this version's schema."""
        self._path.chmod(0o600)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise ConfigError(
                f"the ledger {self._path} was written by a newer spreports "
                f"(schema {version}, this one knows {SCHEMA_VERSION}); upgrade it"
            )
        write_ahead(db)
        # A row that was relied upon must survive a power cut, not only a crash.
        db.execute("PRAGMA synchronous = FULL")
        # What an older file lacks is added; what it has keeps its form
        db.executescript(SCHEMA + WINDOWS_SCHEMA)
        add_version_of(db)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for one transaction."""
        try:
            with self._file.turn() as connection, transaction(connection) as db:
                yield db
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable("written", exc) from exc

    def rows(self, query: str, parameters: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of a query that changes nothing."""
        try:
            with self._file.turn() as connection:
                return connection.execute(query, parameters).fetchall()
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable("read", exc) from exc

    def _unusable(self, how: str, exc: sqlite3.Error | OSError) -> ConfigError:
        """Say what to do about a ledger that cannot be opened, read or written."""
        if full := is_full(exc):
            advice = MAKE_ROOM
        elif is_damaged(exc):
            advice = _BEGIN_ANEW
        elif kind_of(exc) in _PLACE or isinstance(exc, OSError):
            advice = ELSEWHERE
        else:
            advice = TRY_AGAIN
        return ConfigError(
            f"the ledger {self._path} cannot be {how} ({exc}); {advice}",
            hopeless=full,
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
