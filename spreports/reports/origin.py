"""Where a document's stored bytes come from, and how they are read as they come.

Work on a document whose rows become visible after the last of them, all at once, may
begin while its bytes arrive: see `read_along`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from spreports.fetch.arriving import Arriving, Watched
from spreports.load.store import Store
from spreports.reports.stored_bytes import StoredBytes

__all__ = ["Origin", "read_along"]

T = TypeVar("T")


class Origin(Protocol):
    """What a Document asks for its bytes."""

    store: Store
    account: str
    name: str

    def key(self) -> str:
        """Return a name that changes when the bytes do, or when `version` does."""
        ...

    def version(self) -> str | None:
        """Return which bytes `stored` gives; None where it has to bring some first."""
        ...

    def identity(self) -> Mapping[str, str]:
        """Return what tells the document from others of its name, if any can be."""
        ...

    def stored(self) -> StoredBytes:
        """Return the verified bytes, fetching them if they are not there yet."""
        ...

    def work_on(self, work: Callable[[StoredBytes], T]) -> T:
        """Return what some work on the bytes comes to; it may read along."""
        ...


def read_along(
    bring: Callable[[Watched], StoredBytes], work: Callable[[StoredBytes], T]
) -> T:
    """Bring a document and do some work on it, side by side where that is possible.

    Where the work begins early, it is told of the end of the bytes when they have been
    verified and `bring` has written that down: nothing of a document that is not whole
    can be seen, and what goes wrong with the bytes is `bring`'s error, whatever the
    work has met in them.

    Parameters
    ----------
    bring : callable
        Returns the verified bytes, and tells of them on their way.
    work : callable
        Makes visible what it does after the last byte, or nothing. It may be called on
        another thread, and once more on this one where the transfer breaks.

    Returns
    -------
    object
        What `work` returned.

    Raises
    ------
    Exception
        Whatever `bring` raises; else whatever `work` raises, when `bring` is done.
    """

    def along(arriving: Arriving[T]) -> T:
        return work(
            StoredBytes(
                arriving.open,
                arriving.content_type,
                size=arriving.total,
                proof=arriving.proof,
            )
        )

    with Arriving(along) as arriving:
        stored = bring(arriving)
        if arriving.settle(stored.size or 0, stored.sha256 or ""):
            with stored.doubting():
                return arriving.result()
    return work(stored)
