"""HTTP as both the API and the host of documents need it: one answer, in time.

The timeout of a socket counts from byte to byte: a header, or the line before a chunk,
that comes a byte at a time lasts for ever. Here each step of an answer has its time:
the header as a whole, and each read of the body.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import os
import re
import socket
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError
from urllib3.poolmanager import pool_classes_by_scheme

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = [
    "CONNECT_SECONDS",
    "STEP_SECONDS",
    "WireSession",
    "is_loopback",
    "read_some",
]

CONNECT_SECONDS: Final = 10.0
# For the header of an answer, and for each read of its body
STEP_SECONDS = 30.0

# 101 is not: what follows it is another protocol
_INTERIM: Final = frozenset(range(102, 200))
_LENGTH: Final = re.compile(r"\d{1,18}", re.ASCII)


class WireSession(requests.Session):
    """A session that gives each answer as it is: no retry, redirect, cookie, default.

    Parameters
    ----------
    headers : mapping of str to str
        Of each request.
    trust_env : bool
        Proxies of the environment work. Its CA bundle always does: it opens no way.
    """

    def __init__(self, headers: Mapping[str, str], *, trust_env: bool) -> None:
        super().__init__()
        self.trust_env = trust_env
        # requests looks for it itself, but beside proxies and .netrc alone
        bundles = map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
        self.verify = next(filter(None, bundles), True)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # read=False: what breaks while reading stays what it is, such as a timeout
        retries = urllib3.Retry(0, read=False, redirect=False)
        adapter = _TimedAdapter(max_retries=retries)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.headers.clear()
        self.headers.update(headers)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return nothing: requests would read the body, unbounded, to look further."""


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this machine, by name or address.

    No proxy lies before it, and plain http shows nothing to a network. What the host
    resolves to is not looked up, and no other way to write an address is known.
    """
    try:
        # urllib3's parser is the one that connects: no other opinion counts
        host = (urllib3.util.parse_url(url).host or "").strip("[]")
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # no URL, or no address
        return False


def read_some(answer: requests.Response, size: int, *, decode: bool) -> bytes:
    """Read what comes next of a body, within `STEP_SECONDS`.

    Parameters
    ----------
    answer : requests.Response
        Of a `WireSession`.
    size : int, bytes
        At most.
    decode : bool
        Undo a Content-Encoding.

    Returns
    -------
    bytes
        Empty at a proper end.

    Raises
    ------
    urllib3.exceptions.HTTPError, http.client.HTTPException, OSError
        The connection broke, or nothing came in time.
    """
    timed = answer.raw._original_response  # noqa: SLF001 - as requests itself looks at it
    if isinstance(timed, _TimedResponse):
        timed.steps.begin()
    data: bytes = answer.raw.read1(size, decode_content=decode)
    return data


class _Steps(io.RawIOBase):
    """A connection's bytes, as long as the step lasts that they are read for."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        """Begin a step: what it reads has to come within its time."""
        self._until = time.monotonic() + STEP_SECONDS

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what has come, or wait for it until the step's end."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Give the connection back."""
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """A connection whose lines end: one that breaks off within a line is broken.

    http.client takes the end of a connection for the end of a header, and what came of
    a chunk's size for the size.

    Attributes
    ----------
    in_header : bool
        More lines have to come.
    """

    in_header = False

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line; nothing at an end where none has to come."""
        line = super().readline(size)
        is_cut = not line.endswith(b"\n") and len(line) != size
        if is_cut and (line or self.in_header):
            raise http.client.IncompleteRead(b"")
        return line


class _TimedResponse(http.client.HTTPResponse):
    """An answer that reads its connection by steps, its header being the first."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.steps = _Steps(sock, self.fp.detach())
        self._lines = _Lines(self.steps)
        self.fp = self._lines

    def begin(self) -> None:
        """Read the header; refuse one that does not say for sure where the body ends.

        http.client takes what it does not know of these for a body up to the end of
        the connection, wherever that comes.

        Source: RFC 9112, section 6.3.
        """
        super().begin()
        self._lines.in_header = False
        codings, lengths = map(self._told, ("Transfer-Encoding", "Content-Length"))
        if codings not in ([], ["identity"], ["chunked"]):
            raise http.client.UnknownTransferEncoding(", ".join(codings))
        if codings == ["chunked"]:
            # Not by itself where a blank follows the word
            self.chunked, self.chunk_left, self.length = True, None, None
        elif not all(map(_LENGTH.fullmatch, lengths)):
            raise http.client.HTTPException("unreadable Content-Length")

    def _read_next_chunk_size(self) -> int:
        """Read a chunk's size; with a minus sign, http.client takes all that comes."""
        size: int = super()._read_next_chunk_size()  # type: ignore[misc] # of http.client, and not in its stubs
        if size < 0:
            raise ValueError("a chunk of less than nothing")
        return size

    def _told(self, name: str) -> list[str]:
        """Return the values of a header that may hold several."""
        fields = ",".join(self.headers.get_all(name, [])).lower().split(",")
        return [each.strip() for each in fields if each.strip()]

    def _read_status(self) -> tuple[str, int, str]:
        """Read the final answer's first line: http.client skips no interim but 100.

        Source: RFC 9110, section 15.2.
        """
        while True:
            self._lines.in_header = False
            line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # of http.client, and not in its stubs
            self._lines.in_header = True
            if line[1] not in _INTERIM:
                return line
            http.client.parse_headers(self.fp)


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTLSConnection(HTTPSConnection):
    response_class = _TimedResponse

    def connect(self) -> None:
        """Connect, through a tunnel and with a handshake where they are wanted.

        urllib3 tells a handshake or a tunnel that stalls as an answer that does, but
        only what comes after this may be a byte of the request.
        """
        try:
            super().connect()
        except TimeoutError:
            raise ConnectTimeoutError(self, "no connection in time") from None


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLSConnection


_POOLS: Final = {"http": _TimedPool, "https": _TimedTLSPool}


class _TimedAdapter(HTTPAdapter):
    """An adapter whose connections, direct or by a proxy, give timed answers."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> urllib3.ProxyManager:
        """Make the pools of one proxy; those of SOCKS are a class of their own."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(*args, **options)
        if manager.pool_classes_by_scheme is pool_classes_by_scheme:
            manager.pool_classes_by_scheme = _POOLS
        return manager
