"""Mend rows that do not fit the header, in the two ways that Amazon is known for.

Only called where a block does not parse; what is not known to be Amazon's custom stays
as it is, and is then an error with its row number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from spreports.catalog import ReportType
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import Header, Quoting

__all__ = ["LONE_RETURN", "mended_rows"]

LONE_RETURN: Final = re.compile(rb"\r(?!\n)")
_LINE: Final = re.compile(rb"[^\n]*\n|[^\n]+")


def mended_rows(
    rows: bytes, header: Header, entry: ReportType, findings: Findings
) -> bytes | None:
    """Return a block with its known faults mended.

    Parameters
    ----------
    rows : bytes
        Whole rows; the last one may lack its line end.
    header : Header, m columns
    entry : ReportType
        ``pad_short_rows`` allows rows that lack their last cells, ``rows_in_quotes``
        rows inside one pair of quotes; so does a header that stands so.
    findings : Findings
        Gets ``padded_rows`` and ``unwrapped_rows``.

    Returns
    -------
    bytes or None
        None where no such fault can be: there is nothing to try again.

    Source: reference, "Short rows" (V2 settlement) and "a whole row inside one pair of
    quotes" (VCS exports).
    """
    if header.quoting is Quoting.DOUBLED:
        if len(header.names) == 1 or not (entry.rows_in_quotes or _is_whole(header)):
            return None
        mended = list(_unwrapped(rows, header, findings))
    elif entry.pad_short_rows:
        mended = _padded(rows, header, findings)
    else:
        return None
    return b"".join(mended)


def _padded(rows: bytes, header: Header, findings: Findings) -> list[bytes]:
    """Give short rows their missing cells, empty, on the right.

    A last line without its end is left as it is: that is a cut document.
    """
    delimiter = header.delimiter.encode()
    most = len(header.names) - 1
    lines = _lines(rows, delimiter, most)
    for place, line in enumerate(lines):
        if line.count(delimiter) >= most:
            continue
        text = line.rstrip(b"\r\n")
        there = text.count(delimiter)
        if there > 0 and len(text) < len(line):
            findings.padded_rows += 1
            lines[place] = text + delimiter * (most - there) + line[len(text) :]
    return lines


def _lines(rows: bytes, delimiter: bytes, most: int) -> list[bytes]:
    """Return rows with their ends.

    A return inside a whole row is in a cell. As the end of two short rows, both would
    be padded; as it is, the row is an error.
    """
    if not LONE_RETURN.search(rows):
        return rows.splitlines(keepends=True)
    lines: list[bytes] = []
    for line in _LINE.findall(rows):
        whole = line.count(delimiter) == most
        lines += [line] if whole else line.splitlines(keepends=True)
    return lines


def _unwrapped(rows: bytes, header: Header, findings: Findings) -> Iterator[bytes]:
    """Take rows out of the one pair of quotes that they stand in as a whole."""
    lines = rows.splitlines(keepends=True)
    commas = len(header.names) - 1
    delimiter = header.delimiter.encode()
    place = 0
    while place < len(lines):
        line = lines[place]
        quotes = line.count(b'"')
        if not quotes:
            place += 1
            yield line
            continue
        text = line.rstrip(b"\r\n")
        around = quotes == len(b'""') and text[:1] == text[-1:] == b'"'
        if around and text.count(delimiter) == commas:
            place += 1
            findings.unwrapped_rows += 1
            yield text[1:-1] + b"\n"
            continue
        reader = csv.reader(
            (lines[each].decode() for each in range(place, len(lines))),
            delimiter=header.delimiter,
            strict=False,
        )
        try:
            cells = next(reader)
        except csv.Error:  # a cell beyond the parser's limit: leave the rest as it is
            yield from lines[place:]
            return
        line = b"".join(lines[place : place + reader.line_num])
        place += reader.line_num
        row = _row_inside(line.decode(), cells, header)
        if row is None:
            yield line
        else:
            findings.unwrapped_rows += 1
            yield row.encode()


def _is_whole(header: Header) -> bool:
    """Whether the header line stands inside one pair of quotes."""
    line = header.line.decode().strip("\r\n")
    return len(next(csv.reader([line], delimiter=header.delimiter), ())) == 1


def _row_inside(line: str, cells: list[str], header: Header) -> str | None:
    """Return the row that stands inside one pair of quotes, if one does."""
    text = line.strip("\r\n")
    if len(cells) == len(header.names) or text[:1] != '"' or text[-1:] != '"':
        return None
    # Inner quotes doubled, as one cell has them; or as they were
    for inner in (cells[0] if len(cells) == 1 else None, text[1:-1]):
        if inner is None:
            continue
        source = io.StringIO(inner, newline="")
        try:
            rows = list(csv.reader(source, delimiter=header.delimiter))
        except csv.Error:
            continue
        # A quote that is left was that of another cell, in a row that lacks one
        torn = len(cells) > 1 and any('"' in cell for row in rows for cell in row)
        if [len(row) for row in rows] == [len(header.names)] and not torn:
            target = io.StringIO()
            writer = csv.writer(
                target,
                delimiter=header.delimiter,
                quoting=csv.QUOTE_ALL,
                lineterminator="\n",
            )
            writer.writerow(rows[0])
            return target.getvalue()
    return None
