"""Name temporary files after their process, so that another can tell they are orphans.

The name says host, process and its start. On the same host an entry is an orphan
when that process is gone, however long it slept; where nobody can tell, only when the
entry is a day old: a folder on a network file system may serve the living of another
host.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from spreports import owner

__all__ = ["is_left", "orphans", "sweep", "unique_name"]

ORPHAN_AGE = 24 * 3600.0
_BEGIN = "run-"
_NAME = re.compile(rf"{_BEGIN}({owner.MARK})-[0-9a-f]{{12}}(\.[a-z]+)*")


def unique_name(suffix: str = "") -> str:
    """Return a new file or folder name that tells whose it is.

    Parameters
    ----------
    suffix : str
        Such as ``".tmp"``: a dot and small letters, or nothing.

    Returns
    -------
    str
        ``run-<host>-<pid>-<start>-<random>``.
    """
    return f"{_BEGIN}{owner.mark()}-{secrets.token_hex(6)}{suffix}"


def sweep(folder: Path, *, now: Callable[[], float] = time.time) -> int:
    """Delete what killed processes left in a folder.

    Only names of `unique_name` are looked at, whatever they end with. Symbolic links
    are not followed, and what cannot be deleted is left for the next time.

    Parameters
    ----------
    folder : Path
        May be missing.
    now : callable, seconds since the epoch

    Returns
    -------
    int
        Entries deleted.
    """
    swept = 0
    for path in orphans(folder, now=now):
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            swept += 1
    return swept


def orphans(folder: Path, *, now: Callable[[], float] = time.time) -> list[Path]:
    """Return what killed processes left in a folder; parameters as `sweep`."""
    found = []
    try:
        with os.scandir(folder) as there:
            # A store has ten thousands of others
            ours = [entry for entry in there if entry.name.startswith(_BEGIN)]
    except OSError:
        return []
    for entry in sorted(ours, key=lambda entry: entry.name):
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):
            whose, age = match[1], now() - entry.stat(follow_symlinks=False).st_mtime
            if is_left(whose, age):
                found.append(Path(entry.path))
    return found


def is_left(whose: str | None, age: float, *, sure: bool = True) -> bool:
    """Tell whether what a process made has been left behind by it.

    Parameters
    ----------
    whose : str or None
        Its mark; None where nobody knows.
    age : float, seconds
    sure : bool
        Whether what it did can be no longer on its way once the process is gone; to
        an object store it may be.

    Returns
    -------
    bool
    """
    if whose is None:
        return age > ORPHAN_AGE
    is_old = age > ORPHAN_AGE and not owner.is_running(whose)
    return is_old or (sure and owner.has_ended(whose))
