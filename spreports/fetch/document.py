"""A stored document as record batches: where the stages of this room are joined.

stored bytes -> decompress -> decode -> (a thread ahead) -> header -> blocks of rows
-> batches of strings -> typed batches
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import BinaryIO, Final

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.charsets import allowed_charset, charset_of
from spreports.fetch.decode import decode
from spreports.fetch.decompress import decompress
from spreports.fetch.findings import Findings
from spreports.fetch.header import read_header
from spreports.fetch.parse_flat import parse_flat
from spreports.fetch.read_ahead import read_ahead
from spreports.fetch.row_blocks import row_blocks
from spreports.fetch.sniff import FLAT, sniff_format
from spreports.fetch.typed import BAD_VALUE_RULES, Typing

__all__ = ["BATCH_BYTES", "Findings", "open_batches", "table_names"]

# Blocks of 512 KiB to 1 MiB parse fastest; 16 MiB takes two to three times as long
BATCH_BYTES: Final = 1 << 20
MAX_BATCH_BYTES: Final = 2 << 20
_STORED_CHUNK: Final = 1 << 17
_HEAD: Final = 1024


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
        Signs of the charset; see `charset_of`. The entry's own charset is tried last.
    typed : bool
        False: the served columns alone, every cell text, an empty one ``""``.
    on_bad_value : str
        ``"raise"``, ``"null"`` or ``"rescue"``; see `Typing`.
    batch_bytes : int, bytes of text
        Size of a batch, at most 2 MiB; it may come to twice that, and to more only
        for a single row.
    findings : Findings, optional
        Filled while the reader is read.

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
    if table is not None:
        entry.table(table)
    found = findings if findings is not None else Findings()
    plain = _plain(open_stored)
    try:
        head, text = _head(plain)
        kind = sniff_format(head)
        if kind != FLAT:
            # Where the other formats come in: each is a schema and batches
            msg = f"the document is {kind.upper()}; this version reads flat files only"
            raise ParseError(msg)
        found.charset = charset_of(
            head,
            lambda: _plain(open_stored),
            encoding=encoding,
            content_type=content_type,
            legacy_charset=legacy_charset or allowed_charset(entry.charset),
        )
        header, rows = read_header(decode(text, found.charset), entry)
    except BaseException:
        plain.close()
        raise
    found.delimiter = header.delimiter
    found.renamed_columns = {
        name: served
        for name, served in zip(header.names, header.served, strict=True)
        if name != served
    }
    typing = Typing(header, entry, on_bad_value, found)
    schema = (
        typing.schema
        if typed
        else pa.schema([(name, pa.string()) for name in header.names])
    )

    def batches() -> Iterator[pa.RecordBatch]:
        # The thread starts with the first batch: a reader that is only asked for its
        # schema costs none
        ahead = read_ahead(_closing(rows, plain))
        with closing(ahead):
            blocks = row_blocks(ahead, header, block_bytes=batch_bytes)
            texts = parse_flat(blocks, header, entry, found, empty_is_null=typed)
            yield from typing.typed(texts) if typed else texts

    return pa.RecordBatchReader.from_batches(schema, batches())


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
    plain = _plain(open_stored)
    try:
        head, _ = _head(plain)
    finally:
        plain.close()
    if sniff_format(head) == FLAT:
        return (entry.table().name,)
    return tuple(table.name for table in entry.tables) or (entry.table().name,)


def _plain(open_stored: Callable[[], BinaryIO]) -> Generator[bytes, None, None]:
    """Yield a stored document's plain bytes; closing it closes the stream."""
    with open_stored() as stream:
        yield from decompress(iter(lambda: stream.read(_STORED_CHUNK), b""))


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, and the chunks as they were."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    return head[:_HEAD], chain([head], chunks)


def _closing(
    rows: Iterator[bytes], plain: Generator[bytes, None, None]
) -> Generator[bytes, None, None]:
    """Yield the rows' chunks; closing it closes the stored stream."""
    with closing(plain):
        yield from rows
