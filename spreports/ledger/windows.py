"""What a lake has of each feed: one row for each window, in the ledger's file.

A window's row is written before a report is asked for, and again once its rows are in
the lake. What is said of the last version that the lake has stays while a newer one is
on its way, so that a killed process is taken up and nothing is asked for twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from spreports.ledger.counts import COUNTS_SCHEMA
from spreports.ledger.lake_window import LakeWindow, TableRows, WindowState
from spreports.ledger.markers import MARKERS_SCHEMA, LakeMarker, insert, markers_of
from spreports.turns import transaction

__all__ = ["WINDOWS_SCHEMA", "LakeWindows", "add_version_of"]

WINDOWS_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS lake_windows (
    lake TEXT NOT NULL,
    feed TEXT NOT NULL,
    name TEXT NOT NULL,
    start TEXT,
    end TEXT,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    error_kind TEXT,
    error TEXT,
    report_id TEXT,
    report_document_id TEXT,
    sha256 TEXT,
    created_time TEXT,
    tables TEXT NOT NULL,
    files INTEGER NOT NULL,
    updated_time TEXT NOT NULL,
    item TEXT,
    PRIMARY KEY (lake, feed, name)
);
CREATE TABLE IF NOT EXISTS lake_feeds (
    lake TEXT NOT NULL,
    feed TEXT NOT NULL,
    listed_time TEXT NOT NULL,
    PRIMARY KEY (lake, feed)
);
{MARKERS_SCHEMA}
{COUNTS_SCHEMA}
"""
_COLUMNS = (
    "name, start, end, state, tries, error_kind, error, report_id, "
    "report_document_id, sha256, created_time, tables, files, item"
)


def add_version_of(connection: sqlite3.Connection) -> None:
    """Add `version_of`, which a file of schema 2 lacks, once among all processes.

    The column keeps its older name.
    """
    columns = "SELECT name FROM pragma_table_info('lake_windows')"
    if ("item",) in connection.execute(columns).fetchall():
        return
    with transaction(connection):
        if ("item",) not in connection.execute(columns).fetchall():
            connection.execute("ALTER TABLE lake_windows ADD COLUMN item TEXT")


