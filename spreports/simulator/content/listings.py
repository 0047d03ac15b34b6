"""All listings: cp1252 in America and Europe, cp932 and Japanese headers in Japan.

Raw quotes stand in the titles, dates carry the name of a zone. Only the first
marketplace of a request counts. LF ends its lines.
Source: official inventory attributes page; the Japanese layout: reported by wimoor.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from spreports.simulator.content.lines import POOL, Order, Table, money
from spreports.simulator.content.words import article
from spreports.simulator.marketplaces import Marketplace

REPORT_TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
HEADER = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin1",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "product-id",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)
JAPANESE_HEADER = (
    "商品名",
    "出品ID",
    "出品者SKU",
    "価格",
    "数量",
    "出品日",
    "商品IDタイプ",
    "コンディション説明",
    "コンディション",
    "国外へ配送可",
    "迅速な配送",
    "商品ID",
    "在庫数",
    "フルフィルメント・チャンネル",
    "merchant-shipping-group",
    "ステータス",
)
JAPANESE_STATUS = {"Active": "出品中", "Inactive": "停止中", "Incomplete": "未完了"}
FIRST_OPENED = datetime(2021, 1, 1, tzinfo=UTC)


def table(order: Order) -> Table:
    """Return the table of one document."""
    place = order.marketplaces[0]
    source = order.random(REPORT_TYPE, windowed=False)
    japanese = place.country == "JP"
    row = _japanese_row if japanese else _row
    pool = [row(source, place, number) for number in range(min(POOL, order.rows))]

    def lines() -> Iterator[str]:
        size = len(pool)
        for number in range(order.rows):
            before, between, after = pool[number % size]
            digits = f"{number:07d}"
            # Every third sku is digits alone, with zeros in front
            sku = digits if number % 3 == 0 else f"SKU-{place.country}-{digits}"
            yield f"{before}\t{1000_0000 + number:010d}\t{sku}{between}{digits}{after}"

    header = JAPANESE_HEADER if japanese else HEADER
    return Table(header=header, lines=lines, charset=place.charset)


def _row(source: Random, place: Marketplace, number: int) -> tuple[str, str, str]:
    """Return the cells before listing-id, those up to the digits of asin1, the rest."""
    sold = article(source, place.country, number)
    ours = source.random() < 0.5
    quantity = str(source.randrange(500)) if ours else ""
    before = f'{sold.title}\tA fine article, "as seen": {sold.title}'
    between = "\t".join(
        (
            "",
            money(sold.cents) if source.random() > 0.05 else "",
            quantity,
            _opened(source, place),
            "",
            "y",
            "1",
            "",
            "",
            "11",
            "",
            "",
            "",
            "B00",
        )
    )
    channel = "DEFAULT" if ours else f"AMAZON_{place.region.upper()}"
    after = "\t".join(
        (
            "",
            "",
            "",
            "",
            "",
            "",
            f"{number:013d}",
            "",
            "",
            "0",
            channel,
            "Migrated Template",
            source.choice(("Active", "Active", "Active", "Inactive", "Incomplete")),
        )
    )
    return before, between, after


def _japanese_row(
    source: Random, place: Marketplace, number: int
) -> tuple[str, str, str]:
    """Return the same three parts in the shorter Japanese layout."""
    sold = article(source, place.country, number)
    ours = source.random() < 0.5
    between = "\t".join(
        (
            "",
            str(sold.cents // 10 * 10),
            str(source.randrange(500)) if ours else "",
            _opened(source, place),
            "1",
            "新品・未開封",
            "11",
            "",
            "",
            "B00",
        )
    )
    status = source.choice(("Active", "Active", "Inactive", "Incomplete"))
    channel = "DEFAULT" if ours else "AMAZON_JP"
    after = f"\t0\t{channel}\t送料無料\t{JAPANESE_STATUS[status]}"
    return sold.title, between, after


def _opened(source: Random, place: Marketplace) -> str:
    """Return an open-date, in the local time of a zone that it names."""
    moment = FIRST_OPENED + timedelta(seconds=source.randrange(5 * 365 * 86_400))
    if place.country == "JP":
        return (moment + timedelta(hours=9)).strftime("%Y/%m/%d %H:%M:%S JST")
    if place.region == "na":
        zone, offset = ("PDT", -7) if _summer_us(moment) else ("PST", -8)
        return (moment + timedelta(hours=offset)).strftime(f"%Y-%m-%d %H:%M:%S {zone}")
    if place.region == "fe":
        return moment.strftime("%d/%m/%Y %H:%M:%S UTC")
    british = place.country in {"GB", "IE"}
    if _summer_eu(moment):
        zone, offset = ("BST", 1) if british else ("MEST", 2)
    else:
        zone, offset = ("GMT", 0) if british else ("MET", 1)
    return (moment + timedelta(hours=offset)).strftime(f"%d/%m/%Y %H:%M:%S {zone}")


def _summer_us(moment: datetime) -> bool:
    """Whether California has daylight time; it begins and ends at 2 o'clock."""
    begins = _sunday(moment.year, 3, 8) + timedelta(hours=10)
    ends = _sunday(moment.year, 11, 1) + timedelta(hours=9)
    return begins <= moment < ends


def _summer_eu(moment: datetime) -> bool:
    """Whether Europe has summer time: last Sundays of March and October, 01:00 UTC."""
    begins = _sunday(moment.year, 3, 25) + timedelta(hours=1)
    ends = _sunday(moment.year, 10, 25) + timedelta(hours=1)
    return begins <= moment < ends


def _sunday(year: int, month: int, day: int) -> datetime:
    """Return the first Sunday on or after a date."""
    date = datetime(year, month, day, tzinfo=UTC)
    return date + timedelta(days=6 - date.weekday())
