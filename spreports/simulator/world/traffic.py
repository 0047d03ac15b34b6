"""Sales and Traffic: days, and articles over the whole window, counted from orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from spreports import catalog
from spreports.catalog.periods import starts_period
from spreports.simulator.content.lines import Order
from spreports.simulator.world.orders import Sold

__all__ = ["REPORT_TYPE", "document", "tables"]

REPORT_TYPE = "GET_SALES_AND_TRAFFIC_REPORT"
BY_DATE, BY_ASIN = "salesAndTrafficByDate", "salesAndTrafficByAsin"
_KEYS = {BY_DATE: "date", BY_ASIN: "parentAsin"}


def tables(
    sold: Sequence[Sold], as_of: datetime, period: str = "DAY"
) -> dict[str, list[dict[str, str | int | float]]]:
    """Return both tables: the columns that every document must have, flat.

    Parameters
    ----------
    sold : sequence of Sold
    as_of : datetime, aware
    period : str
        What a row by date is of; its date is the first day.
    """
    seen = as_of.timestamp()
    by_day: dict[str, list[Sold]] = defaultdict(list)
    by_asin: dict[str, list[Sold]] = defaultdict(list)
    for order in sold:
        day = datetime.fromtimestamp(order.time, UTC).date()
        by_day[starts_period(day, period).isoformat()].append(order)
        by_asin[order.asin].append(order)
    grouped = {BY_DATE: by_day, BY_ASIN: by_asin}
    return {
        table: [
            _row(table, key, orders, seen) for key, orders in sorted(groups.items())
        ]
        for table, groups in grouped.items()
    }


def _row(
    table: str, key: str, orders: Sequence[Sold], seen: float
) -> dict[str, str | int | float]:
    """Return one row: what can be counted is counted, the rest follows from it."""
    units = sum(o.quantity for o in orders if o.status(seen) != "Cancelled")
    amount = sum(o.price(seen) for o in orders) / 100
    row: dict[str, str | int | float] = {}
    for column in catalog.lookup(REPORT_TYPE).columns(table):
        if column.nullable:
            continue
        if column.name == _KEYS[table]:
            row[column.name] = key
        elif column.dtype == "string":
            row[column.name] = orders[0].place.currency
        elif column.dtype == "decimal":
            row[column.name] = amount
        elif column.dtype == "int64":
            row[column.name] = units
        else:
            row[column.name] = 12.5
    return row


def document(
    rows: Mapping[str, Iterable[Mapping[str, object]]], order: Order
) -> dict[str, object]:
    """Return the JSON document of a report: its request, and the rows nested."""
    start = (order.asked_start or order.start).astimezone(UTC)
    end = (order.asked_end or order.end).astimezone(UTC)
    return {
        "reportSpecification": {
            "reportType": REPORT_TYPE,
            "reportOptions": dict(order.options),
            "dataStartTime": f"{start:%Y-%m-%d}",
            "dataEndTime": f"{end:%Y-%m-%d}",
            "marketplaceIds": [place.marketplace_id for place in order.marketplaces],
        },
        **{table: [_nested(row) for row in found] for table, found in rows.items()},
    }


def _nested(row: Mapping[str, object]) -> dict[str, object]:
    """Return a flat row as the objects that its dotted names speak of."""
    tree: dict[str, object] = {}
    for name, value in row.items():
        *parents, leaf = name.split(".")
        place = tree
        for parent in parents:
            inner = place.setdefault(parent, {})
            if isinstance(inner, dict):
                place = inner
        place[leaf] = value
    return tree
