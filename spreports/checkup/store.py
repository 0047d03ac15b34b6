"""Check the local store: can it be written, is there room, are its files sound."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from spreports.checkup.finding import Finding

__all__ = ["check_store"]

# Documents of 1 GB are not rare, and a frame is staged beside its document.
ROOM_TO_WARN = 5 << 30
ROOM_TO_FAIL = 100 << 20
FILES = {
    "ledger.sqlite": "move it away to start a new one: a sync then learns from its "
    "lake what is there, other reports are asked for again",
    "quota.sqlite": "remove it: quota then counts as full once",
}


def check_store(home: Path) -> Iterator[Finding]:
    """Look at the local store.

    Parameters
    ----------
    home : Path
        Made when missing, as `connect` would.

    Yields
    ------
    Finding
        ``"store"``, ``"disk space"``, ``"file modes"`` and one for each SQLite file.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"spreports")
            probe.flush()
    except OSError as exc:
        yield Finding(
            check="store",
            status="failed",
            message=f"{home} cannot be written: {exc.strerror}",
            advice="make it writable, or name another folder: SPREPORTS_HOME, home=",
            cause="setup",
        )
        return
    yield Finding(check="store", status="ok", message=f"{home} can be written")
    yield _room(home)
    yield _modes(home)
    for name, advice in FILES.items():
        if (home / name).exists():
            yield _sound(home / name, advice)


def _room(home: Path) -> Finding:
    """Say how much room there is."""
    free = shutil.disk_usage(home).free
    words = f"{free / (1 << 30):.1f} GiB are free at {home}"
    if free >= ROOM_TO_WARN:
        return Finding(check="disk space", status="ok", message=words)
    full = free < ROOM_TO_FAIL
    return Finding(
        check="disk space",
        status="failed" if full else "warning",
        message=words,
        advice="free some, or name a folder on another disk: SPREPORTS_HOME, home=",
        cause="setup" if full else None,
    )


def _modes(home: Path) -> Finding:
    """Say whether others may read what is kept."""
    open_to_others = [
        path.name or str(path)
        for path in (home, *(home / name for name in FILES))
        if path.exists()
        and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        # The quota file holds times alone, within a folder that nobody else enters.
        and not (path.name == "quota.sqlite" and not home.stat().st_mode & 0o077)
    ]
    if not open_to_others:
        return Finding(
            check="file modes", status="ok", message="only you may read the store"
        )
    return Finding(
        check="file modes",
        status="warning",
        message=f"others may read {', '.join(open_to_others)}",
        advice=f"chmod -R go= {home}",
    )


def _sound(path: Path, advice: str) -> Finding:
    """Let SQLite check one of its files, without changing it."""
    try:
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            database.close()
    except sqlite3.Error as exc:
        said = str(exc)
    if said == "ok":
        return Finding(check=path.name, status="ok", message="SQLite finds it sound")
    return Finding(
        check=path.name,
        status="failed",
        message=f"{path} cannot be used: {said}",
        advice=advice,
        cause="setup",
    )
