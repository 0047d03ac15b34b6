"""The body of a web server's answer, as a stream whose errors are ours.

A body that ends where the connection does, or with a last chunk, may have been cut
there: where the server does not tell its length, it has to come twice, as on the way
from Amazon, so that no part of a document passes for the whole.
"""

from __future__ import annotations

import hashlib
import http
import http.client
import io
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import urllib3

from spreports.clock import SystemClock
from spreports.errors import DocumentError, DownloadError
from spreports.fetch.answers import may_be_asked_again
from spreports.fetch.behind_end import GOES_ON, look_behind
from spreports.fetch.document_host import (
    DocumentHost,
    SignedURL,
)
from spreports.fetch.no_answer import no_answer
from spreports.fetch.resume import Continuity
from spreports.fetch.tries import Setback
from spreports.wire import is_loopback, read_some

if TYPE_CHECKING:
    import requests
    from _typeshed import WriteableBuffer

__all__ = ["WebBody"]

_AT_ONCE: Final = 1 << 18


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
        There is no such answer; a DownloadError where there may be one later.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._open = ExitStack()
        loopback = is_loopback(url)
        host = self._open.enter_context(DocumentHost(loopback=loopback, anywhere=True))
        signed = SignedURL(url, SystemClock().monotonic())
        del url  # a traceback with locals would show its signature
        try:
            self._answer = self._get(host, signed)
        except BaseException:
            self.close()
            raise
        self._host, self._signed = host, signed
        self.headers: Mapping[str, str] = self._answer.headers
        self._version = Continuity()
        self._version.judge(http.HTTPStatus.OK, self.headers, 0)
        self._size, self._digest = 0, hashlib.sha256()

    def _get(self, host: DocumentHost, signed: SignedURL) -> requests.Response:
        """Ask for the document."""
        answer = host.get(signed, start=0, etag=None)
        if isinstance(answer, Setback):
            why, passes = answer.reason, not answer.final
            # What is mistyped looks like what is down
            advice = "check the host's name, or run the same again later"
        else:
            self._open.enter_context(answer)
            if answer.status_code == http.HTTPStatus.OK:
                return answer
            why = f"HTTP {answer.status_code}"
            passes = may_be_asked_again(answer.status_code)
            advice = "run the same again later"
        if passes:
            raise DownloadError(f"{self._name} cannot be read: {why}; {advice}")
        raise DocumentError(
            f"{self._name} cannot be read: {why}; check the URL, which may have expired"
        )

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes as they are stored; 0 at a proper end."""
        space = memoryview(buffer).cast("B")
        data = self._some(self._answer, len(space))
        if not data and len(space):
            self._check_end()
        self._size += len(data)
        if self._version.total is None:
            self._digest.update(data)
        space[: len(data)] = data
        return len(data)

    def _check_end(self) -> None:
        """Raise where this is not the document's end, by all that tells of it."""
        told = self._version.lengths.told(self._version.etag)
        if told > self._size:
            raise self._broken(
                f"it ended after {self._size} bytes, of {told} announced"
            )
        if self._version.total is not None or self._ends_here():
            return
        size, digest = 0, hashlib.sha256()
        again = self._get(self._host, self._signed)
        while data := self._some(again, _AT_ONCE):
            size += len(data)
            digest.update(data)
            if size > self._size:
                break
        if digest.digest() != self._digest.digest():
            raise self._broken(
                "its server tells no length, and gave other bytes when asked again"
            )
        self._version.total = size

    def _ends_here(self) -> bool:
        """Ask for what would follow the last chunk; say whether there is nothing."""
        if not (self._version.framed and self._size):
            return False
        behind = look_behind(self._host, self._signed, self._version, self._size)
        if isinstance(behind, Setback):
            return False
        if behind.more:
            raise self._broken(GOES_ON)
        if behind.ends:
            self._version.total = self._size
        return behind.ends

    def _some(self, answer: requests.Response, size: int) -> bytes:
        """Read what comes next of an answer."""
        try:
            return read_some(answer, size, decode=False)
        except (
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
        ) as exc:
            # not from it: it quotes the URL
            raise self._broken(no_answer(exc).reason) from None

    def _broken(self, why: str) -> DownloadError:
        """Return the error for a body that is not whole."""
        return DownloadError(
            f"{self._name} broke off: {why}; open it again, or copy it to a local file "
            "first"
        )

    def close(self) -> None:
        """Close the connection."""
        if not self.closed:
            self._open.close()
        super().close()
