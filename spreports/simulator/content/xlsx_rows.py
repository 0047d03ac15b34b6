"""Excel workbooks of any catalogued type: a worksheet of rows, and what is about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from spreports.catalog import Column, ReportType
from spreports.simulator.content import cells as made
from spreports.simulator.content.letters import Letters
from spreports.simulator.content.lines import POOL, Order
from spreports.simulator.content.workbook import MOST_DIGITS, Cell, shown, workbook

# Where the served layout is known: the worksheet's title, and the headings that stand
# above blocks of columns. Source: reference, GET_REMOTE_FULFILLMENT_ELIGIBILITY (sheet
# "Enrollment", 3 rows above the header, country blocks of the same three headers).
TITLES: Final = {"GET_REMOTE_FULFILLMENT_ELIGIBILITY": "Enrollment"}
HEADINGS: Final = {"GET_REMOTE_FULFILLMENT_ELIGIBILITY": ("Brazil", "Canada", "Mexico")}


class XlsxDocument:
    """One workbook.

    Parameters
    ----------
    entry : ReportType
    order : Order
        Seed 0 has nothing but the rows below their header, unless the type's own layout
        is known; others add instructions, in rows above or on a worksheet before.
    """

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    codec = "utf-8"

    def __init__(self, entry: ReportType, order: Order) -> None:
        self._entry = entry
        self._order = order
        self._title = TITLES.get(entry.report_type, "Report")
        self._headings = HEADINGS.get(entry.report_type, ())

    def blocks(self) -> Iterator[bytes]:
        """Yield the workbook's bytes."""
        sheets: dict[str, Iterable[Iterable[Cell]]] = {}
        if self._order.seed % 3 == 1:
            sheets["Instructions"] = [["How to read this report"], [], ["Step", 1]]
        sheets[self._title] = self._worksheet()
        yield from workbook(sheets)

    def rows(self, *, typed: bool) -> dict[str, Iterator[dict[str, object]]]:
        """Return the rows of the one table, by column."""
        names = [column.name for column in self._entry.columns()]
        return {
            self._entry.table().name: (
                {
                    name: cell.value if typed else shown(_in_excel(cell))
                    for name, cell in zip(names, cells, strict=True)
                }
                for cells in self._cells()
            )
        }

    def _worksheet(self) -> Iterator[Iterable[Cell]]:
        """Yield the rows of the worksheet: instructions, header, cells."""
        columns = self._entry.columns()
        if self._headings:
            yield ["Enrollment"]
            yield ["Change the last column of a country and upload this file"]
            above, names = _parted(columns, self._headings)
            yield above
            yield names
        else:
            if self._order.seed % 3 == 2:
                yield ["Made for you", None, 2026]
                yield []
            yield [column.name for column in columns]
        for cells in self._cells():
            yield map(_in_excel, cells)

    def _cells(self) -> Iterator[list[made.Cell]]:
        """Yield the cells of each row; rows repeat after some two thousand."""
        order = self._order
        source = order.random(self._entry.report_type)
        manner = made.Manner(
            # XML would make a line feed of a carriage return
            letters=Letters(
                place=order.marketplaces[0], codec=self.codec, forbidden="\r"
            ),
            start=order.start,
            end=order.end,
            blank_is_empty=True,
        )
        fillers = manner.fillers(self._entry.columns(), source)
        pool = [
            [fill(source) for fill in fillers] for _ in range(min(POOL, order.rows))
        ]
        for number in range(order.rows):
            yield pool[number % len(pool)]


def _in_excel(cell: made.Cell) -> Cell:
    """Return a cell as a person would have it in Excel: numbers and days as such."""
    value = cell.value
    if isinstance(value, int | float | Decimal):
        digits = sum(map(str.isdigit, str(value)))
        return value if digits <= MOST_DIGITS else cell.text
    return value if isinstance(value, date) else cell.text or None


def _parted(
    columns: Iterable[Column], headings: Iterable[str]
) -> tuple[list[Cell], list[Cell]]:
    """Return the row of headings, and the names below them without their heading."""
    above: list[Cell] = []
    names: list[Cell] = []
    last = None
    for column in columns:
        heading = next((h for h in headings if column.name.startswith(f"{h} ")), None)
        above.append(heading if heading != last else None)
        names.append(column.name.removeprefix(f"{heading} "))
        last = heading
    return above, names
