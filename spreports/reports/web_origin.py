"""A document's stored bytes from a web server, read as they come."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import BinaryIO, TypeVar, cast

from spreports.fetch.web_body import WebBody
from spreports.load.store import Store
from spreports.reports.file_origin import place_mark, web_mark
from spreports.reports.stored_bytes import StoredBytes, opened_already
from spreports.reports.unproved import damage_first

__all__ = ["WebOrigin"]

T = TypeVar("T")


class WebOrigin:
    """A document on a web server: asked for in one piece, and read as it comes.

    Many servers know no ranges, and a presigned URL may allow nothing but GET. Where
    the answer tells no length, another one has to confirm its end (`WebBody`).
    Redirects are followed. Proxies of the environment are used, except for this
    machine; no name or password is sent.

    Parameters
    ----------
    url : str
        As `file_origin.is_plain_web` wants it.
    store : Store
        Where frames are staged.
    """

    account = "files"

    def __init__(self, url: str, store: Store) -> None:
        self._url = url
        # For what cannot say whether it has changed: staged for this document alone
        self._once = uuid.uuid4().hex
        self.store = store
        self.name = re.split(r"[?#]", url)[0].rsplit("/", 1)[-1]

    def key(self) -> str:
        """Return a digest of the document's URL and of what tells its version."""
        with self._open() as body:
            size = body.headers.get("Content-Length")
            mark = f"{self._url} {web_mark(size, body.headers, self._once)}"
        return hashlib.sha256(mark.encode()).hexdigest()[:32]

    def version(self) -> str:
        """Return nothing: the key tells."""
        return ""

    def identity(self) -> Mapping[str, str]:
        """Return a digest of the URL, without a signature."""
        return {"source": place_mark(re.split(r"[?#]", self._url)[0])}

    def stored(self) -> StoredBytes:
        """Return the document's bytes.

        Raises
        ------
        DocumentError
            The server has not got them, or does not give them; a DownloadError in an
            outage.
        """
        body = self._open()
        length = body.headers.get("Content-Length", "")
        return StoredBytes(
            opened_already(cast("BinaryIO", body), self._stream),
            body.headers.get("Content-Type"),
            size=int(length) if length.isdecimal() else None,
            doubting=partial(damage_first, self._stream),
        )

    def work_on(self, work: Callable[[StoredBytes], T]) -> T:
        """Do some work on the document's bytes; its errors, and those of `stored`."""
        return work(self.stored())

    def _stream(self) -> BinaryIO:
        """Ask for the document, for who reads its bytes."""
        return cast("BinaryIO", self._open())

    def _open(self) -> WebBody:
        """Ask for the document."""
        return WebBody(self._url, self.name)
