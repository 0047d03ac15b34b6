"""A JSON report document as record batches: which table, its fields, its end.

The document is walked once. A reader comes to its end only where the document does, so
what is wrong behind the table that was asked for is an error as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final

from spreports.catalog import ReportType, Table
from spreports.catalog.suggest import suggestion
from spreports.errors import ParseError
from spreports.fetch.json.cut import RecordCutter
from spreports.fetch.json.records import RecordBatches
from spreports.fetch.json.walk import JsonWalk
from spreports.fetch.json.words import words_in
from spreports.fetch.late_values import tell_of_late
from spreports.fetch.read_ahead import read_ahead
from spreports.fetch.read_options import ReadOptions

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["json_tables", "open_json"]

# Blocks wait behind it, too, so that it need not hold much
_QUEUE_BYTES: Final = 2 << 20
_QUOTED: Final = 300
# A message in a report's place is short
_MESSAGE_BYTES: Final = 64 << 10
# Source: API reference, ErrorList and Error
_ERRORS: Final = ("errors", "errorDetails")
_ERROR_KEYS: Final = frozenset({"code", "message", "details"})

Text = Generator[bytes, None, None]


def open_json(
    open_text: Callable[[], Text],
    entry: ReportType,
    options: ReadOptions,
) -> tuple[pa.Schema, Generator[pa.RecordBatch, None, None]]:
    """Open one table of a JSON document as record batches.

    The document is read up to the table's first MiB at once, since keys that the
    catalogue lacks become columns if they occur there. One that comes later has no
    column: it is counted in ``findings.unplaced``, and kept in ``_rescued`` where the
    rule is ``"rescue"``. Columns that the catalogue has as optional are left out where
    no record has them; of a table that goes on behind its first MiB none is.

    Parameters
    ----------
    open_text : callable
        Gives the document as UTF-8 from its start, each time; closing it closes the
        stored stream.
    entry : ReportType
    options : ReadOptions
        The table is a catalogued one or the key of any record array. Without it the
        first that the catalogue lists and the document has; for a type that the
        catalogue does not know, the first with records. Not typed, numbers are text
        as they were written. Lists are list columns in either shape.

    Returns
    -------
    pyarrow.Schema
    generator of pyarrow.RecordBatch
        Catalogue order, then keys that the catalogue lacks. No rows where the
        catalogue lists the table and the document lacks it, or has null there.

    Raises
    ------
    ValueError
        No such table.
    DecompressError, DecodeError, ParseError
        At once up to the table's first MiB, later from the reader.
    """
    keys = {each.name: _key(each) for each in entry.tables}
    table, findings = options.table, options.findings
    wanted = keys.get(table, table) if table is not None else None
    preferred = wanted or next(iter(keys.values()), None)
    text = open_text()
    try:
        walk = JsonWalk(text, set(keys.values()) or None)
        findings.document_fields = walk.fields
        key, cutter = _found(walk, preferred)
        if key is None:
            key = _instead(walk, entry, keys, wanted, open_text)
            if key != preferred:
                text.close()
                text = open_text()
                walk = JsonWalk(text, set(keys.values()) or None)
                findings.document_fields = walk.fields
                key, cutter = _found(walk, key)
        columns = next((each.columns for each in entry.tables if _key(each) == key), ())
        records = RecordBatches(cutter, columns, options)
        if table is None and key in _ERRORS:
            _refuse_errors(records.schema, key, _message(open_text, entry))
    except BaseException:
        text.close()
        raise

    def batches() -> Generator[pa.RecordBatch, None, None]:
        # The thread starts with the first batch, where the first MiB has ended
        ahead = read_ahead(text, queue_bytes=_QUEUE_BYTES)
        walk.window.chunks = ahead
        with closing(ahead):
            yield from records.batches()
            while walk.next_table() is not None:
                pass
        findings.missing_tables = tuple(
            name for name, key in keys.items() if key not in walk.seen
        )
        tell_of_late(findings, options.on_bad_value)
        if options.on_fields is not None:
            options.on_fields(walk.fields)

    return records.schema, batches()


def _refuse_errors(schema: pa.Schema, key: str, words: str | None) -> None:
    """Raise for a table that is the answer of a failed call."""
    if _ERROR_KEYS.issuperset(schema.names):
        said = f" and say {words!r}" if words else ""
        raise ParseError(
            f"Amazon's errors stand in the report document's place{said}: get it "
            f"again; table={key!r} reads them as a table"
        )


def _message(open_text: Callable[[], Text], entry: ReportType) -> str | None:
    """Return the words of a document that is an error and no report."""
    whole = b""
    with closing(open_text()) as text:
        for chunk in text:
            whole += chunk
            if len(whole) > _MESSAGE_BYTES:
                return None
    try:
        words = words_in(json.loads(whole), personal=entry.restricted)
    except (ValueError, RecursionError):
        return None
    return words and words[:_QUOTED]


def json_tables(open_text: Callable[[], Text], entry: ReportType) -> tuple[str, ...]:
    """Return the names of a JSON document's tables.

    Parameters
    ----------
    open_text : callable
        As for `open_json`; not called where the catalogue knows the tables.
    entry : ReportType

    Returns
    -------
    tuple of str
        What the catalogue lists; otherwise all record arrays that the document has.

    Raises
    ------
    DecompressError, DecodeError, ParseError
    """
    if entry.tables:
        return tuple(each.name for each in entry.tables)
    with closing(open_text()) as text:
        walk = JsonWalk(text)
        while walk.next_table() is not None:
            pass
        return tuple(walk.seen)


def _key(table: Table) -> str:
    """Return the key of a table's record array."""
    return table.path.removesuffix("[]") or table.name


def _found(walk: JsonWalk, key: str | None) -> tuple[str | None, RecordCutter | None]:
    """Walk to a record array; without a key to the first that has records."""
    while (table := walk.next_table()) is not None:
        name, cutter = table
        if name == key or (key is None and not cutter.ended):
            return name, cutter
    return None, None


def _instead(
    walk: JsonWalk,
    entry: ReportType,
    keys: Mapping[str, str],
    wanted: str | None,
    open_text: Callable[[], Text],
) -> str:
    """Return which table to read where the document lacks the one looked for."""
    there = [key for key in keys.values() if key in walk.seen]
    looked_for = wanted or next(iter(keys.values()), "")
    if looked_for in keys.values() and walk.fields.get(looked_for) is not None:
        raise ParseError(
            f"{looked_for!r} is no array of records in this JSON document: it may be "
            "damaged, or Amazon has changed the report"
        )
    if wanted is not None and wanted not in keys.values():
        own = [key for key in walk.seen if key not in keys.values()]
        msg = f"{entry.report_type}: the document has no table {wanted!r}"
        raise ValueError(msg + suggestion(wanted, [*keys, *own]))
    if there:
        return wanted or there[0]
    if not keys and walk.seen:
        return walk.seen[0]
    names = ", ".join(keys) or "an array of objects"
    words = _message(open_text, entry)
    raise ParseError(
        f"the JSON document holds no table ({names} expected): "
        + (f"it says {words!r}" if words else "it may be a message in its place")
    )