class LakeWindows:
    """The windows of all lakes; made by `Ledger`.

    Parameters
    ----------
    rows : callable
        Returns the rows of a query.
    write : callable
        The ledger's transaction.
    """

    def __init__(
        self,
        rows: Callable[[str, tuple[str, ...]], list[tuple[Any, ...]]],
        write: Callable[[], AbstractContextManager[sqlite3.Connection]],
    ) -> None:
        self._rows = rows
        self._write = write

    def of(self, lake: str, feed: str) -> tuple[LakeWindow, ...]:
        """Return a feed's windows, by name."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM lake_windows "  # noqa: S608 - our own names
            "WHERE lake = ? AND feed = ? ORDER BY name",
            (lake, feed),
        )
        return tuple(_read(row) for row in rows)

    def feeds(self, lake: str) -> tuple[str, ...]:
        """Return the feeds of a lake of which a window is known, of all accounts."""
        rows = self._rows(
            "SELECT DISTINCT feed FROM lake_windows WHERE lake = ? ORDER BY feed",
            (lake,),
        )
        return tuple(feed for (feed,) in rows)

    def lakes(self) -> tuple[tuple[str, str], ...]:
        """Return each lake with each feed of which a window is known there."""
        rows = self._rows(
            "SELECT DISTINCT lake, feed FROM lake_windows ORDER BY lake, feed", ()
        )
        return tuple((lake, feed) for lake, feed in rows)

    def markers(self, lake: str, feed: str, root: str) -> tuple[LakeMarker, ...]:
        """Return the markers of a data root that a feed need not read again."""
        return markers_of(self._rows, lake, feed, root)

    def put(
        self,
        lake: str,
        feed: str,
        window: LakeWindow,
        now: datetime,
        markers: Sequence[LakeMarker] = (),
    ) -> None:
        """Write a window in the place of what was known of it, and its markers."""
        self.put_all(lake, feed, [window], now, markers)

    def put_all(
        self,
        lake: str,
        feed: str,
        windows: Sequence[LakeWindow],
        now: datetime,
        markers: Sequence[LakeMarker] = (),
        *,
        without: Collection[str] = (),
    ) -> None:
        """Write windows and markers, all or nothing, and forget some windows' names."""
        with self._write() as db:
            for name in without:
                db.execute(
                    "DELETE FROM lake_windows WHERE lake = ? AND feed = ? AND name = ?",
                    (lake, feed, name),
                )
            _insert(db, lake, feed, windows, now)
            insert(db, lake, feed, markers)

    def begin_anew(
        self,
        lake: str,
        feed: str,
        windows: Sequence[LakeWindow],
        now: datetime,
        markers: Sequence[LakeMarker],
    ) -> None:
        """Write windows in the place of all that was known of a feed, or nothing."""
        with self._write() as db:
            for table in ("lake_windows", "lake_feeds", "lake_markers"):
                db.execute(
                    f"DELETE FROM {table} WHERE lake = ? AND feed = ?",  # noqa: S608 - our own names
                    (lake, feed),
                )
            _insert(db, lake, feed, windows, now)
            insert(db, lake, feed, markers)

    def versions(
        self, lake: str, of: str
    ) -> tuple[tuple[str, LakeWindow, datetime], ...]:
        """Return all versions of one thing: feed, window, and when it was written."""
        rows = self._rows(
            f"SELECT feed, updated_time, {_COLUMNS} FROM lake_windows "  # noqa: S608 - our own names
            "WHERE lake = ? AND item = ? ORDER BY feed, name",
            (lake, of),
        )
        return tuple(
            (feed, _read(row), datetime.fromisoformat(updated))
            for feed, updated, *row in rows
        )

    def listed(self, lake: str, feed: str) -> datetime | None:
        """Return when Amazon's own reports were last listed for a feed."""
        rows = self._rows(
            "SELECT listed_time FROM lake_feeds WHERE lake = ? AND feed = ?",
            (lake, feed),
        )
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def put_listed(self, lake: str, feed: str, now: datetime) -> None:
        """Write that Amazon's own reports were listed, and all noted as asked for."""
        with self._write() as db:
            db.execute(
                "INSERT OR REPLACE INTO lake_feeds VALUES (?, ?, ?)",
                (lake, feed, _iso(now)),
            )


def _insert(
    db: sqlite3.Connection,
    lake: str,
    feed: str,
    windows: Sequence[LakeWindow],
    now: datetime,
) -> None:
    for window in windows:
        row = _row(lake, feed, window, now)
        marks = ", ".join("?" * len(row))
        db.execute(
            f"INSERT OR REPLACE INTO lake_windows VALUES ({marks})",  # noqa: S608 - question marks
            row,
        )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _row(lake: str, feed: str, window: LakeWindow, now: datetime) -> tuple[Any, ...]:
    """Return a window as a row."""
    return (
        lake,
        feed,
        window.name,
        _iso(window.start),
        _iso(window.end),
        window.state.value,
        window.tries,
        window.error_kind,
        window.error,
        window.report_id,
        window.report_document_id,
        window.sha256,
        _iso(window.created_time),
        json.dumps({n: [t.rows, t.columns] for n, t in window.tables.items()}),
        window.files,
        _iso(now),
        window.version_of,
    )


def _read(row: Sequence[Any]) -> LakeWindow:
    """Return a row as a value."""
    name, start, end, state, tries, kind, error, *version = row
    report_id, document_id, sha256, created, tables, files, version_of = version
    return LakeWindow(
        name=name,
        start=_moment(start),
        end=_moment(end),
        state=WindowState(state),
        tries=tries,
        error_kind=kind,
        error=error,
        report_id=report_id,
        report_document_id=document_id,
        sha256=sha256,
        created_time=_moment(created),
        tables={
            table: TableRows(rows, tuple(columns))
            for table, (rows, columns) in json.loads(tables).items()
        },
        files=files,
        version_of=version_of,
    )
