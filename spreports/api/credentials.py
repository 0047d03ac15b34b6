"""What proves that an application may act for a seller, and never shows."""

from __future__ import annotations

import hashlib
from typing import NoReturn
from urllib.parse import urlencode

from spreports.api.secret import Secret
from spreports.api.texts import is_whole
from spreports.errors import ConfigError

__all__ = ["Credentials"]


class Credentials:
    """What proves that an application may act for a seller.

    The values never show: not in ``repr``, logs, exceptions or pickles.

    Parameters
    ----------
    refresh_token : str
        From the seller's authorisation, ``Atzr|...``.
    client_id : str
        Of the application, ``amzn1.application-oa2-client....``.
    client_secret : str

    Raises
    ------
    ConfigError
        A value is empty or no string, or holds spaces at its ends, control
        characters or what cannot be UTF-8.

    Source: SP-API, Connect to the Selling Partner API.
    """

    __slots__ = ("_client_id", "_client_secret", "_refresh_token")

    def __init__(self, refresh_token: str, client_id: str, client_secret: str) -> None:
        self._refresh_token = _checked("refresh_token", refresh_token)
        self._client_id = _checked("client_id", client_id)
        self._client_secret = _checked("client_secret", client_secret)

    @property
    def account(self) -> str:
        """A short fingerprint for file names: one way, and the same every time."""
        text = f"{self._client_id.reveal()}\0{self._refresh_token.reveal()}"
        return hashlib.blake2b(text.encode(), digest_size=8, person=b"spr").hexdigest()

    def token_request(self) -> bytes:
        """Return the form that LWA wants; the only place where the values come out.

        Returns
        -------
        bytes
            ``application/x-www-form-urlencoded``.
        """
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token.reveal(),
            "client_id": self._client_id.reveal(),
            "client_secret": self._client_secret.reveal(),
        }
        return urlencode(form).encode()

    def is_refresh_token(self, text: str) -> bool:
        """Whether `text` is the refresh token, compared in constant time."""
        return self._refresh_token == Secret(text)

    def hide_in(self, text: str) -> str:
        """Return `text` with every occurrence of a value blotted out."""
        for value in (self._refresh_token, self._client_secret, self._client_id):
            text = value.hide_in(text)
        return text

    def __repr__(self) -> str:
        return f"Credentials(account={self.account!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return (
            self._refresh_token == other._refresh_token
            and self._client_id == other._client_id
            and self._client_secret == other._client_secret
        )

    def __hash__(self) -> int:
        return hash(self.account)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "credentials are neither pickled nor copied: let each process read them "
            "from its environment, or give it only work that needs none"
        )


def _checked(name: str, value: object) -> Secret:
    """Hide a credential value that can be one."""
    if value is not None and not isinstance(value, str):
        raise ConfigError(
            f"credentials: {name} must be a string, and not {type(value).__name__}"
        )
    if value is None or not value.strip():
        raise ConfigError(f"credentials: {name} is empty")
    if value != value.strip() or any(
        ord(char) < 32 or ord(char) == 127 for char in value
    ):
        raise ConfigError(
            f"credentials: {name} has a line break, control character or space at its "
            "ends; copy the value again"
        )
    # Else the encoder's complaint would hold all of the form
    if not is_whole(value):
        raise ConfigError(
            f"credentials: {name} has a byte or character that cannot be UTF-8; copy "
            "the value again"
        )
    return Secret(value)
