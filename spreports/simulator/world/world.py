"""World: what a report says is a function of its window and of when it was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from spreports.simulator.content.document import Content
from spreports.simulator.content.lines import Order
from spreports.simulator.marketplaces import Marketplace
from spreports.simulator.world import orders, traffic

__all__ = ["Row", "World"]

Row = dict[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A business whose orders happen once, whoever asks for them and however often.

    Documents of All Orders (by order date) and of Sales and Traffic agree where their
    windows overlap, and change as a seller's do: some orders come late, all of them
    settle within some days. Other report types are made up as ever. A report has the
    marketplaces that it names, also All Orders, which at Amazon has the whole region.

    Parameters
    ----------
    seed : int
    orders_per_hour : int
        On average, in each marketplace.
    settled_days : int
        Nothing changes and nothing comes late that long after an order.
    late_share : float, 0 to 1
        Orders that reports do not have at first.
    empty_days : collection of date
        UTC days without business: a window that has no other is CANCELLED.
    new_column : (date, str) or None
        Orders documents made from that UTC day on have this column more, at their end.
    """

    seed: int = 0
    orders_per_hour: int = 1
    settled_days: int = 5
    late_share: float = 0.1
    empty_days: frozenset[date] = frozenset()
    new_column: tuple[date, str] | None = None

    def has(self, report_type: str) -> bool:
        """Whether documents of a report type tell of this world."""
        return report_type in {orders.REPORT_TYPE, traffic.REPORT_TYPE}

    def rows(
        self,
        report_type: str,
        places: Sequence[Marketplace],
        start: datetime,
        end: datetime,
        as_of: datetime,
        *,
        period: str = "DAY",
    ) -> dict[str, list[Row]]:
        """Return what a report says.

        Parameters
        ----------
        report_type : str
            One that the world `has`.
        places : sequence of Marketplace
        start, end : datetime
            The window ``[start, end)``, aware.
        as_of : datetime
            When the report was made.
        period : str
            What a row of Sales and Traffic by date is of.

        Returns
        -------
        dict of str to list of dict
            By table; flat files have the text of every cell.
        """
        sold = [
            order
            for order in self._orders(places, start, end)
            if order.seen <= as_of.timestamp()
        ]
        if report_type == orders.REPORT_TYPE:
            return {"rows": [self._line(order, as_of) for order in sold]}
        return traffic.tables(sold, as_of, period)

    def _orders(
        self, places: Sequence[Marketplace], start: datetime, end: datetime
    ) -> Iterator[orders.Sold]:
        """Yield what was ordered in a window, by time."""
        first, last = start.timestamp(), end.timestamp()
        for hour in range(int(first // 3600), int((last + 3599) // 3600)):
            if _day(hour) in self.empty_days:
                continue
            found = [
                order
                for place in places
                for order in orders.in_hour(
                    f"{self.seed}|{place.country}|{hour}",
                    place,
                    hour,
                    most=2 * self.orders_per_hour,
                    settled=self.settled_days * 86_400,
                    late_share=self.late_share,
                )
            ]
            for order in sorted(found, key=lambda one: (one.time, one.name)):
                if first <= order.time < last:
                    yield order

    def _line(self, order: orders.Sold, as_of: datetime) -> Row:
        row: Row = dict(order.line(as_of.timestamp()))
        if self._has_new_column(as_of):
            row[str(self.new_column and self.new_column[1])] = order.name[-3:]
        return row

    def _has_new_column(self, as_of: datetime) -> bool:
        return (
            self.new_column is not None
            and as_of.astimezone(UTC).date() >= self.new_column[0]
        )

    def is_empty(
        self,
        report_type: str,
        places: Sequence[Marketplace],
        start: datetime,
        end: datetime,
        as_of: datetime,
    ) -> bool:
        """Whether Amazon has no orders for a report, so that it is CANCELLED."""
        if report_type != orders.REPORT_TYPE:
            return False
        seen = as_of.timestamp()
        return not any(o.seen <= seen for o in self._orders(places, start, end))

    def content(self, report_type: str, order: Order, as_of: datetime) -> Content:
        """Return the document of a report."""
        tables = self.rows(
            report_type,
            order.marketplaces,
            order.start,
            order.end,
            as_of,
            period=order.period or "DAY",
        )
        if report_type == traffic.REPORT_TYPE:
            return _json(traffic.document(tables, order))
        header = list(orders.HEADER)
        if self._has_new_column(as_of):
            header.append(str(self.new_column and self.new_column[1]))
        lines = ["\t".join(header)]
        lines += [
            "\t".join(str(cell) for cell in row.values()) for row in tables["rows"]
        ]
        return Content(
            "text/plain;charset=UTF-8", _once("".join(f"{line}\n" for line in lines))
        )


def _day(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3600, UTC).date()


def _once(text: str) -> Callable[[], Iterator[bytes]]:
    return lambda: iter((text.encode(),))


def _json(document: Mapping[str, object]) -> Content:
    text = json.dumps(document, ensure_ascii=False)
    return Content("application/json;charset=UTF-8", _once(text))
