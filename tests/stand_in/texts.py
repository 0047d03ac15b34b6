"""Documents as sellers get them, made up: bytes, and the cells that must come out."""

# ruff: noqa: RUF001 - what listings hold on purpose: dashes and full-width signs

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
SHIPPING = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
DE, FR, US, JP = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "ATVPDKIKX0DER", "A1VC38T7YXB528"


Cells = Mapping[str, Sequence[object]]


def tsv(*rows: tuple[str, ...]) -> str:
    return "".join("\t".join(row) + "\r\n" for row in rows)


def packed(text: str, charset: str = "utf-8") -> bytes:
    return gzip.compress(text.encode(charset), mtime=0)


ORDERS_TEXT = tsv(
    (
        *("amazon-order-id", "purchase-date", "order-status", "sales-channel", "sku"),
        *("product-name", "quantity", "currency", "item-price", "ship-postal-code"),
        *("is-business-order", "a-new-column"),
    ),
    (
        *("302-0000001-0000001", "2026-10-01T23:30:00+00:00", "Shipped", "Amazon.de"),
        *("00123", 'Bügel 12" "Größe" L', "2", "EUR", "19.90", "01067", "false", "x"),
    ),
    (
        *("302-0000002-0000002", "2026-10-02T01:30:00+02:00", "Shipped", "Amazon.de"),
        *("1e5", "“日本” 🚚 Tee", "1", "EUR", "1234567.05", "00501", "true", "007"),
    ),
    (
        *("171-0000003-0000003", "2026-10-02T08:00:00Z", "Pending", "Amazon.fr"),
        *("NULL", "Élan\u00a0d'été", "0", "", "", "", "false", ""),
    ),
)
ORDERS_CELLS: Cells = {
    "amazon-order-id": [
        "302-0000001-0000001",
        "302-0000002-0000002",
        "171-0000003-0000003",
    ],
    "purchase-date": [
        datetime(2026, 10, 1, 23, 30, tzinfo=UTC),
        datetime(2026, 10, 1, 23, 30, tzinfo=UTC),
        datetime(2026, 10, 2, 8, 0, tzinfo=UTC),
    ],
    "order-status": ["Shipped", "Shipped", "Pending"],
    "sales-channel": ["Amazon.de", "Amazon.de", "Amazon.fr"],
    "sku": ["00123", "1e5", "NULL"],
    "product-name": ['Bügel 12" "Größe" L', "“日本” 🚚 Tee", "Élan\u00a0d'été"],
    "quantity": [2, 1, 0],
    "currency": ["EUR", "EUR", None],
    "item-price": [Decimal("19.90"), Decimal("1234567.05"), None],
    "ship-postal-code": ["01067", "00501", None],
    "is-business-order": [False, True, False],
    "a-new-column": ["x", "007", None],
}

LISTINGS_US_TEXT = tsv(
    (
        *("item-name", "item-description", "listing-id", "seller-sku", "price"),
        *("quantity", "open-date", "product-id-type", "asin1", "status"),
    ),
    (
        *('Café Mug 8" – "Éclair"', '"', "0000123", "00-07", "12.50"),
        *("", "2025-07-04 10:00:00 PDT", "1", "B000000001", "Active"),
    ),
    (
        *('"Unclosed', "5¢ or €5 ™", "0000124", "0e0", "1299.00"),
        *("3", "2025-01-04 10:00:00 PST", "1", "B000000002", "Inactive"),
    ),
)
LISTINGS_US_CELLS: Cells = {
    "item-name": ['Café Mug 8" – "Éclair"', '"Unclosed'],
    "item-description": ['"', "5¢ or €5 ™"],
    "listing-id": ["0000123", "0000124"],
    "seller-sku": ["00-07", "0e0"],
    "price": [Decimal("12.50"), Decimal("1299.00")],
    "quantity": [None, 3],
    "open-date": [
        datetime(2025, 7, 4, 17, 0, tzinfo=UTC),
        datetime(2025, 1, 4, 18, 0, tzinfo=UTC),
    ],
}

