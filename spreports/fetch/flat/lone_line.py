"""A line in place of a table: no data in words, a sentence, a header that was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from spreports.catalog import ReportType
from spreports.catalog.spelling import bare_spelling
from spreports.errors import ParseError

__all__ = [
    "refuse_cells_of_words",
    "refuse_cut_header",
    "refuse_sentence",
    "says_no_data",
]

_QUOTE_AT_MOST: Final = 300
_SENTENCE_COMMA: Final = re.compile(r"[,;](?!\s)")
_SENTENCE_WORDS: Final = 4

# Source: reference, fault E6 ("no data" text file); nothing else that Amazon may say
_NO_DATA: Final = re.compile(
    r"(there (is|are|was|were) )?no ?(data|records|results|rows)( (is|are|was|were))?"
    r"( (available|found))?( (for|in) (the|this|your) ([a-z]+ )?"
    r"(period|range|report|request|account|marketplace))?[.!]?",
    re.IGNORECASE,
)


def says_no_data(line: str) -> bool:
    """Say whether a line says that there are no data, and nothing more."""
    return _NO_DATA.fullmatch(line.strip(' "')) is not None


def refuse_cut_header(names: Sequence[str], entry: ReportType) -> None:
    """Refuse a header line without a line end that ends within a column's name.

    Parameters
    ----------
    names : sequence of str, m columns
        As served.
    entry : ReportType

    Raises
    ------
    ParseError
        The last name is how a catalogued one begins, and columns are missing.
    """
    known = {column.name for column in entry.columns()}
    always = {column.name for column in entry.columns() if not column.optional}
    last = names[-1]
    begun = last not in known and any(name.startswith(last) for name in known)
    if begun and not always <= set(names):
        raise ParseError(
            f"the document ends within its header line, in the name of column "
            f"{len(names)}: it is cut short"
        )


def refuse_cells_of_words(names: Sequence[str], line: str, entry: ReportType) -> None:
    """Refuse a lone line of a few cells of which none is a column's name.

    A header in a language that the catalogue does not know is as wide as the type is.

    Parameters
    ----------
    names : sequence of str, m columns
        As served.
    line : str
        The same, as a whole.
    entry : ReportType

    Raises
    ------
    ParseError
        Fewer than half as many as the type always has, and nobody knows one of them.
    """
    always = sum(not column.optional for column in entry.columns())
    if 2 * len(names) >= always or entry.format in {"json", "xml"}:
        return
    known = [*(column.name for column in entry.columns()), *entry.header_aliases]
    if {*map(bare_spelling, known)}.isdisjoint(bare_spelling(n) for n in names):
        raise _in_place_of_a_table(line)


def refuse_sentence(line: str, entry: ReportType, *, alone: bool) -> None:
    """Refuse a sentence that Amazon wrote in place of a table.

    Parameters
    ----------
    line : str
        The first of a document.
    entry : ReportType
    alone : bool
        No other line follows.

    Raises
    ------
    ParseError
        It is one, which the error quotes.

    Source: selling-partner-api-models issue 2591 (orders of more than 30 days: DONE,
    but the document holds only an error sentence).
    """
    names = {column.name for column in entry.columns()} | set(entry.header_aliases)
    cells = {cell.strip(' "') for cell in re.split(r"[\t,;]", line)}
    if "\t" in line or cells & names or line.strip() in names:
        return
    prose = not _SENTENCE_COMMA.search(line)
    # Where several columns are known, nothing without a delimiter is a header: no word
    # such as "FAILED", and no header that is cut in its first cell
    if prose and (len(names) > 1 or (alone and len(line.split()) >= _SENTENCE_WORDS)):
        raise _in_place_of_a_table(line)


def _in_place_of_a_table(line: str) -> ParseError:
    """Return the error that quotes what Amazon wrote in place of a table."""
    said = "".join(c if c.isprintable() else " " for c in line)[:_QUOTE_AT_MOST]
    return ParseError(f"Amazon sent a sentence in place of a table: {said.strip()!r}")
