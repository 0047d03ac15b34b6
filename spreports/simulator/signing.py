"""Presigned URLs of the document host, in S3's form."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from spreports.clock import Clock

# Amazon's own paths have an encoded slash, which clients must leave as it is
FOLDER = "/%2FNinetyDays/"
STAMP = "%Y%m%dT%H%M%SZ"


class Signer:
    """Signs URLs and checks them.

    Parameters
    ----------
    clock : Clock
    lifetime : float, seconds
        Of a URL; the reference says five minutes.
    """

    def __init__(self, clock: Clock, lifetime: float) -> None:
        self._clock = clock
        self._lifetime = int(lifetime)
        self._key = secrets.token_bytes(32)

    def sign(self, origin: str, document_id: str, content_encoding: str | None) -> str:
        """Return a URL for a document.

        Parameters
        ----------
        origin : str
            Scheme, host and port.
        document_id : str
        content_encoding : str or None
            What the host shall send as Content-Encoding.
        """
        path = FOLDER + quote(document_id, safe="")
        stamp = self._clock.now().strftime(STAMP)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": stamp,
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(self._lifetime),
            "X-Amz-Credential": f"SIMULATOR/{stamp[:8]}/eu-west-1/s3/aws4_request",
        }
        if content_encoding is not None:
            query["response-content-encoding"] = content_encoding
        query["X-Amz-Signature"] = self._signature(path, query)
        return f"{origin}{path}?{urlencode(query)}"

    def check(self, path: str, query: dict[str, str]) -> tuple[str, str] | None:
        """Return S3's code and message of what is wrong with a URL; None if nothing."""
        given = query.get("X-Amz-Signature")
        if given is None:
            return "AccessDenied", "Access Denied"
        signed = {name: query[name] for name in query if name != "X-Amz-Signature"}
        if not hmac.compare_digest(
            given.encode(), self._signature(path, signed).encode()
        ):
            return (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the one provided.",
            )
        if self._clock.now() >= expiry(query):
            return "AccessDenied", "Request has expired"
        return None

    def _signature(self, path: str, query: dict[str, Any]) -> str:
        text = f"{path}?{urlencode(sorted(query.items()))}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def expiry(query: dict[str, str]) -> datetime:
    """Return the moment from which a URL is refused."""
    begins = datetime.strptime(query["X-Amz-Date"], STAMP).replace(tzinfo=UTC)
    return begins + timedelta(seconds=int(query["X-Amz-Expires"]))
