"""One raw request, for clients that behave badly."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def ask(
    url: str, method: str, target: str, headers: dict[str, str], body: str = ""
) -> tuple[int, bytes]:
    """Send a request as it is; return status and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
