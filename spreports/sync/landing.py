"""A report's document into the lake, every table of it, and what was noticed of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from spreports.errors import DriftError, SPReportsError
from spreports.fetch.findings import Findings
from spreports.lake.place import Place
from spreports.lake.purge_note import is_purged
from spreports.ledger import LakeMarker, LakeWindow, TableRows
from spreports.load.parquet import SinkResult
from spreports.reports.document_source import DocumentSource
from spreports.reports.naming import file_stem
from spreports.reports.shape import Shape
from spreports.reports.work import Target
from spreports.sync.quality import (
    LastColumns,
    OnDrift,
    TableQuality,
    compared,
    known_columns,
)
from spreports.sync.roots import root_of, table_root
from spreports.sync.stream import Stream
from spreports.sync.turn import Land

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Landed", "Landing", "PurgedError", "own_markers"]

logger = logging.getLogger("spreports.sync")


class PurgedError(SPReportsError):
    """A purge that came after the plan takes away what ended when a window does."""


@dataclass(slots=True)
class Landed:
    """What of one document is in the lake.

    Attributes
    ----------
    tables : dict of str to TableRows
    written : SinkResult
        What was written now.
    """

    tables: dict[str, TableRows] = field(default_factory=dict)
    written: SinkResult = field(default_factory=SinkResult)


class Landing:
    """Writes documents into one lake.

    Parameters
    ----------
    to : str
    storage_options : mapping or None
    on_drift : ``"evolve"``, ``"warn"`` or ``"fail"``
    format : ``"parquet"`` or ``"delta"``

    Attributes
    ----------
    noticed : list of TableQuality
        Of every table that was judged, in order.
    """

    def __init__(
        self,
        to: str,
        storage_options: Mapping[str, Any] | None,
        on_drift: OnDrift,
        format: str,  # noqa: A002 - as in `sink`
    ) -> None:
        self._to = to
        self._format = format
        self._storage_options = storage_options
        self._strict = on_drift == "fail"
        self.noticed: list[TableQuality] = []

    def land(
        self,
        document: DocumentSource,
        stream: Stream,
        window: LakeWindow,
        last: Mapping[str, LastColumns],
        version_of: str | None,
        *,
        turn: Land,
    ) -> Landed:
        """Write every table of a document.

        Parameters
        ----------
        document : DocumentSource
        stream : Stream
        window : LakeWindow
            With what its last version has.
        last : mapping of str to LastColumns
            Of the feed's newest version of each table.
        version_of : str or None
            What the rows are a version of, where the request does not tell.
        turn : callable
            See `Turn.land`.

        Returns
        -------
        Landed

        Raises
        ------
        DriftError
            The policy is ``"fail"`` and something differs; nothing is visible.
        DocumentError
            The document is not whole, or not the table it should be.
        SinkError
            The lake refused; what was written is replaced by the next run.
        PurgedError
            The window was purged since the run began; nothing of the table is visible.
        """
        landed = Landed()
        names = kept_tables(stream, document)
        judge = _Judge(document, stream, window, last, strict=self._strict)
        try:
            if self._strict and len(names) > 1:
                # None may be seen unless all may: look through all of them first
                for name in names:
                    judge.look_through(name)
            for name in names:
                root = table_root(self._to, stream.entry.report_type, name, names)
                target = document.target(
                    root, stream.partition_by, self._storage_options, self._format
                )
                if version_of is not None:
                    said = {**target.provenance, "version_of": version_of}
                    target = replace(target, provenance=said)
                judge.write(name, target, landed, turn)
        finally:
            self.noticed += judge.noticed.values()
        return landed


class _Judge:
    """Compares each table with what the lake has; may refuse it."""

    def __init__(
        self,
        document: DocumentSource,
        stream: Stream,
        window: LakeWindow,
        last: Mapping[str, LastColumns],
        *,
        strict: bool,
    ) -> None:
        self._document = document
        self._stream = stream
        self._window = window
        self._last = last
        self._strict = strict
        self.noticed: dict[str, TableQuality] = {}

    def look_through(self, name: str) -> TableRows:
        """Read a table to its end and judge it; nothing is written."""
        findings = Findings()
        shape = Shape(table=name, on_bad_value="rescue")
        with self._document.open_batches(shape, findings=findings) as reader:
            rows = sum(batch.num_rows for batch in reader)
            self.speak(name, reader.schema, findings)
            return TableRows(rows, self._columns(name, reader.schema, findings))

    def write(
        self,
        name: str,
        target: Target,
        landed: Landed,
        land: Land,
    ) -> None:
        """Write a table, unless it is refused."""
        columns: tuple[str, ...] | None = None

        def verdict(schema: pa.Schema, findings: Findings) -> None:
            nonlocal columns
            self._insist_on_unpurged(target)
            columns = self._columns(name, schema, findings)
            self.speak(name, schema, findings)

        shape = Shape(table=name, on_bad_value="rescue")
        written = land(target, lambda to: self._document.land(to, shape, verdict))
        if columns is None:  # a Delta table that has this report already
            landed.tables[name] = self.look_through(name)
        else:
            landed.tables[name] = TableRows(written.rows, columns)
        landed.written = landed.written.plus(written)

    def _insist_on_unpurged(self, target: Target) -> None:
        """Look for the note of a purge once more, now that all rows are read."""
        end = self._window.end
        if end is None or target.format == "delta":  # only plain Parquet is purged
            return
        if is_purged(Place.open(target.url, target.storage_options), end):
            name = f"{self._stream.label} {self._window.name}"
            logger.info("%s was purged since the run began: it does not land", name)
            raise PurgedError(f"{name} was purged since the run began")

    def _columns(
        self, name: str, schema: pa.Schema, findings: Findings
    ) -> tuple[str, ...]:
        """Return the columns that the next version is held against."""
        return tuple(
            known_columns(
                schema,
                findings,
                last=self._last.get(name),
                sparse=self._required(name) is not None,
            )
        )

    def _required(self, name: str) -> set[str] | None:
        """Return the columns that every JSON or XML document has; None for others."""
        entry = self._stream.entry
        if entry.format not in {"json", "xml"}:
            return None
        columns = (c for t in entry.tables if t.name == name for c in t.columns)
        return {column.name for column in columns if not column.nullable}

    def speak(self, name: str, schema: pa.Schema, findings: Findings) -> None:
        """Note what differs; raise where that may not be."""
        noticed = compared(
            schema,
            findings,
            last=self._last.get(name),
            same=self._window.tables.get(name),
            required=self._required(name),
            place={
                "report_type": self._stream.entry.report_type,
                "table": name,
                "start": self._window.start,
                "end": self._window.end,
                "report_id": self._document.stem,
            },
        )
        self.noticed[name] = noticed
        differences = noticed.drift()
        if self._strict and differences:
            raise DriftError(
                f"{self._stream.label}, table {name}: {'; '.join(differences)}; "
                'accept it with on_drift="evolve" (or "warn")',
                differences=tuple(differences),
            )


def own_markers(
    stream: Stream, report_id: str, landed: Landed
) -> tuple[LakeMarker, ...]:
    """Return the markers of a report that has just landed: nobody need read them."""
    stem, tables = file_stem(report_id), landed.tables
    roots = [root_of(stream.entry.report_type, table, tables) for table in tables]
    return tuple(LakeMarker(root, stem, (stem,)) for root in roots)


def kept_tables(stream: Stream, document: DocumentSource) -> tuple[str, ...]:
    """Return the tables that a lake keeps of a type, whatever one document has."""
    known = tuple(table.name for table in stream.entry.tables)
    return known or document.tables
