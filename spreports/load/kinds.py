"""Plain Parquet and Delta tables do not mix in one folder.

Each has its own account of what counts, here the markers and there the log, and neither
knows of the other's files: a reader sees a part, and a vacuum deletes the rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from spreports.errors import SinkError
from spreports.load.folders import local_folder
from spreports.load.object_store import fsspec_options
from spreports.load.target import STATE, refusals
from spreports.load.urls import shown

__all__ = ["check_kind"]


def check_kind(
    url: str,
    storage_options: Mapping[str, Any] | None,
    format: str,  # noqa: A002 - as in `sink`
    *,
    insist: bool,
) -> None:
    """Refuse a folder that holds a sink of the other format; one look at it.

    Parameters
    ----------
    url : str
        A path or any fsspec URL.
    storage_options : mapping or None
    format : str
        Of what is to be written.
    insist : bool
        Refuse, too, where we cannot look. Workers elsewhere may, where we may not.

    Raises
    ------
    SinkError
    """
    name, is_delta = shown(url), format == "delta"
    try:
        found = _holds_other(url, dict(storage_options or {}), is_delta=is_delta)
    except SinkError:
        if insist:
            raise
        return
    if found and is_delta:
        msg = f"{name} is kept as plain Parquet: leave format='delta' out"
        raise SinkError(f"{msg}, or name another folder", url=name)
    if found:
        msg = f"{name} is a Delta table: give format='delta', or name another folder"
        raise SinkError(msg, url=name)


def _holds_other(url: str, options: dict[str, Any], *, is_delta: bool) -> bool:
    """Tell whether the other format's account of what counts is there."""

    def account(root: str) -> str:
        above, _, name = root.rpartition("/")
        return f"{above}/{STATE}/{name}" if is_delta else f"{root}/_delta_log"

    with refusals(url, options, "look at"):
        path = local_folder(url)
        if path is not None:
            return _on_disk(account(os.path.realpath(path)))
        import fsspec  # noqa: PLC0415 - see local_path

        own = fsspec_options(url, options) if is_delta else options
        fs, path = fsspec.url_to_fs(url, **own)
        root = str(path).rstrip("/")
        # Beside a bucket lie no markers
        return not (is_delta and "/" not in root) and _anywhere(fs, account(root))


def _on_disk(folder: str) -> bool:
    """Tell whether a folder of a local disk holds files."""
    try:
        with os.scandir(folder) as found:
            return any(entry.is_file() for entry in found)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _anywhere(fs: Any, folder: str) -> bool:
    """Tell whether a folder holds files, as the store itself says.

    Of one that is not there, `ls` would list the folder above it, too.

    Source: s3fs, S3FileSystem._ls and _isdir.
    """
    fs.invalidate_cache(folder)
    try:
        return bool(fs.isdir(folder)) and any(
            entry["type"] == "file" for entry in fs.ls(folder, detail=True)
        )
    finally:
        # Kept, it would say of a file that comes later that it is not there
        fs.invalidate_cache(folder)
