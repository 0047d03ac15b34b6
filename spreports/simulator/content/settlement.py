"""Settlement V2: a summary row, then signed amounts whose sum is the total.

Dollars have points and ``yyyy-MM-dd``, euros commas and ``dd.MM.yyyy``. Fees of some
kinds lack the last cell, identical rows occur, no charset is sent. LF ends its lines.
Source: official settlement page; the short rows and the sum: observed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from spreports.simulator.content.lines import (
    POOL,
    Days,
    Order,
    Table,
    moments,
    money,
    order_id,
)
from spreports.simulator.content.orders import PREFIXES
from spreports.simulator.content.words import article
from spreports.simulator.marketplaces import Marketplace

REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
HEADER = (
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
)
COMMA_CURRENCIES = frozenset({"EUR", "SEK", "PLN", "TRY", "BRL"})
# These account fees come with 23 of the 24 cells
SHORT_FEES = ("Vine Enrollment Fee", "Coupon Redemption Fee")
DEPOSIT_DELAY = 2 * 86_400


def table(order: Order) -> Table:
    """Return the table of one settlement; `rows` counts the summary row too."""
    place = order.marketplaces[0]
    source = order.random(REPORT_TYPE)
    mark = "," if place.currency in COMMA_CURRENCIES else "."
    days = _days(place)
    details = max(0, order.rows - 1)
    pool = [
        _amount(source, place, number, mark) for number in range(min(POOL, details))
    ]
    total = sum(cents for cents, _, _ in pool) * (details // len(pool)) if pool else 0
    total += sum(cents for cents, _, _ in pool[: details % len(pool)]) if pool else 0
    number_of = f"{source.randrange(10**10, 10**11)}"
    salt = source.randrange(10_000_000)
    prefix = PREFIXES[place.region]

    def lines() -> Iterator[str]:
        closed = int(order.end.timestamp())
        yield "\t".join(
            (
                number_of,
                days.text(int(order.start.timestamp())),
                days.text(closed),
                days.text(closed + DEPOSIT_DELAY),
                money(total, mark),
                place.currency,
                *("",) * 18,
            )
        )
        moment_of = moments(order, details)
        for number in range(details):
            moment = moment_of(number)
            # Every eleventh row repeats the order and the moment of the one before
            named = number - (number % 11 == 10)
            _, before, after = pool[number % len(pool)]
            name = order_id(prefix, salt, named) if before.startswith("Order") else ""
            kind, rest = before.split("\t", 1)
            yield (
                f"{number_of}\t\t\t\t\t\t{kind}\t{name}\t{name}{rest}"
                f"{days.date(moment)}\t{days.text(moment)}{after}"
            )

    return Table(header=HEADER, lines=lines, charset="UTF-8", charset_sent=False)


def _days(place: Marketplace) -> Days:
    """Return the format of dates, which follows the currency."""
    if place.currency == "USD":
        return Days("%Y-%m-%d", " ", " UTC")
    if place.currency == "JPY":
        return Days("%Y/%m/%d", " ", "")
    return Days("%d.%m.%Y", " ", " UTC")


def _amount(
    source: Random, place: Marketplace, number: int, mark: str
) -> tuple[int, str, str]:
    """Return hundredths, the cells around order-id up to posted-date, and the rest."""
    sold = article(source, place.country, source.randrange(4000))
    draw = source.random()
    if number % 40 == 39:
        fee = SHORT_FEES[number // 40 % 2]
        cents = -source.randrange(50, 20_000)
        # Account rows name no marketplace; after the sku and quantity nothing follows
        before = f"other-transaction\t\t\t\t\tother-transaction\t{fee}"
        return cents, f"{before}\t{money(cents, mark)}\t\t", "\t" * 5
    if draw < 0.5:
        kind, what, cents, quantity = "ItemPrice", "Principal", sold.cents, "1"
    elif draw < 0.9:
        kind, what, quantity = "ItemFees", "Commission", ""
        cents = -(sold.cents * 15 // 100)
    else:
        kind, what, quantity = "Promotion", "Shipping", ""
        cents = -source.randrange(0, 600)
    promotion = f"Frühling-{number % 9}" if kind == "Promotion" else ""
    before = (
        f"Order\t\t\t{10**8 + number}\t{place.site}\t{kind}\t{what}"
        f"\t{money(cents, mark)}\tAFN\t"
    )
    item = f"{10**13 + number:014d}"
    return cents, before, f"\t{item}\t\t\t{sold.sku}\t{quantity}\t{promotion}"
