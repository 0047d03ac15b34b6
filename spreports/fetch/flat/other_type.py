"""Doubt a header that is another report type's, or lacks what tells rows apart.

Columns are found by their names, so a document that is read as a type it is not comes
as columns that nobody asked for, beside the type's own without a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spreports.catalog import ReportType, default_catalogue
from spreports.fetch.findings import Findings

__all__ = ["doubt", "untyped"]

_FLAT: Final = ("tsv", "csv")
_NAMED_AT_MOST: Final = 3


def doubt(served: Sequence[str], findings: Findings, entry: ReportType) -> str | None:
    """Say why a header is not as one of its type should be; None where nothing does.

    That columns are missing is no sign by itself: a header may be a user's own choice
    of columns. That most of them are, and most that is there is unknown, is one, be it
    of a translation unknown so far: some words are the same in both languages.

    Parameters
    ----------
    served : sequence of str
        The header.
    findings : Findings
        What typing noted of it: the columns that a document of this type always has,
        but this one has not, and those that the catalogue does not know.
    entry : ReportType
        As which it is read.

    Returns
    -------
    str or None
        A sentence, where fewer than half of the former are there, and either all of
        another type's, which are half of the header or more, or nothing is known of
        more than half of the header. Or where half of the former are there, but a key.
    """
    always = sum(not column.optional for column in entry.columns())
    there = always - len(findings.missing_columns)
    if 2 * there >= always:
        return _keyless(findings, entry)
    others = _with_all_columns({name.strip() for name in served})
    if others:
        return (
            f"the header has {there} of {always} columns of {_name(entry)}, and all of "
            f"{' or '.join(others[:_NAMED_AT_MOST])}: is it a document of that type?"
        )
    unknown = len(findings.unknown_columns)
    if 2 * unknown <= len(served):
        return None
    return (
        f"the header has {there or 'none'} of the {always} columns of {_name(entry)}, "
        f"and {unknown} that the catalogue does not know: is it a document of that "
        "type, or is its header in a language that the catalogue does not know?"
    )


def untyped(served: Sequence[str]) -> str:
    """Say what to do where a row does not fit its header, and no type was named.

    Parameters
    ----------
    served : sequence of str
        The header.

    Returns
    -------
    str
        A hint, with the types that the header is known to be of.
    """
    known = _with_all_columns({name.strip() for name in served})[:_NAMED_AT_MOST]
    those = f" (these are the columns of {' or '.join(known)})" if known else ""
    return (
        f"give report_type= and it may be read{those}: rows of some types, such as "
        "settlements, lack their last cells"
    )


def _keyless(findings: Findings, entry: ReportType) -> str | None:
    """Say that rows cannot be told apart as those of their type are."""
    missing = {*findings.missing_columns}
    keys = [each.name for each in entry.columns() if each.key and each.name in missing]
    if not keys:
        return None
    return (
        f"the header lacks {', '.join(map(repr, keys))}, by which rows of "
        f"{_name(entry)} are told apart: null in all of them"
    )


def _with_all_columns(served: set[str]) -> list[str]:
    """Name the types whose columns are all there and half of a header at least."""
    found: list[tuple[int, str]] = []
    for entry in default_catalogue().entries():
        columns = entry.columns() if entry.format in _FLAT else ()
        always = {column.name for column in columns if not column.optional}
        shared = sum(column.name in served for column in columns)
        if always and always <= served and 2 * shared >= len(served):
            found.append((shared, _name(entry)))
    most = max((shared for shared, _ in found), default=0)
    return [name for shared, name in found if shared == most]


def _name(entry: ReportType) -> str:
    """Return how people call a type."""
    return entry.alias or entry.report_type
