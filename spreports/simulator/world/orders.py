"""The orders of one hour, and each of them as a report made at some time has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from spreports.simulator.content.lines import iso_days, money
from spreports.simulator.content.orders import HEADER, PREFIXES, REPORT_TYPE
from spreports.simulator.content.words import article, city
from spreports.simulator.marketplaces import BY_COUNTRY, Marketplace

__all__ = ["HEADER", "REPORT_TYPE", "Sold", "in_hour"]

CANCELLED_SHARE = 0.1
REPRICED_SHARE = 0.2
_NUMBERS = {country: number for number, country in enumerate(BY_COUNTRY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One order of one line.

    Attributes
    ----------
    name : str
        Its order id.
    time, seen, settled, repriced : float, seconds since 1970
        When it was placed; from when on reports have it; when it was shipped or
        cancelled; when its price was put right, after which nothing changes.
    cancelled : bool
    quantity, cents : int
        The price of one, as it was first told.
    place : Marketplace
    asin : str
    fixed : mapping of str to str
        Cells that never change.
    """

    name: str
    time: float
    seen: float
    settled: float
    repriced: float
    cancelled: bool
    quantity: int
    cents: int
    place: Marketplace
    asin: str
    fixed: Mapping[str, str] = field(repr=False)

    def price(self, as_of: float) -> int:
        """Return the line's price in cents, 0 while there is none."""
        if as_of < self.settled or self.cancelled:
            return 0
        return (self.cents + 50 * (as_of >= self.repriced)) * self.quantity

    def status(self, as_of: float) -> str:
        """Return the order status that a report made at `as_of` has."""
        if as_of < self.settled:
            return "Pending"
        return "Cancelled" if self.cancelled else "Shipped"

    def line(self, as_of: float) -> dict[str, str]:
        """Return the row of a report made at `as_of`, every cell as text."""
        changes = (self.time, self.settled, self.repriced)
        updated = max(moment for moment in changes if moment <= max(as_of, self.time))
        text = iso_days().text
        price = self.price(as_of)
        status = self.status(as_of)
        cells = dict.fromkeys(HEADER, "")
        cells |= self.fixed
        cells |= {
            "amazon-order-id": self.name,
            "merchant-order-id": self.name,
            "purchase-date": text(int(self.time)),
            "last-updated-date": text(int(updated)),
            "order-status": status,
            "item-status": "Unshipped" if status == "Pending" else status,
            "quantity": "0" if status == "Cancelled" else str(self.quantity),
            "currency": self.place.currency if price else "",
            "item-price": money(price) if price else "",
            "item-tax": money(price * 19 // 119) if price else "",
        }
        return cells


def in_hour(
    seed: str,
    place: Marketplace,
    hour: int,
    *,
    most: int,
    settled: float,
    late_share: float,
) -> Iterator[Sold]:
    """Yield the orders of one hour in one marketplace.

    Parameters
    ----------
    seed : str
        The same seed gives the same orders.
    place : Marketplace
    hour : int
        Hours since 1970.
    most : int
        Orders at the most; none at the least.
    settled : float, seconds
        After an order, within which all its changes are.
    late_share : float
        Orders that are seen late.
    """
    source = Random(seed)
    for number in range(source.randint(0, most)):
        time = float(hour * 3600 + source.randrange(3600))
        late = source.random() < late_share
        changes = sorted(source.uniform(0.02, 0.98) for _ in range(2))
        shipped, repriced = (time + share * settled for share in changes)
        if source.random() >= REPRICED_SHARE:
            repriced = float("inf")
        thing = article(source, place.country, source.randrange(4000))
        town, state, code = city(source, place.country)
        serial = _NUMBERS[place.country] * 10_000 + number
        yield Sold(
            name=f"{PREFIXES[place.region]:03d}-{hour % 10_000_000:07d}-{serial:07d}",
            time=time,
            seen=time + (source.uniform(0.02, 0.98) * settled if late else 0.0),
            settled=shipped,
            repriced=repriced,
            cancelled=source.random() < CANCELLED_SHARE,
            quantity=source.choice((1, 1, 1, 2, 3)),
            cents=thing.cents,
            place=place,
            asin=thing.asin,
            fixed={
                "fulfillment-channel": source.choice(("Amazon", "Merchant")),
                "sales-channel": place.site,
                "ship-service-level": "Standard",
                "product-name": thing.title,
                "sku": thing.sku,
                "asin": thing.asin,
                "ship-city": town,
                "ship-state": state,
                "ship-postal-code": code,
                "ship-country": place.country,
                "is-business-order": "false",
                "signature-confirmation-recommended": "false",
            },
        )
