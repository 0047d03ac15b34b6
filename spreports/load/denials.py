"""Why a store lets nobody in, in words of our own, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DENIALS", "denial"]

# By S3's codes, of which s3fs makes one PermissionError.
# Source: Amazon S3 API, Error responses; s3fs.errors
DENIALS: Mapping[str, str] = {
    "ExpiredToken": "the session of these credentials has expired: renew it",
    "InvalidAccessKeyId": (
        "the access key is not known there: look at it, and at the endpoint"
    ),
    "InvalidObjectState": "it is archived: have it restored first",
    "InvalidToken": "the session token is not valid: renew the session",
    "RequestTimeTooSkewed": (
        "this machine's clock is too far from the store's: set it by network time (NTP)"
    ),
    "SignatureDoesNotMatch": (
        "the secret key is not that of the access key: look at both"
    ),
}


def denial(code: object) -> str:
    """Return what to say to who is not let in.

    Parameters
    ----------
    code : str or None
        The store's own, where it gave one.
    """
    words = DENIALS.get(str(code))
    return f"{words} ({code})" if words else "access is denied to these credentials"
