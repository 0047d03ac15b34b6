"""Which addresses the library will talk to, read by the parser that connects."""

from __future__ import annotations

import urllib3

from spreports.errors import ConfigError
from spreports.wire import is_loopback

__all__ = ["checked_url", "is_loopback", "origin_of"]


def checked_url(url: str) -> str:
    """Check an endpoint: https, or http on a loopback address.

    Parameters
    ----------
    url : str

    Returns
    -------
    str
        As it will be connected to.

    Raises
    ------
    ConfigError
        Not such a URL, or one with user, query or fragment. The message does not
        repeat it, since it could hold a password.
    """
    try:
        # urllib3's parser is the one that connects: no other opinion counts
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parts = urllib3.util.Url()
    sound = parts.host and not (parts.auth or parts.query or parts.fragment)
    if not sound or url != url.strip() or not url.isprintable() or "\\" in url:
        raise ConfigError(
            "an endpoint is scheme, host and port, such as "
            "https://sellingpartnerapi-eu.amazon.com, without user, query or fragment"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise ConfigError(
            f"the endpoint at {parts.host} must be https: plain http would show the "
            "access token to the network, and is allowed on loopback addresses only"
        )
    return parts.url


def origin_of(url: str) -> tuple[str | None, str | None, int | None]:
    """Scheme, host and port, as the library that connects reads them."""
    parts = urllib3.util.parse_url(url)
    default = {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, parts.port or default
