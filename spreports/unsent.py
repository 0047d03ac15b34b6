"""Why a request cannot be sent from here, or was not: TLS, CA bundles and proxies."""

from __future__ import annotations

import http.client
import re
import ssl
from typing import Final

import requests
import urllib3

from spreports.errors import DownloadError, TransportError

__all__ = ["UnfetchedError", "UnsentError", "hopeless", "proxy_refusal"]

_TUNNEL: Final = re.compile(r"Tunnel connection failed: (\d{3})", re.ASCII)
# Not yet valid, and no longer. Source: OpenSSL, x509_vfy.h.
_OF_ANOTHER_TIME: Final = frozenset({9, 10})
# requests' own sentence: it has no error of its own for it
_NO_SOCKS: Final = "dependencies for SOCKS"
_NO_BUNDLE: Final = (
    "the file of REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE is missing, or holds no "
    "certificate"
)


class UnsentError(TransportError):
    """A request cannot be sent from this machine as it is."""

    hopeless = True


class UnfetchedError(DownloadError):
    """A document cannot be brought to this machine as it is."""

    hopeless = True


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
    if any(_NO_SOCKS in str(each) for each in _causes(exc)):
        return (
            "the proxy of the environment (HTTPS_PROXY, ALL_PROXY) speaks SOCKS, and "
            "what does so here is missing: pip install 'requests[socks]'"
        )
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
            return _refused(each, "proxy" if at_proxy else server)
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


def _refused(refusal: ssl.SSLCertVerificationError, whose: str) -> str:
    """Say that a certificate was refused, and what to do."""
    text = f"the {whose}'s certificate was refused"
    if refusal.verify_code in _OF_ANOTHER_TIME:
        return (
            f"{text}: it has expired, or is valid at another time than this machine's "
            "clock says; set that by network time (NTP)"
        )
    return (
        f"{text}; where a proxy opens TLS, name the file of its CA in "
        "REQUESTS_CA_BUNDLE"
    )


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
