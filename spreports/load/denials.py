"""Why a store lets nobody in, in words of our own, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DENIALS", "NO_CREDENTIALS", "denial", "lacking"]

NO_CREDENTIALS = (
    "no credentials are found: give storage_options={'key': ..., 'secret': ...}, or set"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
_NONE_OF_AZURE = (
    "no credentials are found that Azure takes: give storage_options="
    "{'account_name': ..., 'account_key': ...}, or set AZURE_STORAGE_ACCOUNT_NAME and"
    " AZURE_STORAGE_ACCOUNT_KEY"
)
# By names, as none of the packages need be there. Source: botocore.exceptions;
# azure.core.exceptions; google.auth.exceptions
_LACKING: Mapping[str, str] = {
    "NoCredentialsError": NO_CREDENTIALS,
    "PartialCredentialsError": NO_CREDENTIALS,
    "ClientAuthenticationError": _NONE_OF_AZURE,
    "DefaultCredentialsError": (
        "no credentials are found: give storage_options={'token': 'key.json'}, or set"
        " GOOGLE_APPLICATION_CREDENTIALS"
    ),
}
# Source: adlfs.spec, AzureBlobFileSystem.do_connect, which raises a ValueError
_NO_ACCOUNT = "unable to connect to account for "

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


def lacking(exc: BaseException) -> str | None:
    """Return what to say where no credentials are found; None for all else.

    Parameters
    ----------
    exc : BaseException
    """
    if isinstance(exc, ValueError) and str(exc).startswith(_NO_ACCOUNT):
        return _NONE_OF_AZURE
    return _LACKING.get(type(exc).__name__)
