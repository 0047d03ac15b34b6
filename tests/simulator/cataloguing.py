"""What the tests of catalogued documents share: the types, and the expected schema."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from spreports import catalog
from spreports.catalog import ReportType
from spreports.simulator.content import GeneratedDocument
from spreports.simulator.content.catalogued import can_generate

ROWS = 20
# By seed: the charsets, decimal marks and date customs that differ
PLACES = {0: "US", 1: "DE", 2: "JP"}
ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "decimal": pa.decimal128(38, 6),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
}
LIVE = tuple(
    entry
    for entry in catalog.entries()
    if not entry.deprecated and can_generate(entry.report_type)
)


def of_format(*formats: str) -> list[str]:
    """Return the live types of some formats, by name."""
    return [entry.report_type for entry in LIVE if entry.format in formats]


class Stored:
    """A generated document as the document host has it: gzip."""

    def __init__(self, document: GeneratedDocument) -> None:
        self._bytes = gzip.compress(b"".join(document.blocks()), mtime=0)

    def __call__(self) -> BinaryIO:
        return io.BytesIO(self._bytes)


def differences(
    got: Sequence[Mapping[str, object]], wanted: Sequence[Mapping[str, object]]
) -> list[str]:
    """Return where two tables differ, cell by cell, in value or in type."""
    found = []
    if len(got) != len(wanted):
        found.append(f"{len(got)} rows, not {len(wanted)}")
    for number, (mine, theirs) in enumerate(zip(got, wanted, strict=False), start=1):
        if set(mine) != set(theirs):
            found.append(f"row {number}: columns {set(mine) ^ set(theirs)}")
        found += [
            f"row {number}, {name}: {mine[name]!r}, not {theirs[name]!r}"
            for name in mine.keys() & theirs.keys()
            if mine[name] != theirs[name] or type(mine[name]) is not type(theirs[name])
        ]
    return found


def served_dtypes(entry: ReportType, names: Sequence[str]) -> list[pa.DataType]:
    """Return the Arrow types of flat columns by their served names."""
    columns = [
        entry.columns()[position] if entry.positional else entry.column(name)
        for position, name in enumerate(names)
    ]
    return [ARROW[column.dtype] if column else pa.string() for column in columns]
