"""Take personal data out of a lake, file by file: drop columns, or hash them.

A hash is keyed: without the key nobody can try names or addresses until one fits, and
with it equal values stay equal. What of the columns is in ``_rescued`` is found there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pyarrow as pa

from spreports.errors import SinkError
from spreports.facts import read_catalogue
from spreports.fetch.flat.header import RESCUED
from spreports.lake.compact import tidied
from spreports.lake.holding import Holding, by_marker
from spreports.lake.place import Place
from spreports.lake.rescued import Rescued, keyed_hash, steps_of
from spreports.lake.rewrite import column_of, rewrite, schema_of
from spreports.lake.state import RootState
from spreports.load.marker import PREFIX

__all__ = ["Columns", "Protected", "insist_on_columns", "protect_root"]

KEY_BYTES = 16
DROPPED, HASHED = f"{PREFIX}dropped_columns", f"{PREFIX}hashed_columns"
# The same of what is in `_rescued`, where earlier versions did not look
RESCUED_DROPPED, RESCUED_HASHED = f"{PREFIX}dropped_rescued", f"{PREFIX}hashed_rescued"


class Protected(NamedTuple):
    """What a protection did.

    Attributes
    ----------
    reports, files : int
        Written anew.
    """

    reports: int = 0
    files: int = 0

    def plus(self, other: Protected) -> Protected:
        """Add the counts of two data roots."""
        return Protected(self.reports + other.reports, self.files + other.files)


@dataclass(frozen=True, slots=True)
class Columns:
    """What is to be done to which columns.

    Attributes
    ----------
    names : tuple of str
    key : bytes or None
        Of the hash; None drops the columns.

    Raises
    ------
    ValueError
        No names, or the key is too short.
    TypeError
        The key is no bytes.
    """

    names: tuple[str, ...]
    key: bytes | None = None

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("columns is empty: name some, such as ['buyer-email']")
        if self.key is None:
            return
        if not isinstance(self.key, bytes):
            raise TypeError(f"key must be bytes, and not {type(self.key).__name__}")
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"a key of a hash has at least {KEY_BYTES} bytes")

    @property
    def note(self) -> str:
        """Where markers and files say what was done."""
        return DROPPED if self.key is None else HASHED

    @property
    def rescued_note(self) -> str:
        """Where they say what was done in ``_rescued``."""
        return RESCUED_DROPPED if self.key is None else RESCUED_HASHED

    def schema(self, held: Holding, schema: pa.Schema) -> pa.Schema:
        """Return the columns as they will be; see `Change`."""
        left = self.left(held)
        found = []
        for field in schema:
            if field.name not in left:
                found.append(field)
            elif self.key is not None:
                if pa.types.is_nested(field.type):
                    raise SinkError(
                        f"column {field.name!r} is no column of single values: it can"
                        " be dropped, not hashed"
                    )
                found.append(pa.field(field.name, pa.string()))
        return pa.schema(found)

    def rows(
        self, held: Holding, batch: pa.RecordBatch, schema: pa.Schema
    ) -> pa.RecordBatch:
        """Return rows as they will be; see `Change`."""
        left = self.left(held)
        columns = [
            self._hashed(batch.column(name)) if name in left else batch.column(name)
            for name in schema.names
        ]
        if RESCUED in schema.names and self.rescued_left(held):
            place = schema.names.index(RESCUED)
            rescued = self.rescued(held, batch.schema, held.report.root)
            columns[place], _ = rescued.protected(columns[place])
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def told(self, held: Holding) -> Holding:
        """Return a report as it will be; see `Change`."""
        done = json.dumps(sorted({*self.done(held), *self.names}))
        inside = _noted(held, self.rescued_note).union(self.names)
        rescued = json.dumps(sorted(inside))
        schema = hashlib.sha256(f"{held.schema} {self.note} {done} {rescued}".encode())
        note = {**held.note, self.note: done, self.rescued_note: rescued}
        return replace(held, note=note, schema=schema.hexdigest())

    def done(self, held: Holding) -> frozenset[str]:
        """Return the columns to which it was done already."""
        return _noted(held, self.note)

    def left(self, held: Holding) -> frozenset[str]:
        """Return the columns to which it is still to be done; twice is not once."""
        return frozenset(self.names) - self.done(held)

    def rescued_left(self, held: Holding) -> frozenset[str]:
        """Return the columns that are still to be looked for in ``_rescued``."""
        if RESCUED in {*self.names, *_noted(held, HASHED)}:
            return frozenset()  # it is no JSON then, or will not be
        return frozenset(self.names) - _noted(held, self.rescued_note)

    def rescued(self, held: Holding, schema: pa.Schema, where: str) -> Rescued:
        """Return what is to be done in ``_rescued``."""
        return Rescued(self.rescued_left(held), self.key, schema, where)

    def _hashed(self, column: pa.Array) -> pa.Array:
        """Return HMAC-SHA-256 in hex of each value's text; null stays null."""
        coded = column.cast(pa.string()).dictionary_encode()
        hashes = [
            keyed_hash(text, self.key or b"") for text in coded.dictionary.to_pylist()
        ]
        return pa.array(hashes, pa.string()).take(coded.indices)


