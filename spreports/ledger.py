"""What we asked, what came of it, and where its bytes and files are: one SQLite file.

Every step is written before it is relied upon: intent -> report id -> document id ->
verified bytes -> committed files. A killed process leaves a row that the next one can
take up. No credentials, URLs or rows are kept here.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spreports.errors import ConfigError

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    request_key TEXT NOT NULL,
    intended_time TEXT NOT NULL,
    report_id TEXT,
    processing_status TEXT,
    report_document_id TEXT,
    UNIQUE (account, report_id)
);
CREATE INDEX IF NOT EXISTS requests_by_key ON requests (account, request_key, id);
CREATE TABLE IF NOT EXISTS documents (
    account TEXT NOT NULL,
    report_document_id TEXT NOT NULL,
    content_type TEXT,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    verified TEXT NOT NULL,
    stored_time TEXT NOT NULL,
    PRIMARY KEY (account, report_document_id)
);
CREATE TABLE IF NOT EXISTS commits (
    account TEXT NOT NULL,
    report_id TEXT NOT NULL,
    url TEXT NOT NULL,
    rows INTEGER NOT NULL,
    files INTEGER NOT NULL,
    committed_time TEXT NOT NULL,
    PRIMARY KEY (account, report_id, url)
);
"""


def request_key(
    report_type: str,
    marketplace_ids: Sequence[str],
    options: Mapping[str, str],
    start: datetime | None,
    end: datetime | None,
) -> str:
    """Name a request by all that decides its content.

    Returns
    -------
    str
        JSON with sorted keys: equal exactly when the requests are.
    """
    return json.dumps(
        {
            "reportType": report_type,
            "marketplaceIds": sorted(marketplace_ids),
            "reportOptions": dict(sorted(options.items())),
            "dataStartTime": start and start.astimezone(UTC).isoformat(),
            "dataEndTime": end and end.astimezone(UTC).isoformat(),
        },
        sort_keys=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One report that was asked for, or was about to be.

    Attributes
    ----------
    id : int
        Row of the ledger.
    intended_time : datetime, aware, UTC
        When the intent was written, just before createReport.
    report_id : str or None
        None: the answer of createReport was never seen.
    processing_status, report_document_id : str or None
        As last seen.
    """

    id: int
    intended_time: datetime
    report_id: str | None
    processing_status: str | None
    report_document_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDocument:
    """What is known of stored bytes that were verified."""

    content_type: str | None
    size: int
    sha256: str
    verified: str


class Ledger:
    """The ledger in one file; safe for threads, and for processes of one machine.

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
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = sqlite3.connect(
                path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            path.chmod(0o600)
            self._prepare()
        except sqlite3.Error as exc:
            raise ConfigError(
                f"the ledger {path} cannot be used ({exc}); move it away to start a "
                "new one: reports then are asked for again, files stay as they are"
            ) from exc

    def _prepare(self) -> None:
        """Set up the schema, refusing a newer one."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise ConfigError(
                f"the ledger {self._path} was written by a newer spreports "
                f"(schema {version}, this one knows {SCHEMA_VERSION}); upgrade it"
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A row that was relied upon must survive a power cut, not only a crash.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for one transaction."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def intend(self, account: str, key: str, now: datetime) -> int:
        """Write that a report is about to be created; return the row's id."""
        with self._write() as db:
            cursor = db.execute(
                "INSERT INTO requests (account, request_key, intended_time) "
                "VALUES (?, ?, ?)",
                (account, key, now.isoformat()),
            )
            return int(cursor.lastrowid or 0)

    def created(self, request_id: int, report_id: str) -> None:
        """Write the report id that createReport gave (or reconciliation found)."""
        with self._write() as db:
            db.execute(
                "UPDATE OR REPLACE requests SET report_id = ? WHERE id = ?",
                (report_id, request_id),
            )

    def refused(self, request_id: int) -> None:
        """Forget an intent of which nothing came."""
        with self._write() as db:
            db.execute("DELETE FROM requests WHERE id = ?", (request_id,))

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
                "SELECT id, intended_time, report_id, processing_status, "
                "report_document_id FROM requests "
                "WHERE account = ? AND request_key = ? ORDER BY id DESC LIMIT 1",
                (account, key),
            ).fetchone()
        if row is None:
            return None
        number, intended, report_id, status, document_id = row
        return Request(
            id=number,
            intended_time=datetime.fromisoformat(intended),
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
    ) -> None:
        """Write that a document's bytes are whole and in the store."""
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    account,
                    document_id,
                    document.content_type,
                    document.size,
                    document.sha256,
                    document.verified,
                    now.isoformat(),
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

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
