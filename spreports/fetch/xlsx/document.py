"""An Excel workbook as record batches: each worksheet is a table.

The cells are read as values, never as formulas, and written as the text that they
show without a format: an error as its name, a number with all digits that the file
has. Of the formats only those of days and times and of zeros in front (``00000``) are
honoured. From there they go the way of a flat file. Macros and links are not looked at.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, null_where, scalar_of
from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.flat.header import Header, Quoting, unique_names
from spreports.fetch.read_options import ReadOptions
from spreports.fetch.typed import Typing
from spreports.fetch.xlsx.checked import check_workbook
from spreports.fetch.xlsx.written import Written, float_text, written_cells

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

__all__ = ["open_xlsx", "xlsx_tables"]

MAX_STORED: Final = 256 << 20
# Reports have up to a few lines of instructions above the header
_LOOKED_AT: Final = 20
_BATCH_ROWS: Final = 10_000
_NO_MORE: Final = (1 << 32, 0, "")

Row = list[str]


def open_xlsx(
    plain: Iterable[bytes],
    entry: ReportType,
    options: ReadOptions,
) -> tuple[pa.Schema, Generator[pa.RecordBatch, None, None]]:
    """Open a workbook's worksheet as record batches.

    Parameters
    ----------
    plain : iterable of bytes
        The workbook.
    entry : ReportType
    options : ReadOptions
        The table is a worksheet's title; None or the catalogue's own table name takes
        the first worksheet with the catalogued header, or the first.

    Returns
    -------
    pyarrow.Schema
        The header's columns, then the catalogued ones that the sheet lacks: none for
        a sheet that is asked for by its title, where its header is not the catalogued
        one but another sheet's is.
    generator of pyarrow.RecordBatch

    Raises
    ------
    ValueError
        No such worksheet.
    ParseError
        Damaged, not a workbook, or ``python-calamine`` is not installed.
    """
    table, typed, findings = options.table, options.typed, options.findings
    with _workbook(plain) as (book, path):
        titles = list(book.sheet_names)
        if table in titles:
            title = table
        elif table in {None, entry.table().name}:
            title = _catalogued(book, titles, entry)
        else:
            named = ", ".join(repr(each) for each in titles)
            raise ValueError(f"no worksheet {table!r}: {named}")
        rows = _rows(book, title, written_cells(path, titles.index(title)))
        lead = list(islice(rows, _LOOKED_AT))
        at, served = _header(lead, entry)
        if entry.known and table in titles and _place(lead, entry) is None:
            others = [each for each in titles if each != title]
            if any(_has_header(book, each, entry, strict=False) for each in others):
                # No sheet of the catalogue's: it lacks none of those columns
                entry = replace(entry, known=False)
    # Cells are in memory from here on; the file is not needed any longer
    header = Header(
        names=unique_names(served),
        served=served,
        line=b"",
        delimiter="",
        quoting=Quoting.OFF,
        line_end=b"\n",
    )
    typing = Typing(header, entry, options.on_bad_value, findings)
    texts_schema = pa.schema([(name, pa.string()) for name in header.names])

    def texts() -> Iterator[pa.RecordBatch]:
        data = chain(lead[at + 1 :], rows)
        cells = (row for row in data if any(row))
        while block := list(islice(cells, _BATCH_ROWS)):
            findings.rows += len(block)
            columns = [array_of(each, pa.string()) for each in zip(*block, strict=True)]
            if typed:
                empty = scalar_of("", pa.string())
                columns = [null_where(pc.equal(c, empty), c) for c in columns]
            yield pa.RecordBatch.from_arrays(columns, schema=texts_schema)

    def batches() -> Generator[pa.RecordBatch, None, None]:
        yield from typing.typed(texts()) if typed else texts()

    return typing.schema if typed else texts_schema, batches()


def xlsx_tables(plain: Iterable[bytes]) -> tuple[str, ...]:
    """Return the titles of a workbook's worksheets.

    Parameters
    ----------
    plain : iterable of bytes

    Returns
    -------
    tuple of str

    Raises
    ------
    ParseError
        As `open_xlsx`.
    """
    with _workbook(plain) as (book, _):
        return tuple(book.sheet_names)


@contextmanager
def _workbook(plain: Iterable[bytes]) -> Iterator[tuple[CalamineWorkbook, Path]]:
    """Give the workbook, checked, and the file of its own that it is in."""
    try:
        from python_calamine import (  # noqa: PLC0415 - an extra, only where it is used
            CalamineError,
            CalamineWorkbook,
        )
    except ImportError as exc:
        msg = (
            "the document is an Excel workbook: pip install 'spreports[xlsx]' reads "
            "it, Document.save(path) keeps it"
        )
        raise ParseError(msg) from exc
    with tempfile.TemporaryDirectory(prefix="spreports-") as folder:
        path = Path(folder) / "document.xlsx"
        with path.open("wb") as file:
            size = 0
            for chunk in plain:
                size += len(chunk)
                if size > MAX_STORED:
                    limit = f"{MAX_STORED >> 20} MiB"
                    raise ParseError(f"the workbook is larger than {limit}: refused")
                file.write(chunk)
        check_workbook(path)
        try:
            with CalamineWorkbook.from_path(path) as book:
                yield book, path
        except CalamineError as exc:
            msg = f"the workbook cannot be read: {type(exc).__name__}"
            raise ParseError(msg) from None


def _rows(
    book: CalamineWorkbook, title: str, written: Iterable[Written] = ()
) -> Iterator[Row]:
    """Return a worksheet's rows as texts, all of the same length."""
    sheet = book.get_sheet_by_name(title)
    # Rows come from the first on, columns only from the first that has a cell
    left = sheet.start[1] if sheet.start is not None else 0
    return _texts(sheet.iter_rows(), left, iter(written))


