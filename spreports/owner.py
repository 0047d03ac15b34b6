"""Which process something belongs to, so that another can tell whether it still runs.

A mark names host, process and when that process began: a number alone is given to
another process sooner or later. Containers count as hosts of their own, whatever their
hostname is: their numbers are others (Linux, PID namespaces). So does, as a rule, a
container that has been started again. Of what belongs to another host nobody knows
whether it still runs; whoever asks gives it a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
from functools import lru_cache
from pathlib import Path

__all__ = ["MARK", "has_ended", "is_running", "mark"]

MARK = r"[0-9a-f]{8}-[0-9]+-[0-9]+"
_MARK = re.compile(r"([0-9a-f]{8})-([0-9]+)-([0-9]+)", re.ASCII)


def mark() -> str:
    """Return this process's mark, ``<host>-<pid>-<start>``."""
    return _mark(os.getpid())


@lru_cache(maxsize=1)
def _mark(pid: int) -> str:
    """Write our own mark; it stays the same, but for a forked child's."""
    return f"{_host()}-{pid}-{_started(pid)}"


def has_ended(owner: str) -> bool:
    """Whether a process of this host has ended; when in doubt it has not.

    Parameters
    ----------
    owner : str
        What `mark` gave there; any other text is nobody's, which runs no more.

    Returns
    -------
    bool
    """
    return _runs(owner) is False


def is_running(owner: str) -> bool:
    """Whether a process of this host still runs; when in doubt it does not.

    Parameters
    ----------
    owner : str
        What `mark` gave there.

    Returns
    -------
    bool
    """
    return _runs(owner) is True


def _runs(owner: str) -> bool | None:
    """Whether a process runs; None where that cannot be told from here."""
    match = _MARK.fullmatch(owner)
    if match is None:
        return False
    host, pid, started = match.groups()
    if host != _host() or os.name != "posix":  # elsewhere, signal 0 is not a question
        return None
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return None if started == "0" else _started(int(pid)) == int(started)


def _host() -> str:
    """Shorten and hide the host's name: folders of a lake are often public.

    Source: pid_namespaces(7), namespaces(7): who reads the same link has the same
    processes.
    """
    numbers = ""
    with contextlib.suppress(OSError):  # Linux alone has them
        numbers = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{socket.gethostname()} {numbers}".encode()).hexdigest()[:8]


def _started(pid: int) -> int:
    """Return when a process began, in ticks; 0 where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return 0
    # proc(5): field 22; the second field may hold spaces and brackets
    return int(stat.rpartition(")")[2].split()[19])
