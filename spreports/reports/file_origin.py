"""A document's stored bytes out of a file: a path or any fsspec URL."""

from __future__ import annotations

import hashlib
import io
import os
import re
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TypeVar, cast

from spreports.errors import DocumentError, DownloadError
from spreports.load.outages import is_outage
from spreports.load.redirects import elsewhere
from spreports.load.store import Store
from spreports.load.target import reason_of
from spreports.load.urls import local_path, missing, protocols, shown
from spreports.reports.origin import Origin
from spreports.reports.stored_bytes import StoredBytes, opened_already
from spreports.reports.unproved import damage_first

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from fsspec import AbstractFileSystem

__all__ = ["FileOrigin", "file_origin", "is_plain_web", "place_mark", "web_mark"]

T = TypeVar("T")

_WEB = {"http", "https"}
# Names and passwords in a URL, and chained file systems, are fsspec's
_PLAIN_WEB = re.compile(r"(?i)https?://[^/?#@]+(?:[/?#](?:(?!::).)*)?", re.DOTALL)
# Each read goes through another thread: bytes, as many as it may bring.
_AT_ONCE = 4 << 20
_ENDS = 64 << 10
# What a web server says of a file that changes with its bytes.
_MARKS = ("ETag", "Last-Modified", "Content-MD5", "Digest")


def web_mark(size: object, told: Mapping[str, object], once: str) -> str:
    """Return what a web server says of a file's version; `once` where nothing."""
    marks = [f"{name} {told[name]}" for name in _MARKS if told.get(name)]
    return f"{size} {marks or once}"


def is_plain_web(url: str) -> bool:
    """Say whether a URL is a web server's and nothing more."""
    return _PLAIN_WEB.fullmatch(url) is not None


class FileOrigin:
    """A document in a file: a path or any fsspec URL.

    Parameters
    ----------
    url : str
    storage_options : mapping or None
        For fsspec.
    store : Store
        Where frames are staged.
    """

    account = "files"

    def __init__(
        self, url: str, storage_options: Mapping[str, object] | None, store: Store
    ) -> None:
        self._url = url
        self._options = dict(storage_options or {})
        self._path = None if storage_options else local_path(url)
        # For what cannot say whether it has changed: staged for this document alone
        self._once = uuid.uuid4().hex
        self.store = store
        place = url.split("?", 1)[0].rstrip("/")
        self.name = place.rsplit("/", 1)[-1] or "/"

    def key(self) -> str:
        """Return a digest of the file's place, size and time of change."""
        try:
            mark = self._mark()
        except Exception as exc:  # noqa: BLE001 - each file system has its own classes
            self._fail(exc)
        return hashlib.sha256(mark.encode()).hexdigest()[:32]

    def _mark(self) -> str:
        """Return the file's place, size and time of change."""
        if self._path is not None:
            return _local_mark(self._path)
        fs, path = self._place()
        if "file" in protocols(fs):
            return _local_mark(path)
        mark = f"{fs.unstrip_protocol(path)} {fs.ukey(path)}"
        if _WEB & protocols(fs):
            told = fs.info(path)
            mark += f" {web_mark(told.get('size'), told, self._once)}"
        return mark

    def version(self) -> str:
        """Return nothing: the key tells."""
        return ""

    def identity(self) -> Mapping[str, str]:
        """Return digests of the file's place and, where it can be had, its content.

        Of the content its size, beginning and end: in gzip, the checksum is there.

        Raises
        ------
        DocumentError
            The file cannot be opened; a DownloadError in an outage.
        """
        try:
            if self._path is not None and Path(self._path).is_file():
                with Path(self._path).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    head = file.read(_ENDS)
                    file.seek(max(0, size - _ENDS))
                    return _identity(f"file://{self._path}", size, head, file.read())
            fs, path = self._place()
            chained = "::" in self._url
            place = self._url if chained else fs.unstrip_protocol(path)
            if _WEB & protocols(fs) or not fs.isfile(path):
                return {"source": place_mark(place)}
            size = fs.size(path)
            head = fs.cat_file(path, start=0, end=min(size, _ENDS))
            tail = fs.cat_file(path, start=max(0, size - _ENDS), end=size)
            return _identity(place, size, head, tail)
        except Exception as exc:  # noqa: BLE001 - each file system has its own classes
            self._fail(exc)

    def stored(self) -> StoredBytes:
        """Return the file's bytes.

        Raises
        ------
        DocumentError
            The file cannot be opened; a DownloadError in an outage.
        """
        doubting = partial(damage_first, self._open)
        # Path's own raises for a name too long, which `_open` tells of in our words
        if self._path is not None and os.path.isfile(self._path):  # noqa: PTH113
            here = Path(self._path).stat().st_size
            return StoredBytes(self._open, None, size=here, doubting=doubting)
        first = self._open()
        size = getattr(first, "size", None)
        return StoredBytes(
            opened_already(first, self._open),
            None,
            size=size if isinstance(size, int) else None,
            doubting=doubting,
        )

    def _place(self) -> tuple[AbstractFileSystem, str]:
        """Return the file's file system and its path there."""
        from fsspec.core import url_to_fs  # noqa: PLC0415 - see local_path

        fs, path = url_to_fs(self._url, **self._options)
        return fs, path

    def work_on(self, work: Callable[[StoredBytes], T]) -> T:
        """Do some work on the file's bytes; its errors, and those of `stored`."""
        return work(self.stored())

    def _open(self) -> BinaryIO:
        """Open the file afresh."""
        try:
            # What is no file, such as a pipe, cannot be read a second time
            if self._path is not None and Path(self._path).is_file():
                return Path(self._path).open("rb")
            fs, path = self._place()
            if _WEB & protocols(fs):
                # In one piece: many servers know no ranges, and fail in the middle
                answer = fs.open(path, "rb", block_size=0)
                body = _Answer(answer, self._break_off)
                return cast("BinaryIO", io.BufferedReader(body, _AT_ONCE))
            return cast("BinaryIO", _Answer(fs.open(path, "rb"), self._fail))
        except Exception as exc:  # noqa: BLE001 - each file system has its own classes
            self._fail(exc)

    def _fail(self, exc: Exception) -> NoReturn:
        """Say which file cannot be read, and why."""
        # What lies behind it may quote a signed URL
        raise self._unreadable(exc) from (
            None
            if shown(self._url) != self._url or isinstance(exc, RecursionError)
            else exc
        )

    def _unreadable(self, exc: Exception) -> DocumentError:
        """Return the error that says which file, why not, and what to do."""
        lack = missing(self._url)
        if lack is not None:
            return DocumentError(lack)
        where = elsewhere(exc)
        reason = where or (exc.strerror if isinstance(exc, OSError) else None)
        reason = reason or reason_of(exc, self._options, "file") or type(exc).__name__
        told = f"{shown(self._url)} cannot be read: {reason}"
        if where is None and is_outage(exc):
            return DownloadError(
                f"{told}; the network or the service failed, or was too busy: run the "
                "same again later"
            )
        return DocumentError(
            f"{told}; check the path, the storage_options and that the file system's "
            "package is installed"
        )

    def _break_off(self, exc: Exception) -> NoReturn:
        """Say that a web server's answer has broken off."""
        raise DownloadError(
            f"{self.name} broke off: {type(exc).__name__}; open it again, or copy it "
            "to a local file first"
        ) from None  # it quotes the URL


