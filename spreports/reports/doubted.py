"""Stored bytes that no report could be read from, and that nothing has proved.

A portal's page, or a flipped bit, may have come in the place of a report once. The next
call brings them again; the same bytes a second time are what Amazon has.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from spreports.errors import DecodeError, DecompressError, DownloadError, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spreports.fetch.download import StoredDocument
    from spreports.ledger import VerifiedDocument
    from spreports.reports.connection import Connection

__all__ = ["doubting", "is_doubted", "refuse_nothing", "settled"]

DOUBTED = "doubted"
# By a checksum, or since they came twice
_PROVED = frozenset({"md5", "twice", DOUBTED})


def is_doubted(known: VerifiedDocument) -> bool:
    """Whether a document is to be brought once more."""
    return known.verified == DOUBTED


@contextmanager
def doubting(connection: Connection, name: str, *, private: bool) -> Iterator[None]:
    """Write down that a stored document is in doubt, where it cannot be read."""
    try:
        yield
    except (DecodeError, DecompressError, ParseError):
        ledger, account = connection.ledger, connection.account
        known = ledger.document(account, name)
        if known is not None and known.verified not in _PROVED:
            ledger.stored(
                account,
                name,
                replace(known, verified=DOUBTED),
                connection.clock.now(),
                private=private,
            )
        raise


def settled(
    arrived: VerifiedDocument, doubted: VerifiedDocument | None
) -> VerifiedDocument:
    """Return a document that was brought again, as proved if it is the same."""
    if doubted is None or doubted.sha256 != arrived.sha256:
        return arrived
    return replace(arrived, verified="twice")


def refuse_nothing(arrived: StoredDocument, *, compressed: bool) -> None:
    """Raise where nothing came in place of a compressed document.

    Parameters
    ----------
    arrived : StoredDocument
    compressed : bool
        Amazon named a compression, which makes some bytes even of nothing.

    Raises
    ------
    DownloadError
    """
    if compressed and not arrived.size:
        raise DownloadError(
            "the report document came without a byte, twice, where Amazon said that it "
            "is compressed: it is not whole; ask for it again later"
        )
