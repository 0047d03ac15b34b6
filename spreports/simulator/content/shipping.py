"""Orders to ship: a restricted report, with people who do not exist.

CR LF ends its lines, as in the served sample of unshipped orders; the charset follows
the first marketplace.
Source: official order attributes page, the 29 base columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from spreports.simulator.content.lines import (
    POOL,
    Order,
    Table,
    iso_days,
    moments,
    money,
    order_id,
)
from spreports.simulator.content.orders import PREFIXES
from spreports.simulator.content.words import article, city, person
from spreports.simulator.marketplaces import Marketplace

REPORT_TYPE = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
HEADER = (
    "order-id",
    "order-item-id",
    "purchase-date",
    "payments-date",
    "buyer-email",
    "buyer-name",
    "buyer-phone-number",
    "sku",
    "product-name",
    "quantity-purchased",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "ship-service-level",
    "recipient-name",
    "ship-address-1",
    "ship-address-2",
    "ship-address-3",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "ship-phone-number",
    "delivery-start-date",
    "delivery-end-date",
    "delivery-time-zone",
    "delivery-Instructions",
)
PAYMENT_DELAY = 1800


def table(order: Order) -> Table:
    """Return the table of one document."""
    place = order.marketplaces[0]
    source = order.random(REPORT_TYPE)
    salt = source.randrange(10_000_000)
    prefix = PREFIXES[place.region]
    pool = [
        _cells(source, source.choice(order.marketplaces), number)
        for number in range(min(POOL, order.rows))
    ]

    def lines() -> Iterator[str]:
        text = iso_days().text
        size, rows = len(pool), order.rows
        moment_of = moments(order, rows)
        for number in range(rows):
            moment = moment_of(number)
            name = order_id(prefix, salt, number)
            item = f"{10**13 + number:014d}"
            paid = text(moment + PAYMENT_DELAY)
            yield f"{name}\t{item}\t{text(moment)}\t{paid}\t{pool[number % size]}"

    return Table(header=HEADER, lines=lines, charset=place.charset, line_end="\r\n")


def _cells(source: Random, place: Marketplace, number: int) -> str:
    """Return the cells from buyer-email on."""
    sold = article(source, place.country, number)
    town, state, code = city(source, place.country)
    name = person(source, place.country)
    quantity = source.choice((1, 1, 2))
    phone = f"+00 555 01{number % 100:02d}"
    return "\t".join(
        (
            f"buyer-{number:05d}@example.com",
            name,
            phone,
            sold.sku,
            sold.title,
            str(quantity),
            place.currency,
            money(sold.cents * quantity),
            money(sold.cents * quantity * 19 // 119),
            money(source.choice((0, 399))),
            "0.00",
            source.choice(("Standard", "Expedited")),
            name,
            f"{source.randrange(1, 200)} Example Street",
            "",
            "",
            town,
            state,
            code,
            place.country,
            phone,
            "",
            "",
            "",
            source.choice(("", "", 'Leave with "Bob"')),
        )
    )
