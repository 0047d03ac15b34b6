"""Stored bytes of a document, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import BinaryIO

__all__ = ["StoredBytes", "opened_already", "version_mark"]


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Stored bytes, gzip or plain, that can be opened again and again.

    Whole, or still arriving: then the end of the bytes is not told before they are
    verified.

    Attributes
    ----------
    open : callable
        Gives a fresh binary stream each call.
    content_type : str or None
        As the document host said it.
    sha256 : str or None
        Of the bytes, where they were verified.
    size : int or None, bytes
        Where it is known.
    proof : callable or None
        Of bytes that are still arriving: waits until they are verified, and gives the
        SHA-256.
    doubting : callable
        Gives a context to read them in: where nothing can be read from them, the next
        call has them brought again, and damage of a file is told first.
    """

    open: Callable[[], BinaryIO]
    content_type: str | None
    sha256: str | None = None
    size: int | None = None
    proof: Callable[[], str] | None = None
    doubting: Callable[[], AbstractContextManager[None]] = nullcontext

    def digest(self) -> str | None:
        """Return the SHA-256 of bytes that are verified, or once they are."""
        return self.sha256 if self.proof is None else self.proof()

    def as_they_are(self) -> StoredBytes:
        """Return them for who goes on without what cannot be read.

        Whoever reads them next in the same call puts them in doubt, and is not to bring
        them once more himself.
        """
        return replace(self, doubting=nullcontext)


def version_mark(version: str) -> str:
    """Return what of a version stands in the name of a frame that is staged from it."""
    return version[:16]


def opened_already(
    first: BinaryIO, again: Callable[[], BinaryIO]
) -> Callable[[], BinaryIO]:
    """Return how to open a file of which one stream is open already.

    Parameters
    ----------
    first : binary stream
        At its start; given to who asks first.
    again : callable
        Opens a fresh one, for everybody else.
    """
    left = [first]

    def opened() -> BinaryIO:
        try:
            return left.pop()
        except IndexError:
            return again()

    return opened
