"""Build calls: paths with their ids, queries with their arrays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from spreports.api.attempts import Call
from spreports.api.checks import check_id
from spreports.api.times import write_time
from spreports.api.transport import Transport
from spreports.errors import TransportError

__all__ = ["BASE", "Operations", "by_id", "nothing", "query_of"]

BASE = "/reports/2021-06-30"


class Operations:
    """Operations that share one transport.

    Parameters
    ----------
    transport : Transport
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport


def by_id(operation: str, method: str, folder: str, name: str, value: str) -> Call:
    """Build the call of an operation that takes one id."""
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return Call(
        operation=operation,
        method=method,
        path=f"{BASE}/{folder}/{quote(check_id(snake, value), safe='')}",
        template=f"{BASE}/{folder}/{{{name}}}",
    )


def query_of(filters: Mapping[str, object]) -> str:
    """Write a query: arrays joined by commas, every value percent-encoded whole."""
    return "&".join(
        f"{name}={quote(_text(value), safe='')}"
        for name, value in filters.items()
        if value is not None
    )


def _text(value: object) -> str:
    """Write one value of a query."""
    if isinstance(value, datetime):
        return write_time(value)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def nothing(data: object) -> None:
    """Read the answer of a cancellation: nothing, or an object without errors.

    Raises
    ------
    TransportError
        It says something else.
    """
    if data is None or (isinstance(data, dict) and not data.get("errors")):
        return
    raise TransportError("the answer is no success: not what the reference promises")
