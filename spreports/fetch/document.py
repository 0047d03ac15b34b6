"""A stored document as record batches: where the stages of this room are joined.

stored bytes -> decompress -> decode -> header -> blocks of rows -> (a thread ahead)
-> batches of strings -> typed batches

Each other format is imported with its first document: all of them take 50 ms.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
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
from spreports.fetch.decompress import Members
from spreports.fetch.flat.document import flat_tables, open_flat
from spreports.fetch.flat.header import read_header
from spreports.fetch.instead import own_records, refuse_flat, refuse_page
from spreports.fetch.kernel.sandbox import expect
from spreports.fetch.plain_chunks import plain_chunks
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.sniff import FLAT, sniff_format
from spreports.fetch.untold_charset import decode_untold, tried_charset

__all__ = ["open_batches", "table_names"]

_HEAD: Final = 1024
# Reports in gzip are five to ten times as small as their text
_TEXT_PER_STORED: Final = 4
_MARKS: Final = {"utf-16-le": BOM_UTF16_LE, "utf-16-be": BOM_UTF16_BE}

_Opened = tuple[pa.Schema, Generator[pa.RecordBatch, None, None]]


def open_batches(
    open_stored: Callable[[], BinaryIO],
    entry: ReportType,
    options: ReadOptions | None = None,
    *,
    encoding: str | None = None,
    content_type: str | None = None,
    legacy_charset: str | Sequence[str] | None = None,
    proved: bool = False,
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
    options : ReadOptions, optional
    encoding, content_type, legacy_charset : str, optional
        Signs of the charset; see `told_charset` and `tried_charset`. The entry's own
        charset is tried last.
    proved : bool
        The stored bytes are known to be whole: a flat document without a line has no
        rows, and a last line without a line end is not cut.
    stored_bytes : int, optional
        How large the stored document is, where that is known.
    ending : ExitStack, optional
        Ends the reading when it is closed, however far it is: Arrow's reader keeps
        file and threads as long as anything knows of it, such as an error.

    Returns
    -------
    pyarrow.RecordBatchReader
        Served header order, then the catalogued columns that the document lacks.
        Errors reach whoever reads it in Python with their own type.

    Raises
    ------
    ValueError
        No such table or encoding.
    DecompressError, DecodeError, ParseError
        At once where the header cannot be read; otherwise from the reader.
    """
    members = Members()
    plain = plain_chunks(open_stored, members)
    try:
        head, text = _head(plain)
        kind = sniff_format(_marked(head, encoding))
        refuse_page(head, kind)
        if kind in {FLAT, "json"}:
            expect((stored_bytes or 0) * _TEXT_PER_STORED)
        begun = _Begun(
            open_stored=open_stored,
            plain=plain,
            head=head,
            text=text,
            encoding=encoding,
            content_type=content_type,
            legacy_charset=legacy_charset or allowed_charset(entry.charset),
            members=members,
            proved=proved,
        )
        open_kind = _OPENERS.get(kind, _flat)
        schema, batches = open_kind(begun, entry, options or ReadOptions())
    except BaseException:
        plain.close()
        raise
    if ending is not None:
        ending.callback(batches.close)
    return pa.RecordBatchReader.from_batches(schema, batches)


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
        from spreports.fetch.json.document import json_tables  # noqa: PLC0415 - at first use

        charset = _json_charset(head, None, content_type=None)
        return json_tables(_reopened(open_stored, charset, None), entry)
    if kind == "xlsx":
        from spreports.fetch.xlsx.document import xlsx_tables  # noqa: PLC0415 - at first use

        with closing(plain_chunks(open_stored)) as whole:
            return xlsx_tables(whole)
    return tuple(table.name for table in entry.tables) or (entry.table().name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A document whose first bytes are read; `text` has them once more.

    Closing `plain`, which keeps `members` up to date, closes the stored stream.
    """

    open_stored: Callable[[], BinaryIO]
    plain: Generator[bytes, None, None]
    head: bytes
    text: Iterator[bytes]
    encoding: str | None
    content_type: str | None
    legacy_charset: str | Sequence[str] | None
    members: Members
    proved: bool


def _json(begun: _Begun, entry: ReportType, options: ReadOptions) -> _Opened:
    """Open JSON, which is read from its start more than once."""
    from spreports.fetch.json.document import open_json  # noqa: PLC0415 - at first use

    begun.plain.close()
    charset = _json_charset(begun.head, begun.encoding, begun.content_type)
    options.findings.charset = charset
    text = _reopened(begun.open_stored, charset, begun.encoding)
    schema, batches = open_json(text, entry, options)
    return schema, own_records(batches, "json", entry)


def _xlsx(begun: _Begun, entry: ReportType, options: ReadOptions) -> _Opened:
    """Open a workbook, which is read to its end at once."""
    from spreports.fetch.xlsx.document import open_xlsx  # noqa: PLC0415 - at first use

    opened = open_xlsx(begun.text, entry, options)
    begun.plain.close()
    return opened


def _xml(begun: _Begun, entry: ReportType, options: ReadOptions) -> _Opened:
    """Open XML, whose charset its declaration may tell."""
    from spreports.fetch.xml.checked import xml_charset  # noqa: PLC0415 - at first use
    from spreports.fetch.xml.document import open_xml  # noqa: PLC0415 - at first use

    _check_table(entry, options.table)
    charset = xml_charset(
        begun.head, encoding=begun.encoding, content_type=begun.content_type
    )
    options.findings.charset = charset
    text = _closing(decode(begun.text, charset, chosen=begun.encoding), begun.plain)
    schema, batches = open_xml(text, begun.head, entry, options)
    return schema, own_records(batches, "xml", entry)


def _flat(begun: _Begun, entry: ReportType, options: ReadOptions) -> _Opened:
    """Open a flat file, whose charset its bytes may have to tell."""
    _check_table(entry, options.table)
    told = told_charset(
        begun.head, encoding=begun.encoding, content_type=begun.content_type
    )
    options.findings.charset = told or UTF_8

    def tried() -> str:
        charset = tried_charset(
            lambda: plain_chunks(begun.open_stored), begun.legacy_charset
        )
        options.findings.charset = charset
        return charset

    utf8 = (
        decode(begun.text, told, chosen=begun.encoding)
        if told
        else decode_untold(begun.text, tried)
    )
    header, rows = read_header(utf8, entry, may_be_empty=begun.proved)
    refuse_flat(header.served, entry)
    return open_flat(
        _closing(rows, begun.plain),
        header,
        entry,
        options,
        proved=lambda: begun.proved or begun.members.ended > 0,
    )


_OPENERS: Final = {"json": _json, "xlsx": _xlsx, "xml": _xml}


def _check_table(entry: ReportType, table: str | None) -> None:
    """Refuse a table that the catalogue lacks, in formats that have no others."""
    if table is not None and table != entry.table().name:
        entry.table(table)


def _json_charset(head: bytes, encoding: str | None, content_type: str | None) -> str:
    """Return a JSON document's codec: UTF-8 unless something says otherwise.

    Source: RFC 8259, section 8.1.
    """
    told = told_charset(head, encoding=encoding, content_type=content_type)
    return told or UTF_8


def _reopened(
    open_stored: Callable[[], BinaryIO], charset: str, encoding: str | None
) -> Callable[[], Generator[bytes, None, None]]:
    """Return how to read a document's UTF-8 from its start, any number of times."""

    def text() -> Generator[bytes, None, None]:
        plain = plain_chunks(open_stored)
        return _closing(decode(plain, charset, chosen=encoding), plain)

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
