"""Flat documents written by hand, each cell beside the value that it means.

Whole numbers, amounts and other numbers are converted by Python's own ``int``,
``Decimal`` and ``float``; of truth values, days and moments the value stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

Written = str | tuple[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A dtype, and what an ordinary text of it means."""

    dtype: pl.DataType
    value: Callable[[str], object]


def _told(_: str) -> object:
    raise AssertionError("the value has to stand beside the text")


S: Final = Kind(dtype=pl.String(), value=str)
I: Final = Kind(dtype=pl.Int64(), value=int)  # noqa: E741 - beside S, M and F
M: Final = Kind(dtype=pl.Decimal(38, 6), value=Decimal)
F: Final = Kind(dtype=pl.Float64(), value=float)
B: Final = Kind(dtype=pl.Boolean(), value=_told)
D: Final = Kind(dtype=pl.Date(), value=_told)
T: Final = Kind(dtype=pl.Datetime("us", "UTC"), value=_told)


def utc(*parts: int) -> datetime:
    """Return a moment."""
    year, month, day, hour, minute, second, micro = (*parts, 0, 0, 0, 0)[:7]
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


def at(text: str, *parts: int) -> tuple[str, object]:
    """Return a moment as it is written, and the moment itself."""
    return text, utc(*parts)


def on(text: str, *parts: int) -> tuple[str, object]:
    """Return a day as it is written, and the day itself."""
    year, month, day = parts
    return text, date(year, month, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A document and what a reader has to make of it.

    Attributes
    ----------
    name : str
        Alias of the report type; a word behind a blank tells two documents apart.
    columns : mapping of header to kind and cells
        ``""`` is an empty cell.
    charset : str
        Python's name.
    country : str or None
        Where cells depend on the marketplace.
    delimiter, end : str
    quotes : str
        ``""``, or ``"once"`` or ``"doubled"``: how cells are quoted.
    lead : str
        What stands before the header.
    dropped : int
        Data rows before the first one that is expected, such as a summary.
    """

    name: str
    columns: Mapping[str, tuple[Kind, tuple[Written, ...]]]
    charset: str = "utf-8"
    country: str | None = None
    delimiter: str = "\t"
    end: str = "\n"
    quotes: str = ""
    lead: str = ""
    dropped: int = 0

    @property
    def alias(self) -> str:
        """Of the report type."""
        return self.name.split(" ")[0]

    def stored(self) -> bytes:
        """Return the document's bytes."""
        columns = [
            [each if isinstance(each, str) else each[0] for each in cells]
            for _, cells in self.columns.values()
        ]
        lines = [list(self.columns), *(list(row) for row in zip(*columns, strict=True))]
        text = "".join(
            self.delimiter.join(map(self._quoted, line)) + self.end for line in lines
        )
        return (self.lead + text).encode(self.charset)

    def _quoted(self, cell: str) -> str:
        if not self.quotes:
            return cell
        inner = cell.replace('"', '""') if self.quotes == "doubled" else cell
        return f'"{inner}"'

    def frame(self, *, typed: bool = True) -> pl.DataFrame:
        """Return the expected frame."""
        served = {
            header: pl.Series(
                header,
                [
                    _value(kind, each)
                    if typed
                    else each
                    if isinstance(each, str)
                    else each[0]
                    for each in cells
                ],
                kind.dtype if typed else pl.String(),
                strict=True,
            )
            for header, (kind, cells) in self.columns.items()
        }
        return pl.DataFrame(served).slice(self.dropped)


def _value(kind: Kind, cell: Written) -> object:
    """Return what a cell means."""
    if isinstance(cell, tuple):
        return cell[1]
    return kind.value(cell) if cell else None
