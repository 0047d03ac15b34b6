"""Take personal data out of ``_rescued``: cells without a place, as JSON by column.

A value is there under its column's name or path (``buyer.email``, ``Item/@currency``),
as text; an object or a list as its JSON. So what is protected may stand there under its
own name, below it, or inside of what stands there under the beginning of its path.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from spreports.arrays import array_of
from spreports.errors import ParseError, SinkError
from spreports.fetch.flat.header import RESCUED
from spreports.fetch.json.values import CutShort, JsonValues, json_text

__all__ = ["Rescued", "keyed_hash", "steps_of"]

Steps = tuple[str, ...]


class _Gone:
    """Stands for a value that is dropped."""


_GONE: Final = _Gone()


def keyed_hash(text: str, key: bytes) -> str:
    """Return the HMAC-SHA-256 of a text, in hex."""
    # Half of a surrogate pair is no text, but may be in JSON
    return hmac.new(
        key, text.encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class Rescued:
    """What is to be done to the values of some columns in ``_rescued``.

    Attributes
    ----------
    names : frozenset of str
    key : bytes or None
        Of the hash; None drops the values.
    schema : pyarrow.Schema
        Of the file: what is a column itself is no part of another.
    where : str
        The file, for errors.
    """

    names: frozenset[str]
    key: bytes | None
    schema: pa.Schema
    where: str

    def protected(self, texts: pa.Array) -> tuple[pa.Array, frozenset[str]]:
        """Return the texts as they will be, and which of the names were in them.

        Parameters
        ----------
        texts : pyarrow.Array, n texts
            Each a JSON object, or null.

        Returns
        -------
        pyarrow.Array, n texts
            Null where nothing is left; the same text where nothing was found.
        frozenset of str

        Raises
        ------
        SinkError
            A text is no JSON object: nobody knows what is in it.
        """
        found: set[str] = set()
        if texts.null_count == len(texts):
            return texts, frozenset()
        told = [
            None if text is None else self._text(text, found)
            for text in texts.to_pylist()
        ]
        return array_of(told, pa.string()).cast(texts.type), frozenset(found)

    def _text(self, text: object, found: set[str]) -> str | None:
        """Return one row's text; adds to `found`."""
        values = _decoded(text) if isinstance(text, str) else None
        if not isinstance(values, dict):
            raise SinkError(
                f"{self.where}: the column {RESCUED!r} holds a text that is no JSON"
                f" object, so nobody knows what is in it: protect {RESCUED!r} as a"
                " whole",
                url=self.where,
            )
        left: dict[str, object] = {}
        hit: set[str] = set()
        for name, value in values.items():
            own = {n for n in self.names if self._value(name, value, {n}) is not value}
            now = self._value(name, value, own)
            if now is not _GONE:
                left[name] = now
            hit |= own
        found |= hit
        if not hit:
            return str(text)
        return json_text(left) if left else None

    def _value(self, name: str, value: object, asked: Collection[str]) -> object:
        """Return a value as it will be; the same object where nothing is in it."""
        own = steps_of(name)
        paths = [steps_of(each) for each in asked]
        is_below = any(own[: len(path)] == path for path in paths)
        if name in asked or (is_below and name not in self.schema.names):
            return self._done(value)
        rests = [path[len(own) :] for path in paths if path[: len(own)] == own]
        return self._inside(value, rests) if rests and self._has_parts(name) else value

    def _has_parts(self, name: str) -> bool:
        """Whether a value may have others in it: no column, or a nested one."""
        if name not in self.schema.names:
            return True
        return bool(pa.types.is_nested(self.schema.field(name).type))

    def _inside(self, value: object, rests: Sequence[Steps]) -> object:
        """Protect what is at paths in JSON that is text; all of what is no object."""
        if isinstance(value, list):
            return self._list(value, [self._inside(each, rests) for each in value])
        inner = _decoded(value) if isinstance(value, str) else value
        if not isinstance(inner, dict | list):
            return self._done(value)
        now = self._at(inner, rests)
        if now is inner:
            return value
        return json_text(now) if isinstance(value, str) and now is not _GONE else now

    def _at(self, value: object, rests: Sequence[Steps]) -> object:
        """Protect what is at paths below a value; the same object if nothing is."""
        if isinstance(value, list):
            return self._list(value, [self._at(each, rests) for each in value])
        if value is None:
            return value
        if () in rests or not isinstance(value, dict):
            return self._done(value)
        left: dict[str, object] = {}
        for name, each in value.items():
            own, now = steps_of(name), each
            on_path = [
                rest[len(own) :]
                for rest in rests
                if own[: len(rest)] == rest or rest[: len(own)] == own
            ]
            if on_path:
                now = self._at(each, on_path)
            if now is not _GONE:
                left[name] = now
        same = left.keys() == value.keys()
        return value if same and all(left[n] is value[n] for n in left) else left

    def _done(self, value: object) -> object:
        """Drop a value, or hash its text; null stays null where it is hashed."""
        if self.key is None:
            return _GONE
        if value is None:
            return None
        if isinstance(value, list):
            return [self._done(each) for each in value]
        text = value if isinstance(value, str) else json_text(value)
        return keyed_hash(text, self.key)

    @staticmethod
    def _list(before: list[object], now: list[object]) -> object:
        """Return a list without what is gone; the same object if nothing changed."""
        if all(a is b for a, b in zip(before, now, strict=True)):
            return before
        return [each for each in now if each is not _GONE] or _GONE


def steps_of(name: str) -> Steps:
    """Return a path's names: JSON's have dots between them, XML's slashes."""
    return tuple(re.split(r"[./]", name.replace("[]", "")))


def _decoded(text: str) -> object:
    """Return what a JSON text says, numbers as they are written; None of other text."""
    plain = text.strip()
    try:
        value, end = JsonValues().decode(plain, 0)
    except (ParseError, CutShort):
        return None
    return value if end == len(plain) else None
