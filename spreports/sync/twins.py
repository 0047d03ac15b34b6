"""Documents that are the same: a settlement is listed by several reports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from spreports.errors import SinkError
from spreports.ledger import LakeWindow, WindowState
from spreports.reports.connection import Connection
from spreports.reports.document_source import DocumentSource
from spreports.sync.book import Book
from spreports.sync.stream import Kind, Stream

__all__ = ["claim"]

# What another feed has begun and left for so long holds nobody up
ABANDONED = timedelta(days=1)


def claim(
    book: Book,
    stream: Stream,
    window: LakeWindow,
    document: DocumentSource,
    sha256: str,
    *,
    connection: Connection,
) -> tuple[LakeWindow, bool]:
    """Take a document for a window; return if the lake has it under another id.

    Parameters
    ----------
    book : Book
    stream : Stream
    window : LakeWindow
    document : DocumentSource
    sha256 : str
        Of its bytes.
    connection : Connection

    Returns
    -------
    LakeWindow
        With what it is a version of.
    bool

    Raises
    ------
    SinkError
        Another document of the same settlement is on its way: this one waits.
    """
    if stream.kind != Kind.LISTED:
        return window, False
    for twin in book.windows(stream):
        if twin.sha256 == sha256:
            return replace(window, version_of=twin.version_of), True
    window = replace(window, version_of=document.version_of())
    return window, _claim_version(book, connection, stream, window)


def _claim_version(
    book: Book, connection: Connection, stream: Stream, window: LakeWindow
) -> bool:
    """Take a window's settlement; return if the lake has it by another document.

    The window is written with it first, so that a killed run's successor knows whose
    files may lie there.
    """
    if window.version_of is None:
        return False
    book.put(stream, window)
    ledger, now = connection.ledger.windows, connection.clock.now()
    others = [
        (feed, other, when)
        for feed, other, when in ledger.versions(book.lake, window.version_of)
        if (feed, other.name) != (stream.key, window.name)
        and stream.account == json.loads(feed)["account"]
    ]
    if any(other.state == WindowState.COMMITTED for _, other, _ in others):
        return True
    for feed, other, when in others:
        if other.is_begun and (feed == stream.key or now - when < ABANDONED):
            book.put(stream, replace(window, version_of=None))
            raise SinkError(
                f"the same settlement is on its way by document {other.name}: run again"
            )
    return False
