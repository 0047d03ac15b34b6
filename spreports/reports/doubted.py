"""Stored bytes that no report could be read from, and that nothing has proved.

A portal's page, or a flipped bit, may have come in the place of a report once, and a
disk may have damaged what was proved. The next call brings them again; the same bytes a
second time are what Amazon has.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from spreports.errors import (
    APIError,
    BadRequestError,
    ConfigError,
    DecodeError,
    DecompressError,
    DownloadError,
    NotFoundError,
    ParseError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spreports.fetch.download import StoredDocument
    from spreports.ledger import VerifiedDocument
    from spreports.reports.connection import Connection

__all__ = [
    "denies",
    "doubting",
    "is_doubted",
    "is_gone",
    "left_alone",
    "refuse_nothing",
    "settled",
]

DOUBTED = "doubted"
LAST = "last"
# By a checksum, or since they came twice; or there is no more to be had
_PROVED = frozenset({"md5", "twice", LAST})
_ANOTHER = (
    "these are the bytes that Amazon has; another report may be sound: ask for a new "
    "one with reuse=False"
)


def denies(error: BaseException) -> bool:
    """Whether Amazon's own word is that there is nothing by an id.

    A gateway's ``{"message": ...}`` has no code, and any other status is about the
    request.

    Source: Reports API v2021-06-30, Error Responses and Schemas.
    """
    return (
        isinstance(error, BadRequestError | NotFoundError)
        and error.status in {400, 404}
        and any(each.code for each in error.details)
    )


def is_gone(exc: Exception) -> bool:
    """Whether an error says that Amazon has a document no more, or never had it."""
    if isinstance(exc, DownloadError):
        return exc.refused
    return (
        isinstance(exc, APIError)
        and exc.operation == "getReportDocument"
        and denies(exc)
    )


def is_doubted(known: VerifiedDocument) -> bool:
    """Whether a document is to be brought once more."""
    return known.verified == DOUBTED


@contextmanager
def doubting(
    connection: Connection, name: str, sha256: str, *, private: bool
) -> Iterator[None]:
    """Write down that stored bytes are in doubt, where nothing can be read from them.

    Parameters
    ----------
    connection : Connection
    name : str
        Of the document.
    sha256 : str
        Of the bytes: others may have come in their place meanwhile.
    private : bool
        As they were stored.
    """
    try:
        yield
    except (DecodeError, DecompressError, ParseError) as exc:
        if isinstance(exc.__cause__, ImportError):  # what reads them is not installed
            raise
        # A reader may outlive its client: it still tells what is wrong with the bytes
        with suppress(ConfigError, OSError):
            proved = _doubt(connection, name, sha256, private=private)
            # A document that is no table, or of another charset, comes with advice of
            # its own, and another report would be none either. One that nobody here
            # asked for, such as a settlement, cannot be asked for anew
            if proved and not exc.hint and _is_ours(connection, name):
                exc.hint = _ANOTHER
        raise


def _doubt(connection: Connection, name: str, sha256: str, *, private: bool) -> bool:
    """Write it down, unless the bytes are proved and still what they were."""
    ledger, account = connection.ledger, connection.account
    known = ledger.document(account, name)
    if known is None or known.sha256 != sha256 or is_doubted(known):
        return False
    if known.verified in _PROVED:
        with connection.store.document_path(account, name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                return True
    ledger.stored(
        account,
        name,
        replace(known, verified=DOUBTED),
        connection.clock.now(),
        private=private,
    )
    return False


def _is_ours(connection: Connection, name: str) -> bool:
    """Whether a document is of a report that was asked for here."""
    from spreports.ledger import is_of_request  # noqa: PLC0415 - files need no ledger

    return is_of_request(connection.ledger, connection.account, name)


def settled(
    arrived: VerifiedDocument, doubted: VerifiedDocument | None
) -> VerifiedDocument:
    """Return a document that was brought again, as proved if it is the same."""
    if doubted is None or doubted.sha256 != arrived.sha256:
        return arrived
    return replace(arrived, verified="twice")


def left_alone(doubted: VerifiedDocument) -> VerifiedDocument:
    """Return a document in doubt of which Amazon has no more, as the last there is."""
    return replace(doubted, verified=LAST)


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
