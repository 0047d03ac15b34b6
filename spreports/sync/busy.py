"""One run at a time for a feed and its lake.

The lock is SQLite's own on an empty file in the store: the operating system frees it
with the process, however that ends. Whose it is stands in a second file: who reads a
database keeps its holder from writing to it, and of two at once both would be refused.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from spreports.clock import Clock
from spreports.errors import BusyError, ConfigError
from spreports.owner import has_ended, mark
from spreports.turns import (
    ELSEWHERE,
    MAKE_ROOM,
    closed_on_error,
    is_damaged,
    is_full,
    kind_of,
)

__all__ = ["alone"]

# How often a holder's name is looked for, every so many seconds
LOOKS, BETWEEN_LOOKS = 500, 0.01
_REMOVE = "it keeps nothing: remove it once no other run is at work, and run again"
_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@contextmanager
def alone(
    folder: Path, names: Sequence[tuple[str, str]], clock: Clock
) -> Iterator[None]:
    """Hold the locks of some feeds.

    Parameters
    ----------
    folder : Path
        Made when missing.
    names : sequence of (str, str)
        What is locked, and how people call it.
    clock : Clock
        Its time is what others are told as the time since when.

    Raises
    ------
    BusyError
        Another run has one of them; it says which process, and since when.
    ConfigError
        The folder cannot be used, or a lock in it is damaged.
    """
    with ExitStack() as held:
        for name, label in sorted(names):
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            held.enter_context(_lock(folder / f"{digest}.lock", label, clock))
        yield


@contextmanager
def _lock(path: Path, label: str, clock: Clock) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        with closed_on_error(db):
            path.chmod(0o600)
    except (OSError, sqlite3.Error) as exc:
        raise _unusable(path, "made", exc) from exc
    holder = path.with_suffix(".holder")
    with closing(db):
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as exc:
            if kind_of(exc) not in _IN_USE:
                raise _unusable(path, "taken", exc) from exc
            raise _busy(holder, label, clock) from exc
        try:
            _sign(holder, clock.now())
            yield
        finally:
            holder.unlink(missing_ok=True)


def _sign(holder: Path, now: datetime) -> None:
    """Write down, whole or not at all, whose the lock is."""
    temp = holder.with_suffix(".new")
    try:
        temp.write_text(f"{mark()} {now.isoformat()}", "utf-8")
        temp.replace(holder)
    except OSError as exc:
        raise _unusable(holder, "signed", exc) from exc


def _unusable(path: Path, how: str, exc: sqlite3.Error | OSError) -> ConfigError:
    """Say what to do about a lock that cannot be used."""
    if full := is_full(exc):
        advice = MAKE_ROOM
    else:
        advice = _REMOVE if is_damaged(exc) else ELSEWHERE
    return ConfigError(
        f"the lock {path} cannot be {how} ({exc}); {advice}", hopeless=full
    )


def _busy(holder: Path, label: str, clock: Clock) -> BusyError:
    """Say who has the lock."""
    owner, since = _holder(holder, clock)
    host, _, rest = (owner or "").partition("-")
    who = f"process {rest.partition('-')[0]} on host {host}" if owner else "another run"
    when = f" since {since.isoformat()}" if since else ""
    return BusyError(
        f"{label} of this lake is busy: {who} keeps it up to date{when}; wait for its "
        "end, or stop it",
        owner=owner,
        since=since,
    )


def _holder(holder: Path, clock: Clock) -> tuple[str | None, datetime | None]:
    """Return whose the lock is, and since when.

    Who has just got it has not written its name yet: it is looked for, for 5 s.
    """
    for _ in range(LOOKS):
        try:
            owner, since = holder.read_text("utf-8").split(" ")
            when = datetime.fromisoformat(since)
        except (OSError, ValueError):
            owner = ""
        if not has_ended(owner):
            return owner, when
        clock.sleep(BETWEEN_LOOKS)
    return None, None
