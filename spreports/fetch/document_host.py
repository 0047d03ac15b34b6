"""HTTP with the host that keeps report documents; it gets no token and no cookie.

Presigned URLs are secrets for five minutes. They stay inside this file's calls: what
goes wrong is returned as words, because the exceptions of ``requests`` and ``urllib3``
carry the URL, and one raised while another is handled drags that one along.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from spreports.errors import DownloadError

__all__ = ["DocumentHost", "SignedURL", "check_url", "is_loopback", "words_for"]

USER_AGENT: Final = "spreports-document-fetcher"
CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0

_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn")
_HOST_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
# Anything that two URL parsers could read in two ways
# (said by what is safe: to compile the range up to U+10FFFF takes 7 ms)
_UNSAFE: Final = re.compile(r"[^!-~]|[\\#]")


@dataclass(frozen=True, slots=True)
class SignedURL:
    """A presigned URL and when it was issued; its text is not in ``repr``.

    Attributes
    ----------
    text : str
    issued : float, seconds of ``clock.monotonic()``
    """

    text: str = field(repr=False)
    issued: float


def check_url(text: str, *, loopback: bool) -> None:
    """Refuse a document URL that leads anywhere but to Amazon, before any socket.

    Parameters
    ----------
    text : str
    loopback : bool
        Also allow this machine over http, for the simulator.

    Raises
    ------
    DownloadError
        The URL is not https on a host below ``amazonaws.com`` or
        ``amazonaws.com.cn``, or has user information, a fragment, a port, or
        characters that parsers disagree about. The URL is not shown.

    Source: RFC 3986, section 3; Reports API v2021-06-30, ReportDocument.url.
    """
    if not _is_allowed(text, loopback=loopback):
        msg = (
            "the document URL was refused: it is not https on an amazonaws.com host; "
            "check the endpoint that issued it"
        )
        raise DownloadError(msg)


def _is_allowed(text: str, *, loopback: bool) -> bool:
    """Judge a URL by urllib3's parser: it is the one that connects."""
    if _UNSAFE.search(text):
        return False
    try:
        # A signature is long, and says nothing of where the URL leads
        parts = urllib3.util.parse_url(text.partition("?")[0])
    except urllib3.exceptions.LocationParseError:
        return False
    host = parts.host or ""
    authority = text.partition("://")[2].split("/")[0].split("?")[0]
    if parts.auth is not None or "@" in authority or "%" in authority:
        return False
    if loopback and host in _LOOPBACK and parts.scheme in {"http", "https"}:
        return True
    return (
        parts.scheme == "https"
        and parts.port in {None, 443}
        and _HOST_NAME.fullmatch(host) is not None
        and host.endswith(_HOSTS)
    )


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this machine."""
    try:
        return urllib3.util.parse_url(url).host in _LOOPBACK
    except urllib3.exceptions.LocationParseError:
        return False


class DocumentHost:
    """A session for one download.

    Parameters
    ----------
    loopback : bool
        The host may be this machine; then proxies of the environment are left out.
    anywhere : bool
        The URL is the user's own and not one that was told: it may lead anywhere, and
        on from there.
    """

    def __init__(self, *, loopback: bool, anywhere: bool = False) -> None:
        self._loopback = loopback
        self._anywhere = anywhere
        self._session = requests.Session()
        self._session.headers.clear()
        self._session.headers["User-Agent"] = USER_AGENT
        # The bytes as they are stored: nobody but us undoes a compression
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.auth = _Nobody()
        self._session.trust_env = not loopback
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        retries = urllib3.Retry(0, redirect=False)
        self._session.mount("https://", HTTPAdapter(max_retries=retries))
        self._session.mount("http://", HTTPAdapter(max_retries=retries))
        self._hush = _NoQueries()

    def __enter__(self) -> DocumentHost:
        for name in _NoQueries.LOGGERS:
            logging.getLogger(name).addFilter(self._hush)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        for name in _NoQueries.LOGGERS:
            logging.getLogger(name).removeFilter(self._hush)

    def get(
        self, url: SignedURL, *, start: int, etag: str | None
    ) -> requests.Response | str:
        """Ask for the document from byte `start` on.

        Parameters
        ----------
        url : SignedURL
        start : int, bytes
            0 asks for the whole document, without a range.
        etag : str or None
            Which version the range is of.

        Returns
        -------
        requests.Response or str
            The answer, its body unread and any status; or why there is none, in words
            without the URL.

        Raises
        ------
        DownloadError
            The URL leads elsewhere; nothing was sent.

        Source: RFC 9110, sections 13.1.1 (If-Match) and 14.2 (Range).
        """
        self._check(url.text)
        headers = {}
        if start:
            headers["Range"] = f"bytes={start}-"
            headers["If-Match"] = etag or "*"
        session = self._session
        try:
            request = session.prepare_request(
                requests.Request("GET", url.text, headers=headers)
            )
        except (requests.RequestException, ValueError):
            return "the document URL is not one that can be sent"
        # What is sent is what is checked: requests may have rewritten it
        if request.url != url.text:
            self._check(request.url or "")
        try:
            settings = session.merge_environment_settings(
                request.url, {}, stream=True, verify=None, cert=None
            )
            return session.send(
                request,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=self._anywhere,
                **settings,
            )
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            # requests' errors are OSErrors; so is a CA bundle that is not there
            return words_for(exc)

    def _check(self, text: str) -> None:
        """Refuse a URL that leads where this download must not go."""
        if not self._anywhere:
            check_url(text, loopback=self._loopback)


def words_for(exc: BaseException) -> str:
    """Return what went wrong on the wire, without the exception's own text.

    Parameters
    ----------
    exc : BaseException
        Of requests, urllib3 or the socket.

    Returns
    -------
    str
    """
    if isinstance(exc, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)):
        return "the document host's certificate was not accepted"
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if isinstance(exc, timeouts):
        return "the document host did not answer in time"
    if isinstance(exc, requests.ConnectionError):
        return "no connection to the document host"
    return f"the connection broke ({type(exc).__name__})"


class _Nobody(AuthBase):
    """Adds nothing; being there, it keeps ``.netrc`` out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _NoQueries(logging.Filter):
    """Takes queries out of urllib3's own log lines while a download runs."""

    LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
    _QUERY = re.compile(r"\?[^\s'\"]*")

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the line; keep it."""
        record.msg = self._QUERY.sub("?...", record.getMessage())
        record.args = ()
        return True
