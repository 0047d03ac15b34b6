"""Which errors of a file system are of the moment: the same may be done again later."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from spreports.load.delta_said import is_cut_off, status_said

__all__ = [
    "causes",
    "code_told",
    "is_lost_upload",
    "is_outage",
    "status_told",
    "told",
]

# They have no status, and few have a base that is Python's own.
# Source: botocore.exceptions, aiohttp.client_exceptions, azure.core.exceptions
_CONNECTIONS = {
    "ClientConnectionError",
    "ClientPayloadError",
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ServiceRequestError",
    "ServiceResponseError",
}
# All that gcsfs makes of a 403. Source: gcsfs.retry, validate_response
_FORBIDDEN = "Forbidden: "
NOT_IMPLEMENTED = HTTPStatus.NOT_IMPLEMENTED
# Certificates are a matter of settings
_SETTINGS = {"ClientSSLError", "SSLError"}


def is_outage(exc: BaseException) -> bool:
    """Tell whether the network failed, or the service did or was too busy.

    Parameters
    ----------
    exc : BaseException
        As fsspec's back ends raise it, or with what they were told as its cause.
    """
    return is_lost_upload(exc) or any(map(_is_of_the_moment, causes(exc)))


def is_lost_upload(exc: BaseException) -> bool:
    """Tell whether an upload is gone that was to be completed.

    The answer to its completion may have been lost, so that it was asked for again.

    Source: Amazon S3 API, CompleteMultipartUpload, Errors, NoSuchUpload.
    """
    return code_told(exc) == "NoSuchUpload"


def code_told(exc: BaseException) -> object:
    """Return the code of S3's that an error comes from; None where there is none."""
    codes = (told(each, "Error", "Code") for each in causes(exc))
    return next((code for code in codes if code is not None), None)


def status_told(exc: BaseException) -> int | None:
    """Return the HTTP status that an error comes from; None where there is none.

    Source: gcsfs.retry, HttpError; azure.core.exceptions, HttpResponseError.
    """
    if type(exc) is OSError and str(exc).startswith(_FORBIDDEN):
        return HTTPStatus.FORBIDDEN
    found = (_status(each) for each in causes(exc))
    return next((status for status in found if status is not None), None)


def _is_of_the_moment(exc: BaseException) -> bool:
    names = {kind.__name__ for kind in type(exc).__mro__}
    if names & _SETTINGS:
        return False
    if isinstance(exc, ConnectionError | TimeoutError) or names & _CONNECTIONS:
        return True
    if is_cut_off(exc):
        return True
    status = _status(exc)
    # What a store has not, it will not have later
    return status is not None and (
        (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != NOT_IMPLEMENTED)
        or status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    )


def _status(exc: BaseException) -> int | None:
    status = status_said(exc) or told(exc, "ResponseMetadata", "HTTPStatusCode")
    for name in ("status_code", "status", "code"):
        status = getattr(exc, name, None) if status is None else status
    return status if isinstance(status, int) else None


def told(exc: BaseException, *names: str) -> object:
    """Return what an answer says that botocore has read; None where it does not."""
    found: object = getattr(exc, "response", None)
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it was raised from."""
    seen: BaseException | None = exc
    for _ in range(20):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__
