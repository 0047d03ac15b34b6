"""Whole small files of any file system, with as few requests as it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from spreports.load.urls import protocols

__all__ = ["is_there", "read_whole"]

# Source: fsspec.asyn and fsspec.spec, expand_path; a marker's own name has none
_PATTERN = re.compile(r"[*?\[]")
# What there is no first byte of. Source: RFC 9110, 15.5.17
_EMPTY = 416


def read_whole(fs: Any, paths: Sequence[str]) -> list[bytes | Exception]:
    """Return the bytes of files, or what reading them raised, in order.

    S3 is asked for a part that is all: of a whole file, s3fs asks for the size first.
    Object stores are asked side by side.
    """
    if not paths:
        return []
    if "s3" in protocols(fs):
        found = fs.cat_ranges(list(paths), 0, None, on_error="return")
        return [b"" if _is_empty(each) else each for each in found]
    if any(map(_PATTERN.search, paths)):
        return [_one(fs, path) for path in paths]
    found = fs.cat(list(paths), on_error="return")
    if isinstance(found, bytes):  # one path gives its bytes alone
        return [found]
    each = {str(path): data for path, data in found.items()}
    return [each[path] for path in paths]


def is_there(fs: Any, path: str) -> bool:
    """Whether there is a file, by the file system itself, not a listing of before.

    Of a file that is not there, s3fs asks once more, for a folder of that name.
    """
    if "s3" in protocols(fs):
        (found,) = fs.cat_ranges([path], 0, 1, on_error="return")
        if isinstance(found, FileNotFoundError):
            return False
        if isinstance(found, bytes) or _is_empty(found):
            return True
        # Of an archived file, there is none that can be read
    fs.invalidate_cache(path.rpartition("/")[0])
    return bool(fs.exists(path))


def _one(fs: Any, path: str) -> bytes | Exception:
    """Read one file: `cat` takes some names for patterns."""
    try:
        return bytes(fs.cat_file(path))
    except OSError as exc:
        return exc


def _is_empty(found: object) -> bool:
    """Whether S3 says that a file has no such part, not even its first byte."""
    answer = getattr(getattr(found, "__cause__", None), "response", None) or {}
    return bool(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == _EMPTY)
