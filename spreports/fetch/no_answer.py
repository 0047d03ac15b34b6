"""Why the document host gave no answer, in words without URL and signature."""

from __future__ import annotations

import requests
import urllib3

from spreports.fetch.tries import Setback
from spreports.unsent import hopeless, proxy_refusal

__all__ = ["no_answer"]


def no_answer(exc: BaseException) -> Setback:
    """Return what went wrong on the wire, without the exception's own text.

    Parameters
    ----------
    exc : BaseException
        Of requests, urllib3 or the socket.

    Returns
    -------
    Setback
        Final where no other try can go better.
    """
    if (why := hopeless(exc, "document host")) is not None:
        return Setback(why, final=True, hopeless=True)
    return Setback(proxy_refusal(exc) or _broken(exc))


def _broken(exc: BaseException) -> str:
    """Say what broke."""
    if isinstance(exc, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)):
        return "the encrypted connection to the document host broke"
    timeouts = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if isinstance(exc, timeouts):
        return "the document host did not answer in time"
    if isinstance(exc, requests.ConnectionError):
        return "no connection to the document host"
    return f"the connection broke ({type(exc).__name__})"
