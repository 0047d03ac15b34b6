"""Read and write the members of a JSON object by the reference's types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from spreports.api.checks import check_id
from spreports.api.texts import is_whole
from spreports.api.times import read_time, write_time
from spreports.errors import TransportError

__all__ = ["Fields", "members"]


class Fields:
    """The members of one JSON object; unknown ones are never looked at.

    Parameters
    ----------
    data : object
        What the JSON parser gave.
    schema : str
        The definition's name, for messages.

    Raises
    ------
    TransportError
        From every method: a required member is missing, or one has the wrong type.
        Messages name the member and never show its value.

    Source: Reports API v2021-06-30, Definitions.
    """

    def __init__(self, data: object, schema: str) -> None:
        self._schema = schema
        if not isinstance(data, dict):
            raise TransportError(
                f"{schema} is not an object: not what the reference promises"
            )
        self._data: Mapping[str, object] = data

    def text(self, name: str) -> str:
        """Return a required string of at least one character."""
        value = self.optional_text(name)
        if not value:
            self._wrong(name, "is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a string; None where it is absent or null."""
        value = self._data.get(name)
        if value is not None and not isinstance(value, str):
            self._wrong(name, "is not a string")
        if value is not None and not is_whole(value):
            self._wrong(name, "has half a character")
        return value

    def identifier(self, name: str) -> str:
        """Return a required id, which can be sent back in a path or a query."""
        value = self.optional_identifier(name)
        if value is None:
            self._wrong(name, "is missing")
        return value

    def optional_identifier(self, name: str) -> str | None:
        """Return an id; None where it is absent, null or empty."""
        value = self.optional_text(name)
        if not value:
            return None
        try:
            return check_id(name, value)
        except ValueError:
            pass
        return self._wrong(name, "is not an id")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an optional array of strings; empty where it is absent or null."""
        value = self._data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong(name, "is not an array")
        found = tuple(e for e in value if isinstance(e, str) and is_whole(e))
        if len(found) != len(value):
            self._wrong(name, "is not an array of strings")
        return found

    def time(self, name: str) -> datetime:
        """Return a required time, aware, in UTC."""
        value = self.optional_time(name)
        if value is None:
            self._wrong(name, "is missing")
        return value

    def optional_time(self, name: str) -> datetime | None:
        """Return a time, aware, in UTC; None where it is absent or null."""
        text = self.optional_text(name)
        if text is None:
            return None
        try:
            return read_time(text)
        except ValueError:
            pass
        return self._wrong(name, "is not an ISO 8601 time")

    def options(self, name: str) -> dict[str, str] | None:
        """Return a map of string to string; None where it is absent or null."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong(name, "is not an object")
        found = {k: v for k, v in value.items() if isinstance(v, str) and is_whole(v)}
        if len(found) != len(value):
            self._wrong(name, "is not a map of string to string")
        return found

    def entries(self, name: str) -> list[object]:
        """Return a required array."""
        value = self._data.get(name)
        if not isinstance(value, list):
            self._wrong(name, "is missing" if value is None else "is not an array")
        return value

    def _wrong(self, name: str, what: str) -> NoReturn:
        """Raise the one error of this module."""
        raise TransportError(
            f"{self._schema}.{name} {what}: not what the reference promises"
        )


def members(**values: object) -> dict[str, object]:
    """Return a JSON object: None left out, times written, maps copied."""
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: object) -> object:
    """Return what JSON can hold."""
    if isinstance(value, datetime):
        return write_time(value)
    return dict(value) if isinstance(value, Mapping) else value
