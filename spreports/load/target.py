"""Where a sink writes to: an fsspec URL, opened, and its errors made ours.

Whole local files come first, always: fifty open S3 uploads would hold fifty buffers,
and a document that breaks off must never touch the target. They lie on the target's
own file system when that is local, so that publishing one is a rename.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from spreports.errors import SinkError, SinkOutageError
from spreports.load.delta_said import said
from spreports.load.denials import NO_CREDENTIALS, denial, lacking
from spreports.load.object_store import in_fsspecs_words
from spreports.load.outages import code_told, is_lost_upload, is_outage, status_told
from spreports.load.redirects import elsewhere
from spreports.load.urls import EXTRAS, local_path, missing, shown

__all__ = [
    "DELTA_NOTES",
    "STATE",
    "OpenTarget",
    "open_target",
    "reason_of",
    "refusals",
]

STATE = "_spreports"
# In it, what is noted of the feeds of Delta tables: a folder that is called as one of
# them would say that it is kept as plain Parquet, and so would that of anybody's sink
DELTA_NOTES = "_feeds"
# What Delta Lake says of a schema, and nothing behind the column's name
_DUPLICATE = re.compile(r"Duplicate field name \(case-insensitive\): '([^'\n]+)'")
_NOT_THERE = re.compile(r"Field (\S+) not found in schema")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
# Source: CPython, Python/ceval.c and getargs.c; botocore.config, Config
_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'")
_TWICE = re.compile(r"multiple values for (?:keyword )?argument '(\w+)'")
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class OpenTarget(Protocol):
    """A data root and the `_spreports` folder beside it.

    A `put` or `drop` is final at `keep`; `undo` takes back what can be taken back.
    """

    def alone(self) -> AbstractContextManager[bool]:
        """Keep other processes from publishing and taking away here meanwhile.

        Gives False where that cannot be had, as on object stores: who takes away then
        looks again before each step.
        """
        ...

    def workdir(self) -> Path:
        """Return an own, empty local folder; gone after `close`."""
        ...

    def read_state(self, name: str) -> bytes | None:
        """Return a state file's bytes, None without one."""
        ...

    def write_state(self, name: str, data: bytes) -> None:
        """Write a state file, whole or not at all."""
        ...

    def remove_state(self, name: str) -> None:
        """Delete a state file, if it is there."""
        ...

    def state_names(self) -> list[str]:
        """Return the names of all state files."""
        ...

    def written(self, local: Path, start: int) -> None:
        """Take note of what a file has got behind `start`: it will be `put`."""
        ...

    def put(self, local: Path, path: str) -> None:
        """Make a local file visible at `path` below the root; consumes it."""
        ...

    def drop(self, path: str) -> None:
        """Make a file below the root invisible, if it is there."""
        ...

    def has(self, path: str) -> bool:
        """Tell whether a file is visible at `path` now."""
        ...

    def settle(self) -> None:
        """Return when all of it outlives a power cut."""
        ...

    def undo(self) -> bool:
        """Take back every `put` and `drop`; False when not all could be."""
        ...

    def keep(self) -> None:
        """Forget how to undo."""
        ...

    def close(self) -> None:
        """Delete everything temporary."""
        ...


def open_target(
    url: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None,
    private: bool = False,
) -> OpenTarget:
    """Open a data root.

    Parameters
    ----------
    url : str or path
        A folder: a path or an fsspec URL. It need not exist.
    storage_options : mapping or None
        For fsspec.
    private : bool
        Local files are 0600, for restricted reports.

    Returns
    -------
    OpenTarget

    Raises
    ------
    SinkError
        Unknown or not installed protocol, a bucket without a folder, or a place that
        has no sibling.
    """
    from spreports.load.local import LocalTarget  # noqa: PLC0415 - it imports us

    text = os.fspath(url)
    options = dict(storage_options or {})
    name = shown(text)
    if "::" in text:
        raise SinkError(f"{name}: chained URLs cannot be written to", url=name)
    fs, path = None, local_path(text)
    if path is None:
        import fsspec  # noqa: PLC0415 - see local_path
        from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415

        with refusals(text, options, "open"):
            fs, path = fsspec.url_to_fs(text, **options)
        fs = None if isinstance(fs, LocalFileSystem) else fs
    root = str(path).rstrip("/")
    # "bucket/folder" on an object store, "/folder" elsewhere
    if "/" not in root or not root.strip("/"):
        msg = f"{name} is no folder: name one below it, such as {name.rstrip('/')}/lake"
        raise SinkError(msg, url=name)
    if root.rpartition("/")[2] in {STATE, ".", ".."}:
        raise SinkError(f"{name}: choose a folder of another name", url=name)
    if fs is None:
        with refusals(text, options, "open"):
            return LocalTarget(Path(root), name, private=private)
    from spreports.load.remote import RemoteTarget  # noqa: PLC0415 - it imports us

    return RemoteTarget(fs, root, text, options)


