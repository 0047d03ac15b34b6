"""What we asked, what came of it, and where its bytes are: one SQLite file.

Every step is written before it is relied upon: intent -> report id -> document id ->
verified bytes -> windows of a lake (`LakeWindows`). A killed process leaves a row that
the next one can take up. Which files of a sink are committed is told by the markers
beside them, or a Delta table's log, which all hosts see: a note of it here would be
another truth, that nobody asks. No credentials, URLs or rows are kept here.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from spreports.forks import PerProcess
from spreports.ledger.counts import LakeCounts
from spreports.ledger.door import LedgerFile
from spreports.ledger.entries import A_DAY, Request, VerifiedDocument, is_abandoned
from spreports.ledger.windows import LakeWindows
from spreports.owner import mark

__all__ = ["Ledger"]


class Ledger(LedgerFile):
    """The ledger in one file; safe for threads, and for processes of one machine.

    Parameters
    ----------
    path : Path
        Made when missing. Not on a network file system: SQLite's locks lie there.

    Attributes
    ----------
    windows : LakeWindows
        What each lake has.
    counts : LakeCounts
        What files of Delta tables hold.

    Raises
    ------
    ConfigError
        From every method: the file is no ledger, was written by a newer spreports, or
        cannot be read or written; or the client is closed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        # What a parent is about to create, its forked child does not abandon
        self._open = PerProcess(set[int])
        self.windows = LakeWindows(self.rows, self._write)
        self.counts = LakeCounts(self.rows, self._write)

    def _intend(
        self, db: sqlite3.Connection, account: str, key: str, now: datetime
    ) -> int:
        """Insert an intent of this process."""
        cursor = db.execute(
            "INSERT INTO requests (account, request_key, intended_time, owner) "
            "VALUES (?, ?, ?, ?)",
            (account, key, now.isoformat(), mark()),
        )
        return int(cursor.lastrowid or 0)

    def intend(self, account: str, key: str, now: datetime) -> int:
        """Write that a report is about to be created; return the row's id."""
        with self._write() as db:
            row = self._intend(db, account, key, now)
        # Not before it is committed: another's intent may get the id otherwise
        self._open().add(row)
        return row

    def answered(self, account: str, key: str) -> int:
        """Return how many requests of this key have a report."""
        query = (
            "SELECT COUNT(report_id) FROM requests "
            "WHERE account = ? AND request_key = ?"
        )
        return int(self.rows(query, (account, key))[0][0])

    def intend_alone(
        self, account: str, key: str, now: datetime, answered: int
    ) -> int | None:
        """Write an intent, unless somebody alive creates the very same, or has.

        Returns
        -------
        int or None
            The row's id; None where somebody else is at it, or has more requests
            `answered` than when none of them would do.
        """
        with self._write() as db:
            rivals = db.execute(
                "SELECT owner, intended_time FROM requests "
                "WHERE account = ? AND request_key = ? AND report_id IS NULL",
                (account, key),
            ).fetchall()
            alive = any(
                not is_abandoned(owner, datetime.fromisoformat(intended), now)
                for owner, intended in rivals
            )
            if alive or self.answered(account, key) != answered:
                return None
            row = self._intend(db, account, key, now)
        self._open().add(row)
        return row

    def created(self, request_id: int, report_id: str) -> None:
        """Write the report id that createReport gave (or reconciliation found).

        Somebody may have adopted the report meanwhile: then it is ours all the same.
        """
        with self._write() as db:
            db.execute(
                "DELETE FROM requests WHERE id != ? AND report_id = ? "
                "AND account = (SELECT account FROM requests WHERE id = ?)",
                (request_id, report_id, request_id),
            )
            db.execute(
                "UPDATE requests SET report_id = ? WHERE id = ?",
                (report_id, request_id),
            )
        self._open().discard(request_id)

    def adopted(
        self,
        account: str,
        key: str,
        report: tuple[str, str, str | None],
        made: datetime,
    ) -> bool:
        """Write that a report which Amazon lists serves a request.

        Parameters
        ----------
        account, key : str
        report : (str, str, str or None)
            Its id, processing status and document id.
        made : datetime
            When it was created.

        Returns
        -------
        bool
            False where it is another request's already, or was found to be of no use.
        """
        with self._write() as db:
            known = db.execute(
                "SELECT request_key, processing_status IN ('CANCELLED', 'FATAL') "
                "FROM requests WHERE account = ? AND report_id = ?",
                (account, report[0]),
            ).fetchone()
            if known is None:
                db.execute(
                    "INSERT INTO requests (account, request_key, intended_time, owner, "
                    "report_id, processing_status, report_document_id) "
                    "VALUES (?, ?, ?, '', ?, ?, ?)",
                    (account, key, made.isoformat(), *report),
                )
        return known is None or (known[0] == key and not known[1])

    def open_keys(self, account: str) -> frozenset[str]:
        """Return the keys of requests whose createReport has had no answer."""
        query = (
            "SELECT request_key FROM requests WHERE account = ? AND report_id IS NULL"
        )
        return frozenset(key for (key,) in self.rows(query, (account,)))

    def abandoned(self, request_id: int) -> None:
        """Write that nobody waits for this intent's answer any more."""
        with self._write() as db:
            db.execute("UPDATE requests SET owner = '' WHERE id = ?", (request_id,))
        self._open().discard(request_id)

    def knows(self, account: str, report_id: str) -> bool:
        """Whether a report is known to be some request's."""
        query = "SELECT 1 FROM requests WHERE account = ? AND report_id = ?"
        return bool(self.rows(query, (account, report_id)))

    def refused(self, request_id: int) -> None:
        """Forget an intent of which nothing came."""
        with self._write() as db:
            db.execute("DELETE FROM requests WHERE id = ?", (request_id,))
        self._open().discard(request_id)

    def seen(
        self, account: str, report_id: str, status: str, document_id: str | None
    ) -> None:
        """Write a report's processing status as Amazon last told it."""
        with self._write() as db:
            db.execute(
                "UPDATE requests SET processing_status = ?, report_document_id = ? "
                "WHERE account = ? AND report_id = ?",
                (status, document_id, account, report_id),
            )

    def made(self, account: str, report_id: str, made: datetime) -> None:
        """Write that a report was asked for no later than it was made, as by clocks."""
        with self._write() as db:
            db.execute(
                "UPDATE requests SET intended_time = min(intended_time, ?) "
                "WHERE account = ? AND report_id = ?",
                (made.isoformat(), account, report_id),
            )

    def gone(self, account: str, document_id: str) -> bool:
        """Write that Amazon has a document no more, so that its report is of no use.

        Returns
        -------
        bool
            False where the document is not known to be of a request.
        """
        with self._write() as db:
            cursor = db.execute(
                "UPDATE requests SET processing_status = 'CANCELLED' "
                "WHERE account = ? AND report_document_id = ?",
                (account, document_id),
            )
        return cursor.rowcount > 0

    def latest(self, account: str, key: str) -> Request | None:
        """Return the newest request of this key, whatever became of it."""
        rows = self.rows(
            "SELECT id, intended_time, owner, report_id, processing_status, "
            "report_document_id FROM requests "
            "WHERE account = ? AND request_key = ? ORDER BY id DESC LIMIT 1",
            (account, key),
        )
        if not rows:
            return None
        number, intended, owner, report_id, status, document_id = rows[0]
        return Request(
            id=number,
            intended_time=datetime.fromisoformat(intended),
            owner=owner,
            report_id=report_id,
            processing_status=status,
            report_document_id=document_id,
        )

    def stored(
        self,
        account: str,
        document_id: str,
        document: VerifiedDocument,
        now: datetime,
        *,
        private: bool = False,
    ) -> None:
        """Write that a document's bytes are whole and in the store.

        A private one belongs to this process, and is to be deleted with it.
        """
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    account,
                    document_id,
                    document.content_type,
                    document.size,
                    document.sha256,
                    document.verified,
                    now.isoformat(),
                    mark() if private else None,
                ),
            )

    def document(self, account: str, document_id: str) -> VerifiedDocument | None:
        """Return what is known of a stored document."""
        rows = self.rows(
            "SELECT content_type, size, sha256, verified FROM documents "
            "WHERE account = ? AND report_document_id = ?",
            (account, document_id),
        )
        if not rows:
            return None
        content_type, size, sha256, verified = rows[0]
        return VerifiedDocument(
            content_type=content_type, size=size, sha256=sha256, verified=verified
        )

    def orphans(self, account: str, now: datetime) -> tuple[str, ...]:
        """Return the private documents whose process has ended without its clean-up.

        Of one on another host, as each run in a container is, nothing is known: it has
        a day.
        """
        rows = self.rows(
            "SELECT report_document_id, private_owner, stored_time FROM documents "
            "WHERE account = ? AND private_owner IS NOT NULL",
            (account,),
        )
        return tuple(
            name
            for name, owner, stored in rows
            if is_abandoned(owner, datetime.fromisoformat(stored), now, wait=A_DAY)
        )

    def forget_document(self, account: str, document_id: str) -> None:
        """Write that a document's bytes are no longer in the store."""
        with self._write() as db:
            db.execute(
                "DELETE FROM documents WHERE account = ? AND report_document_id = ?",
                (account, document_id),
            )

    def close(self) -> None:
        """Close the file; whoever opens it next looks for what is still unclear."""
        unclear = self._open()
        try:
            while unclear:
                self.abandoned(unclear.pop())
        finally:
            unclear.clear()
            super().close()
