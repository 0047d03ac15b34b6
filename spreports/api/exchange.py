"""One request, one answer: sockets, timeouts, limits, and nothing that leaks.

What goes wrong is returned as a `Fault` and not raised here, because the exceptions of
``requests`` and ``urllib3`` carry URLs, headers and bodies, and an exception raised
while another is handled drags that one along.
"""

from __future__ import annotations

import importlib.metadata
import platform
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import requests
import urllib3
from requests.auth import AuthBase

from spreports.api.endpoint import checked_url, origin_of
from spreports.api.secret import Secret
from spreports.clock import Clock, SystemClock
from spreports.errors import TransportError
from spreports.forks import PerProcess
from spreports.unsent import UnsentError, hopeless, proxy_refusal
from spreports.wire import (
    CONNECT_SECONDS,
    STEP_SECONDS,
    WireSession,
    is_loopback,
    read_some,
)

__all__ = ["Answer", "Exchange", "Fault", "user_agent"]

BODY_TIMEOUT = 120.0
READ_BYTES = 64 * 1024
TOKEN_HEADER = "x-amz-access-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status.

    Attributes
    ----------
    status : int
    headers : mapping of str to str
        Names in any case.
    body : bytes
        May hold a token or a presigned URL, so it is left out of ``repr``.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer.

    Attributes
    ----------
    reason : str
        Free of URLs and secrets.
    sent : bool
        Whether the server may have acted on the request.
    retryable : bool
        Whether another try could go better.
    """

    reason: str
    sent: bool
    retryable: bool = True

    @property
    def kind(self) -> type[TransportError]:
        """The error that it is; one of its own where no other night goes better."""
        return TransportError if self.sent or self.retryable else UnsentError


@dataclass(frozen=True, slots=True)
class _Sessions:
    """The sessions of one process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[requests.Session] = field(default_factory=list)
    all: weakref.WeakSet[requests.Session] = field(default_factory=weakref.WeakSet)


class Exchange:
    """HTTP with one origin: a session for each that asks at once, nothing remembered.

    Parameters
    ----------
    url : str
        Origin, with a path where the API lies below one.
    max_bytes : int, bytes
        A longer answer is refused.
    clock : Clock, optional
        For the body's time limit. The machine's own even where waits run on another
        clock: sockets know no other time.

    Raises
    ------
    ConfigError
        `url` is not https, and not http on a loopback address either.
    """

    def __init__(self, url: str, *, max_bytes: int, clock: Clock | None = None) -> None:
        self.url = checked_url(url)
        self._clock = clock or SystemClock()
        self._max_bytes = max_bytes
        self._sessions = PerProcess(_Sessions)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        token: Secret | None = None,
    ) -> Answer | Fault:
        """Send one request and read the whole answer.

        Parameters
        ----------
        method : str
        path : str
            Below the origin, with its query, already percent-encoded.
        headers : mapping of str to str
        body : bytes or None
        token : Secret or None
            Goes into ``x-amz-access-token``, on this origin only.

        Returns
        -------
        Answer or Fault
            Redirects are answers like others; nobody follows them.
        """
        try:
            with (
                self._session() as session,
                session.request(
                    method,
                    self.url + path,
                    headers=dict(headers),
                    data=body,
                    auth=_OwnAuth(self.url, token),
                    timeout=(CONNECT_SECONDS, STEP_SECONDS),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                if response.status_code < 200:
                    status = response.status_code
                    return Fault(f"HTTP {status} in place of an answer", sent=True)
                plain = self._read(response)
                if isinstance(plain, Fault):
                    return plain
                return Answer(response.status_code, response.headers, plain)
        except (OSError, urllib3.exceptions.HTTPError) as exc:
            return _fault(exc)  # requests' errors are OSErrors

    def close(self) -> None:
        """Close all connections of this process."""
        mine = self._sessions()
        with mine.lock:
            sessions = list(mine.all)
        for session in sessions:
            session.close()

    def _read(self, response: requests.Response) -> bytes | Fault:
        """Read the body as it comes, up to the limits of size and time."""
        started = self._clock.monotonic()
        body = bytearray()
        while chunk := read_some(response, READ_BYTES, decode=True):
            body += chunk
            if len(body) > self._max_bytes:
                return Fault(
                    f"the answer is longer than {self._max_bytes} bytes",
                    sent=True,
                    retryable=False,
                )
            if self._clock.monotonic() - started > BODY_TIMEOUT:
                return Fault(
                    f"the answer took more than {BODY_TIMEOUT:.0f} s", sent=True
                )
        return bytes(body)

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Lend a session that nobody else uses; after a fork, none of the parent's.

        It outlives the thread that used it first: the threads of the next report find
        its connection open.
        """
        mine = self._sessions()
        with mine.lock:
            session = mine.idle.pop() if mine.idle else None
        if session is None:
            session = _session(trust_env=not is_loopback(self.url))
            with mine.lock:
                mine.all.add(session)
        try:
            yield session
        finally:
            if mine is self._sessions():
                with mine.lock:
                    mine.idle.append(session)


class _OwnAuth(AuthBase):
    """Adds the token on its own origin; being there, it keeps ``.netrc`` out."""

    def __init__(self, url: str, token: Secret | None) -> None:
        self._origin = origin_of(url)
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None and origin_of(request.url or "") == self._origin:
            request.headers[TOKEN_HEADER] = self._token.reveal()
        return request


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Return the User-Agent in Amazon's form, without host or user name.

    Returns
    -------
    str
        ``name/version (Language=...; Platform=...)``.

    Source: SP-API, Include a User-Agent header in all requests.
    """
    try:
        version = importlib.metadata.version("spreports")
    except importlib.metadata.PackageNotFoundError:
        version = "0"
    language = f"Python/{platform.python_version()}"
    system = f"{platform.system() or 'unknown'}/{platform.release() or '0'}"
    return f"spreports/{version} (Language={language}; Platform={system})"


def _session(*, trust_env: bool) -> WireSession:
    """Return a session; nothing lies before loopback, whatever the environment says."""
    headers = {
        "User-Agent": user_agent(),
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    return WireSession(headers, trust_env=trust_env)


def _fault(exc: Exception) -> Fault:
    """Say what a library's exception means, in words of our own."""
    if (why := hopeless(exc, "server")) is not None:
        return Fault(why, sent=False, retryable=False)
    # The answer's header; that of a request is refused in requests' own words
    if any(isinstance(each, urllib3.exceptions.InvalidHeader) for each in exc.args):
        return Fault("the answer's header contradicts itself", sent=True)
    if isinstance(exc, ValueError):
        return Fault("the request cannot be written", sent=False, retryable=False)
    reason, sent = "the connection was lost", True
    if (refusal := proxy_refusal(exc)) is not None:
        reason, sent = refusal, False
    elif isinstance(exc, requests.exceptions.ConnectTimeout):
        reason, sent = f"no connection within {CONNECT_SECONDS:.0f} s", False
    elif _never_connected(exc):
        reason, sent = "the connection was refused or the name not found", False
    elif isinstance(exc, (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError)):
        reason = f"no answer within {STEP_SECONDS:.0f} s"
    return Fault(reason, sent=sent)


def _never_connected(exc: Exception) -> bool:
    """Whether no byte of the request can have been sent."""
    causes: list[object] = [exc, *exc.args]
    causes += [getattr(each, "reason", None) for each in causes]
    return any(isinstance(c, urllib3.exceptions.NewConnectionError) for c in causes)
