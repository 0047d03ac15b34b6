"""The closed lists of words that a catalogue file may use."""

from __future__ import annotations

from typing import Final

__all__ = ["BY_MARKETPLACE", "DATE_FORMATS", "DTYPES", "FORMATS", "PERIODS"]

DTYPES: Final = frozenset(
    {"string", "int64", "float64", "decimal", "boolean", "date", "timestamp"}
)
FORMATS: Final = frozenset({"tsv", "csv", "json", "xml", "xlsx", "pdf"})
PERIODS: Final = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")

# A column with this token is written by the marketplace's custom: the patterns stand
# in ReportType.marketplace_formats and ReportType.for_marketplace() puts them in. Where
# the marketplace is not known the day cannot be told from the month: a column that has
# this token alone is text then, one that has others is read by those.
BY_MARKETPLACE: Final = "by-marketplace"

# "iso" is ISO 8601, with an offset or Z, seconds optional. In the others a day, month
# or hour may stand without its zero, and %Z is "UTC" or a zone's name such as PST or
# MEST. What stands behind in brackets is no part of a cell: it says whose time a cell
# without a zone is; without it that is UTC.
DATE_FORMATS: Final = frozenset(
    {
        "iso",
        BY_MARKETPLACE,
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%d-%m-%Y",
        "%d.%m.%Y",
        "%m/%Y",
        "%d-%b-%Y",
        "%d-%b-%Y %Z",
        "%d-%b-%Y %H:%M:%S",
        "%b %d, %Y",
        "%b %d %Y",
        "%b %d, %Y %I:%M:%S %p %Z",
        "%m/%d/%y",
        "%d/%m/%y",
        "%d.%m.%y",
        "%y/%m/%d",
        "%Y-%m-%d %H:%M:%S %Z",
        "%Y/%m/%d %H:%M:%S %Z",
        "%d/%m/%Y %H:%M:%S %Z",
        "%d.%m.%Y %H:%M:%S %Z",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M:%S [IST]",
        "%Y/%m/%d %H:%M:%S [JST]",
        "%Y/%m/%d [JST]",
        "%m/%d/%Y %H:%M:%S",
        "%a %b %d %H:%M:%S %Z %Y",
    }
)
