"""The file that a download fills, which nobody sees before it is whole."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from spreports.fetch.arriving import Watched
from spreports.fetch.beside import Beside
from spreports.fetch.gzip_walk import gzip_fault
from spreports.unsent import UnfetchedError

__all__ = ["Spool"]

_HEAD: Final = 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_CHUNK: Final = 1 << 18
# Whoever reads along is not woken for less
_STEP: Final = 1 << 17
# What a killed process has left is overwritten, a symbolic link is not followed
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)


class Spool:
    """``<target>.part``: bytes so far and their digests.

    Used as a context: unless `commit` was called, the file is gone afterwards.

    Parameters
    ----------
    target : Path
        In an existing folder.
    lasting : bool
        Outlives a power cut, once it has its name.

    Raises
    ------
    DownloadError
        The file cannot be made or written, such as on a full disk.

    Attributes
    ----------
    size : int, bytes
    walk : Beside or None
        Walks the bytes as they come, where `walk_along` has asked for it.
    watched : Watched or None
        Told of the bytes as they come to lie in the file, once `announce` was called.
    """

    def __init__(self, target: Path, *, lasting: bool = True) -> None:
        self.target = target
        self._lasting = lasting
        self.path = target.with_name(target.name + ".part")
        self.size = 0
        self.walk: Beside[str | None] | None = None
        self.watched: Watched | None = None
        self._shown = 0
        self._committed = False
        self._md5: Beside[str] | None = None
        self._known_md5: tuple[int, str] | None = None
        self._new_digests()
        try:
            self._file = os.fdopen(os.open(self.path, _FLAGS, 0o600), "r+b")
        except OSError as exc:
            raise self._failed("write", exc) from exc

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_walk()
        self._end_md5()
        # closing writes what is buffered, which a full disk refuses a second time
        with contextlib.suppress(OSError):
            self._file.close()
        if not self._committed:
            self.path.unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Write the next bytes."""
        try:
            self._file.write(chunk)
        except OSError as exc:
            raise self._failed("write", exc) from exc
        self.size += len(chunk)
        self._sha256.update(chunk)
        if self._md5 is not None:
            self._md5.feed(chunk)
        if self.walk is not None:
            self.walk.feed(chunk)
        if self.watched is not None and self.size - self._shown >= _STEP:
            self.flush()
            self._shown = self.size
            if self.watched.grow(self.size):
                # Whoever reads along tells in its place whether the members are sound
                self._end_walk()

    def announce(self, content_type: str | None, total: int | None) -> None:
        """Have the bytes that come now read along, by whoever watches."""
        if self.watched is not None:
            self.watched.announce(self._file.fileno(), content_type, total)

    def walk_along(self) -> None:
        """Walk the members of a gzip document as they come, from its first byte on.

        No ETag says its MD5 then, which takes three times as long as its SHA-256.
        """
        if self.size == 0 and self.walk is None:
            self._end_md5()
            self.walk = Beside(gzip_fault, "gzip")

    def restart(self) -> None:
        """Throw away all bytes."""
        self._end_walk()
        if self.size == 0:
            return
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as exc:
            raise self._failed("write", exc) from exc
        self.size = self._shown = 0
        self._new_digests()

    def flush(self) -> None:
        """Make all bytes readable at `path`."""
        try:
            self._file.flush()
        except OSError as exc:
            raise self._failed("write", exc) from exc

    def head(self) -> bytes:
        """Return the first KiB."""
        return next(self.chunks(_HEAD), b"")

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes]:
        """Yield all bytes, up to `size` at a time.

        Raises
        ------
        DownloadError
            The file cannot be read, such as where no more may be open.
        """
        try:
            with self.path.open("rb") as stream:
                while chunk := stream.read(size):
                    yield chunk
        except OSError as exc:
            raise self._failed("read", exc) from exc

    def commit(self) -> None:
        """Give the file its name; where it is to last, once it is on the disk."""
        try:
            self._file.flush()
            if self._lasting:
                os.fsync(self._file.fileno())
            self._file.close()
            self.path.replace(self.target)
        except OSError as exc:
            raise self._failed("write", exc) from exc
        self._committed = True

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the bytes so far."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str:
        """Hexadecimal digest of the bytes so far, to compare with an ETag."""
        if self._md5 is not None:
            md5, self._md5 = self._md5, None
            self._known_md5 = self.size, md5.end()
        if self._known_md5 is None or self._known_md5[0] != self.size:
            self._known_md5 = self.size, _md5_of(self.chunks())
        return self._known_md5[1]

    def _end_walk(self) -> None:
        """Give up a walk, whatever it would have said."""
        walk, self.walk = self.walk, None
        if walk is not None:
            walk.stop()

    def _end_md5(self) -> None:
        """Give up an MD5; it can still be had of the file."""
        md5, self._md5, self._known_md5 = self._md5, None, None
        if md5 is not None:
            md5.stop()

    def _new_digests(self) -> None:
        self._end_md5()
        self._sha256 = hashlib.sha256()
        self._md5 = Beside(_md5_of, "md5")

    def _failed(self, doing: str, exc: OSError) -> UnfetchedError:
        """Return the error for a file that cannot be written, or read."""
        reason = exc.strerror or type(exc).__name__
        advice = "; make room there, and run again" if exc.errno in _FULL else ""
        return UnfetchedError(f"cannot {doing} {self.path}: {reason}{advice}")


def _md5_of(chunks: Iterator[bytes]) -> str:
    """Return the hexadecimal MD5 of bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
