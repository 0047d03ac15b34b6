"""How soon a report type may be asked for again: shared by processes, remembered.

Some report types are made anew only every so often. Asked again before that, Amazon
cancels the report, or refuses the call: a createReport is lost either way, and people
cannot tell from it that they only came too soon.

Kept for each marketplace of an account: reports of these types are "singletons per
seller and marketplace" (selling-partner-api-docs#1168), whatever their dates. Whether a
limit is even the seller's as a whole is an open question there (models#1843, #5210).
Of the two mistakes this is the cheaper one: a cool-down that is wider than we think
costs one cancelled report, while one that we made wider than it is would hold up five
marketplaces of a daily report type for five days.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from spreports.clock import Clock
from spreports.quota.file import QuotaFile

__all__ = ["CoolDowns"]


class CoolDowns:
    """One account's cool-downs in a SQLite file.

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

    def claim(
        self, report_type: str, marketplace_ids: Sequence[str], seconds: float
    ) -> float:
        """Begin a cool-down now, unless one is running.

        Claimed when createReport is about to be called and not before: a process that
        is killed while it waits has claimed nothing.

        Parameters
        ----------
        report_type : str
        marketplace_ids : sequence of str
        seconds : float
            How long nobody may ask again.

        Returns
        -------
        float, seconds
            0 where it was begun; otherwise how long the one that runs still lasts.
        """
        with self._file.transaction() as db:
            now = self._now(db, report_type)
            wait = self._left(db, report_type, marketplace_ids, now)
            if wait <= 0:
                db.executemany(
                    "INSERT OR REPLACE INTO cooldowns VALUES (?, ?, ?, ?, ?)",
                    [
                        (self._account, report_type, each, now + seconds, now)
                        for each in marketplace_ids
                    ],
                )
        return wait

    def wait_for(self, report_type: str, marketplace_ids: Sequence[str]) -> float:
        """Return the seconds that a cool-down still lasts; begins none."""
        with self._file.transaction() as db:
            now = self._now(db, report_type)
            return self._left(db, report_type, marketplace_ids, now)

    def _now(self, db: sqlite3.Connection, report_type: str) -> float:
        """Return wall-clock seconds; a clock that was set back takes cool-downs along.

        Written down at once: they would begin anew with each look until the clock is
        where it was.
        """
        now = self._clock.now().timestamp()
        db.execute(
            "UPDATE cooldowns SET free_at = free_at - (written_at - ?), written_at = ? "
            "WHERE account = ? AND report_type = ? AND written_at > ?",
            (now, now, self._account, report_type, now),
        )
        return now

    def _left(
        self,
        db: sqlite3.Connection,
        report_type: str,
        marketplace_ids: Sequence[str],
        now: float,
    ) -> float:
        """Return the seconds until the last of some cool-downs is over."""
        wait = 0.0
        for marketplace_id in marketplace_ids:
            row = db.execute(
                "SELECT free_at FROM cooldowns WHERE account = ? "
                "AND report_type = ? AND marketplace_id = ?",
                (self._account, report_type, marketplace_id),
            ).fetchone()
            if row is not None:
                wait = max(wait, row[0] - now)
        return wait

    def release(
        self, report_type: str, marketplace_ids: Sequence[str], free_at: float
    ) -> None:
        """End a cool-down that was claimed for a report that was not made.

        Parameters
        ----------
        report_type : str
        marketplace_ids : sequence of str
        free_at : float, seconds since the epoch
            When the claimed one ends; what lasts longer, somebody else's report has
            begun meanwhile.
        """
        with self._file.transaction() as db:
            db.executemany(
                "DELETE FROM cooldowns WHERE account = ? AND report_type = ? "
                "AND marketplace_id = ? AND free_at <= ?",
                [
                    (self._account, report_type, each, free_at)
                    for each in marketplace_ids
                ],
            )

    def seen(
        self, report_type: str, marketplace_ids: Sequence[str], free_at: float
    ) -> None:
        """Take note of a cool-down that somebody else's report has begun.

        Parameters
        ----------
        report_type : str
        marketplace_ids : sequence of str
        free_at : float, seconds since the epoch
        """
        with self._file.transaction() as db:
            now = self._now(db, report_type)
            db.executemany(
                "INSERT INTO cooldowns VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET free_at = excluded.free_at, written_at = excluded.written_at "
                "WHERE excluded.free_at > free_at",
                [
                    (self._account, report_type, each, free_at, now)
                    for each in marketplace_ids
                ],
            )
