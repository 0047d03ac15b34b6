"""A stored document as record batches: where the stages of this room are joined.

stored bytes -> decompress -> decode -> (a thread ahead) -> header -> blocks of rows
-> batches of strings -> typed batches

Each other format is imported with its first document: all of them take 50 ms.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from typing import BinaryIO, Final

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.fetch.charsets import (
    UTF_8,
    allowed_charset,
    fitting_charset,
    told_charset,
)
from spreports.fetch.decode import decode
from spreports.fetch.findings import Findings
from spreports.fetch.flat.document import flat_tables, open_flat
from spreports.fetch.flat.header import read_header
from spreports.fetch.instead import own_records, refuse_flat, refuse_page
from spreports.fetch.kernel.sandbox import expect
from spreports.fetch.plain_chunks import plain_chunks
from spreports.fetch.shapes import NESTED_SHAPES
from spreports.fetch.sniff import FLAT, sniff_format
from spreports.fetch.typed import BAD_VALUE_RULES
from spreports.fetch.untold_charset import decode_untold, tried_charset

__all__ = ["BATCH_BYTES", "Findings", "open_batches", "table_names"]

# Blocks of 512 KiB to 1 MiB parse fastest; 16 MiB takes two to three times as long
BATCH_BYTES: Final = 1 << 20
MAX_BATCH_BYTES: Final = 2 << 20
_HEAD: Final = 1024
# Reports in gzip are five to ten times as small as their text
_TEXT_PER_STORED: Final = 4
_MARKS: Final = {"utf-16-le": BOM_UTF16_LE, "utf-16-be": BOM_UTF16_BE}


def open_batches(
    open_stored: Callable[[], BinaryIO],
    entry: ReportType,
    *,
    table: str | None = None,
    encoding: str | None = None,
    content_type: str | None = None,
    legacy_charset: str | Sequence[str] | None = None,
    typed: bool = True,
    on_bad_value: str = "raise",
    batch_bytes: int = BATCH_BYTES,
    findings: Findings | None = None,
    nested: str = "flat",
    on_fields: Callable[[Mapping[str, object]], None] | None = None,
    may_be_empty: bool = False,
    coded: bool = False,
    stored_bytes: int | None = None,
    ending: ExitStack | None = None,
) -> pa.RecordBatchReader:
    """Open a stored document as record batches.

    Header and charset are read at once, rows as the reader is read; memory does not
    grow with the document.

    Parameters
    ----------
    open_stored : callable
        Gives the stored bytes, compressed or not, from their start; called again for
        each pass.
    entry : ReportType
        What the catalogue knows; where the bytes differ, they win.
    table : str, optional
        One of `table_names`.
    encoding, content_type, legacy_charset : str, optional
        Signs of the charset; see `told_charset` and `tried_charset`. The entry's own
        charset is tried last.
    typed : bool
        False: the served columns alone, every cell text, an empty one ``""``.
    on_bad_value : str
        ``"raise"``, ``"null"`` or ``"rescue"``; see `Typing`.
    batch_bytes : int, bytes of text
        Size of a batch, at most 2 MiB; it may come to twice that, and to more only
        for a single row.
    findings : Findings, optional
        Filled while the reader is read.
    nested : str
        JSON and XML: ``"flat"`` names columns by their path; ``"struct"`` makes a
        struct column of what has parts.
    on_fields : callable, optional
        JSON and XML: gets the document's own fields once, before the reader ends;
        what it raises passes through.
    coded : bool
        Columns of text that are a few texts over and over may come as dictionaries: for
        a sink, which then need not look at each text.
    stored_bytes : int, optional
        How large the stored document is, where that is known.
    ending : ExitStack, optional
        Ends the reading when it is closed, however far it is: Arrow's reader keeps
        file and threads as long as anything knows of it, such as an error.
    may_be_empty : bool
        A flat document without a line has no rows; False where nothing else says that
        the stored bytes are whole.

    Returns
    -------
    pyarrow.RecordBatchReader
        Served header order, then the catalogued columns that the document lacks.
        Errors reach whoever reads it in Python with their own type.

    Raises
    ------
    ValueError
        No such table, encoding or rule.
    DecompressError, DecodeError, ParseError
        At once where the header cannot be read; otherwise from the reader.
    """
    if on_bad_value not in BAD_VALUE_RULES:
        msg = f"on_bad_value is one of {', '.join(BAD_VALUE_RULES)}, not {on_bad_value}"
        raise ValueError(msg)
    if not 1 <= batch_bytes <= MAX_BATCH_BYTES:
        raise ValueError(f"batch_bytes is 1 to {MAX_BATCH_BYTES}, not {batch_bytes}")
    if nested not in NESTED_SHAPES:
        raise ValueError(f"nested is {' or '.join(NESTED_SHAPES)}, not {nested}")
    found = findings if findings is not None else Findings()
    plain = plain_chunks(open_stored)
    try:
        head, text = _head(plain)
        kind = sniff_format(_marked(head, encoding))
        refuse_page(head, kind)
        if kind in {FLAT, "json"}:
            expect((stored_bytes or 0) * _TEXT_PER_STORED)
        if kind == "json":
            from spreports.fetch.json.document import open_json  # noqa: PLC0415 - above

            plain.close()
            found.charset = _json_charset(head, encoding, content_type)
            schema, batches = open_json(
                _reopened(open_stored, found.charset),
                entry,
                table=table,
                typed=typed,
                nested=nested,
                on_bad_value=on_bad_value,
                batch_bytes=batch_bytes,
                findings=found,
                on_fields=on_fields,
            )
            return _reader(schema, own_records(batches, kind, entry), ending)
        if kind == "xlsx":
            from spreports.fetch.xlsx.document import open_xlsx  # noqa: PLC0415 - above

            schema, sheet_batches = open_xlsx(
                text,
                entry,
                table=table,
                typed=typed,
                on_bad_value=on_bad_value,
                findings=found,
            )
            plain.close()
            return _reader(schema, sheet_batches(), ending)
        if table is not None and table != entry.table().name:
            entry.table(table)
        if kind == "xml":
            from spreports.fetch.xml.checked import xml_charset  # noqa: PLC0415 - above
            from spreports.fetch.xml.document import open_xml  # noqa: PLC0415 - above

            found.charset = xml_charset(
                head, encoding=encoding, content_type=content_type
            )
            schema, xml_batches = open_xml(
                _closing(decode(text, found.charset), plain),
                head,
                entry,
                table=table,
                typed=typed,
                nested=nested,
                on_bad_value=on_bad_value,
                batch_bytes=batch_bytes,
                findings=found,
                on_fields=on_fields,
            )
            return _reader(schema, own_records(xml_batches(), kind, entry), ending)
        told = told_charset(head, encoding=encoding, content_type=content_type)
        found.charset = told or UTF_8

        def tried() -> str:
            legacy = legacy_charset or allowed_charset(entry.charset)
            found.charset = tried_charset(lambda: plain_chunks(open_stored), legacy)
            return found.charset

        utf8 = decode(text, told) if told else decode_untold(text, tried)
        header, rows = read_header(utf8, entry, may_be_empty=may_be_empty)
        refuse_flat(header.served, entry)
    except BaseException:
        plain.close()
        raise
    schema, batches = open_flat(
        _closing(rows, plain),
        header,
        entry,
        table=table,
        typed=typed,
        on_bad_value=on_bad_value,
        batch_bytes=batch_bytes,
        findings=found,
        coded=coded,
    )
    return _reader(schema, batches, ending)


def table_names(
    open_stored: Callable[[], BinaryIO], entry: ReportType
) -> tuple[str, ...]:
    """Return the names of a document's tables.

    Parameters
    ----------
    open_stored : callable
        As for `open_batches`.
    entry : ReportType

    Returns
    -------
    tuple of str
        One for flat files.

    Raises
    ------
    DecompressError, ParseError
        As `open_batches`.
    """
    plain = plain_chunks(open_stored)
    try:
        head, _ = _head(plain)
    finally:
        plain.close()
    kind = sniff_format(head)
    if kind == FLAT:
        return flat_tables(entry)
    if kind == "json":
        from spreports.fetch.json.document import json_tables  # noqa: PLC0415 - above

        charset = _json_charset(head, None, content_type=None)
        return json_tables(_reopened(open_stored, charset), entry)
    if kind == "xlsx":
        from spreports.fetch.xlsx.document import xlsx_tables  # noqa: PLC0415 - above

        with closing(plain_chunks(open_stored)) as whole:
            return xlsx_tables(whole)
    return tuple(table.name for table in entry.tables) or (entry.table().name,)


def _reader(
    schema: pa.Schema,
    batches: Generator[pa.RecordBatch, None, None],
    ending: ExitStack | None,
) -> pa.RecordBatchReader:
    """Return batches as Arrow reads them."""
    if ending is not None:
        ending.callback(batches.close)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _json_charset(head: bytes, encoding: str | None, content_type: str | None) -> str:
    """Return a JSON document's codec: UTF-8 unless something says otherwise.

    Source: RFC 8259, section 8.1.
    """
    told = told_charset(head, encoding=encoding, content_type=content_type)
    return told or UTF_8


def _reopened(
    open_stored: Callable[[], BinaryIO], charset: str
) -> Callable[[], Generator[bytes, None, None]]:
    """Return how to read a document's UTF-8 from its start, any number of times."""

    def text() -> Generator[bytes, None, None]:
        plain = plain_chunks(open_stored)
        return _closing(decode(plain, charset), plain)

    return text


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, and the chunks as they were."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    return head[:_HEAD], chain([head], chunks)


def _marked(head: bytes, encoding: str | None) -> bytes:
    """Begin UTF-16 that nothing but the caller tells of with its byte order mark."""
    mark = _MARKS.get(fitting_charset(encoding, head) or "", b"")
    return head if head.startswith(mark) else mark + head


def _closing(
    rows: Iterator[bytes], plain: Generator[bytes, None, None]
) -> Generator[bytes, None, None]:
    """Yield the rows' chunks; closing it closes the stored stream."""
    with closing(plain):
        yield from rows
