"""What we asked, what came of it, and where its bytes and files are: one SQLite file.

Every step is written before it is relied upon: intent -> report id -> document id ->
verified bytes -> committed files. A killed process leaves a row that the next one can
take up. No credentials, URLs or rows are kept here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from spreports.errors import ConfigError
from spreports.ledger.entries import Request, VerifiedDocument
from spreports.ledger.schema import SCHEMA, SCHEMA_VERSION
from spreports.ledger.windows import WINDOWS_SCHEMA, LakeWindows, add_items
from spreports.owner import is_gone, mark
from spreports.turns import transaction, turn_at, write_ahead


class Ledger:
    """The ledger in one file; safe for threads, and for processes of one machine.

    Parameters
    ----------
    path : Path
        Made when missing. Not on a network file system: SQLite's locks lie there.

    Attributes
    ----------
    windows : LakeWindows
        What each lake has.

    Raises
    ------
    ConfigError
        The file is no ledger, or was written by a newer spreports.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._turn = turn_at(path)
        self._open: set[int] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            path.chmod(0o600)
            self._prepare()
        except (sqlite3.Error, OSError) as exc:
            raise ConfigError(
                f"the ledger {path} cannot be used ({exc}); move it away to start a "
                "new one: reports then are asked for again, files stay as they are"
            ) from exc
        self.windows = LakeWindows(self._connection, self._lock, self._write)

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
                raise ConfigError(
                    f"the ledger {self._path} cannot be written ({exc}); make room, or "
                    "let its other users finish, and run again: what was written stays"
                ) from exc

    def _intend(
        self, db: sqlite3.Connection, account: str, key: str, now: datetime
    ) -> int:
        """Insert an intent of this process."""
        cursor = db.execute(
            "INSERT INTO requests (account, request_key, intended_time, owner) "
            "VALUES (?, ?, ?, ?)",
            (account, key, now.isoformat(), mark()),
        )
        self._open.add(int(cursor.lastrowid or 0))
        return int(cursor.lastrowid or 0)

    def intend(self, account: str, key: str, now: datetime) -> int:
        """Write that a report is about to be created; return the row's id."""
        with self._write() as db:
            return self._intend(db, account, key, now)

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
                "SELECT owner FROM requests WHERE account = ? AND request_key = ? "
                "AND report_id IS NULL",
                (account, key),
            ).fetchall()
            alive = any(not is_gone(owner) for (owner,) in rivals)
            if alive or self.answered(account, key) != answered:
                return None
            return self._intend(db, account, key, now)

    def created(self, request_id: int, report_id: str) -> None:
        """Write the report id that createReport gave (or reconciliation found)."""
        with self._write() as db:
            db.execute(
                "UPDATE requests SET report_id = ? WHERE id = ?",
                (report_id, request_id),
            )
        self._open.discard(request_id)

    def adopted(
        self,
        account: str,
        key: str,
        report: tuple[str, str, str | None],
        made: datetime,
    ) -> bool:
        """Write that somebody else's report serves a request.

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
            False where the report is another request's already.
        """
        with self._write() as db:
            known = db.execute(
                "SELECT request_key FROM requests WHERE account = ? AND report_id = ?",
                (account, report[0]),
            ).fetchone()
            if known is None:
                db.execute(
                    "INSERT INTO requests (account, request_key, intended_time, owner, "
                    "report_id, processing_status, report_document_id) "
                    "VALUES (?, ?, ?, '', ?, ?, ?)",
                    (account, key, made.isoformat(), *report),
                )
        return known is None or known[0] == key

    def abandoned(self, request_id: int) -> None:
        """Write that nobody waits for this intent's answer any more."""
        with self._write() as db:
            db.execute("UPDATE requests SET owner = '' WHERE id = ?", (request_id,))
        self._open.discard(request_id)

    def report_ids(self, account: str) -> frozenset[str]:
        """Return the ids of all reports that are known to be some request's."""
        query = "SELECT report_id FROM requests WHERE account = ? AND report_id NOTNULL"
        return frozenset(report_id for (report_id,) in self.rows(query, (account,)))

    def refused(self, request_id: int) -> None:
        """Forget an intent of which nothing came."""
        with self._write() as db:
            db.execute("DELETE FROM requests WHERE id = ?", (request_id,))
        self._open.discard(request_id)

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

    def latest(self, account: str, key: str) -> Request | None:
        """Return the newest request of this key, whatever became of it."""
        with self._lock:
            row = self._connection.execute(
                "SELECT id, intended_time, owner, report_id, processing_status, "
                "report_document_id FROM requests "
                "WHERE account = ? AND request_key = ? ORDER BY id DESC LIMIT 1",
                (account, key),
            ).fetchone()
        if row is None:
            return None
        number, intended, owner, report_id, status, document_id = row
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
        with self._lock:
            row = self._connection.execute(
                "SELECT content_type, size, sha256, verified FROM documents "
                "WHERE account = ? AND report_document_id = ?",
                (account, document_id),
            ).fetchone()
        if row is None:
            return None
        content_type, size, sha256, verified = row
        return VerifiedDocument(
            content_type=content_type, size=size, sha256=sha256, verified=verified
        )

    def orphans(self, account: str) -> tuple[str, ...]:
        """Return the private documents whose process has ended without its clean-up."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT report_document_id, private_owner FROM documents "
                "WHERE account = ? AND private_owner IS NOT NULL",
                (account,),
            ).fetchall()
        return tuple(name for name, owner in rows if is_gone(owner))

    def forget_document(self, account: str, document_id: str) -> None:
        """Write that a document's bytes are no longer in the store."""
        with self._write() as db:
            db.execute(
                "DELETE FROM documents WHERE account = ? AND report_document_id = ?",
                (account, document_id),
            )

    def committed(
        self,
        account: str,
        report_id: str,
        url: str,
        counts: tuple[int, int],
        now: datetime,
    ) -> None:
        """Write that a report's rows are in files at `url`; counts are rows, files."""
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?, ?)",
                (account, report_id, url, *counts, now.isoformat()),
            )

    def rows(self, query: str, parameters: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of a query that changes nothing."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def close(self) -> None:
        """Close the file; whoever opens it next looks for what is still unclear."""
        with self._lock:
            for request_id in tuple(self._open):
                self.abandoned(request_id)
            self._connection.close()
