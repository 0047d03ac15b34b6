"""Restricted data tokens: for one document, fetched for one use, then forgotten."""

from __future__ import annotations

from spreports.api.attempts import Call
from spreports.api.fields import Fields
from spreports.api.secret import Secret
from spreports.api.texts import fits_header
from spreports.api.transport import Transport
from spreports.errors import TransportError

__all__ = ["RestrictedToken"]

PATH = "/tokens/2021-03-01/restrictedDataToken"


class RestrictedToken:
    """The token of one getReportDocument call; lives no longer than that call.

    Parameters
    ----------
    transport : Transport
        Carries createRestrictedDataToken.
    path : str
        The concrete path of the document; Amazon refuses a pattern.

    Source: Tokens API v2021-03-01, createRestrictedDataToken.
    """

    def __init__(self, transport: Transport, path: str) -> None:
        self._transport = transport
        self._path = path
        self._token: Secret | None = None

    def token(self, deadline: float) -> Secret:
        """Return the token, asking for it on first use.

        Parameters
        ----------
        deadline : float, seconds of ``clock.monotonic()``

        Returns
        -------
        Secret

        Raises
        ------
        APIError
            As `Transport.call`; `ForbiddenError` where the application lacks the
            restricted role.
        """
        if self._token is None:
            call = Call(
                operation="createRestrictedDataToken",
                method="POST",
                path=PATH,
                template=PATH,
                body={"restrictedResources": [{"method": "GET", "path": self._path}]},
            )
            self._token = self._transport.call(call, _read_token, deadline=deadline)
        return self._token

    def invalidate(self, token: Secret) -> None:
        """Forget the token: the next use asks for another."""
        if self._token == token:
            self._token = None


def _read_token(data: object) -> Secret:
    """Read CreateRestrictedDataTokenResponse."""
    token = Fields(data, "CreateRestrictedDataTokenResponse").text(
        "restrictedDataToken"
    )
    if not fits_header(token):
        raise TransportError(
            "CreateRestrictedDataTokenResponse.restrictedDataToken cannot be a header: "
            "not what the reference promises"
        )
    return Secret(token)
