"""All orders by order date: UTF-8, ISO 8601 with an offset.

Every seventh row is the second line of the order before it, so order ids repeat.
The marketplaces of the request decide the sales channels. LF ends its lines: no served
sample with CR LF is known for this type.
Source: official order tracking attributes page, the 33 base columns.
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
from spreports.simulator.content.words import article, city
from spreports.simulator.marketplaces import Marketplace

REPORT_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
HEADER = (
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "cpf",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
    "signature-confirmation-recommended",
)
STATUSES = ("Shipped",) * 7 + ("Pending", "Unshipped", "Cancelled")
ITEM_STATUSES = {"Pending": "Unshipped"}
PREFIXES = {"na": 111, "eu": 302, "fe": 249}
# Every so many rows one is the second line of the order before it
LINES_PER_ORDER = 7


def table(order: Order) -> Table:
    """Return the table of one document."""
    source = order.random(REPORT_TYPE)
    prefix = PREFIXES[order.marketplaces[0].region]
    salt = source.randrange(10_000_000)
    pool = [
        (
            source.randrange(600, 172_800),
            _cells(source, source.choice(order.marketplaces)),
        )
        for _ in range(min(POOL, order.rows))
    ]

    def lines() -> Iterator[str]:
        text = iso_days().text
        size, rows = len(pool), order.rows
        moment_of = moments(order, rows)
        for number in range(rows):
            again = number % LINES_PER_ORDER == LINES_PER_ORDER - 1
            first = number - 1 if again else number
            moment = moment_of(first)
            lag, cells = pool[number % size]
            name = order_id(prefix, salt, first)
            updated = text(moment + lag)
            yield f"{name}\t{name}\t{text(moment)}\t{updated}\t{cells}"

    return Table(header=HEADER, lines=lines, charset="UTF-8")


def _cells(source: Random, place: Marketplace) -> str:
    """Return the cells from order-status on."""
    status = source.choice(STATUSES)
    sold = article(source, place.country, source.randrange(4000))
    town, state, code = city(source, place.country)
    pending = status == "Pending"
    quantity = 0 if status == "Cancelled" else source.choice((1, 1, 1, 2, 3))
    # Blank while an order is pending: official order page
    paid = not pending and quantity > 0
    price = sold.cents * quantity
    business = source.random() < 0.1
    promoted = source.random() < 0.2
    promotions = (
        f"Core Plan {source.randrange(10**6):06d},Coupon-{source.randrange(99)}"
    )
    return "\t".join(
        (
            status,
            source.choice(("Amazon", "Merchant")),
            place.site,
            "",
            source.choice(("Standard", "Expedited", "SecondDay")),
            sold.title,
            sold.sku,
            sold.asin,
            ITEM_STATUSES.get(status, status),
            str(quantity),
            "" if pending else place.currency,
            money(price) if paid else "",
            money(price * 19 // 119) if paid else "",
            money(source.choice((0, 399, 599))) if paid else "",
            "0.00" if paid else "",
            "3.50" if paid and source.random() < 0.05 else "",
            "",
            money(source.randrange(10, 200)) if promoted and paid else "",
            "",
            town,
            state,
            code,
            place.country,
            promotions if promoted else "",
            "",
            "true" if business else "false",
            f"PO-{source.randrange(10**5):05d}" if business else "",
            "Business Price" if business else "",
            "false",
        )
    )
