"""What was noticed of the rows of a run: columns that came and went, cells, counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from spreports.fetch.findings import Findings
from spreports.ledger import TableRows
from spreports.reports.drift import html_list

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "POLICIES",
    "RESCUED",
    "LastColumns",
    "OnDrift",
    "Quality",
    "TableQuality",
    "compared",
    "days",
    "known_columns",
]

OnDrift = Literal["evolve", "warn", "fail"]
POLICIES = ("evolve", "warn", "fail")
# A newer version of a window with fewer rows than this share of the last is remarkable
SHRUNK = 0.5
RESCUED = "_rescued"


@dataclass(frozen=True, slots=True)
class LastColumns:
    """The columns of a feed's last version.

    Attributes
    ----------
    served : tuple of str
        That its document had, in order.
    unsure : frozenset of str
        That the lake has besides, or may have: they are neither new nor missing.
    """

    served: tuple[str, ...]
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuality:
    """What was noticed of one table of one window.

    Attributes
    ----------
    report_type : str
    table : str
    start, end : datetime or None
        The window; None for snapshots and for what Amazon makes.
    report_id : str
    rows : int
    rows_before : int or None
        Of the last version of the same window; None: there was none.
    new_columns, missing_columns : tuple of str
        Against the feed's last version; against the catalogue where there is none. Of
        a version that another store brought, what lies in the lake: that a column is
        missing is told where that has values in it, and of no Delta table.
    renamed_columns : mapping of str to str
        Old to new name, where one column went and another came between the same two.
    rescued_cells : mapping of str to int
        By column: cells that do not fit their type; their text is in ``_rescued``.
    padded_rows : int
        Rows that lacked their last cells.
    unplaced_values : mapping of str to int
        By key or element of JSON or XML: values without a column, since the first of
        them came behind the first MiB. Those of records are in ``_rescued``.
    """

    report_type: str
    table: str
    start: datetime | None
    end: datetime | None
    report_id: str
    rows: int
    rows_before: int | None = None
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    renamed_columns: Mapping[str, str] = field(default_factory=dict)
    rescued_cells: Mapping[str, int] = field(default_factory=dict)
    padded_rows: int = 0
    unplaced_values: Mapping[str, int] = field(default_factory=dict)

    def differences(self) -> list[str]:
        """Return a sentence for each thing that a person may have to look at."""
        said = self.drift()
        if self.padded_rows:
            said.append(f"{self.padded_rows} rows lacked their last cells")
        said += [
            f"{count} values of {name!r} came too late for a column of their own"
            for name, count in self.unplaced_values.items()
        ]
        return said

    def drift(self) -> list[str]:
        """Return those differences that ``on_drift="fail"`` does not let pass.

        Rows are padded only where the catalogue knows that Amazon leaves cells out.
        """
        said = [f"column {name!r} is new" for name in self.new_columns]
        said += [f"column {name!r} is missing" for name in self.missing_columns]
        said += [
            f"column {old!r} seems to be called {new!r} now"
            for old, new in self.renamed_columns.items()
        ]
        said += [
            f"column {name!r}: {count} cells do not fit their type"
            for name, count in self.rescued_cells.items()
        ]
        if self.rows_before and self.rows < self.rows_before * SHRUNK:
            said.append(f"{self.rows} rows, where the last version had more than twice")
        return said

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "reportType": self.report_type,
            "table": self.table,
            "start": self.start and self.start.isoformat(),
            "end": self.end and self.end.isoformat(),
            "reportId": self.report_id,
            "rows": self.rows,
            "rowsBefore": self.rows_before,
            "newColumns": list(self.new_columns),
            "missingColumns": list(self.missing_columns),
            "renamedColumns": dict(self.renamed_columns),
            "rescuedCells": dict(self.rescued_cells),
            "paddedRows": self.padded_rows,
            "unplacedValues": dict(self.unplaced_values),
            "differences": self.differences(),
        }


@dataclass(frozen=True, slots=True)
class Quality:
    """What was noticed in a run, table by table; false when nothing was remarkable.

    Attributes
    ----------
    tables : tuple of TableQuality
        Those that were committed, and those that ``on_drift="fail"`` held back.
    """

    tables: tuple[TableQuality, ...] = ()

    def __bool__(self) -> bool:
        return any(table.differences() for table in self.tables)

    def __iter__(self) -> Iterator[TableQuality]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def lines(self) -> list[str]:
        """Return a line for each difference, with its place."""
        return [
            f"{table.report_type} {table.table} {span}: {said}"
            for table in self.tables
            for span in [days(table.start, table.end) or f"report {table.report_id}"]
            for said in table.differences()
        ]

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {"tables": [table.to_dict() for table in self.tables]}

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "nothing differed"

    def _repr_html_(self) -> str:
        """Show a list in a notebook."""
        return html_list(str(self))


def days(start: datetime | None, end: datetime | None) -> str | None:
    """Write from when to when something is; None where it has no dates."""
    if start is None or end is None:
        return None
    return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}"


def served_columns(schema: pa.Schema, findings: Findings) -> tuple[str, ...]:
    """Return the columns that the document has, without those that we added."""
    ours = {*findings.missing_columns, RESCUED}
    return tuple(name for name in schema.names if name not in ours)


def known_columns(
    schema: pa.Schema, findings: Findings, *, last: LastColumns | None, sparse: bool
) -> tuple[str, ...]:
    """Return the columns that the next version is held against.

    Records of JSON and XML leave out what they do not have, so that a column is known
    once one document had it. An empty flat document says nothing of columns.
    """
    if findings.headerless:
        return last.served if last and not last.unsure else ()
    served = served_columns(schema, findings)
    before = (*last.served, *sorted(last.unsure)) if last and sparse else ()
    return (*served, *(name for name in before if name not in served))


def compared(
    schema: pa.Schema,
    findings: Findings,
    *,
    last: LastColumns | None,
    same: TableRows | None,
    required: Collection[str] | None,
    place: Mapping[str, object],
) -> TableQuality:
    """Hold what was read of a document against what the lake has.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the rows as they are written.
    findings : Findings
        Complete: all rows are read.
    last : LastColumns or None
        Of the feed's newest version of this table.
    same : TableRows or None
        The last version of this very window.
    required : collection of str or None
        JSON and XML: columns that every document must have; records leave out what they
        do not have. None: a flat file has all of its columns.
    place : mapping
        ``report_type``, ``table``, ``start``, ``end`` and ``report_id``.

    Returns
    -------
    TableQuality
    """
    new, missing = list(findings.unknown_columns), list(findings.missing_columns)
    renamed: dict[str, str] = {}
    known = last.unsure.union(last.served) if last is not None else frozenset()
    if required is not None:
        missing = [name for name in missing if name in required]
        new = [name for name in new if name not in known]
    elif last is not None and not findings.headerless:
        served = served_columns(schema, findings)
        new = [name for name in served if name not in known]
        missing = [name for name in last.served if name not in served]
        renamed = _renamed(last.served, served, missing, new)
    return TableQuality(
        **place,  # type: ignore[arg-type] # the five of one kind, named by the caller
        rows=findings.rows,
        rows_before=same.rows if same else None,
        new_columns=tuple(n for n in new if n not in renamed.values()),
        missing_columns=tuple(n for n in missing if n not in renamed),
        renamed_columns=renamed,
        rescued_cells=dict(findings.bad_cells),
        padded_rows=findings.padded_rows,
        unplaced_values=dict(findings.unplaced),
    )


def _renamed(
    before: Sequence[str],
    now: Sequence[str],
    missing: Sequence[str],
    new: Sequence[str],
) -> dict[str, str]:
    """Pair what went with what came between the same two neighbours."""
    came = {around: name for around, name in _neighbours(now) if name in new}
    return {
        name: came[around]
        for around, name in _neighbours(before)
        if name in missing and around in came
    }


def _neighbours(
    names: Sequence[str],
) -> Iterable[tuple[tuple[str | None, str | None], str]]:
    """Return each name behind what stands before it and after it."""
    edged = (None, *names, None)
    return zip(zip(edged, edged[2:], strict=False), names, strict=True)
