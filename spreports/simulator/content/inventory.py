"""FBA inventory: whole numbers, a volume, and blanks; charset by the first marketplace.

LF ends its lines.
Source: official FBA reports page, the 21 base columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from spreports.simulator.content.lines import POOL, Order, Table, money
from spreports.simulator.content.words import article
from spreports.simulator.marketplaces import Marketplace

REPORT_TYPE = "GET_FBA_MYI_ALL_INVENTORY_DATA"
HEADER = (
    "sku",
    "fnsku",
    "asin",
    "product-name",
    "condition",
    "your-price",
    "mfn-listing-exists",
    "mfn-fulfillable-quantity",
    "afn-listing-exists",
    "afn-warehouse-quantity",
    "afn-fulfillable-quantity",
    "afn-unsellable-quantity",
    "afn-reserved-quantity",
    "afn-total-quantity",
    "per-unit-volume",
    "afn-inbound-working-quantity",
    "afn-inbound-shipped-quantity",
    "afn-inbound-receiving-quantity",
    "afn-researching-quantity",
    "afn-reserved-future-supply",
    "afn-future-supply-buyable",
)


def table(order: Order) -> Table:
    """Return the table of one document."""
    place = order.marketplaces[0]
    source = order.random(REPORT_TYPE, windowed=False)
    pool = [_cells(source, place, number) for number in range(min(POOL, order.rows))]

    def lines() -> Iterator[str]:
        size = len(pool)
        for number in range(order.rows):
            digits = f"{number:07d}"
            # Every third sku is digits alone, with zeros in front
            sku = digits if number % 3 == 0 else f"SKU-{place.country}-{digits}"
            yield f"{sku}\tX00{digits}\tB00{digits}\t{pool[number % size]}"

    return Table(header=HEADER, lines=lines, charset=place.charset)


def _cells(source: Random, place: Marketplace, number: int) -> str:
    """Return the cells from product-name on."""
    sold = article(source, place.country, number)
    listed = source.random() < 0.4
    sellable, broken = source.randrange(300), source.randrange(5)
    reserved, inbound = source.randrange(20), source.randrange(60)
    stored = sellable + broken + reserved
    volume = f"{source.randrange(1, 900) / 1000:.3f}".rstrip("0")
    return "\t".join(
        (
            sold.title,
            source.choice(("New", "New", "UsedLikeNew")),
            money(sold.cents) if source.random() > 0.05 else "",
            "Yes" if listed else "No",
            str(source.randrange(50)) if listed else "",
            source.choice(("Yes", "Yes", "No", "")),
            str(stored),
            str(sellable),
            str(broken),
            str(reserved),
            str(stored + inbound),
            volume,
            "0",
            str(inbound),
            "0",
            "0",
            "0",
            "0",
        )
    )
