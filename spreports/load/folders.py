"""Whether a folder on a local disk can be written to, found out without writing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from spreports.errors import SinkError
from spreports.load.target import STATE
from spreports.load.urls import local_path, shown

__all__ = ["check_writable", "local_folder"]


def check_writable(url: str, *, beside: bool) -> None:
    """Refuse a local data root that nothing could be written to.

    What permissions do not tell, such as a full disk, is found out by writing.

    Parameters
    ----------
    url : str
        A path or any fsspec URL; of what is not local nothing is said.
    beside : bool
        Markers and temporary files are written beside it, too.

    Raises
    ------
    SinkError
        It is no folder, or lies in what is none, or one of them is not writable.
    """
    path = local_folder(url)
    if path is None:
        return
    root, name = Path(os.path.realpath(path)), shown(url)
    _check(root, name, f"cannot write to {name}")
    if beside:
        for place in (root.name, "tmp"):
            said = f"cannot write beside {name}, where its markers lie"
            _check(root.parent / STATE / place, name, said)


def local_folder(url: str) -> str | None:
    """Return the path of a local URL; None for any other.

    Parameters
    ----------
    url : str
        A path or any fsspec URL.
    """
    path = local_path(url)
    if path is not None:
        return path
    protocol, mark, _ = url.partition("://")
    if "::" in url or (mark and protocol not in {"file", "local"}):
        return None
    import fsspec  # noqa: PLC0415 - see local_path

    return str(fsspec.url_to_fs(url)[1])


def _check(place: Path, name: str, said: str) -> None:
    """Look at a place, or the nearest folder above it that is there."""
    for folder in (place, *place.parents):
        try:
            mode = folder.stat().st_mode
        except OSError:  # not there, below a file, or where nobody lets us look
            continue
        if not stat.S_ISDIR(mode):
            msg = f"{said}: {folder} is a file, and no folder; name another place"
            raise SinkError(msg, url=name)
        if not os.access(folder, os.W_OK | os.X_OK) or _is_the_systems(folder, mode):
            msg = (
                f"{said}: {folder} cannot be written to; make it writable, or name"
                " another place"
            )
            raise SinkError(msg, url=name)
        return


def _is_the_systems(folder: Path, mode: int) -> bool:
    """Whether a folder is of no disk, as /proc: root may write there, and cannot."""
    if mode & 0o222 or not hasattr(os, "statvfs"):
        return False
    return os.statvfs(folder).f_blocks == 0
