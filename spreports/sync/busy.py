"""One run at a time for a feed and its lake.

The lock is SQLite's own on a small file in the store: the operating system frees it
with the process, however that ends, and the file still tells whose it is.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from spreports.errors import BusyError, ConfigError
from spreports.owner import is_gone, mark

__all__ = ["alone"]

LOOKS = 50
BETWEEN_LOOKS = 0.01  # seconds


@contextmanager
def alone(
    folder: Path, names: Sequence[tuple[str, str]], now: datetime
) -> Iterator[None]:
    """Hold the locks of some feeds.

    Parameters
    ----------
    folder : Path
        Made when missing.
    names : sequence of (str, str)
        What is locked, and how people call it.
    now : datetime
        What others are told as the time since when.

    Raises
    ------
    BusyError
        Another run has one of them; it says which process, and since when.
    ConfigError
        The folder cannot be used.
    """
    with ExitStack() as held:
        for name, label in sorted(names):
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            held.enter_context(_lock(folder / f"{digest}.lock", label, now))
        yield


@contextmanager
def _lock(path: Path, label: str, now: datetime) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(path, timeout=0.0, isolation_level=None)
    except (OSError, sqlite3.Error) as exc:
        raise ConfigError(f"the lock {path} cannot be made: {exc}") from exc
    try:
        try:
            path.chmod(0o600)
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE IF NOT EXISTS holder (owner TEXT, since TEXT)")
            db.execute("DELETE FROM holder")
            db.execute("INSERT INTO holder VALUES (?, ?)", (mark(), now.isoformat()))
            # What is not committed nobody else can read; whoever comes between the two
            # transactions has the lock, and we have not.
            db.execute("COMMIT")
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            raise _busy(db, label) from exc
        yield
    finally:
        db.close()


def _busy(db: sqlite3.Connection, label: str) -> BusyError:
    """Say who has the lock."""
    owner, since = _holder(db)
    host, _, rest = (owner or "").partition("-")
    who = f"process {rest.partition('-')[0]} on host {host}" if owner else "another run"
    when = f" since {since}" if since else ""
    return BusyError(
        f"{label} of this lake is busy: {who} keeps it up to date{when}; wait for its "
        "end, or stop it",
        owner=owner,
        since=datetime.fromisoformat(since) if since else None,
    )


def _holder(db: sqlite3.Connection) -> tuple[str | None, str | None]:
    """Return whose the lock is, and since when.

    Who has just got it has not written its name yet; that is a matter of milliseconds.
    """
    for _ in range(LOOKS):
        try:
            row = db.execute("SELECT owner, since FROM holder").fetchone()
        except sqlite3.Error:
            row = None
        if row is not None and not is_gone(row[0]):
            return str(row[0]), str(row[1])
        time.sleep(BETWEEN_LOOKS)
    return None, None
