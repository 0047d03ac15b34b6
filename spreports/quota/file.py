"""The SQLite file of what is shared about quota: one transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spreports.errors import ConfigError
from spreports.turns import CLOSED, transaction, turn_at, write_ahead

__all__ = ["QuotaFile"]

# Nothing here is worth a migration: a file of another version counts as full once.
VERSION = 2

_TABLES = {
    "buckets": """
CREATE TABLE buckets (
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    full_at REAL NOT NULL,
    rate REAL NOT NULL,
    share REAL NOT NULL,
    refused_at REAL,
    granted INTEGER NOT NULL,
    written_at REAL NOT NULL,
    PRIMARY KEY (account, operation)
) WITHOUT ROWID""",
    "cooldowns": """
CREATE TABLE cooldowns (
    account TEXT NOT NULL,
    report_type TEXT NOT NULL,
    marketplace_id TEXT NOT NULL,
    free_at REAL NOT NULL,
    written_at REAL NOT NULL,
    PRIMARY KEY (account, report_type, marketplace_id)
) WITHOUT ROWID""",
}


class QuotaFile:
    """A connection to the file, for the threads of one client.

    Parameters
    ----------
    path : Path
        Made when missing. Not on a network file system: SQLite's locks lie there.

    Raises
    ------
    ConfigError
        The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._turn = turn_at(path)
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            write_ahead(self._connection, self._turn)
            # A slot that a power cut forgets costs one 429, not a row.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare()
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable(exc) from exc

    def _prepare(self) -> None:
        """Set up the tables, anew where they are of another version."""
        if self._version() == VERSION:
            return
        with self._turn.lock, transaction(self._connection) as db:
            # Who came first may have booked in them
            if self._version() == VERSION:
                return
            for name, made in _TABLES.items():
                db.execute(f"DROP TABLE IF EXISTS {name}")
                db.execute(made)
            db.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        return int(version)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Be alone among all threads and processes, until the end of the block.

        Raises
        ------
        ConfigError
            The file cannot be used, or the client is closed.
        """
        with self._lock, self._turn.lock:
            if self._closed:
                raise ConfigError(CLOSED)
            try:
                with transaction(self._connection) as db:
                    yield db
            except sqlite3.Error as exc:
                raise self._unusable(exc) from exc

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def _unusable(self, exc: sqlite3.Error | OSError) -> ConfigError:
        """Say what to do about a file that cannot be used."""
        return ConfigError(
            f"the quota file {self._path} cannot be used ({exc}); where nothing else "
            "helps, remove it: quota then counts as full once"
        )
