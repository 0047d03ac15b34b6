"""The body of a web server's answer, as a stream whose errors are ours."""

from __future__ import annotations

import http
import http.client
import io
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import urllib3

from spreports.clock import SystemClock
from spreports.errors import DocumentError, DownloadError
from spreports.fetch.document_host import (
    DocumentHost,
    SignedURL,
    is_loopback,
)
from spreports.fetch.no_answer import no_answer
from spreports.fetch.tries import Setback
from spreports.wire import read_some

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["WebBody"]


class WebBody(io.RawIOBase):
    """The body of an answer, and the connection that it comes by.

    Parameters
    ----------
    url : str
    name : str
        Of the document, for messages.

    Attributes
    ----------
    headers : mapping of str to str

    Raises
    ------
    DocumentError
        There is no such answer.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._open = ExitStack()
        loopback = is_loopback(url)
        host = self._open.enter_context(DocumentHost(loopback=loopback, anywhere=True))
        signed = SignedURL(url, SystemClock().monotonic())
        del url  # a traceback with locals would show its signature
        answer = host.get(signed, start=0, etag=None)
        if isinstance(answer, Setback):
            why = answer.reason
        else:
            self._open.enter_context(answer)
            if answer.status_code == http.HTTPStatus.OK:
                self._answer = answer
                self.headers: Mapping[str, str] = answer.headers
                return
            why = f"HTTP {answer.status_code}"
        self.close()
        raise DocumentError(
            f"{name} cannot be read: {why}; check the URL, which may have expired"
        )

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes as they are stored; 0 at a proper end."""
        space = memoryview(buffer).cast("B")
        try:
            data = read_some(self._answer, len(space), decode=False)
        except (
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
        ) as exc:
            why = no_answer(exc).reason
            raise DownloadError(
                f"{self._name} broke off: {why}; open it again, or copy it to a local "
                "file first"
            ) from None  # it quotes the URL
        space[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            self._open.close()
        super().close()
