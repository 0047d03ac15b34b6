"""Read single values of a TOML document, strictly, each with its place.

A reader takes a value and its place and returns the value; a wrong kind is a
ConfigError that names the file and the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spreports.catalog.suggest import suggestion
from spreports.errors import ConfigError

__all__ = [
    "Place",
    "Reader",
    "count",
    "count_from",
    "flag",
    "list_of",
    "mapping_of",
    "name",
    "need",
    "one_of",
    "record",
    "text",
    "unique",
]


class Place:
    """Where a value stands, for the sentence of an error."""

    def __init__(self, file: str, key: str = "") -> None:
        self.file = file
        self.key = key

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, f"{self.key}.{key}" if self.key else key)

    def at(self, index: int) -> Place:
        """Return the place of one item of a list."""
        return Place(self.file, f"{self.key}[{index}]")

    def error(self, what: str) -> ConfigError:
        """Return an error about the value here."""
        key = f", key {self.key!r}" if self.key else ""
        return ConfigError(f"report type file {self.file}{key}: {what}")


def text(value: object, place: Place) -> str:
    """Read any text."""
    if not isinstance(value, str):
        raise place.error(f"is text, not {type(value).__name__}")
    return value


def name(value: object, place: Place) -> str:
    """Read text that is not empty."""
    if not text(value, place):
        raise place.error("is empty")
    return str(value)


def flag(value: object, place: Place) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise place.error(f"is true or false, not {type(value).__name__}")
    return value


def count_from(least: int) -> Callable[[object, Place], int]:
    """Return a reader of a whole number that is not below `least`."""

    def read(value: object, place: Place) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise place.error(f"is a whole number, {least} or more")
        return value

    return read


count = count_from(0)


def one_of(words: Iterable[str]) -> Callable[[object, Place], str]:
    """Return a reader of a word from a closed list."""
    known = sorted(words)

    def read(value: object, place: Place) -> str:
        word = text(value, place)
        if word not in known:
            hint = suggestion(word, known, at_most=40)
            raise place.error(f"knows no {word!r}{hint}")
        return word

    return read


def list_of(
    read: Callable[[Any, Place], Any],
) -> Callable[[object, Place], tuple[Any, ...]]:
    """Return a reader of a list, from the reader of its items."""

    def read_all(value: object, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise place.error(f"is a list, not {type(value).__name__}")
        return tuple(read(one, place.at(i)) for i, one in enumerate(value))

    return read_all


def mapping_of(
    read: Callable[[Any, Place], Any],
    key: Callable[[str, Place], str] = text,
) -> Callable[[object, Place], Mapping[str, Any]]:
    """Return a reader of a table, from the readers of its values and of its keys."""

    def read_all(value: object, place: Place) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise place.error(f"is a table, not {type(value).__name__}")
        return {key(k, place / k): read(v, place / k) for k, v in value.items()}

    return read_all


Reader = Callable[[Any, Place], Any]


def record(value: object, place: Place, readers: Mapping[str, Reader]) -> Any:
    """Read a TOML table by the readers of its keys."""
    if not isinstance(value, dict):
        raise place.error(f"is a table, not {type(value).__name__}")
    read = {}
    for key, raw in value.items():
        reader = readers.get(key)
        if reader is None:
            hint = suggestion(key, tuple(readers), at_most=10)
            raise (place / key).error(f"is not a key of this form{hint}")
        read[key] = reader(raw, place / key)
    return read


def need(read: Mapping[str, object], key: str, place: Place) -> None:
    """Refuse a table without this key."""
    if key not in read:
        raise place.error(f"lacks the key {key!r}")


def unique(names: Iterable[str], place: Place) -> None:
    """Refuse a name that stands twice."""
    seen: set[str] = set()
    for one in names:
        if one in seen:
            raise place.error(f"names {one!r} twice")
        seen.add(one)