def _texts(
    rows: Iterator[Sequence[object]], left: int, written: Iterator[Written]
) -> Iterator[Row]:
    """Return rows as texts, its numbers and errors as they are written."""
    place, column, text = next(written, _NO_MORE)
    for number, row in enumerate(rows):
        texts = [_text(cell) for cell in row]
        while place <= number:
            at = column - left
            cell = row[at] if place == number and 0 <= at < len(row) else None
            # A time, too, is a number in the file, but shows as what it is
            if cell == "" or isinstance(cell, int | float):
                texts[at] = text
            place, column, text = next(written, _NO_MORE)
        yield texts


def _text(cell: object) -> str:
    """Return what a cell shows; a day without a time is a day."""
    match cell:
        case bool():
            return str(cell).lower()
        case float():
            return float_text(cell)
        case dt.datetime() if cell.time() == dt.time():
            return cell.date().isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
    return str(cell)


def _catalogued(
    book: CalamineWorkbook, titles: Sequence[str], entry: ReportType
) -> str:
    """Return the first worksheet that has the catalogued header, or the first."""
    if not titles:
        raise ParseError("the workbook has no worksheet")
    if len(titles) > 1:
        for title in titles:
            if _has_header(book, title, entry):
                return title
    return titles[0]


def _has_header(
    book: CalamineWorkbook, title: str, entry: ReportType, *, strict: bool = True
) -> bool:
    """Whether a worksheet has the catalogued header; a damaged one may be without."""
    from python_calamine import CalamineError  # noqa: PLC0415 - as in `_workbook`

    try:
        lead = list(islice(_rows(book, title), _LOOKED_AT))
    except CalamineError:
        if strict:
            raise
        return False
    return _place(lead, entry) is not None


def _place(lead: Sequence[Row], entry: ReportType) -> int | None:
    """Return which of the first rows is the catalogued header, if one is."""
    names = {column.name for column in entry.columns()} | set(entry.header_aliases)
    scores = [len(names & set(_named(lead, at, names))) for at in range(len(lead))]
    best = max(scores, default=0)
    return scores.index(best) if best >= min(2, len(names)) > 0 else None


def _header(lead: Sequence[Row], entry: ReportType) -> tuple[int, tuple[str, ...]]:
    """Return where the header is, and its names."""
    at = _place(lead, entry)
    if at is None:
        at = next((number for number, row in enumerate(lead) if any(row)), None)
    if at is None:
        raise ParseError("the worksheet is empty: it has not even a header")
    names = {column.name for column in entry.columns()}
    return at, _named(lead, at, names)


def _named(lead: Sequence[Row], at: int, known: set[str]) -> tuple[str, ...]:
    """Return a row's names; a heading above several columns may belong to each.

    Source: reference, GET_REMOTE_FULFILLMENT_ELIGIBILITY: blocks of a country's
    columns repeat the same three names.
    """
    names = list(lead[at])
    heading = ""
    for place, above in enumerate(lead[at - 1] if at else ()):
        heading = above or heading
        joined = f"{heading} {names[place]}"
        if names[place] not in known and joined in known:
            names[place] = joined
    return tuple(names)