def insist_on_columns(root: Place, columns: Columns) -> None:
    """Refuse names that are no columns, but say where in the paths of columns to look.

    `_rescued` knows such names, so they would count as done, and the columns stay.
    A name that was dropped from a report was a column there where such columns stayed,
    and is done. What earlier runs left is taken away first, as its files may lack.

    Parameters
    ----------
    root : Place
    columns : Columns

    Raises
    ------
    ValueError
        A name is the beginning of columns' names, or lies within a nested column.
    SinkError
        A file is gone, or the target refused.
    """
    state, _ = tidied(root)
    kinds = {(h.schema, h.partition_by): h for h in state.holdings if h.spans}
    for held in kinds.values():
        there = schema_of(root, held.spans[0])
        folders = {e.rpartition(":")[0] or e for e in held.partition_by}
        done = {*columns.names, *columns.done(held)}
        left = {*there.names, *folders} - done
        dropped = _noted(held, DROPPED)
        for name in set(columns.names).difference(there.names, folders, dropped):
            path = steps_of(name)
            below = {c for c in left if steps_of(c)[: len(path)] == path}
            around = {f.name for f in there if f.name in left and _is_within(path, f)}
            if below or around:
                raise ValueError(
                    f"{root.name}: {name!r} is no column, but its values are in"
                    f" {', '.join(map(repr, sorted(below | around)))}: name each of"
                    " them too; nothing was done"
                )


def _is_within(path: Sequence[str], field: pa.Field) -> bool:
    """Whether a path leads to something within a nested column."""
    own = steps_of(field.name)
    kind = field.type
    while pa.types.is_list(kind):
        kind = kind.value_type
    if tuple(path[: len(own)]) != own or not pa.types.is_struct(kind):
        return False
    rest = path[len(own) :]
    return any(
        steps_of(inner.name)[: len(rest)] == rest or _is_within(rest, inner)
        for inner in kind
    )


def protect_root(root: Place, columns: Columns) -> tuple[Protected, frozenset[str]]:
    """Drop or hash columns in every file of a data root.

    A report is written anew as a whole: killed in between, those that are done stay
    done, and the next run does the others.

    Parameters
    ----------
    root : Place
    columns : Columns

    Returns
    -------
    Protected
    frozenset of str
        Columns of the catalogue, and those asked for that are or were there.

    Raises
    ------
    SinkError
        The lake is partitioned by one of the columns, a text in ``_rescued`` is no
        JSON, or the target refused.
    """
    state, _ = tidied(root)
    for held in state.holdings:
        for entry in held.partition_by:
            if {entry, entry.rpartition(":")[0]} & set(columns.names):
                raise SinkError(
                    f"{root.name}: it is partitioned by {entry!r}, so the values are in"
                    " folder names: write it anew without",
                    url=root.name,
                )
    reports = files = 0
    # Where no report has a file, its columns are yet to come
    has_files = any(held.spans for held in state.holdings)
    known = _catalogued(state) if has_files else frozenset(columns.names)
    counting = by_marker(state.holdings)
    for stem in state.markers:
        inside = counting.get(stem, [])
        found = [_concerned(root, held, columns) for held in inside]
        found.append(_in_rescued(root, inside, columns))
        known = known.union(*found, *map(_ever, inside))
        if any(found):
            files += rewrite(root, state, inside, [stem], columns)
            reports += len(inside)
    return Protected(reports, files), known


def _noted(held: Holding, note: str) -> frozenset[str]:
    """Return the columns that a note of a report names."""
    return frozenset(json.loads(held.note.get(note, "[]")))


def _ever(held: Holding) -> frozenset[str]:
    """Return the columns of a report that were dropped or hashed before."""
    return _noted(held, DROPPED) | _noted(held, HASHED)


def _catalogued(state: RootState) -> frozenset[str]:
    """Return the columns that reports of these types may have: rows may be to come."""
    catalogue = read_catalogue(os.environ)
    types = {held.report.report_type for held in state.holdings}
    tables = [t for name in types if name for t in catalogue.lookup(name).tables]
    return frozenset(column.name for table in tables for column in table.columns)


def _concerned(root: Place, held: Holding, columns: Columns) -> frozenset[str]:
    """Return which of the columns a report has that are still as they were."""
    left = columns.left(held)
    if not held.spans or not left:
        return frozenset()
    there = schema_of(root, held.spans[0])
    if columns.key is None and set(there.names) <= left:
        raise SinkError(
            f"{root.name}: no column would be left: purge the reports", url=root.name
        )
    return left & set(there.names)


def _in_rescued(
    root: Place, inside: Sequence[Holding], columns: Columns
) -> frozenset[str]:
    """Return which of the columns have values in ``_rescued`` of a marker's reports."""
    found: set[str] = set()
    spans = {
        span.path: (held, span)
        for held in inside
        if columns.rescued_left(held)
        for span in held.spans
    }
    for held, span in spans.values():
        where = f"{root.name}/{span.path}"
        for schema, texts in column_of(root, span, RESCUED):
            found |= columns.rescued(held, schema, where).protected(texts)[1]
    return frozenset(found)
