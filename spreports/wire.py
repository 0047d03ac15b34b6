"""HTTP as both the API and the host of documents need it: one answer, in time.

The timeout of a socket counts from byte to byte: a header, or the line before a chunk,
that comes a byte at a time lasts for ever. Here each step of an answer has its time:
the header as a whole, and each read of the body.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import pool_classes_by_scheme

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = [
    "CONNECT_SECONDS",
    "STEP_SECONDS",
    "WireSession",
    "hopeless",
    "proxy_refusal",
    "read_some",
]

CONNECT_SECONDS: Final = 10.0
# For the header of an answer, and for each read of its body
STEP_SECONDS = 30.0

# 101 is not: what follows it is another protocol
_INTERIM: Final = frozenset(range(102, 200))
_TUNNEL: Final = re.compile(r"Tunnel connection failed: (\d{3})", re.ASCII)
_NO_BUNDLE: Final = (
    "the file of REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE is missing, or holds no "
    "certificate"
)


class WireSession(requests.Session):
    """A session that gives each answer as it is: no retry, redirect, cookie, default.

    Parameters
    ----------
    headers : mapping of str to str
        Of each request.
    trust_env : bool
        Proxies and CA bundles of the environment work.
    """

    def __init__(self, headers: Mapping[str, str], *, trust_env: bool) -> None:
        super().__init__()
        self.trust_env = trust_env
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


def hopeless(exc: BaseException, server: str) -> str | None:
    """Say why a request cannot be sent from here, however often it is tried.

    Parameters
    ----------
    exc : BaseException
        Of a request whose own URL was sound.
    server : str
        Whom it was for, in words.

    Returns
    -------
    str or None
        What is wrong, and what to do; None where another try may go.
    """
    if _is_proxy_unusable(exc):
        return (
            "the proxy of the environment (HTTPS_PROXY, ALL_PROXY) is no address that "
            "can be used"
        )
    # requests looks for the file before it connects, and has no error of its own for it
    if type(exc) is OSError and exc.errno is None:
        return _NO_BUNDLE
    for each in _causes(exc):
        if isinstance(each, ssl.SSLCertVerificationError):
            at_proxy = isinstance(exc, requests.exceptions.ProxyError)
            whose = "proxy" if at_proxy else server
            return (
                f"the {whose}'s certificate was refused; where a proxy opens TLS, name "
                "the file of its CA in REQUESTS_CA_BUNDLE"
            )
        if isinstance(each, ssl.SSLError) and each.library in {"X509", "PEM"}:
            return _NO_BUNDLE
    return None


def proxy_refusal(exc: BaseException) -> str | None:
    """Say that the environment's proxy did not let a request through: it was not sent.

    urllib3 calls many a lost connection the proxy's, also one that had brought the
    request; only what failed before the tunnel was there counts.

    Parameters
    ----------
    exc : BaseException
        Of a request.

    Returns
    -------
    str or None
        With the proxy's status, where it gave one; None where the request may have
        gone through.

    Source: RFC 9110, section 9.3.6 (CONNECT).
    """
    if not isinstance(exc, requests.exceptions.ProxyError):
        return None
    for each in _causes(exc):
        if found := _TUNNEL.search(str(each)):
            status = found[1]
            wants = ": give its user and password in HTTPS_PROXY" * (status == "407")
            return f"the proxy refused with HTTP {status}{wants}"
        if isinstance(each, urllib3.exceptions.ConnectTimeoutError):
            return "the proxy could not be reached"  # NewConnectionError is one
    return None


def _is_proxy_unusable(exc: BaseException) -> bool:
    """Whether a request failed since the environment's proxy is no address."""
    addresses = (
        requests.exceptions.InvalidURL,  # InvalidProxyURL is one
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
        http.client.InvalidURL,
    )
    # urllib3 before 2.8 tells the last of them as a lost connection
    inner: BaseException | None = exc
    while inner is not None and not isinstance(inner, addresses):
        inner = inner.__context__
    return inner is not None


def _causes(exc: BaseException) -> list[BaseException]:
    """Return an error and what led to it."""
    causes = [exc]
    for each in causes:
        # Through a tunnel urllib3 keeps it as an argument only. No __context__: that
        # may be an error which the caller was handling
        inner = (each.__cause__, *each.args)
        causes += [c for c in inner if isinstance(c, BaseException) and c not in causes]
    return causes


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


class _TimedResponse(http.client.HTTPResponse):
    """An answer that reads its connection by steps, its header being the first."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.steps = _Steps(sock, self.fp.detach())
        self.fp = io.BufferedReader(self.steps)

    def _read_status(self) -> tuple[str, int, str]:
        """Read the final answer's first line: http.client skips no interim but 100.

        Source: RFC 9110, section 15.2.
        """
        while True:
            line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc] # of http.client, and not in its stubs
            if line[1] not in _INTERIM:
                return line
            http.client.parse_headers(self.fp)


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTLSConnection(HTTPSConnection):
    response_class = _TimedResponse


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
