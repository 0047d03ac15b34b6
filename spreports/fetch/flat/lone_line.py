"""A line that is a document's only one: no data in words, or a header that was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from spreports.catalog import ReportType
from spreports.errors import ParseError

__all__ = ["refuse_cut_header", "says_no_data"]

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
