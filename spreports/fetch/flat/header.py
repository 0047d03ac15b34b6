"""Read a flat file's header line: delimiter, quoting, names.

The header is read by us and not by the CSV parser, because everything else depends on
it: Amazon serves tab files where a comma file is catalogued and the reverse, quotes
cells or leaves quotes as data, translates names, and sometimes sends a sentence.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Final

from spreports.catalog import ReportType
from spreports.errors import ParseError
from spreports.fetch.flat.lone_line import (
    refuse_cells_of_words,
    refuse_cut_header,
    refuse_sentence,
    says_no_data,
)
from spreports.fetch.flat.sentences import below_sentences

__all__ = [
    "MAX_COLUMNS",
    "MAX_LINE",
    "RESCUED",
    "Header",
    "Quoting",
    "read_header",
    "unique_names",
]

MAX_COLUMNS: Final = 5_000
MAX_LINE: Final = 64 << 20
RESCUED: Final = "_rescued"

_FLAT: Final = ("tsv", "csv")
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\n|\r)")
_NUL: Final = "\0"
_QUOTED_PART: Final = re.compile(r'"[^"]*"')


class Quoting(Enum):
    """What a double quote means."""

    OFF = "data like any other character"
    DOUBLED = "encloses cells; an inner quote is written twice"
    ENCLOSED = "encloses cells; an inner quote is written once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    r"""How to read the rows.

    Attributes
    ----------
    names : tuple of str, m columns
        As served, made unique.
    served : tuple of str, m columns
        As served.
    line : bytes
        The header line itself, without its end.
    delimiter : str
    quoting : Quoting
    line_end : bytes
        ``b"\n"``, or ``b"\r"`` in a file that has nothing else.
    unended : bool
        The header line is the last, and has no line end.
    """

    names: tuple[str, ...]
    served: tuple[str, ...]
    line: bytes
    delimiter: str
    quoting: Quoting
    line_end: bytes
    unended: bool = False


def read_header(
    chunks: Iterator[bytes], entry: ReportType, *, may_be_empty: bool = False
) -> tuple[Header, Iterator[bytes]]:
    """Read the first line that is not blank, nor a sentence where those are known.

    Parameters
    ----------
    chunks : iterator of bytes
        UTF-8 without byte order mark, cut anywhere.
    entry : ReportType
        Its format, quoting and column names are hints; the line decides.
    may_be_empty : bool
        A document without a line is one without rows.

    Returns
    -------
    Header
    iterator of bytes
        What follows the header line.

    Raises
    ------
    ParseError
        There is no line, and there must be one or no column is catalogued; it has more
        than 5,000 columns, or a NUL, or is cut, or is a sentence in place of a table,
        which the error then quotes.
    """
    if entry.sentences_first:
        chunks = below_sentences(chunks)
    lines, rest, ended = _first_lines(chunks)
    if not lines:
        return _catalogued(entry, may_be_empty=may_be_empty), iter(())
    line, line_end = lines[0]
    text = line.decode()
    if _NUL in text:
        raise ParseError(
            "the header holds a NUL character: the document may be UTF-16 without a "
            "byte order mark (pass encoding='utf-16-le' or 'utf-16-be'), or damaged"
        )
    sample = lines[1][0].decode() if len(lines) > 1 else ""
    alone = ended and len(lines) == 1
    if alone and says_no_data(text) and entry.format in _FLAT:
        return _catalogued(entry, may_be_empty=True), iter(())
    refuse_sentence(text, entry, alone=alone)
    delimiter = _delimiter(text, entry)
    quoting = _quoting(text, sample, delimiter, entry)
    served = _split(text, delimiter, quoting)
    if len(served) == 1 and quoting is Quoting.DOUBLED:
        # Source: reference, "a whole row inside one pair of quotes" (VCS exports)
        delimiter = _delimiter(served[0], entry)
        served = _split(served[0], delimiter, quoting)
    if not line_end:
        refuse_cut_header(served, entry)
    if alone:
        refuse_cells_of_words(served, text, entry)
    if len(served) > MAX_COLUMNS:
        msg = f"the header has {len(served)} columns, more than {MAX_COLUMNS}"
        raise ParseError(msg)
    header = Header(
        names=unique_names(served),
        served=served,
        line=line,
        delimiter=delimiter,
        quoting=quoting,
        line_end=b"\r" if line_end == b"\r" else b"\n",
        unended=not line_end,
    )
    return header, chain([rest], chunks) if rest else chunks


def _catalogued(entry: ReportType, *, may_be_empty: bool) -> Header:
    """Return the header that an empty document of this type would have had.

    Source: models#2591: orders of more than 30 days once came without a byte.
    """
    names = tuple(each.name for each in entry.columns() if not each.optional)
    if not may_be_empty or entry.format not in _FLAT or not names:
        form = entry.format or "tsv"
        lack = "a header line" if form in _FLAT else f"the start of its {form.upper()}"
        raise ParseError(f"the document is empty: it has not even {lack}")
    return Header(
        names=names,
        served=names,
        line=b"",
        delimiter="\t",
        quoting=Quoting.OFF,
        line_end=b"\n",
    )


def _first_lines(
    chunks: Iterator[bytes],
) -> tuple[list[tuple[bytes, bytes]], bytes, bool]:
    """Return up to two lines that are not blank, what follows the first, and the end.

    A line counts once a byte follows its end, so that CR LF is never taken apart.
    """
    text, place, after_first = b"", 0, 0
    lines: list[tuple[bytes, bytes]] = []
    ended = False
    while True:
        while len(lines) < 2:
            place = _after_blank_lines(text, place)
            found = _LINE.match(text, place)
            if not found or (found.end() == len(text) and not ended):
                break
            place = found.end()
            lines.append((found[1], found[2]))
            after_first = after_first or place
        if ended and len(lines) < 2 and text[place:].strip():
            lines.append((text[place:], b""))
            after_first = after_first or len(text)
        long = len(text) - (0 if lines else place) > MAX_LINE
        if len(lines) == 2 or ended or (lines and long):
            return lines, text[after_first:] if lines else b"", ended
        if long:
            raise ParseError(f"a line of more than {MAX_LINE >> 20} MiB at the start")
        more, ended = _to_a_line_end(chunks)
        # What is blank before the header is nobody's
        text, place = (text, place) if lines else (text[place:], 0)
        text += more


def _to_a_line_end(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return chunks up to the first with a line end, put together once, and the end."""
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if b"\n" in chunk or b"\r" in chunk or size > MAX_LINE:
            return b"".join(taken), False
    return b"".join(taken), True


