"""Listings, orders, returns, feedback and settlements, as the reference tells them."""

# ruff: noqa: RUF001  the very characters that readers trip over

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tests.documents_unseen.written import B, D, F, I, M, S, T, Unseen, at, on

TITLE: Final = '12" Größe “L” – 50 € & <b>, ½'
JAPANESE: Final = "①髙島屋 ソ表能～ ﾃｽﾄ №5"

LISTINGS: Final = (
    Unseen(
        name="listings of America",
        columns={
            "item-name": (S, (TITLE, '"', "x")),
            "item-description": (S, ("", " two  blanks ", "c:\\temp")),
            "listing-id": (S, ("0101ABC", "000", "1E5")),
            "seller-sku": (S, ("007", "-1", "=1+1")),
            "price": (M, ("9.90", "", "1000000.00")),
            "quantity": (I, ("0", "", "12")),
            "open-date": (
                T,
                (
                    at("2026-07-01 10:00:00 PDT", 2026, 7, 1, 17),
                    at("2026-12-01 23:30:00 PST", 2026, 12, 2, 7, 30),
                    "",
                ),
            ),
            "zshop-shipping-fee": (M, ("", "1.5", "")),
            "status": (S, ("Active", "Inactive", "")),
        },
        charset="cp1252",
    ),
    Unseen(
        name="listings of Europe",
        columns={
            "item-name": (S, ("Ünïcode", "b")),
            "seller-sku": (S, ("0", "00")),
            "open-date": (
                T,
                (
                    at("05/06/2026 12:00:00 MEST", 2026, 6, 5, 10),
                    at("31/12/2026 00:30:00 MET", 2026, 12, 30, 23, 30),
                ),
            ),
            "Minimum order quantity": (I, ("3", "")),
            "Sell remainder": (S, ("", "x")),
        },
        charset="cp1252",
        end="\r\n",
    ),
    Unseen(
        name="listings of Japan",
        columns={
            "商品名": (S, (JAPANESE, "x")),
            "出品ID": (S, ("0900", "1")),
            "出品者SKU": (S, ("表-1", "007")),
            "価格": (M, ("15950", "")),
            "数量": (I, ("83", "")),
            "出品日": (
                T,
                (
                    at("2021/05/24 14:49:02 JST", 2021, 5, 24, 5, 49, 2),
                    at("2026/01/01 00:00:00 JST", 2025, 12, 31, 15),
                ),
            ),
            "商品IDタイプ": (S, ("1", "4")),
            "コンディション説明": (S, ("", "新品")),
            "コンディション": (S, ("11", "11")),
            "国外へ配送可": (S, ("", "")),
            "迅速な配送": (S, ("", "N")),
            "商品ID": (S, ("0123456789", "B0")),
            "在庫数": (I, ("0", "")),
            "フルフィルメント・チャンネル": (S, ("DEFAULT", "AMAZON_JP")),
            "merchant-shipping-group": (S, ("無料", "")),
            "ステータス": (S, ("出品中", "停止中")),
        },
        charset="cp932",
    ),
    Unseen(
        name="listings with a mark",
        columns={"item-name": (S, ("é", "b")), "price": (M, ("1", "2"))},
        lead="\ufeff",
    ),
    Unseen(
        name="listings_active in UTF-16",
        columns={
            "item-name": (S, ("漢字 ü", "b")),
            "price": (M, ("1.5", "")),
            "Quantity Lower Bound 1": (I, ("2", "")),
            "Quantity Price 1": (M, ("1.4", "")),
        },
        charset="utf-16",
    ),
    Unseen(
        name="listings_inactive",
        columns={
            "item-name": (S, ("a,b;c", "'x'")),
            "pending-quantity": (I, ("7", "")),
            "open-date": (T, (at("2026-01-02 03:04:05 UTC", 2026, 1, 2, 3, 4, 5), "")),
        },
    ),
    Unseen(
        name="listings_back_compat",
        columns={
            "seller-sku": (S, ("1", "2")),
            "Business Price": (M, ("10.01", "")),
            "Progressive Lower Bound 2": (I, ("", "5")),
        },
    ),
    Unseen(
        name="listings_lite",
        columns={
            "seller-sku": (S, ("001", "2")),
            "quantity": (I, ("1", "2")),
            "price": (M, ("3.33", "4")),
            "product-id": (S, ("0012345678905", "")),
        },
    ),
    Unseen(
        name="listings_liter",
        columns={"seller-sku": (S, ("0", "x y")), "quantity": (I, ("5", "6"))},
    ),
    Unseen(
        name="listings_cancelled",
        columns={
            "item-name": (S, ("gone", "")),
            "seller-sku": (S, ("g1", "g2")),
            "price": (M, ("0.01", "")),
            "add-delete": (S, ("d", "")),
        },
    ),
    Unseen(
        name="listings_suppressed",
        columns={
            "Status": (S, ("Search Suppressed", "")),
            "SKU": (S, ("1", "2")),
            "Status Change Date": (
                D,
                (on("Jul 29, 2022", 2022, 7, 29), on("Feb 1 2026", 2026, 2, 1)),
            ),
            "Issue Description": (S, ("a, b", '"missing" image')),
        },
    ),
    Unseen(
        name="open_listings",
        columns={
            "sku": (S, ("0001", "2")),
            "asin": (S, ("B000000001", "B000000002")),
            "price": (M, ("9.99", "")),
            "quantity": (I, ("", "0")),
            "Business Price": (M, ("9.5", "")),
        },
    ),
    Unseen(
        name="open_listings with commas",
        columns={
            "sku": (S, ("0001", 'a,"b"')),
            "asin": (S, ("B1", "B2")),
            "price": (M, ("9.99", "")),
            "quantity": (I, ("1", "")),
        },
        delimiter=",",
        quotes="doubled",
    ),
    Unseen(
        name="pan_eu_eligibility",
        columns={
            "ASIN": (S, ("B1", "B2")),
            "MerchantSku": (S, ("1", "2")),
            "S'inscrire": (S, ("Oui", "")),
            "Enrollment Date": (D, (on("2026-10-01", 2026, 10, 1), "")),
        },
    ),
    Unseen(
        name="referral_fee_preview",
        columns={
            "seller-sku": (S, ("1", "2")),
            "price": (M, ("19.90", "")),
            "estimated-referral-fee-per-item": (M, ("2.985", "0.30")),
        },
    ),
)

