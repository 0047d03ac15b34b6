"""The files of a Delta table's log, read by fsspec.

deltalake's own files hold the interpreter while they wait, and an S3 server in a thread
of this very process would then never answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fsspec.core import url_to_fs

from spreports.load.object_store import fsspec_options
from spreports.load.target import refusals

__all__ = ["LogFiles", "commit_of", "log_files"]


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Where the log of one table lies.

    Attributes
    ----------
    fs : fsspec.AbstractFileSystem
    folder : str
        A path of `fs`.
    """

    fs: Any
    folder: str

    def commit(self, version: int) -> str:
        """Return the path of a commit."""
        return f"{self.folder}/{version:020}.json"

    def read(self, path: str) -> bytes:
        """Return a file as it is now; raises what `fs` raises."""
        # A part is asked for at once, and not by what was listed before
        data: bytes = self.fs.cat_file(path, start=0)
        return data


@contextmanager
def log_files(url: str, options: Mapping[str, Any] | None) -> Iterator[LogFiles]:
    """Give the log of a table to a block.

    Parameters
    ----------
    url : str
    options : mapping or None
        As for fsspec, or Delta Lake's own.

    Raises
    ------
    SinkError
        In place of what the target raises in the block.
    """
    with refusals(url, dict(options or {}), "read the Delta log of"):
        fs, root = url_to_fs(url, **fsspec_options(url, options))
        yield LogFiles(fs, f"{root.rstrip('/')}/_delta_log")


def commit_of(
    run: str, versions: Iterable[int], url: str, options: Mapping[str, Any] | None
) -> tuple[int, int, int]:
    """Look for a run's commit, in the order of the versions given.

    Parameters
    ----------
    run : str
        Marks it.
    versions : iterable of int
    url : str
    options : mapping or None
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    tuple of (int, int, int)
        Its version, and the files and bytes that it added; zeros where it is not there,
        or is gone from the log.

    Raises
    ------
    SinkError
        The target refused.
    """
    with log_files(url, options) as log:
        for number in versions:
            try:
                commit = log.read(log.commit(number))
            except FileNotFoundError:
                break  # the oldest ones go first
            actions = [json.loads(line) for line in commit.splitlines()]
            runs = (a.get("commitInfo", {}).get("spreports") for a in actions)
            if run in runs:
                sizes = [a["add"]["size"] for a in actions if "add" in a]
                return number, len(sizes), sum(sizes)
    return 0, 0, 0