def _after_blank_lines(text: bytes, place: int) -> int:
    """Return where the first line that is not blank begins, or may yet turn out to.

    Not line by line: some writers leave millions of them.
    """
    if not text[place : place + 1].isspace():
        return place
    filled = len(text) - len(text[place:].lstrip())
    ends = (text.rfind(end, place, filled) + 1 for end in (b"\n", b"\r"))
    return max(place, *ends)


def _delimiter(line: str, entry: ReportType) -> str:
    """Return the delimiter: a tab wherever there is one, no header name holds it."""
    hint = "," if entry.format == "csv" else "\t"
    if "\t" in line:
        return "\t"
    if line.strip() in {column.name for column in entry.columns()}:
        return hint
    outside = _QUOTED_PART.sub("", line)
    commas, semicolons = outside.count(","), outside.count(";")
    if not commas and not semicolons:
        return hint
    return "," if commas >= semicolons else ";"


def _quoting(line: str, sample: str, delimiter: str, entry: ReportType) -> Quoting:
    """Decide what quotes mean; in tab files they are data unless there is proof."""
    if delimiter != "\t":
        return Quoting.DOUBLED
    quoted = Quoting.DOUBLED if entry.doubled_quotes else Quoting.ENCLOSED
    # No name that Amazon gives stands in quotes, so a writer that quotes it quotes
    # cells too. Source: selling-partner-api-models issue 1068 (the same report quoted
    # for some sellers and plain for others)
    if all(map(_is_enclosed, line.split(delimiter))):
        return quoted
    cells = [cell for cell in sample.split(delimiter) if cell.strip()]
    some = any if quoted is Quoting.ENCLOSED else all
    if entry.quoting and cells and some(map(_is_enclosed, cells)):
        return quoted
    return Quoting.OFF


def _is_enclosed(cell: str) -> bool:
    """Say whether a cell stands in quotes."""
    cell = cell.strip(" ")
    return len(cell) > 1 and cell[0] == cell[-1] == '"'


def _split(line: str, delimiter: str, quoting: Quoting) -> tuple[str, ...]:
    """Split the header line."""
    if quoting is Quoting.DOUBLED:
        # strict off: a header of any spelling is better than none
        try:
            return tuple(next(csv.reader([line], delimiter=delimiter), ())) or ("",)
        except csv.Error:
            raise ParseError("the header line is too long to be one") from None
    cells = line.split(delimiter)
    if quoting is Quoting.ENCLOSED:
        cells = [cell[1:-1] if _is_enclosed(cell) else cell for cell in cells]
    return tuple(cells)


def unique_names(served: tuple[str, ...]) -> tuple[str, ...]:
    """Name each column once: ``_2`` for the second, ``column_7`` for an empty one.

    Parameters
    ----------
    served : tuple of str, m columns

    Returns
    -------
    tuple of str, m columns
    """
    taken = {RESCUED, *served}
    seen: set[str] = set()
    names = []
    for position, cell in enumerate(served, start=1):
        name = cell
        if not cell.strip() or cell in seen or cell == RESCUED:
            stem = cell if cell.strip() else "column"
            number = 2 if cell.strip() else position
            while (name := f"{stem}_{number}") in taken:
                number += 1
            taken.add(name)
        seen.add(cell)
        names.append(name)
    return tuple(names)
