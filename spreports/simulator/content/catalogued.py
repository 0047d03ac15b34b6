"""Documents of any report type whose columns the catalogue holds, made by a seed.

The same seed gives the same bytes; beside the bytes stand the rows that a reader has
to make of them, worked out from the catalogue and not by a parser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

from spreports import catalog
from spreports.catalog import ReportType
from spreports.catalog.words import BY_MARKETPLACE
from spreports.simulator.content.flat_rows import FlatDocument
from spreports.simulator.content.json_rows import JsonDocument
from spreports.simulator.content.lines import Order
from spreports.simulator.content.xlsx_rows import XlsxDocument
from spreports.simulator.content.xml_rows import XmlDocument
from spreports.simulator.marketplaces import BY_COUNTRY, resolve

__all__ = ["GeneratedDocument", "can_generate", "generate", "generated"]

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
END: Final = datetime(2026, 10, 15, tzinfo=UTC)


class _Written(Protocol):
    """What each format's module gives."""

    content_type: str
    codec: str

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes."""
        ...

    def rows(self, *, typed: bool) -> Mapping[str, Iterator[dict[str, object]]]:
        """Return each table's rows."""
        ...


@dataclass(frozen=True, slots=True)
class GeneratedDocument:
    """A document and what it says.

    Attributes
    ----------
    entry : ReportType
        The one that it was made from, with its marketplace's date formats put in.
    """

    entry: ReportType
    _written: _Written

    @property
    def content_type(self) -> str:
        """As Amazon sends it: with Java's name of the charset, or without one."""
        return self._written.content_type

    @property
    def codec(self) -> str:
        """Python's name of the charset."""
        return self._written.codec

    def blocks(self) -> Iterator[bytes]:
        """Yield the plain bytes; a fresh pass over the same ones each time."""
        return self._written.blocks()

    def tables(self, *, typed: bool = True) -> dict[str, list[dict[str, object]]]:
        """Return the rows of each table.

        Parameters
        ----------
        typed : bool
            False: the served text of every cell, ``""`` for an empty one, None for a
            key, element or attribute that is not there.

        Returns
        -------
        dict of str to list of dict
            By table, then by served column: None, str, int, float, Decimal, bool,
            date or aware UTC datetime; lists of dicts where records nest.
        """
        made = self._written.rows(typed=typed)
        return {name: list(rows) for name, rows in made.items()}


_FORMATS: Final[Mapping[str, Callable[[ReportType, Order], _Written]]] = {
    "tsv": FlatDocument,
    "csv": FlatDocument,
    "json": JsonDocument,
    "xml": XmlDocument,
    "xlsx": XlsxDocument,
}


@lru_cache(maxsize=256)
def can_generate(report_type: str) -> bool:
    """Whether documents of a report type can be made: its columns must be known.

    Parameters
    ----------
    report_type : str
        Amazon's value.

    Returns
    -------
    bool
    """
    try:
        entry = catalog.lookup(report_type)
    except ValueError:
        return False
    return entry.report_type == report_type and _is_known(entry)


def _is_known(entry: ReportType) -> bool:
    return entry.format in _FORMATS and any(table.columns for table in entry.tables)


def generate(
    entry: ReportType,
    *,
    seed: int,
    rows: int,
    marketplace: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    options: Mapping[str, str] | None = None,
) -> GeneratedDocument:
    """Make a document of a report type.

    Parameters
    ----------
    entry : ReportType
    seed : int
        Seed 0 keeps to the catalogue's own columns and their order; others add
        optional columns, shuffle, translate headers.
    rows : int
        Of each table.
    marketplace : str, optional
        Country code or marketplace id; the United States where left out.
    start, end : datetime, optional
        Aware; every time in the document lies in ``[start, end)``.
    options : mapping of str to str, optional
        Report options, which JSON documents repeat.

    Returns
    -------
    GeneratedDocument

    Raises
    ------
    ValueError
        The type's columns are not known, its format cannot be written, or there is
        no such marketplace.
    """
    order = Order(
        seed=seed,
        rows=rows,
        marketplaces=(resolve(marketplace) if marketplace else BY_COUNTRY["US"],),
        start=start or START,
        end=end or END,
        options=options or {},
    )
    return generated(entry, order)


def generated(entry: ReportType, order: Order) -> GeneratedDocument:
    """Make the document of an order; see `generate`.

    Parameters
    ----------
    entry : ReportType
    order : Order

    Returns
    -------
    GeneratedDocument

    Raises
    ------
    ValueError
        The type's columns are not known, or its format cannot be written.
    """
    if not _is_known(entry):
        msg = (
            f"no document of {entry.report_type} can be made up: the catalogue has "
            f"no columns of it, or it is none of {', '.join(_FORMATS)}"
        )
        raise ValueError(msg)
    columns = (column for table in entry.tables for column in table.columns)
    # Several marketplaces have the forms that mean the same in each, if there are any
    if len(order.marketplaces) == 1 or any(
        {*column.formats} == {BY_MARKETPLACE} for column in columns
    ):
        entry = entry.for_marketplace(order.marketplaces[0].country)
    return GeneratedDocument(entry, _FORMATS[entry.format or ""](entry, order))