LISTINGS_JP_TEXT = tsv(
    (
        *("商品名", "出品ID", "出品者SKU", "価格", "数量", "出品日"),
        *("コンディション", "在庫数", "ステータス"),
    ),
    (
        *("①髙島屋 ソ表能～ ﾃｽﾄ", "0000900", "000-表", "15950", "83"),
        *("2021/05/24 14:49:02 JST", "11", "0", "出品中"),
    ),
)
LISTINGS_JP_CELLS: Cells = {
    "商品名": ["①髙島屋 ソ表能～ ﾃｽﾄ"],
    "出品ID": ["0000900"],
    "出品者SKU": ["000-表"],
    "価格": [Decimal(15950)],
    "数量": [83],
    "出品日": [datetime(2021, 5, 24, 5, 49, 2, tzinfo=UTC)],
    "コンディション": ["11"],
    "在庫数": [0],
    "ステータス": ["出品中"],
}

SETTLEMENT_TEXT = tsv(
    (
        *("settlement-id", "settlement-start-date", "settlement-end-date"),
        *("deposit-date", "total-amount", "currency", "transaction-type", "order-id"),
        *("amount-description", "amount", "posted-date", "posted-date-time", "sku"),
        *("quantity-purchased", "promotion-id"),
    ),
    (
        *("00063004072110", "01.10.2026 00:00:00 UTC", "15.10.2026 00:00:00 UTC"),
        *("17.10.2026 00:00:00 UTC", "1.299,11", "EUR"),
        *("", "", "", "", "", "", "", "", ""),
    ),
    (
        *("00063004072110", "", "", "", "", "", "Order", "302-0801476-2404429"),
        *("Gebühr für Größe", "-1,30", "01.10.2026", "01.10.2026 12:00:00 UTC"),
        *("0002697", "1"),
    ),
    (
        *("00063004072110", "", "", "", "", "", "Order", "302-0801476-2404429"),
        *("Principal", "1.300,41", "01.10.2026", "01.10.2026 12:00:00 UTC"),
        *("0002697", "1", ""),
    ),
)
SETTLEMENT_CELLS: Cells = {
    "settlement-id": ["00063004072110", "00063004072110"],
    "settlement-start-date": [None, None],
    "total-amount": [None, None],
    "currency": [None, None],
    "amount-description": ["Gebühr für Größe", "Principal"],
    "amount": [Decimal("-1.30"), Decimal("1300.41")],
    "posted-date": [date(2026, 10, 1)] * 2,
    "posted-date-time": [datetime(2026, 10, 1, 12, tzinfo=UTC)] * 2,
    "sku": ["0002697"] * 2,
    "quantity-purchased": [1, 1],
    "promotion-id": [None, None],
}

SHIPPING_TEXT = tsv(
    (
        *(
            "order-id",
            "order-item-id",
            "purchase-date",
            "buyer-email",
            "recipient-name",
        ),
        *("item-price", "ship-postal-code", "delivery-Instructions"),
    ),
    (
        *("111-0000001-0000001", "00010", "2026-10-01T00:00:00-07:00", "a@example.com"),
        *("Ana Placeholder", "9.99", "02108", 'ring "twice"'),
    ),
)
SHIPPING_CELLS: Cells = {
    "order-id": ["111-0000001-0000001"],
    "order-item-id": ["00010"],
    "purchase-date": [datetime(2026, 10, 1, 7, tzinfo=UTC)],
    "recipient-name": ["Ana Placeholder"],
    "item-price": [Decimal("9.99")],
    "ship-postal-code": ["02108"],
    "delivery-Instructions": ['ring "twice"'],
}


def many_orders(rows: int) -> str:
    """Return orders of several days: one every 20 minutes, from 1 October 2026."""
    first = datetime(2026, 10, 1, tzinfo=UTC)
    header = ("amazon-order-id", "purchase-date", "sales-channel", "sku", "item-price")
    return tsv(
        header,
        *(
            (
                f"302-{n:07}-{n * 7919 % 10_000_000:07}",
                (first + timedelta(minutes=20 * n)).isoformat(),
                ("Amazon.de", "Amazon.fr")[n % 2],
                f"{n * 104729 % 100_000:06}",
                f"{n * 31 % 9000}.{n % 100:02}",
            )
            for n in range(rows)
        ),
    )
