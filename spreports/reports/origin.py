"""Where a document's stored bytes come from: Amazon by way of the store, or a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import fsspec
from fsspec.core import url_to_fs

from spreports.errors import APIError, DocumentError, DownloadError
from spreports.fetch.download import StoredDocument, download
from spreports.ledger import VerifiedDocument
from spreports.load.store import Store
from spreports.reports.connection import Connection


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Whole stored bytes, gzip or plain, that can be opened again and again.

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
    """

    open: Callable[[], BinaryIO]
    content_type: str | None
    sha256: str | None = None
    size: int | None = None


class Origin(Protocol):
    """What a Document asks for its bytes."""

    store: Store
    account: str
    name: str

    def key(self) -> str:
        """Return a name that changes when the bytes do."""
        ...

    def stored(self) -> StoredBytes:
        """Return the verified bytes, fetching them if they are not there yet."""
        ...


class AmazonOrigin:
    """A report document at Amazon, downloaded once into the store.

    Parameters
    ----------
    connection : Connection
    report_document_id : str
    restricted : bool
        Personal data: fetched with a restricted data token, and deleted with the
        client, or by the next one where this process is killed.
    """

    def __init__(
        self, connection: Connection, report_document_id: str, *, restricted: bool
    ) -> None:
        self._connection = connection
        self._restricted = restricted
        self.store = connection.store
        self.account = connection.account
        self.name = report_document_id
        self.loopback = connection.loopback
        # What Amazon said with the last URL
        self.compressed = False

    def key(self) -> str:
        """Return the report document id: Amazon never changes a document."""
        return self.name

    def fresh_url(self) -> str:
        """Ask Amazon for a presigned URL; it lives five minutes."""
        document = self._connection.api.get_report_document(
            self.name, restricted=self._restricted
        )
        self.compressed = document.compression_algorithm is not None
        return document.url

    def known(self) -> VerifiedDocument | None:
        """Return what the ledger knows, when the bytes are really there."""
        path = self.store.document_path(self.account, self.name)
        known = self._connection.ledger.document(self.account, self.name)
        if known and path.exists() and path.stat().st_size == known.size:
            return known
        return None

    def stored(self) -> StoredBytes:
        """Return the verified bytes, from the store or from Amazon.

        Raises
        ------
        APIError
            getReportDocument was refused.
        DownloadError
            The bytes did not arrive whole.
        """
        path = self.store.document_path(self.account, self.name)
        with self._connection.locks.of(self.name):
            known = self.known() or self._fetch(path)
        return StoredBytes(
            lambda: path.open("rb"), known.content_type, known.sha256, known.size
        )

    def _fetch(self, path: Path) -> VerifiedDocument:
        """Download, verify, and write that down before anybody relies on it."""
        connection = self._connection
        # A name of its own: another process may be fetching the same document.
        spool = self.store.spool_path()
        try:
            arrived: StoredDocument = download(
                self.fresh_url,
                spool,
                clock=connection.clock,
                loopback=connection.loopback,
            )
            refuse_nothing(arrived, compressed=self.compressed)
        except (DownloadError, APIError) as exc:
            exc.add_note(f"report document {self.name}")
            if isinstance(exc, DownloadError):
                exc.report_document_id = self.name
            raise
        known = VerifiedDocument(
            content_type=arrived.content_type,
            size=arrived.size,
            sha256=arrived.sha256,
            verified=arrived.verified,
        )
        spool.replace(path)
        if self._restricted:
            connection.private.add(self.name)
        connection.ledger.stored(
            self.account,
            self.name,
            known,
            connection.clock.now(),
            private=self._restricted,
        )
        return known


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
        self.store = store
        self.name = url.split("?", 1)[0].rsplit("/", 1)[-1]

    def key(self) -> str:
        """Return a digest of the file's place, size and time of change."""
        try:
            fs, path = url_to_fs(self._url, **self._options)
            mark = f"{fs.unstrip_protocol(path)} {fs.ukey(path)}"
            if "file" in fs.protocol:
                # ukey goes by whole-second times; a rewrite within one is seen by ns
                mark += f" {Path(path).stat().st_mtime_ns}"
        except (OSError, ValueError, ImportError) as exc:
            raise self._unreadable(exc) from exc
        return hashlib.sha256(mark.encode()).hexdigest()[:32]

    def stored(self) -> StoredBytes:
        """Return the file's bytes.

        Raises
        ------
        DocumentError
            The file cannot be opened.
        """
        self._open().close()
        return StoredBytes(self._open, None)

    def _open(self) -> BinaryIO:
        """Open the file afresh."""
        try:
            return cast(
                "BinaryIO", fsspec.open(self._url, "rb", **self._options).open()
            )
        except (OSError, ValueError, ImportError) as exc:
            raise self._unreadable(exc) from exc

    def _unreadable(self, exc: Exception) -> DocumentError:
        """Say which file, and why not."""
        reason = exc.strerror if isinstance(exc, OSError) else None
        return DocumentError(
            f"{self.name} cannot be read: {reason or type(exc).__name__}; check the "
            "path, the storage_options and that the file system's package is installed"
        )


def file_origin(
    url: str | os.PathLike[str],
    storage_options: Mapping[str, object] | None,
    store: Store,
) -> FileOrigin:
    """Return the origin of a file given as a path or an fsspec URL."""
    return FileOrigin(os.fspath(url), storage_options, store)
