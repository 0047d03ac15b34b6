"""A document that is still arriving, and the work on it that need not wait for its end.

Rows may be parsed and encoded from bytes that nobody has verified yet, because they
are trusted only later: whoever reads along is told of the end of the bytes when the
document has been verified whole, and not before. What becomes visible after the last
row so becomes visible after the proof.

Where gzip itself is the proof, who reads along gives it, so that the compression is
undone once: a reader that asks for what follows the last byte, all members behind it,
says that they are sound. In every other case the download looks for itself.

Only one answer is read along. Where it breaks, the work is given up and its thread ends
before any other bytes are taken from the host: no reader ever sees a file that is
resumed or begun anew. The work is then done once the document is there, as that of a
small one.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from enum import Enum
from typing import BinaryIO, Final, Generic, Protocol, TypeVar, cast

from spreports.clock import Clock, SystemClock
from spreports.fetch.along_stream import AlongStream, GivenUpError

__all__ = ["Arriving", "GivenUpError", "Watched"]

# Below it, a thread costs more than it saves
WORTH_BYTES: Final = 1 << 20
# What must be left to come: so much, or for so long, as it came so far
WORTH_LEFT: Final = 8 << 20
WORTH_SECONDS: Final = 4.0
_NAME: Final = "spreports-read-along"
# A file that is open cannot be renamed elsewhere, as a verified document is
_CAN_READ_ALONG: Final = os.name == "posix"

T = TypeVar("T")


class Watched(Protocol):
    """What a download tells of its bytes."""

    def announce(self, fd: int, content_type: str | None, total: int | None) -> None:
        """Tell of a first answer that says where it ends."""
        ...

    def grow(self, size: int) -> bool:
        """Tell that `size` bytes are in the file; return whether they are read."""
        ...

    def is_sound(self, size: int) -> bool:
        """Tell that these are all bytes; return whether a reader found them sound."""
        ...

    def give_up(self) -> None:
        """Tell that the answer has broken; nobody reads the file afterwards."""
        ...


class _State(Enum):
    """How far a document is."""

    COMING = "its first answer is not here, or too small"
    ARRIVING = "it is read along"
    VERIFIED = "it is whole"
    GIVEN_UP = "it is to be read when it is whole"


class Arriving(Generic[T]):
    """The bytes of a document so far, and work that reads along on a thread.

    Used as a context, which ends the work whatever happens.

    Parameters
    ----------
    work : callable
        Gets this object; called once, on a thread of its own, when enough is here and
        more is to come. It opens the bytes by `open`, at any time and more than once.
    clock : Clock

    Attributes
    ----------
    content_type : str or None
        As the host said it.
    total : int or None, bytes
        Where the host has told how many will come.
    """

    def __init__(
        self, work: Callable[[Arriving[T]], T], clock: Clock | None = None
    ) -> None:
        self._work = work
        self._clock = clock or SystemClock()
        self._since = 0.0
        self._changed = threading.Condition()
        self._state = _State.COMING
        self._running = self._finished = False
        self._waiting: set[AlongStream] = set()
        self._proof_is_wanted = False
        self._fd: int | None = None
        self.total: int | None = None
        self._size = 0
        self._sha256 = ""
        self._results: list[T] = []
        self._error: BaseException | None = None
        self.content_type: str | None = None

    def __enter__(self) -> Arriving[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_up()
        with self._changed:
            fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def announce(self, fd: int, content_type: str | None, total: int | None) -> None:
        """Take note of a first answer.

        Parameters
        ----------
        fd : int
            Of the file that it is written to; duplicated.
        content_type : str or None
        total : int or None, bytes
            Where the host has told.
        """
        if self._state is not _State.COMING or self._fd is not None:
            return
        if _CAN_READ_ALONG:
            with contextlib.suppress(OSError):  # too many files are open
                self._fd = os.dup(fd)
        self.content_type, self.total = content_type, total
        self._since = self._clock.monotonic()

    def grow(self, size: int) -> bool:
        """Let the first `size` bytes be read; begin the work once it is worth it.

        Returns
        -------
        bool
            Whether the work has begun.
        """
        if self._fd is None or self._state is _State.GIVEN_UP:
            return False
        with self._changed:
            self._size = size
            self._changed.notify_all()
        if self._state is _State.COMING and size >= WORTH_BYTES and self._pays(size):
            self._begin()
        return self._state is _State.ARRIVING

    def is_sound(self, size: int) -> bool:
        """Wait until a reader has undone the compression of all bytes, or none will.

        Parameters
        ----------
        size : int, bytes
            No more are to come.

        Returns
        -------
        bool
            Whether all members are whole and sound; False where nobody knows.
        """

        def at_the_end() -> list[AlongStream]:
            return [reader for reader in self._waiting if reader.place == size]

        if self._state is not _State.ARRIVING:
            return False
        self.grow(size)
        with self._changed:
            self._changed.wait_for(
                lambda: self._finished or self._proof_is_wanted or at_the_end()
            )
            return any(not reader.members.begun for reader in at_the_end())

    def give_up(self) -> None:
        """Stop the work and wait for its thread; what it came to is dropped."""
        with self._changed:
            self._state = _State.GIVEN_UP
            self._changed.notify_all()
            # Not `join`: where Ctrl-C has interrupted one, the next returns at once
            self._changed.wait_for(lambda: not self._running)
        # A reader that was left open is closed with the last that knows of it
        self._results.clear()
        self._error = None

    def settle(self, size: int, sha256: str) -> bool:
        """Say that the document is verified, and wait for the end of the work.

        Parameters
        ----------
        size : int, bytes
        sha256 : str
            Of the stored bytes.

        Returns
        -------
        bool
            Whether there was work and it was not given up: `result` then has what it
            came to.
        """
        with self._changed:
            if self._state is not _State.ARRIVING:
                return False
            self._state, self._size, self._sha256 = _State.VERIFIED, size, sha256
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._finished)
        return not isinstance(self._error, GivenUpError)

    def result(self) -> T:
        """Return what the work came to, once, or raise its error."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._results.pop()

    def open(self) -> BinaryIO:
        """Open the bytes from their start; each reader has a place of its own.

        Its ``read`` waits for bytes that are not here yet, and returns none when the
        document is at its end and verified.

        Raises
        ------
        GivenUpError
            Now, or when it is read.
        """
        with self._changed:
            if self._fd is None:
                raise GivenUpError
            return cast("BinaryIO", AlongStream(os.dup(self._fd), self._readable))

    def proof(self) -> str:
        """Wait until the document is verified.

        Returns
        -------
        str
            The SHA-256 of its stored bytes.

        Raises
        ------
        GivenUpError
        """
        self._readable(None)
        return self._sha256

    def _readable(self, reader: AlongStream | None) -> int:
        """Wait for bytes that a reader has not read, or for the proof; count them.

        None only where the document ends at the reader's place and is verified.
        """
        place = self._size if reader is None else reader.place

        def known() -> bool:
            here = reader is not None and self._size > place
            return here or self._state in {_State.VERIFIED, _State.GIVEN_UP}

        with self._changed:
            if not known():
                if reader is None:
                    self._proof_is_wanted = True
                else:
                    self._waiting.add(reader)
                self._changed.notify_all()
            try:
                self._changed.wait_for(known)
            finally:
                self._waiting -= {reader}
            if self._state is _State.GIVEN_UP:
                raise GivenUpError
            return self._size - place

    def _pays(self, size: int) -> bool:
        """Say whether enough is still to come."""
        if self.total is None:
            return True
        passed = self._clock.monotonic() - self._since
        left = self.total - size
        slow = passed * left / size >= WORTH_SECONDS
        return slow or left >= WORTH_LEFT

    def _begin(self) -> None:
        """Start the work."""
        # daemon: work that never ends must not keep the process alive
        thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
        self._state = _State.ARRIVING
        try:
            thread.start()
        except RuntimeError:  # the system has no thread to give
            self._state = _State.GIVEN_UP

    def _run(self) -> None:
        """Do the work (on the thread)."""
        with self._changed:
            if self._state is _State.GIVEN_UP:
                return
            self._running = True
        try:
            self._results.append(self._work(self))
        except BaseException as exc:  # noqa: BLE001 - raised again by `result`
            self._error = exc
        finally:
            with self._changed:
                self._running, self._finished = False, True
                self._changed.notify_all()
