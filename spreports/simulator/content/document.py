"""From an order for a document to the blocks of its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from spreports import catalog
from spreports.simulator.content import (
    inventory,
    listings,
    orders,
    settlement,
    shipping,
)
from spreports.simulator.content.catalogued import can_generate, generated
from spreports.simulator.content.lines import Order, Table
from spreports.simulator.marketplaces import CODECS

LINES_IN_BLOCK = 8192
MAX_ORDER_DAYS = 30
TOO_LONG = (
    "The requested date range cannot be served: it may span at most "
    f"{MAX_ORDER_DAYS} days.\n"
)
MAKERS: Mapping[str, Callable[[Order], Table]] = {
    orders.REPORT_TYPE: orders.table,
    listings.REPORT_TYPE: listings.table,
    inventory.REPORT_TYPE: inventory.table,
    settlement.REPORT_TYPE: settlement.table,
    shipping.REPORT_TYPE: shipping.table,
}


@dataclass(frozen=True, slots=True)
class Content:
    """The plain bytes of a document, on demand.

    Attributes
    ----------
    content_type : str
        As Amazon sends it: with Java's name of the charset, or without one.
    blocks : callable, () -> iterator of bytes
        A fresh pass over the same bytes each time.
    """

    content_type: str
    blocks: Callable[[], Iterator[bytes]]

    @classmethod
    def of_text(cls, text: str) -> Content:
        """Make a small document of one text."""
        stored = text.encode()
        return cls("text/plain;charset=UTF-8", lambda: iter((stored,)))


def has_content(report_type: str) -> bool:
    """Whether the simulator can make documents of a report type.

    The five with a file of their own, and all whose columns the catalogue holds.
    """
    return report_type in MAKERS or can_generate(report_type)


def content_of(report_type: str, order: Order) -> Content:
    """Make the content of one document.

    Parameters
    ----------
    report_type : str
        One of those for which `has_content` is true.
    order : Order

    Returns
    -------
    Content
        All orders over more than 30 days: an error sentence in place of rows, as
        Amazon answers (models#2591).
    """
    too_long = order.end - order.start > timedelta(days=MAX_ORDER_DAYS)
    if report_type == orders.REPORT_TYPE and too_long:
        return Content.of_text(TOO_LONG)
    if report_type not in MAKERS:
        document = generated(catalog.lookup(report_type), order)
        return Content(document.content_type, document.blocks)
    made = MAKERS[report_type](order)
    charset = f";charset={made.charset}" if made.charset_sent else ""

    def blocks() -> Iterator[bytes]:
        codec = CODECS[made.charset]
        waiting = ["\t".join(made.header)]
        for line in made.lines():
            waiting.append(line)
            if len(waiting) == LINES_IN_BLOCK:
                yield (made.line_end.join(waiting) + made.line_end).encode(codec)
                waiting.clear()
        if waiting:
            yield (made.line_end.join(waiting) + made.line_end).encode(codec)

    return Content(f"text/plain{charset}", blocks)


def window_or_day(start: datetime | None, end: datetime) -> datetime:
    """Return the start of a window; the day before its end where none was given."""
    return end - timedelta(days=1) if start is None or start >= end else start
