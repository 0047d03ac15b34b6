"""A flat file as record batches: rows, blocks, batches of strings, typed batches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.fetch.findings import Findings
from spreports.fetch.flat.block_rows import BlockRows
from spreports.fetch.flat.few_texts import few_texts, looked_into
from spreports.fetch.flat.header import RESCUED, Header
from spreports.fetch.flat.other_type import doubt
from spreports.fetch.flat.parse_flat import BlockParser
from spreports.fetch.flat.parser_types import ParserTypes
from spreports.fetch.flat.row_blocks import row_blocks
from spreports.fetch.flat.summary_row import SUMMARY, SummaryRow
from spreports.fetch.kernel.sandbox import kernel_pays
from spreports.fetch.matched_columns import matched_columns
from spreports.fetch.read_ahead import read_ahead
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.typed import Typing

__all__ = ["flat_tables", "open_flat"]

logger = logging.getLogger("spreports.fetch")


def flat_tables(entry: ReportType) -> tuple[str, ...]:
    """Return the names of a flat file's tables.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    tuple of str
        One, and ``"summary"`` where the first row is a table of its own.
    """
    rows = (entry.table().name,)
    return (*rows, SUMMARY) if entry.summary_row else rows


def open_flat(
    chunks: Generator[bytes, None, None],
    header: Header,
    entry: ReportType,
    options: ReadOptions,
    proved: Callable[[], bool],
) -> tuple[pa.Schema, Generator[pa.RecordBatch, None, None]]:
    """Open what follows a header line as record batches.

    Parameters
    ----------
    chunks : generator of bytes
        UTF-8 below the header line; closed when the reader is done with it.
    header : Header
    entry : ReportType
    options : ReadOptions
        The table is one of `flat_tables`. Where the first row is a summary, the two
        kinds of rows are parted and held to each other, whichever is asked for.
    proved : callable
        Says, once all rows are read, whether something proves that they are.

    Returns
    -------
    pyarrow.Schema
    generator of pyarrow.RecordBatch
        Logs a warning where the document looks like one of another type, a summary
        could not be held to its rows, or the last line may be cut.
    """
    typed, findings = options.typed, options.findings
    _note_header(header, findings)
    few: frozenset[str] = frozenset()
    if typed and options.coded:
        head, chunks = looked_into(chunks)
        # By another parser, decimals are not told apart any sooner than by the sink
        few = few_texts(
            head,
            header,
            matched_columns(header, entry),
            decimals=kernel_pays(0) and not entry.local_decimals,
        )
    typing = Typing(header, entry, options.on_bad_value, findings, coded=few)
    schema = (
        typing.schema
        if typed
        else pa.schema([(name, pa.string()) for name in header.names])
    )
    summary = entry.summary_row and options.table == SUMMARY
    whole = _summary_schema(schema, header, entry) if summary else schema

    local = entry.local_decimals
    types = ParserTypes(typing.columns, local=local) if typed else None
    parser = BlockParser(header, entry, empty_is_null=typed, types=types, coded=few)
    rows = BlockRows(parser, typing if typed else None, findings)

    # Fewer blocks cost less to hand on: batches of a GiB take 10 % less time than by an
    # eighth more than what is asked for; half more are 3 MiB more for nothing
    block_bytes = options.batch_bytes * 11 // 8

    def read_blocks() -> Generator[bytes, None, None]:
        with closing(chunks):
            yield from row_blocks(chunks, header, block_bytes=block_bytes)

    def batches() -> Generator[pa.RecordBatch, None, None]:
        # Where rows are read, and not for a look at the schema before that
        doubted = doubt(header.served, findings, entry) if typed else None
        if doubted:
            logger.warning("%s", doubted)
        # Inflating, decoding and cutting have a thread, parsing and typing two, and
        # this one is the consumer's. They start with the first batch: a reader that is
        # only asked for its schema costs none. One block waits, where there is more
        # than that: parsing takes four times as long as inflating
        blocks = read_ahead(
            read_blocks(), queue_bytes=options.batch_bytes, worth=block_bytes // 2
        )
        with closing(rows.batches(blocks)) as made:
            if entry.summary_row:
                parts = SummaryRow(
                    matched_columns(header, entry), typing.values, findings
                )
                yield from parts.summaries(made, whole) if summary else parts.rows(made)
            else:
                yield from made
        if findings.unended and not proved():
            logger.warning(
                "%s: the file does not end with a line end, it may be cut short",
                entry.report_type,
            )
        for check in () if doubted else findings.skipped_checks:
            logger.warning("%s: not checked: %s", entry.report_type, check)

    return whole, batches()


def _note_header(header: Header, findings: Findings) -> None:
    """Note what the header line tells of the document."""
    findings.delimiter = header.delimiter
    findings.headerless = not header.line
    findings.unended = header.unended
    findings.renamed_columns = {
        name: served
        for name, served in zip(header.names, header.served, strict=True)
        if name != served
    }


def _summary_schema(schema: pa.Schema, header: Header, entry: ReportType) -> pa.Schema:
    """Return the part of a schema that a summary row fills."""
    wanted = {column.name for column in entry.columns(SUMMARY)}
    matched = matched_columns(header, entry)
    names = {name: column.name for name, column in matched.items() if column}
    return pa.schema(
        field
        for field in schema
        if names.get(field.name, field.name) in wanted or field.name == RESCUED
    )
