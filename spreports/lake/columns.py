"""Take personal data out of a lake, file by file: drop columns, or hash them.

A hash is keyed: without the key nobody can try names or addresses until one fits, and
with it equal values stay equal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, replace

import pyarrow as pa

from spreports.errors import SinkError
from spreports.facts import read_catalogue
from spreports.lake.care import cleared
from spreports.lake.contents import PREFIX
from spreports.lake.holding import Holding
from spreports.lake.place import Place
from spreports.lake.rewrite import rewrite, schema_of
from spreports.lake.state import RootState

__all__ = ["Columns", "protect_root"]

KEY_BYTES = 16
DROPPED, HASHED = f"{PREFIX}dropped_columns", f"{PREFIX}hashed_columns"


@dataclass(frozen=True, slots=True)
class Protected:
    """What was done to one data root.

    Attributes
    ----------
    reports, files : int
        Written anew.
    known : frozenset of str
        Columns of the catalogue, and those asked for that are or were there.
    """

    reports: int
    files: int
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """What is to be done to which columns.

    Attributes
    ----------
    names : tuple of str
    key : bytes or None
        Of the hash; None drops the columns.
    """

    names: tuple[str, ...]
    key: bytes | None = None

    @property
    def note(self) -> str:
        """Where markers and files say what was done."""
        return DROPPED if self.key is None else HASHED

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
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def told(self, held: Holding) -> Holding:
        """Return a report as it will be; see `Change`."""
        done = json.dumps(sorted({*self.done(held), *self.names}))
        schema = hashlib.sha256(f"{held.schema} {self.note} {done}".encode())
        note = {**held.note, self.note: done}
        return replace(held, note=note, schema=schema.hexdigest())

    def done(self, held: Holding) -> frozenset[str]:
        """Return the columns to which it was done already."""
        return _noted(held, self.note)

    def left(self, held: Holding) -> frozenset[str]:
        """Return the columns to which it is still to be done; twice is not once."""
        return frozenset(self.names) - self.done(held)

    def _hashed(self, column: pa.Array) -> pa.Array:
        """Return HMAC-SHA-256 in hex of each value's text; null stays null."""
        coded = column.cast(pa.string()).dictionary_encode()
        hashes = [
            hmac.new(self.key or b"", text.encode(), hashlib.sha256).hexdigest()
            for text in coded.dictionary.to_pylist()
        ]
        return pa.array(hashes, pa.string()).take(coded.indices)


def protect_root(root: Place, columns: Columns) -> Protected:
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

    Raises
    ------
    ValueError
        The key is too short.
    SinkError
        The lake is partitioned by one of the columns, or the target refused.
    """
    if columns.key is not None and len(columns.key) < KEY_BYTES:
        raise ValueError(f"a key of a hash has at least {KEY_BYTES} bytes")
    state, _ = cleared(root)
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
    for stem in state.markers:
        inside = [held for held in state.holdings if held.marker == stem]
        found = [_concerned(root, held, columns) for held in inside]
        known = known.union(*found, *map(_ever, inside))
        if any(found):
            files += rewrite(root, state, inside, [stem], columns)
            reports += len(inside)
    return Protected(reports, files, known)


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
