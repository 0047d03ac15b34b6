"""Folders for one user alone: made, and looked through without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spreports.errors import ConfigError

__all__ = ["entries_in", "files_in", "folders_in", "private_folder", "usable"]


@contextmanager
def usable(home: Path) -> Iterator[None]:
    """Turn what the file system refuses below a store's home into a ConfigError."""
    try:
        yield
    except OSError as exc:
        msg = (
            f"cannot use the store {home}: {exc.strerror};"
            " choose another folder with home= or SPREPORTS_HOME"
        )
        raise ConfigError(msg) from exc


def private_folder(home: Path, *pieces: str) -> Path:
    """Return a folder below a store's home, 0700 as all above it up to home.

    Parameters
    ----------
    home : Path
        Made, with all above it, where it is missing.
    *pieces : str
        Names of folders, each in the one before.

    Raises
    ------
    ConfigError
        The file system refuses, or one of them is a link, none, or another user's.
    """
    folder = home
    with usable(home):
        for piece in pieces:
            folder /= piece
            if not folder.exists():
                home.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.mkdir(mode=0o700, exist_ok=True)
            _insist_private(folder)
    return folder


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, links left out; none when it is missing."""
    return [Path(e.path) for e in _scan(folder) if e.is_dir(follow_symlinks=False)]


def files_in(folder: Path) -> list[Path]:
    """Return the files in a folder, links left out; none when it is missing."""
    return [Path(entry.path) for entry in entries_in(folder)]


def entries_in(folder: Path) -> list[os.DirEntry[str]]:
    """Return what `files_in` does, whose paths take longer to make than to look up."""
    return [entry for entry in _scan(folder) if entry.is_file(follow_symlinks=False)]


def _insist_private(folder: Path) -> None:
    """Refuse a folder that is a link or another user's; close one that is open."""
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise NotADirectoryError(20, f"{folder.name} is no folder, or a link")
    if os.name == "posix":
        if facts.st_uid != os.getuid():
            raise PermissionError(13, f"{folder.name} belongs to another user")
        if facts.st_mode & 0o077:
            folder.chmod(0o700)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return
