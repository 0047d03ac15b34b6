"""Find what the catalogue knows of each served column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from spreports.catalog import Column, ReportType
from spreports.catalog.spelling import bare_spelling
from spreports.catalog.words import BY_MARKETPLACE
from spreports.fetch.decimals import parse_local_decimal
from spreports.fetch.flat.header import Header
from spreports.fetch.flat.summary_row import SUMMED
from spreports.fetch.timestamps import parse_date

__all__ = [
    "decided",
    "how_to_decide",
    "is_undecided",
    "left_as_text",
    "matched_columns",
    "matched_names",
    "missing_columns",
]


def matched_columns(header: Header, entry: ReportType) -> dict[str, Column | None]:
    """Return what the catalogue knows of each column, in served order.

    By the header itself; by another that the catalogue lists for it; without blanks
    around it; last by another spelling (case, marks between words), where that is one
    column's alone and nothing else in the file is that column. Where the catalogue says
    that headers are translated and their order is fixed, the n-th column is the n-th,
    unless a header that is known stands in another place.

    Parameters
    ----------
    header : Header, m columns
    entry : ReportType

    Returns
    -------
    dict of str to Column or None, m columns
        By unique name; None for a column that is not known.
    """
    columns = entry.columns()
    served = dict(zip(header.names, header.served, strict=True))
    return matched_names(served, columns, entry, in_order=entry.positional)


def matched_names(
    served: Mapping[str, str],
    columns: Sequence[Column],
    entry: ReportType,
    *,
    in_order: bool = False,
) -> dict[str, Column | None]:
    """Return what the catalogue knows of each name; see `matched_columns`.

    Parameters
    ----------
    served : mapping of str to str, m names
        The header by unique name.
    columns : sequence of Column
        Of the table that they are of.
    entry : ReportType
    in_order : bool
        The n-th header may be the n-th column for its place alone.

    Returns
    -------
    dict of str to Column or None, m names
    """
    known = {column.name: column for column in columns}
    matched = {name: _exact(text, known, entry) for name, text in served.items()}
    if in_order and _in_order(matched, columns):
        matched.update(zip(served, columns, strict=False))
    if None not in matched.values():
        return matched
    taken = {column.name for column in matched.values() if column is not None}
    alike = _by_spelling(known, entry)
    for name, text in served.items():
        same = alike.get(bare_spelling(text)) if matched[name] is None else None
        if same is not None and same.name not in taken:
            matched[name] = same
            taken.add(same.name)
    return matched


def missing_columns(
    matched: Mapping[str, Column | None], entry: ReportType
) -> tuple[Column, ...]:
    """Return the columns that a document of this type always has, but this one not."""
    if not entry.known:
        return ()
    served = {column.name for column in matched.values() if column is not None}
    return tuple(
        column
        for column in entry.columns()
        if not column.optional
        and column.name not in served
        and column.name not in matched
    )


def left_as_text(
    entry: ReportType, served: Mapping[str, str], texts: Collection[str]
) -> ReportType:
    """Return an entry by which some of a document's columns are the text they are.

    Parameters
    ----------
    entry : ReportType
    served : mapping of str to str, m columns
        The header by unique name, of the document's table, in its order.
    texts : collection of str
        The names that are to be text.

    Returns
    -------
    ReportType
        In every table, as the document says which it has. Columns that it does not know
        are text anyway. Typed stays what parts a settlement's summary from its rows,
        and what several headers are, of which one is not to be text.
    """
    held = SUMMED if entry.summary_row else frozenset[str]()
    tables = []
    for table in entry.tables:
        matched = matched_names(served, table.columns, entry, in_order=entry.positional)
        typed = {c.name for name, c in matched.items() if c and name not in texts}
        left = {c.name for c in matched.values() if c} - typed - held
        columns = tuple(
            replace(column, dtype="string", formats=(), stands_for={})
            if column.name in left
            else column
            for column in table.columns
        )
        tables.append(replace(table, columns=columns))
    return replace(entry, tables=tuple(tables))


def is_undecided(column: Column) -> bool:
    """Whether a column's only format depends on a marketplace that is not known."""
    return {*column.formats} == {BY_MARKETPLACE}


def decided(column: Column) -> Column:
    """Return a column that can be typed: text where its format is not known."""
    if is_undecided(column):
        return replace(column, dtype="string", formats=())
    formats = tuple(each for each in column.formats if each != BY_MARKETPLACE)
    return replace(column, formats=formats)


def how_to_decide(column: Column | None, entry: ReportType, text: str) -> str:
    """Say how to read what some marketplace writes so; empty where none does."""
    name = entry.alias or entry.report_type
    if column is not None and column.dtype == "decimal" and _is_local(text, entry):
        return (
            "decimal commas and grouped thousands are read where a catalogue file of "
            f"your own (SPREPORTS_CATALOGUE) says extends = {name!r} and "
            "local_decimals = true; "
        )
    if column is None or BY_MARKETPLACE not in column.formats:
        return ""
    written = entry.marketplace_formats.items()
    country = next((c for c, own in written if _is_day(text, own)), None)
    if country is None:
        return ""
    return (
        "whether day or month comes first hangs on the marketplace, and is not known "
        "of this one, or of several at a time: ask for one, or give report_type="
        f"spr.report_type({name!r}).for_marketplace({country!r}) to read it as that "
        "one writes; "
    )


def _is_local(text: str, entry: ReportType) -> bool:
    """Whether a number would be read if the entry had local decimals."""
    try:
        parse_local_decimal(text.strip(), None)
    except ValueError:
        return False
    return not entry.local_decimals


def _is_day(text: str, formats: tuple[str, ...]) -> bool:
    """Whether a marketplace that writes its days so could have written this one."""
    try:
        parse_date(text.strip(), formats)
    except ValueError:
        return False
    return True


def _exact(
    served: str, known: Mapping[str, Column], entry: ReportType
) -> Column | None:
    """Return the column of this very header, or of one that the catalogue lists."""
    plain = served.strip()
    canonical = entry.header_aliases.get(served, entry.header_aliases.get(plain))
    return known.get(served) or known.get(canonical or plain)


def _in_order(matched: Mapping[str, Column | None], columns: Sequence[Column]) -> bool:
    """Whether every column that its header names stands in its own place."""
    places = {column.name: place for place, column in enumerate(columns)}
    return all(
        column is None or places[column.name] == place
        for place, column in enumerate(matched.values())
    )


def _by_spelling(
    known: Mapping[str, Column], entry: ReportType
) -> dict[str, Column | None]:
    """Return columns by bare spelling; None for a spelling that several share."""
    found: dict[str, Column | None] = {}
    spelled = [*known.items()]
    spelled += [(a, known[n]) for a, n in entry.header_aliases.items() if n in known]
    for name, column in spelled:
        bare = bare_spelling(name)
        if not bare or (bare in found and found[bare] is not column):
            found[bare] = None
        else:
            found[bare] = column
    return found
