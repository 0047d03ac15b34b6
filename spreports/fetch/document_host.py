"""HTTP with the host that keeps report documents; it gets no token and no cookie.

Presigned URLs are secrets for five minutes. They stay inside this file's calls: what
goes wrong is returned as words, because the exceptions of ``requests`` and ``urllib3``
carry the URL, and one raised while another is handled drags that one along.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final
from urllib.parse import urljoin

import requests
import urllib3
from requests.auth import AuthBase

from spreports.errors import DownloadError
from spreports.fetch.no_answer import no_answer
from spreports.fetch.tries import Setback
from spreports.wire import CONNECT_SECONDS, STEP_SECONDS, WireSession, is_loopback

__all__ = ["DocumentHost", "SignedURL", "check_url"]

USER_AGENT: Final = "spreports-document-fetcher"
# As many as requests allows itself
MAX_REDIRECTS: Final = 30

_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn")
# Source: RFC 1035, section 2.3.1: labels, of 63 characters at most
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
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
    allowed = _is_allowed(text, loopback=loopback)
    del text  # a traceback with locals would show its signature
    if not allowed:
        msg = (
            "the document URL was refused: it is not https on an amazonaws.com host; "
            "check the endpoint that issued it"
        )
        raise DownloadError(msg)


def _is_allowed(text: str, *, loopback: bool) -> bool:
    """Judge a URL by urllib3's parser: it is the one that connects."""
    if _UNSAFE.search(text):
        return False
    # A signature is long, and says nothing of where the URL leads
    address = text.partition("?")[0]
    try:
        parts = urllib3.util.parse_url(address)
    except urllib3.exceptions.LocationParseError:
        return False
    host = parts.host or ""
    authority = text.partition("://")[2].split("/")[0].split("?")[0]
    if parts.auth is not None or "@" in authority or "%" in authority:
        return False
    if loopback and is_loopback(address) and parts.scheme in {"http", "https"}:
        return True
    return (
        parts.scheme == "https"
        and parts.port in {None, 443}
        and _HOST_NAME.fullmatch(host) is not None
        and host.endswith(_HOSTS)
    )


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
        # The bytes as they are stored: nobody but us undoes a compression
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        self._session = WireSession(headers, trust_env=not loopback)
        self._session.auth = _Nobody()
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
    ) -> requests.Response | Setback:
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
        requests.Response or Setback
            The answer, its body unread and any status; or why there is none, in words
            without the URL.

        Raises
        ------
        DownloadError
            The URL leads elsewhere; nothing was sent.

        Source: RFC 9110, sections 13.1.1 (If-Match) and 14.2 (Range).
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._get_once(url, start=start, etag=etag)
            if isinstance(answer, Setback) or not self._anywhere:
                return answer
            location = answer.headers.get("Location")
            if location is None or answer.status_code not in _REDIRECTS:
                return answer
            answer.close()  # its body is of no use, and may be of any length
            onward = _onward(url, location)
            if onward is None:
                why = "it redirects to an address that is not http or https"
                return Setback(why, final=True)
            url = onward
        return Setback(f"it redirects more than {MAX_REDIRECTS} times", final=True)

    def _get_once(
        self, url: SignedURL, *, start: int, etag: str | None
    ) -> requests.Response | Setback:
        """Send one request; a redirect is an answer."""
        self._check(url)
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
            return Setback("the document URL is not one that can be sent", final=True)
        # What is sent is what is checked: requests may have rewritten it
        if request.url != url.text:
            self._check(SignedURL(request.url or "", url.issued))
        try:
            settings = session.merge_environment_settings(
                request.url, {}, stream=True, verify=None, cert=None
            )
            return session.send(
                request,
                timeout=(CONNECT_SECONDS, STEP_SECONDS),
                allow_redirects=False,
                **settings,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
            # requests' errors are OSErrors; so is a CA bundle that is not there
            return no_answer(exc)

    def _check(self, url: SignedURL) -> None:
        """Refuse a URL that leads where this download must not go."""
        if not self._anywhere:
            check_url(url.text, loopback=self._loopback)


def _onward(url: SignedURL, location: str) -> SignedURL | None:
    """Return where a redirect leads; None where that is nowhere on the web.

    Source: RFC 9110, section 10.2.2; RFC 3986, section 5.
    """
    try:
        text = urljoin(url.text, location.encode("latin-1").decode())
        scheme = urllib3.util.parse_url(text).scheme
    except ValueError:  # not UTF-8, or no URL in the eyes of either parser
        return None
    return SignedURL(text, url.issued) if scheme in {"http", "https"} else None


class _Nobody(AuthBase):
    """Adds nothing; being there, it keeps ``.netrc`` out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _NoQueries(logging.Filter):
    """Takes queries out of urllib3's own log lines while a download runs.

    And headers that cannot be read, which may hold anything, with their traceback.
    """

    LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")
    _QUERY = re.compile(r"\?[^\s'\"]*")
    _HEADERS = "unparsed data"

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the line; keep it."""
        line = self._QUERY.sub("?...", record.getMessage())
        record.msg = line.partition(self._HEADERS)[0]
        record.args, record.exc_info = (), None
        return True