@contextlib.contextmanager
def refusals(url: str, options: Mapping[str, Any], doing: str) -> Iterator[None]:
    """Turn whatever a file system raises into a SinkError.

    Parameters
    ----------
    url : str
        As the user gave it.
    options : mapping
        Texts in it are secrets: an error that quotes one is not shown, not even as
        the cause.
    doing : str
        A verb for the message.

    Raises
    ------
    SinkError
        A SinkOutageError where the same may be done again later.
    """
    try:
        yield
    except SinkError:
        raise
    except Exception as exc:  # noqa: BLE001 - each fsspec back end has its own classes
        name = shown(url)
        if isinstance(exc, ImportError | ValueError) and (lack := missing(url)):
            raise SinkError(lack, url=name) from None
        secrets = list(_texts(options))
        if name != url:
            hidden = [url.partition("://")[2].rpartition("@")[0]]
            hidden.append(url.partition("?")[2] or url.partition("#")[2])
            secrets += [piece for text in hidden for piece in re.split("[:=&]", text)]
        secrets = [text for text in secrets if len(text) > 3]
        leaks = any(secret in told for told in _told(exc) for secret in secrets)
        of_azure = EXTRAS.get(url.partition("://")[0]) == "azure"
        kind_of_place = "container or folder" if of_azure else "bucket or folder"
        reason = reason_of(exc, options, kind_of_place) or type(exc).__name__
        if (where := elsewhere(exc)) is not None:
            reason = where
        elif isinstance(exc, OSError) and exc.strerror and not leaks:
            reason = exc.strerror
        elif not leaks:
            reason = _of_columns(str(exc)) or _of_system(str(exc)) or reason
        msg = f"cannot {doing} {name}: {reason}"
        kind = SinkOutageError if where is None and is_outage(exc) else SinkError
        # Behind it is a traceback to the end of the stack
        raise kind(msg, url=name) from (None if leaks or where else exc)


def reason_of(exc: Exception, options: Mapping[str, Any], place: str) -> str | None:
    """Return what an error of a file system means; None where its class says as much.

    Nothing of what it says itself is in it but the name of an option.

    Parameters
    ----------
    exc : Exception
    options : mapping
        Whose names may be told.
    place : str
        What is missing where something is.

    Returns
    -------
    str or None
    """
    if is_lost_upload(exc):
        return "whether a file has come is not known: run again"
    if isinstance(exc, FileNotFoundError):
        return f"there is no such {place}"
    if isinstance(exc, PermissionError):
        return denial(code_told(exc))
    if (lack := lacking(exc)) is not None:
        return lack
    if isinstance(exc, TypeError):
        names = set(_names(options))
        unknown = "storage_options has {!r}, which this file system does not know"
        for form, words in (
            (_UNKNOWN, unknown + in_fsspecs_words(names)),
            (_TWICE, "storage_options says {!r} twice"),
        ):
            found = form.search(str(exc))
            if found is not None and found[1] in names:
                return words.format(found[1])
    return said(exc, NO_CREDENTIALS) or _answered(status_told(exc), place)


def _answered(status: int | None, place: str) -> str | None:
    """Return what a store's answer means that a file system hands on as it is."""
    if status in _DENIED:
        return denial(None)
    if status == HTTPStatus.NOT_FOUND:
        return f"there is no such {place}"
    return None if status is None else f"the store answered with status {status}"


def _names(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of nested options."""
    for name, value in options.items():
        yield str(name)
        if isinstance(value, Mapping):
            yield from _names(value)


def _of_columns(told: str) -> str | None:
    """Return what Delta Lake says of columns, by name; None for all else it says.

    Of a cast that failed it quotes the cell.
    """
    found = _DUPLICATE.search(told)
    if found is not None:
        return f"the column {found[1]!r} is there twice, but for case"
    found = _NOT_THERE.fullmatch(told)
    return found and f"the table has no column {found[1]!r}"


def _of_system(told: str) -> str | None:
    """Return what the system has told Delta Lake, whose words name a file, too."""
    found = _OS_ERROR.search(told)
    return found and os.strerror(int(found[1]))


def _texts(value: object) -> Iterator[str]:
    """Yield every text in nested options, but for URLs and names of regions."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in {"endpoint_url", "region_name", "region"}:
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _told(exc: BaseException | None) -> Iterator[str]:
    """Yield what an exception and all behind it say."""
    seen = 0
    while exc is not None and seen < 20:
        yield f"{exc!r} {exc}"
        exc, seen = exc.__cause__ or exc.__context__, seen + 1