ORDERS: Final = (
    Unseen(
        name="orders",
        columns={
            "amazon-order-id": (S, ("302-0000001-0000001",) * 2 + ("S01-1",)),
            "purchase-date": (
                T,
                (
                    at("2026-05-01T00:00:00+00:00", 2026, 5, 1),
                    at("2026-05-01T01:30:00+02:00", 2026, 4, 30, 23, 30),
                    at("2026-05-01T00:00:00.250Z", 2026, 5, 1, 0, 0, 0, 250_000),
                ),
            ),
            "order-status": (S, ("Shipped", "Pending", "Cancelled")),
            "sales-channel": (S, ("Amazon.de", "Amazon.fr", "Non-Amazon")),
            "product-name": (S, ("3\" 'x'", "a\\tb", "\u2028 \u00a0")),
            "sku": (S, ("007", "007", "1e5")),
            "quantity": (I, ("1", "0", "2")),
            "currency": (S, ("EUR", "", "EUR")),
            "item-price": (M, ("1234.56", "", "0.00")),
            "item-promotion-discount": (M, ("-1.5", "", "")),
            "ship-postal-code": (S, ("01067", "0", "")),
            "promotion-ids": (S, ("PAWS-1,PAWS-2", "", "Core Free")),
            "is-business-order": (B, (("true", True), ("false", False), "")),
            "Order Item ID of tomorrow": (S, ("0009", "", "")),
        },
    ),
    Unseen(
        name="orders_by_update",
        columns={
            "amazon-order-id": (S, ("1", "2")),
            "last-updated-date": (
                T,
                (at("2026-10-04T23:59:59+09:00", 2026, 10, 4, 14, 59, 59), ""),
            ),
            "is-replacement-order": (B, (("Yes", True), ("No", False))),
            "number-of-items": (I, ("3", "")),
        },
    ),
    Unseen(
        name="orders_archived",
        columns={
            "amazon-order-id": (S, ("1", "2")),
            "url": (S, ("https://example.com/?a=1&b=2", "")),
            "item-price": (M, ("7", "8.1")),
        },
    ),
    Unseen(
        name="unshipped_orders",
        columns={
            "order-id": (S, ("111-1", "111-2")),
            "purchase-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1),) * 2),
            "days-past-promise": (I, ("-2", "0")),
            "buyer-phone-number": (S, ("0049 30 1", "+81 3")),
            "is-prime": (B, (("true", True), ("FALSE", False))),
            "cod-collectible-amount": (M, ("", "1.10")),
            "verge-of-lateShipment": (B, (("N", False), ("Y", True))),
            "points-granted": (I, ("100", "")),
        },
        charset="cp1252",
        end="\r\n",
    ),
    Unseen(
        name="orders_shipping",
        columns={
            "order-id": (S, ("1", "2")),
            "recipient-name": (S, ("Zoë", 'O\'Neil "Ned"')),
            "quantity-purchased": (I, ("1", "2")),
            "item-price": (M, ("5", "")),
            "ship-postal-code": (S, ("02115", "")),
            "delivery-Instructions": (S, ("", "at the door")),
            "is-business-order": (B, ("", ("true", True))),
            "latest-ship-date": (
                T,
                (at("2026-05-03T06:59:59Z", 2026, 5, 3, 6, 59, 59), ""),
            ),
        },
        charset="cp1252",
    ),
    Unseen(
        name="orders_invoicing",
        columns={
            "order-id": (S, ("1", "2")),
            "payments-date": (T, (at("2026-05-01T00:00Z", 2026, 5, 1), "")),
            "item-tax": (M, ("0.19", "")),
            "is-iba": (B, (("false", False), "")),
        },
    ),
    Unseen(
        name="pending_orders",
        columns={
            "order-id": (S, ("250-1", "250-2")),
            "purchase-date": (T, (at("2026-10-01T09:00:00+09:00", 2026, 10, 1), "")),
            "product-name": (S, (JAPANESE, "")),
            "quantity-purchased": (I, ("1", "")),
        },
        charset="cp932",
    ),
    Unseen(
        name="pending_orders_converged",
        columns={
            "order-id": (S, ("1", "2")),
            "payment-type": (S, ("代金引換", "コンビニ")),
        },
        charset="cp932",
    ),
)

