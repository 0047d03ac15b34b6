"""Bucket states in a file: shared by the processes of one machine, kept over restarts.

Quota belongs to an account, not to a process: two nightly jobs, or a job and a
notebook, would otherwise each spend a full bucket.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from spreports.api.throttle import Bucket
from spreports.clock import Clock
from spreports.errors import ConfigError

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    full_at REAL NOT NULL,
    rate REAL NOT NULL,
    written_at REAL NOT NULL,
    PRIMARY KEY (account, operation)
) WITHOUT ROWID
"""


class SharedBuckets:
    """One account's bucket states in a SQLite file.

    Times are those of the wall clock, since nothing else is the same for two processes
    and over a restart; a clock that was set back keeps the debt as it was.

    Parameters
    ----------
    path : Path
        Made when missing. Not on a network file system: SQLite's locks lie there.
    account : str
    clock : Clock

    Raises
    ------
    ConfigError
        The file cannot be used.
    """

    def __init__(self, path: Path, account: str, clock: Clock) -> None:
        self._path = path
        self._account = account
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A slot that a power cut forgets costs one 429, not a row.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_SCHEMA)
        except sqlite3.Error as exc:
            raise self._unusable(exc) from exc

    def _unusable(self, exc: sqlite3.Error) -> ConfigError:
        """Say what to do about a file that cannot be used."""
        return ConfigError(
            f"the quota file {self._path} cannot be used ({exc}); remove it: quota "
            "then counts as full once"
        )

    def now(self) -> float:
        """Return wall-clock seconds since the epoch."""
        return self._clock.now().timestamp()

    def change(
        self, operation: str, step: Callable[[Bucket | None, float], tuple[Bucket, T]]
    ) -> T:
        """Replace one state by ``step(state, now)``, alone among all processes.

        Raises
        ------
        ConfigError
            The file cannot be used, or the client is closed.
        """
        with self._lock:
            if self._closed:
                raise ConfigError("this client is closed; connect() gives a new one")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    now = self.now()
                    state, result = step(self._read(operation, now), now)
                    self._connection.execute(
                        "INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?)",
                        (self._account, operation, state.full_at, state.rate, now),
                    )
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as exc:
                raise self._unusable(exc) from exc
        return result

    def _read(self, operation: str, now: float) -> Bucket | None:
        """Read one state; a clock that was set back takes its debt along."""
        row = self._connection.execute(
            "SELECT full_at, rate, written_at FROM buckets "
            "WHERE account = ? AND operation = ?",
            (self._account, operation),
        ).fetchone()
        if row is None:
            return None
        full_at, rate, written_at = row
        return Bucket(full_at=full_at - max(0.0, written_at - now), rate=rate)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._connection.close()