def place_mark(place: str) -> str:
    """Return a digest of where a file lies."""
    return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _identity(place: str, size: int, head: bytes, tail: bytes) -> dict[str, str]:
    ends = hashlib.sha256(b"%d %b %b" % (size, head, tail)).hexdigest()[:32]
    return {"source": place_mark(place), "content": ends}


def _local_mark(path: str) -> str:
    """Return a file's place, size and time of change, to the nanosecond."""
    facts = Path(path).stat()
    return f"file://{path} {facts.st_size} {facts.st_ino} {facts.st_mtime_ns}"


class _Answer(io.RawIOBase):
    """A file that is read as it comes, whose breaks are errors of ours.

    Parameters
    ----------
    answer : file object
        Of fsspec, which raises what the library behind it raises.
    fail : callable
        Raises the error of ours.

    Attributes
    ----------
    size : int or None, bytes
        Where the file system tells it.
    """

    def __init__(self, answer: Any, fail: Callable[[Exception], NoReturn]) -> None:
        self._answer = answer
        self._fail = fail
        self.size = getattr(answer, "size", None)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes; 0 at a proper end."""
        space = memoryview(buffer).cast("B")
        try:
            data = self._answer.read(len(space))
        except Exception as exc:  # noqa: BLE001 - each library has its own classes
            self._fail(exc)
        space[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            self._answer.close()
        super().close()


def file_origin(
    url: str | os.PathLike[str],
    storage_options: Mapping[str, object] | None,
    store: Store,
) -> Origin:
    """Return the origin of a file given as a path or an fsspec URL."""
    place = os.fspath(url)
    if is_plain_web(place) and not storage_options:
        from spreports.reports.web_origin import (  # noqa: PLC0415 - requests: 0.1 s
            WebOrigin,
        )

        return WebOrigin(place, store)
    return FileOrigin(place, storage_options, store)
