"""What one report type is: its request, its document, its tables and columns.

Plain frozen values, read from one TOML file each (see ``files``); nothing here opens
a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import Final

from spreports.catalog.parts import Column, Option, Table
from spreports.catalog.spelling import bare_spelling
from spreports.catalog.suggest import suggestion
from spreports.catalog.view import html
from spreports.catalog.words import BY_MARKETPLACE

__all__ = ["UNSAID", "Column", "Option", "ReportType", "Table"]

# The type of a document of which nobody has said one
UNSAID: Final = "UNKNOWN"
# Amazon's own documents write UK where the catalogue keeps ISO 3166.
_ISO: Final[Mapping[str, str]] = MappingProxyType({"UK": "GB"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportType:
    """What is known of one report type.

    Attributes
    ----------
    report_type : str
        Amazon's value, such as ``GET_MERCHANT_LISTINGS_ALL_DATA``.
    alias : str or None
        Our short name, such as ``listings``.
    family, title : str
    format : str or None
        One of ``words.FORMATS``; a hint, since users may choose another.
    charset : str or None
        ``"utf-8"``, ``"header"`` (of the Content-Type), ``"xml-declaration"`` or
        ``"binary"``; None where it is served without one or not known.
    quoting : bool
        Cells may stand in double quotes.
    doubled_quotes : bool
        A quote inside such a cell is written twice.
    pad_short_rows : bool
        Rows may lack their last cells.
    rows_in_quotes : bool
        A whole row may stand inside one pair of quotes.
    sentences_first : bool
        Lines of one cell may stand above the header.
    local_decimals : bool
        A comma may be the decimal mark.
    space_is_empty : bool
        A cell of one space is an empty one, also in a column of text.
    summary_row : bool
        The first data row is a summary: a table ``summary`` of its own, of the columns
        that this entry lists there; the column ``amount`` of the others adds up to its
        ``total-amount``.
    positional : bool
        Headers are translated and their order is fixed: the n-th column is the n-th.
    restricted : bool
        Its document needs a restricted data token.
    requestable, schedulable : bool
        By createReport; by createReportSchedule.
    deprecated : bool
    seller_or_vendor : str
        ``"seller"``, ``"vendor"`` or ``"both"``; ``""`` where not known.
    max_window_days : int or None
        Longest window of one report, in days.
    marketplaces_used : str
        Of those that a request names: ``"all"``, ``"first"`` (one report holds only
        the first one's rows), ``"one"`` (it may name only one: of several Amazon makes
        no report), or ``"none"`` (the whole region's, whatever it names).
    cooldown_seconds : int or None
        Amazon makes no newer copy before.
    whole_days : bool
        Amazon ignores the time of day of both dates, and counts the day of
        ``dataEndTime`` in: for a half-open ``[start, end)`` send ``end``'s eve.
    dates_required : bool
        Amazon takes no request without dates.
    hold_back_days : int or None
        Days after a period's end before its rows are there.
    restated_days : int or None
        Days after its end for which a window's rows still change, or come late.
    history_days : int or None
        How many days back Amazon can still make the report for.
    history_periods : mapping of str to int
        The same in periods of each length before the current one, such as
        ``{"WEEK": 8}``; a length that is missing goes by `history_days`.
    history_reported : bool
        That is what others report, and no limit that Amazon documents: lakes go by it,
        requests are not refused for it.
    window_days : int or None
        Days of a window in a lake, where a longer one would say less: its rows are sums
        over the whole window.
    options : tuple of Option
    period : str or None
        How dates follow calendar periods: ``"option:reportPeriod"`` (whole periods of
        the length that option names, or that its default does), one of
        ``words.PERIODS`` (whole periods of that length), ``"none"`` (the request has no
        dates); None where any dates may stand.
    max_periods : mapping of str to int
        Most periods of each length that one report may span, such as ``{"WEEK": 1}``;
        a length that is missing has no known limit.
    tables : tuple of Table
        Empty where columns are not known.
    header_aliases : mapping of str to str
        Served header to catalogued one: other languages and spellings.
    marketplace_formats : mapping of str to tuple of str
        Date formats by country code, for columns with ``"by-marketplace"``. Where the
        marketplace is not known, a column is read by its other formats, those that
        mean the same everywhere, and is text where it has none.
    marketplace : str or None
        What `for_marketplace` was told; no fact of the type, and not compared.
    note, source : str
    known : bool
        False for a type that the catalogue does not hold.

    Source: Selling Partner API, report type values; each file names its own.
    """

    report_type: str
    alias: str | None = None
    family: str = ""
    title: str = ""
    format: str | None = None
    charset: str | None = None
    quoting: bool = False
    doubled_quotes: bool = True
    pad_short_rows: bool = False
    rows_in_quotes: bool = False
    sentences_first: bool = False
    local_decimals: bool = False
    space_is_empty: bool = False
    summary_row: bool = False
    positional: bool = False
    restricted: bool = False
    requestable: bool = True
    schedulable: bool = True
    deprecated: bool = False
    seller_or_vendor: str = ""
    max_window_days: int | None = None
    marketplaces_used: str = "all"
    cooldown_seconds: int | None = None
    whole_days: bool = False
    dates_required: bool = False
    hold_back_days: int | None = None
    restated_days: int | None = None
    history_days: int | None = None
    history_reported: bool = False
    window_days: int | None = None
    options: tuple[Option, ...] = ()
    period: str | None = None
    max_periods: Mapping[str, int] = field(default_factory=dict, hash=False)
    history_periods: Mapping[str, int] = field(default_factory=dict, hash=False)
    tables: tuple[Table, ...] = ()
    header_aliases: Mapping[str, str] = field(default_factory=dict, hash=False)
    marketplace_formats: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, hash=False
    )
    marketplace: str | None = field(default=None, compare=False, repr=False)
    note: str = ""
    source: str = ""
    known: bool = True

    def _repr_html_(self) -> str:
        """Show the facts and the columns in a notebook."""
        return html(self)

    def table(self, name: str | None = None) -> Table:
        """Return one table, the first where no name is given.

        Parameters
        ----------
        name : str, optional

        Returns
        -------
        Table
            An empty ``rows`` table where the catalogue knows no columns and no name
            was asked for.

        Raises
        ------
        ValueError
            There is no table of that name.
        """
        if name is None:
            return self.tables[0] if self.tables else Table(name="rows")
        for table in self.tables:
            if table.name == name:
                return table
        if self.report_type == UNSAID:
            msg = f"without a report type there is no table {name!r}: give report_type="
            raise ValueError(msg)
        names = tuple(table.name for table in self.tables)
        msg = f"{self.report_type} has no table {name!r}{suggestion(name, names)}"
        raise ValueError(msg)

    def columns(self, table: str | None = None) -> tuple[Column, ...]:
        """Return the columns of one table.

        Parameters
        ----------
        table : str, optional
            The first table where left out.

        Returns
        -------
        tuple of Column, m columns

        Raises
        ------
        ValueError
            There is no table of that name.
        """
        return self.table(table).columns

    def column(self, header: str, table: str | None = None) -> Column | None:
        """Return what is known of a column by the header that was served.

        Parameters
        ----------
        header : str
            As it stands in the document; other languages and spellings that the
            catalogue knows are found as well, and another case or other marks between
            the words where they are no other column's.
        table : str, optional
            The first table where left out.

        Returns
        -------
        Column or None
            None for a header that the catalogue does not hold.

        Raises
        ------
        ValueError
            There is no table of that name.
        """
        columns = self.columns(table)
        for name in (header, self.header_aliases.get(header)):
            for column in columns:
                if column.name == name:
                    return column
        folded = bare_spelling(header)
        alike = [column for column in columns if bare_spelling(column.name) == folded]
        return alike[0] if len(alike) == 1 else None

    def option(self, name: str) -> Option:
        """Return one report option.

        Parameters
        ----------
        name : str

        Returns
        -------
        Option

        Raises
        ------
        ValueError
            The type has no such option.
        """
        for option in self.options:
            if option.name == name:
                return option
        names = tuple(option.name for option in self.options)
        msg = f"{self.report_type} has no option {name!r}{suggestion(name, names)}"
        raise ValueError(msg)

    def for_marketplace(self, country: str) -> ReportType:
        """Return the entry with that marketplace's own date formats put in.

        Given as ``report_type``, to `open_document` for instance, it says how dates are
        to be read where the document's marketplace is not known, and which charset a
        document has that names none and is not UTF-8.

        Parameters
        ----------
        country : str
            Country code in capitals, such as ``"DE"``; ``"UK"`` counts as ``"GB"``.

        Returns
        -------
        ReportType
            One that is equal where no dates depend on the marketplace, or that one's
            formats are not known.
        """
        iso = _ISO.get(country, country)
        formats = self.marketplace_formats.get(iso, (BY_MARKETPLACE,))
        tables = tuple(
            replace(
                table,
                columns=tuple(
                    replace(column, formats=_put_in(formats, column.formats))
                    if BY_MARKETPLACE in column.formats
                    else column
                    for column in table.columns
                ),
            )
            for table in self.tables
        )
        return replace(self, tables=tables, marketplace=iso)


def _put_in(own: tuple[str, ...], formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return a column's formats with a marketplace's own in the place of the token."""
    parts = (own if each == BY_MARKETPLACE else (each,) for each in formats)
    return tuple(dict.fromkeys(chain.from_iterable(parts)))
