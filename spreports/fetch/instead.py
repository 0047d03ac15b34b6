"""A document of another form than its type's: the report all the same, or a message.

Amazon serves some types as JSON, XML or a workbook where a flat file is catalogued. A
portal, a proxy or an error has one of those forms, too, and would be read as a table of
no rows, or of rows that nobody sold.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.sniff import FLAT, binary_kind, error_page, is_lone_text

__all__ = ["own_records", "refuse_flat", "refuse_page"]

_KEPT: Final = "Document.save(path) keeps it"
_TREES: Final = ("json", "xml")
_SERVED_AS: Final = {
    "tsv": "a flat file",
    "csv": "a flat file",
    "json": "JSON",
    "xml": "XML",
    "xlsx": "a workbook",
}
# What an error has in place of columns, spelled in small letters
_SAYING: Final = frozenset(
    {"code", "details", "error", "message", "reason", "requestid", "type"}
)


def refuse_page(head: bytes, kind: str) -> None:
    """Refuse what is a page, a message or a file of another kind, whatever the type.

    Parameters
    ----------
    head : bytes
        The document's first bytes.
    kind : str
        As `sniff_format` says.

    Raises
    ------
    ParseError
    """
    if kind == "xml" and is_lone_text(head):
        raise ParseError(
            "the document is one XML element around a message, not a table: get it "
            "again; Document.save(path) keeps it"
        )
    if kind in {FLAT, "xlsx", *_TREES}:
        return
    if kind == "pdf":
        raise ParseError("the document is a PDF, not a table", hint=_KEPT)
    page = error_page(head)
    what = binary_kind(head) or page or kind.upper()
    advice = ": get it again; " if page else "; "
    msg = f"the document is {what}, not a table{advice}{_KEPT}"
    raise ParseError(msg)


def refuse_flat(served: Sequence[str], entry: ReportType) -> None:
    """Refuse text that has no column of a type which is no flat file.

    Parameters
    ----------
    served : sequence of str
        Its header.
    entry : ReportType

    Raises
    ------
    ParseError
        Its first byte is damaged, or a message stands in the report's place.
    """
    if entry.format in _TREES and not any(map(entry.column, served)):
        form = entry.format.upper()
        msg = f"{entry.report_type} is served as {form}; the document is not {form}"
        raise ParseError(msg)


def own_records(
    batches: Generator[pa.RecordBatch, None, None], kind: str, entry: ReportType
) -> Generator[pa.RecordBatch, None, None]:
    """Return the batches, if need be behind a check that they are the type's own.

    Parameters
    ----------
    batches : generator of pyarrow.RecordBatch
    kind : str
        ``"json"`` or ``"xml"``.
    entry : ReportType

    Returns
    -------
    generator of pyarrow.RecordBatch
        Where the catalogue has another format than `kind`, the first batch raises
        `ParseError` if there is no row, or none with a value in a catalogued column.
    """
    if entry.format not in _SERVED_AS or entry.format == kind:
        return batches
    return _checked(batches, kind, entry)


def _checked(
    batches: Generator[pa.RecordBatch, None, None], kind: str, entry: ReportType
) -> Generator[pa.RecordBatch, None, None]:
    """Yield the batches once the first has shown whose they are."""
    try:
        first = next(batches, None)
        if first is None:
            raise _error("no record", kind, entry)
        if not _has_own_values(first, entry):
            raise _error("none of its columns", kind, entry)
        yield first
        yield from batches
    finally:
        batches.close()


def _has_own_values(batch: pa.RecordBatch, entry: ReportType) -> bool:
    """Say whether a catalogued column has a value, be it inside a struct.

    Where none is catalogued, any will do that is not what errors are made of.
    """
    if not entry.columns():
        names: list[str] = batch.schema.names
        last = {name.lower().rpartition(".")[2] for name in names}
        return not last <= _SAYING
    steps = {column.name.split(".")[0].split("/")[0] for column in entry.columns()}
    return any(
        _has_values(column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name in steps or entry.column(name) is not None
    )


def _has_values(column: pa.Array) -> bool:
    """Say whether a column holds more than nulls and empty texts."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return bool(pc.any(pc.not_equal(column, "")).as_py())
    return bool(column.null_count < len(column))


def _error(lacks: str, kind: str, entry: ReportType) -> ParseError:
    """Say what the document looks like."""
    form = _SERVED_AS[entry.format or kind]
    return ParseError(
        f"{entry.report_type} is served as {form}; the document is {kind.upper()} and "
        f"has {lacks}: an error may stand in its place. Get the document again; "
        "Document.save(path) keeps this one"
    )
