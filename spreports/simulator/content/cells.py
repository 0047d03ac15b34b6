"""One cell of a catalogued column: its text as served, and the value it stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from spreports.catalog import Column
from spreports.catalog.periods import starts_period
from spreports.simulator.content.letters import Letters
from spreports.simulator.content.settlement import COMMA_CURRENCIES
from spreports.simulator.content.written_times import TimeForm

# Of the cells of a column that may be empty; a column may also be wholly empty
EMPTY_SHARES = (0.0, 0.1, 0.1, 0.1, 0.3, 1.0)
SPELLINGS = (
    ("true", "false"),
    ("True", "False"),
    ("TRUE", "FALSE"),
    ("Yes", "No"),
    ("yes", "no"),
    ("Y", "N"),
    ("1", "0"),
)
INTEGERS = (0, 1, -1, 7, -12, 1_000_000, 2**53 + 1, -(2**53) - 1)
FLOATS = ("0", "0.0", "1", "-1.5", "0.4", "0.333333333", "100", "1e-07", "12.25")
# Amounts of currencies whose lone comma before three digits groups them
GROUPED = frozenset({"USD", "GBP", "JPY"})


class Cell(NamedTuple):
    """A cell.

    Attributes
    ----------
    value : object
        What a typed frame holds: None, str, int, float, Decimal, bool, date, or an
        aware UTC datetime.
    text : str or None
        As served, without quotes; ``""`` for an empty one, None for one that is not
        there at all.
    """

    value: object
    text: str | None


Filler = Callable[[Random], Cell]
ABSENT = Cell(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the cells of one document are written.

    Attributes
    ----------
    letters : Letters
    start, end : datetime
        All times lie in ``[start, end)``, aware.
    period : str or None
        Days are the first ones of such a period.
    local_decimals : bool
        Amounts are written by the currency's custom.
    tells_currency : bool
        A column says whose custom that is.
    spelled : bool
        Truth values have Amazon's spellings, not only ``true`` and ``false``.
    blank_is_empty : bool
        A typed cell may hold a blank in place of nothing.
    space_is_empty : bool
        Text of one space is nothing, too.
    empties : tuple of (str or None)
        What an empty cell is: ``""``, None, or either.
    """

    letters: Letters
    start: datetime
    end: datetime
    period: str | None = None
    local_decimals: bool = False
    tells_currency: bool = True
    spelled: bool = True
    blank_is_empty: bool = False
    space_is_empty: bool = False
    empties: tuple[str | None, ...] = ("",)

    def fillers(self, columns: Sequence[Column], source: Random) -> list[Filler]:
        """Return what fills each column of a flat table; no row is wholly empty."""
        named = any(column.key or not column.nullable for column in columns)
        return [
            self.filler(column, source, always=not named and position == 0)
            for position, column in enumerate(columns)
        ]

    def filler(self, column: Column, source: Random, *, always: bool = False) -> Filler:
        """Return what fills a column; its manner is chosen here, once a document.

        Parameters
        ----------
        column : Column
        source : random.Random
            Makes the choices of the document.
        always : bool
            Leave no cell empty, whatever the column allows.
        """
        full = self._full(column, source)
        share = source.choice(EMPTY_SHARES)
        names_money = self.local_decimals and column.name == "currency"
        if always or not column.nullable or column.key or names_money:
            return full
        blank = self.blank_is_empty and column.dtype != "string"

        def fill(source: Random) -> Cell:
            if source.random() >= share:
                return full(source)
            if blank and source.random() < 0.2:
                return Cell(None, " ")
            return Cell(None, source.choice(self.empties))

        return fill

    def _full(self, column: Column, source: Random) -> Filler:
        """Return what fills a column and leaves no cell empty."""
        match column.dtype:
            case "int64":
                return _integer
            case "float64":
                return _number
            case "decimal":
                return self._amounts()
            case "boolean":
                return self._truths(source)
            case "date" | "timestamp":
                return self._times(column, source)
        make = self.letters.maker(column)

        def fill(source: Random) -> Cell:
            text = make(source)
            return Cell(None if self.space_is_empty and text == " " else text, text)

        return fill

    def _amounts(self) -> Filler:
        if not self.local_decimals:
            return _amount
        currency = self.letters.place.currency if self.tells_currency else None
        comma, grouped = currency in COMMA_CURRENCIES, currency in GROUPED

        def fill(source: Random) -> Cell:
            value, text = _exact(source)
            sign = "-" if text.startswith("-") else ""
            whole, _, fraction = text.lstrip("-").partition(".")
            # Without a fraction a lone mark is one only where the currency says so
            if source.random() < 0.5 and (fraction or comma or grouped):
                whole = f"{int(whole):,}"
            if comma:
                whole = whole.replace(",", ".")
            mark = "," if comma else "."
            return Cell(value, sign + whole + (mark + fraction if fraction else ""))

        return fill

    def _truths(self, source: Random) -> Filler:
        spellings = SPELLINGS if self.spelled else SPELLINGS[:1]
        # One spelling a column, or all of them in one
        if source.random() < 0.8:
            spellings = (source.choice(spellings),)

        def fill(source: Random) -> Cell:
            yes, no = source.choice(spellings)
            value = source.random() < 0.5
            return Cell(value, yes if value else no)

        return fill

    def _times(self, column: Column, source: Random) -> Filler:
        form = TimeForm.choose(column.formats, self.letters.place, source)
        write = form.writer(column.dtype)
        first = self.start.replace(microsecond=0)
        seconds = max(1, int((self.end - first).total_seconds()))
        period = self.period if column.dtype == "date" else None

        def fill(source: Random) -> Cell:
            moment = first + timedelta(seconds=source.randrange(seconds))
            if period is not None:
                day = starts_period(moment.date(), period)
                moment = datetime.combine(day, time(), moment.tzinfo)
            text, value = write(moment, source)
            return Cell(value, text)

        return fill


def _integer(source: Random) -> Cell:
    value = source.randrange(500)
    if source.random() < 0.2:
        value = source.choice(INTEGERS)
    return Cell(value, str(value))


def _number(source: Random) -> Cell:
    text = source.choice(FLOATS)
    if source.random() < 0.7:
        text = repr(round(source.uniform(-1, 1), source.randrange(1, 9)))
    return Cell(float(text), text)


def _amount(source: Random) -> Cell:
    return Cell(*_exact(source))


def _exact(source: Random) -> tuple[Decimal, str]:
    """Return an amount of none or two to four places, and its text."""
    places = source.choice((0, 2, 2, 2, 3, 4))
    largest = source.choice((10, 100_000, 10**9))
    value = Decimal(source.randrange(-largest // 4, largest)).scaleb(-places)
    return value, f"{value:f}"