AFTERWARDS: Final = (
    Unseen(
        name="returns",
        columns={
            "Order ID": (S, ("1", "2")),
            "Order date": (
                D,
                (on("10-Jul-2025", 2025, 7, 10), on("1-Jan-2026", 2026, 1, 1)),
            ),
            "Return request date": (D, (on("14-Jul-2025", 2025, 7, 14), (" ", None))),
            "Label cost": (M, ("0.00", (" ", None))),
            "Tracking ID": (S, ("1Z,2Z", (" ", None))),
            "A-to-Z Claim": (B, (("N", False), ("Y", True))),
            "Is prime": (B, (("Y", True), ("N", False))),
            "Return quantity": (I, ("1", "2")),
            "Order Amount": (M, ("59.99", "1")),
            "Order Item ID": (S, ("00123", "")),
        },
    ),
    *(
        Unseen(
            name=f"feedback of {country}",
            columns={
                first: (D, (on(text, 2026, 8, 2), "")),
                "Rating?": (I, ("1", "3")),
                "Words": (S, ("naja", "")),
                "Answer": (S, ("", "sorry")),
                "Order": (S, ("302-1", "")),
                "Mail": (S, ("", "a@example.com")),
            },
            country=country,
        )
        for country, first, text in (
            ("US", "Date", "8/2/26"),
            ("GB", "Date", "2/8/26"),
            ("DE", "Datum", "2.8.26"),
            ("FR", "Quand", "02/08/26"),
            ("SE", "Datum", "2026-08-02"),
            ("JP", "日付", "26/8/2"),
            ("JP", "日付", "2026/08/02"),
            ("CA", "Date", "2/8/26"),
            ("MX", "Fecha", "2/8/26"),
        )
    ),
    Unseen(
        name="settlement in euro",
        columns={
            "settlement-id": (S, ("0071", "0071", "0071", "0071")),
            "settlement-start-date": (
                T,
                (at("01.10.2026 00:00:00 UTC", 2026, 10, 1), "", "", ""),
            ),
            "total-amount": (M, (("1.093,50", Decimal("1093.5")), "", "", "")),
            "currency": (S, ("EUR", "", "", "")),
            "amount-type": (S, ("", "ItemPrice", "ItemPrice", "ItemFees")),
            "amount": (
                M,
                (
                    "",
                    ("1.000,00", Decimal(1000)),
                    ("95,00", Decimal(95)),
                    ("-1,50", Decimal("-1.5")),
                ),
            ),
            "posted-date": (
                D,
                ("", on("01.10.2026", 2026, 10, 1), on("02.10.2026", 2026, 10, 2), ""),
            ),
            "posted-date-time": (
                T,
                ("", at("01.10.2026 12:00:01 UTC", 2026, 10, 1, 12, 0, 1), "", ""),
            ),
            "quantity-purchased": (I, ("", "1", "", "")),
        },
        charset="cp1252",
        lead="\n\n",
        dropped=1,
    ),
    Unseen(
        name="settlement in dollars",
        columns={
            "settlement-id": (S, ("8", "8", "8")),
            "settlement-end-date": (
                T,
                (at("2026-10-15 00:00:00 UTC", 2026, 10, 15), "", ""),
            ),
            "total-amount": (M, ("1234.56", "", "")),
            "currency": (S, ("USD", "", "")),
            "order-id": (S, ("", "FBA15DJ8K2XY", "111-1")),
            "amount": (M, ("", ("1,234.56", Decimal("1234.56")), "0.00")),
            "posted-date": (D, ("", on("2026-10-02", 2026, 10, 2), "")),
            "posted-date-time": (
                T,
                ("", at("2026-10-15 00:00:09 UTC", 2026, 10, 15, 0, 0, 9), ""),
            ),
        },
        dropped=1,
    ),
    Unseen(
        name="settlement in yen",
        columns={
            "settlement-id": (S, ("9", "9")),
            "deposit-date": (T, (at("2026/10/17 09:00:00", 2026, 10, 17), "")),
            "total-amount": (M, ("98000", "")),
            "currency": (S, ("JPY", "")),
            "amount": (M, ("", ("98,000", Decimal(98_000)))),
            "posted-date": (D, ("", on("2026/10/02", 2026, 10, 2))),
            "sku": (S, ("", "表札 1")),
        },
        charset="cp932",
        dropped=1,
    ),
    # An older form: its first row is a summary, too, but its amounts stand in several
    # columns, so that it is read as it is served
    Unseen(
        name="settlement_v1",
        columns={
            "settlement-id": (S, ("7", "7")),
            "total-amount": (M, (("1.000,50", Decimal("1000.5")), "")),
            "currency": (S, ("EUR", "")),
            "price-type": (S, ("", "Principal")),
            "price-amount": (M, ("", ("12,00", Decimal(12)))),
            "posted-date": (T, ("", at("01.10.2026", 2026, 10, 1))),
        },
    ),
    Unseen(
        name="vat_calculation",
        columns={
            "Marketplace ID": (S, ("A1PA6795UKMFR9", "A13V1IB3VIYZZH")),
            "Order Date": (
                D,
                (on("28-Aug-2026 UTC", 2026, 8, 28), on("01-Sep-2026 UTC", 2026, 9, 1)),
            ),
            "Is Invoice Corrected": (B, (("false", False), ("true", True))),
            "SKU": (S, ('a, "b"\nc', "007")),
            "Quantity": (I, ("2", "")),
            "Tax Rate": (M, ("0.19", "0.055")),
            "OUR_PRICE Tax Inclusive Selling Price": (M, ("95.00", "-3.10")),
        },
        delimiter=",",
        quotes="doubled",
        charset="cp1252",
    ),
    Unseen(
        name="vat_transactions",
        columns={
            "UNIQUE_ACCOUNT_IDENTIFIER": (S, ("A1", "A1")),
            "TAX_CALCULATION_DATE": (D, (on("28-08-2026", 2026, 8, 28), "")),
            "QTY": (I, ("1", "")),
            "ITEM_WEIGHT": (F, ("0.35", "")),
            "COST_PRICE_OF_ITEMS": (M, ("", "12.3456")),
            "PRICE_OF_ITEMS_VAT_RATE_PERCENT": (F, ("0.19", "")),
            "DEPATURE_CITY": (S, ("Łódź", "Köln")),
            "VAT_INV_EXCHANGE_RATE_DATE": (D, ("", on("01-09-2026", 2026, 9, 1))),
        },
    ),
)
