"""Bucket states in a file: shared by the processes of one machine, kept over restarts.

Quota belongs to an account, not to a process: two nightly jobs, or a job and a
notebook, would otherwise each spend a full bucket.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from spreports.api.bucket import Bucket
from spreports.clock import Clock
from spreports.quota.file import QuotaFile

__all__ = ["SharedBuckets"]

T = TypeVar("T")


class SharedBuckets:
    """One account's bucket states in a SQLite file.

    Times are those of the wall clock, since nothing else is the same for two processes
    and over a restart; a clock that was set back keeps the debt as it was.

    Parameters
    ----------
    file : QuotaFile
    account : str
    clock : Clock
    """

    def __init__(self, file: QuotaFile, account: str, clock: Clock) -> None:
        self._file = file
        self._account = account
        self._clock = clock

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
        with self._file.transaction() as db:
            now = self.now()
            after, result = step(self._read(db, operation, now), now)
            db.execute(
                "INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._account,
                    operation,
                    after.full_at,
                    after.rate,
                    after.share,
                    after.refused_at,
                    after.granted,
                    now,
                ),
            )
        return result

    def _read(
        self, db: sqlite3.Connection, operation: str, now: float
    ) -> Bucket | None:
        """Read one state; a clock that was set back takes its times along."""
        row = db.execute(
            "SELECT full_at, rate, share, refused_at, granted, written_at "
            "FROM buckets WHERE account = ? AND operation = ?",
            (self._account, operation),
        ).fetchone()
        if row is None:
            return None
        full_at, rate, share, refused_at, granted, written_at = row
        back = max(0.0, written_at - now)
        return Bucket(
            full_at=full_at - back,
            rate=rate,
            share=share,
            refused_at=None if refused_at is None else refused_at - back,
            granted=granted,
        )
