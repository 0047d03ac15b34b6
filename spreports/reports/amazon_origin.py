"""Where a report's document comes from: Amazon, by way of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spreports.api.login import LOGIN
from spreports.errors import (
    APIError,
    BadRequestError,
    DownloadError,
    NotFoundError,
    ThrottledError,
)
from spreports.fetch.arriving import Watched
from spreports.reports.doubted import (
    denies,
    doubting,
    is_doubted,
    is_gone,
    left_alone,
    refuse_nothing,
    settled,
)
from spreports.reports.origin import read_along
from spreports.reports.stored_bytes import StoredBytes, version_mark

if TYPE_CHECKING:
    from spreports.ledger import VerifiedDocument
    from spreports.reports.connection import Connection

__all__ = ["AmazonOrigin"]

T = TypeVar("T")

# Source: reference, usage plan of getReportDocument: 0.0167 requests per second
QUOTA_SECONDS = 60.0


class AmazonOrigin:
    """A report document at Amazon, downloaded once into the store.

    Parameters
    ----------
    connection : Connection
    report_document_id : str
    restricted : bool
        Personal data: fetched with a restricted data token, and deleted with the
        client, or by the next one where this process is killed.
    patience : float, seconds
        For how long getReportDocument is asked again where its quota is used up.
    """

    def __init__(
        self,
        connection: Connection,
        report_document_id: str,
        *,
        restricted: bool,
        patience: float = 0.0,
    ) -> None:
        self._connection = connection
        self._restricted = restricted
        self._patience = patience
        self.store = connection.store
        self.account = connection.account
        self.name = report_document_id
        self.loopback = connection.loopback
        self.compressed = False  # as Amazon said with the last URL

    def key(self) -> str:
        """Return the report document id: Amazon never changes a document."""
        return self.name

    def version(self) -> str | None:
        """Return the SHA-256 of the bytes that were kept; None while in doubt."""
        known = self._connection.ledger.document(self.account, self.name)
        return None if known is None or is_doubted(known) else known.sha256

    def fresh_url(self) -> str:
        """Ask Amazon for a presigned URL; it lives five minutes."""
        connection = self._connection
        until = connection.clock.monotonic() + self._patience
        while True:
            try:
                document = connection.api.get_report_document(
                    self.name, restricted=self._restricted
                )
                break
            except ThrottledError as exc:
                late = connection.clock.monotonic() + QUOTA_SECONDS > until
                if late or exc.operation == LOGIN:
                    raise
            except (BadRequestError, NotFoundError) as exc:
                if self.name.isdecimal():
                    exc.hint = (
                        f"{self.name} looks like a reportId: the document's id is "
                        f"client.api.get_report({self.name!r}).report_document_id"
                    )
                self._note_if_gone(exc)
                raise
            connection.clock.sleep(QUOTA_SECONDS)
        self.compressed = document.compression_algorithm is not None
        return document.url

    def known(self) -> VerifiedDocument | None:
        """Return what the ledger knows, when the bytes are really there."""
        path = self.store.document_path(self.account, self.name)
        known = self._connection.ledger.document(self.account, self.name)
        whole = known and path.exists() and path.stat().st_size == known.size
        return known if whole else None

    def identity(self) -> Mapping[str, str]:
        """Return nothing: Amazon gives no other document the same id."""
        return {}

    def stored(self) -> StoredBytes:
        """Return the verified bytes, from the store or from Amazon.

        Raises
        ------
        APIError
            getReportDocument was refused.
        DownloadError
            The bytes did not arrive whole.
        """
        return self._stored(None)

    def work_on(self, work: Callable[[StoredBytes], T]) -> T:
        """Do some work on the bytes, which may begin while they arrive.

        Parameters
        ----------
        work : callable
            As for `read_along`.

        Returns
        -------
        object
            What `work` returned.

        Raises
        ------
        Exception
            As `stored`; or whatever `work` raises.
        """
        return read_along(self._stored, work)

    def _stored(self, watched: Watched | None) -> StoredBytes:
        """Return the verified bytes; those that have to be fetched may be watched."""
        path = self.store.document_path(self.account, self.name)
        with self._connection.locks.of(self.name):
            known = self.known()
            if known is None:
                known = self._fetch(path, watched)
            elif is_doubted(known):
                # Where it does not come, the bytes at hand stay as good as they are
                try:
                    known = self._fetch(path, watched, known)
                except (DownloadError, APIError) as exc:
                    if denies(exc):
                        self._write_down(left_alone(known))
        return StoredBytes(
            lambda: path.open("rb"),
            known.content_type,
            known.sha256,
            known.size,
            doubting=partial(
                doubting,
                self._connection,
                self.name,
                known.sha256,
                private=self._restricted,
            ),
        )

    def _fetch(
        self,
        path: Path,
        watched: Watched | None,
        doubted: VerifiedDocument | None = None,
    ) -> VerifiedDocument:
        """Download, verify, and write that down before anybody relies on it."""
        # requests, ssl and sqlite3: 0.1 s, which a file does without
        from spreports.fetch.download import download  # noqa: PLC0415 - see above
        from spreports.ledger import VerifiedDocument  # noqa: PLC0415 - see above

        connection = self._connection
        # A name of its own: another process may be fetching the same document.
        with self.store.spooled() as spool:
            try:
                arrived = download(
                    self.fresh_url,
                    spool,
                    clock=connection.clock,
                    loopback=connection.loopback,
                    watched=watched,
                    gzip_told=lambda: self.compressed,
                )
                refuse_nothing(arrived, compressed=self.compressed)
            except (DownloadError, APIError) as exc:
                exc.add_note(f"report document {self.name}")
                if isinstance(exc, DownloadError):
                    exc.report_document_id = self.name
                    self._note_if_gone(exc)
                raise
            known = VerifiedDocument(
                content_type=arrived.content_type,
                size=arrived.size,
                sha256=arrived.sha256,
                verified=arrived.verified,
            )
            known = settled(known, doubted)
            if self._restricted:
                connection.private.add(self.name)
            # First: a kill leaves no personal data unknown. Last, where a doubt ends
            if doubted is None:
                self._write_down(known)
            spool.replace(path)
            self.store.outdate(self.account, self.name, version_mark(known.sha256))
            if doubted is not None:
                self._write_down(known)
        return known

    def _note_if_gone(self, exc: DownloadError | APIError) -> None:
        """Have the report adopted no more where there are no bytes to be had."""
        if not is_gone(exc) or self.known() is not None:
            return
        if self._connection.ledger.gone(self.account, self.name):
            exc.hint = "the same call later asks for a new report"

    def _write_down(self, known: VerifiedDocument) -> None:
        """Let the ledger know of the stored bytes."""
        self._connection.ledger.stored(
            self.account,
            self.name,
            known,
            self._connection.clock.now(),
            private=self._restricted,
        )
