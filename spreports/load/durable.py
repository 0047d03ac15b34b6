"""What is to outlive a power cut."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["on_disk"]


def on_disk(path: Path) -> None:
    """Have a file's bytes, or a folder's entries, on the disk.

    Windows opens no folders: it has nothing to ask for there.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
    """
    is_folder = path.is_dir()
    if is_folder and os.name != "posix":
        return
    fd = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
