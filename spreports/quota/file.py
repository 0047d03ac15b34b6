"""The SQLite file of what is shared about quota: one transaction at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spreports.errors import ConfigError
from spreports.turns import (
    MAKE_ROOM,
    TRY_AGAIN,
    SharedFile,
    closed_on_error,
    is_full,
    kind_of,
    transaction,
    write_ahead,
)

__all__ = ["QuotaFile"]

# Nothing here is worth a migration: an older file counts as full once. A newer one is
# refused, as the ledger beside it is: two versions in turns would count each other's
# buckets as full every time, and forget the cool-downs.
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
        The file cannot be used, or was written by a newer spreports.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = SharedFile(path, self._connect)
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable(exc) from exc

    def _connect(self) -> sqlite3.Connection:
        """Open the file, with its tables."""
        connection = sqlite3.connect(
            self._path, timeout=30.0, isolation_level=None, check_same_thread=False
        )
        with closed_on_error(connection):
            version = self._version(connection)
            if version > VERSION:
                raise ConfigError(
                    f"the quota file {self._path} was written by a newer spreports "
                    f"(version {version}, this one knows {VERSION}); upgrade it"
                )
            write_ahead(connection)
            # A slot that a power cut forgets costs one 429, not a row.
            connection.execute("PRAGMA synchronous = NORMAL")
            if version != VERSION:
                self._set_up(connection)
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        """Set up the tables, anew where they are of another version."""
        with transaction(connection) as db:
            # Who came first may have booked in them
            if self._version(db) == VERSION:
                return
            for name, made in _TABLES.items():
                db.execute(f"DROP TABLE IF EXISTS {name}")
                db.execute(made)
            db.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self, db: sqlite3.Connection) -> int:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return int(version)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Be alone among all threads and processes, until the end of the block.

        Raises
        ------
        ConfigError
            The file cannot be used, or the client is closed.
        """
        try:
            with self._file.turn() as connection, transaction(connection) as db:
                yield db
        except (sqlite3.Error, OSError) as exc:
            raise self._unusable(exc) from exc

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _unusable(self, exc: sqlite3.Error | OSError) -> ConfigError:
        """Say what to do about a file that cannot be used."""
        if is_full(exc):
            return ConfigError(
                f"the quota file {self._path} cannot be used ({exc}); {MAKE_ROOM}",
                hopeless=True,
            )
        folder = self._path.parent
        # False for what is not there, too
        if not all(os.access(place, os.W_OK) for place in (folder, self._path)):
            is_file = isinstance(exc, FileExistsError)
            told = "it is a file" if is_file else getattr(exc, "strerror", None) or exc
            return ConfigError(
                f"the store {folder} cannot hold {self._path.name} ({told}): make it a "
                "folder that you may write to, or name another one: home= or "
                "SPREPORTS_HOME"
            )
        # Removed while others hold it, it would be two files that know half each
        is_busy = kind_of(exc) == sqlite3.SQLITE_BUSY
        remove = "where nothing else helps, remove it: quota then counts as full once"
        return ConfigError(
            f"the quota file {self._path} cannot be used ({exc}); "
            f"{TRY_AGAIN if is_busy else remove}"
        )
