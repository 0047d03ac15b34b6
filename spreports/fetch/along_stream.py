"""A reader's own place in a file that is still growing."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from spreports.fetch.decompress import Members

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["AlongStream", "GivenUpError"]


class GivenUpError(Exception):
    """The document does not arrive in one go: read it when it is whole."""


class AlongStream(io.RawIOBase):
    """One reader's place in a file that grows.

    Parameters
    ----------
    fd : int
        Its own; closed with it.
    readable : callable
        As `Arriving.readable`.

    Attributes
    ----------
    place : int, bytes
        How far it has read.
    members : Members
        To be kept by whoever undoes the compression of what is read.
    """

    def __init__(self, fd: int, readable: Callable[[AlongStream], int]) -> None:
        self.members = Members(begun=1)  # which nobody ends who does not undo any
        self._fd = fd
        self._readable = readable
        self.place = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes; 0 at the end of a verified document."""
        space = memoryview(buffer).cast("B")
        count = min(len(space), self._readable(self))
        data = os.pread(self._fd, count, self.place)
        if len(data) < count and not data:
            raise GivenUpError  # somebody else has cut the file
        space[: len(data)] = data
        self.place += len(data)
        return len(data)

    def close(self) -> None:
        """Close this reader's own descriptor."""
        if not self.closed:
            os.close(self._fd)
        super().close()
