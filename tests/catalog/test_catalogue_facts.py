"""What the catalogue says of the types that matter most, cell by cell."""

from __future__ import annotations

import pytest

from spreports import catalog
from spreports.catalog import ReportType

ZONES = ("%Y-%m-%d %H:%M:%S %Z", "%d/%m/%Y %H:%M:%S %Z", "%Y/%m/%d %H:%M:%S %Z")
SETTLED = (
    "%Y-%m-%d %H:%M:%S %Z",
    "%d.%m.%Y %H:%M:%S %Z",
    "%Y/%m/%d %H:%M:%S %Z",
    "%Y/%m/%d %H:%M:%S [JST]",
)
INDIAN = ("iso", "%Y-%m-%d %H:%M:%S [IST]", "%Y-%m-%d")

# header dtype, in Amazon's order; a * marks the key
ORDERS = """
amazon-order-id* string, merchant-order-id string, purchase-date timestamp,
last-updated-date timestamp, order-status string, fulfillment-channel string,
sales-channel string, order-channel string, ship-service-level string,
product-name string, sku* string, asin* string, item-status string, quantity int64,
currency string, item-price decimal, item-tax decimal, shipping-price decimal,
shipping-tax decimal, gift-wrap-price decimal, gift-wrap-tax decimal,
item-promotion-discount decimal, ship-promotion-discount decimal, ship-city string,
ship-state string, ship-postal-code string, ship-country string, promotion-ids string,
cpf string, is-business-order boolean, purchase-order-number string,
price-designation string, signature-confirmation-recommended boolean
"""
LISTINGS = """
item-name string, item-description string, listing-id* string, seller-sku string,
price decimal, quantity int64, open-date timestamp, image-url string,
item-is-marketplace string, product-id-type string, zshop-shipping-fee decimal,
item-note string, item-condition string, zshop-category1 string,
zshop-browse-path string, zshop-storefront-feature string, asin1 string, asin2 string,
asin3 string, will-ship-internationally string, expedited-shipping string,
zshop-boldface string, product-id string, bid-for-featured-placement string,
add-delete string, pending-quantity int64, fulfillment-channel string,
merchant-shipping-group string, status string
"""
SETTLEMENT = """
settlement-id string, settlement-start-date timestamp, settlement-end-date timestamp,
deposit-date timestamp, total-amount decimal, currency string, transaction-type string,
order-id string, merchant-order-id string, adjustment-id string, shipment-id string,
marketplace-name string, amount-type string, amount-description string, amount decimal,
fulfillment-id string, posted-date date, posted-date-time timestamp,
order-item-code string, merchant-order-item-id string,
merchant-adjustment-item-id string, sku string, quantity-purchased int64,
promotion-id string
"""
INVENTORY = """
sku* string, fnsku* string, asin string, product-name string, condition string,
your-price decimal, mfn-listing-exists string, mfn-fulfillable-quantity int64,
afn-listing-exists string, afn-warehouse-quantity int64,
afn-fulfillable-quantity int64, afn-unsellable-quantity int64,
afn-reserved-quantity int64, afn-total-quantity int64, per-unit-volume float64,
afn-inbound-working-quantity int64, afn-inbound-shipped-quantity int64,
afn-inbound-receiving-quantity int64, afn-researching-quantity int64,
afn-reserved-future-supply int64, afn-future-supply-buyable int64
"""
SHIPPING = """
order-id string, order-item-id* string, purchase-date timestamp,
payments-date timestamp, buyer-email string, buyer-name string,
buyer-phone-number string, sku string, product-name string, quantity-purchased int64,
currency string, item-price decimal, item-tax decimal, shipping-price decimal,
shipping-tax decimal, ship-service-level string, recipient-name string,
ship-address-1 string, ship-address-2 string, ship-address-3 string, ship-city string,
ship-state string, ship-postal-code string, ship-country string,
ship-phone-number string, delivery-start-date timestamp, delivery-end-date timestamp,
delivery-time-zone string, delivery-Instructions string
"""


def told(entry: ReportType) -> list[str]:
    return [
        f"{column.name}{'*' if column.key else ''} {column.dtype}"
        for column in entry.columns()
        if not column.optional
    ]


@pytest.mark.parametrize(
    ("alias", "columns", "optional"),
    [
        ("orders", ORDERS, 46),
        ("orders_by_update", ORDERS, 46),
        ("listings", LISTINGS, 24),
        ("settlement", SETTLEMENT, 0),
        ("fba_inventory", INVENTORY, 5),
        ("fba_inventory_all", INVENTORY, 5),
        ("orders_shipping", SHIPPING, 16),
    ],
)
def test_columns_stand_in_amazons_order_with_their_dtypes(
    alias: str, columns: str, optional: int
) -> None:
    entry = catalog.lookup(alias)

    assert told(entry) == [" ".join(c.split()) for c in columns.split(",")]
    assert sum(column.optional for column in entry.columns()) == optional
    tables = ["rows", "summary"] if entry.summary_row else ["rows"]
    assert [table.name for table in entry.tables] == tables
    assert entry.format == "tsv"
    assert not entry.quoting


@pytest.mark.parametrize(
    ("alias", "header", "formats"),
    [
        ("orders", "purchase-date", ("iso",)),
        ("orders_shipping", "payments-date", ("iso",)),
        ("listings", "open-date", ZONES),
        ("settlement", "settlement-start-date", SETTLED),
        ("settlement", "deposit-date", SETTLED),
        ("settlement", "posted-date-time", SETTLED),
        ("settlement", "posted-date", ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d")),
        ("ledger", "Date", ("%m/%d/%Y", "%m/%Y")),
        ("ledger_detail", "Date", ("%m/%d/%Y",)),
        ("ledger_detail", "Date and Time", ("iso", "%m/%d/%Y %H:%M:%S")),
        ("returns", "Order date", ("%d-%b-%Y",)),
        ("vat_transactions", "TAX_CALCULATION_DATE", ("%d-%m-%Y",)),
        ("vat_calculation", "Order Date", ("%d-%b-%Y %Z",)),
        ("listings_suppressed", "Status Change Date", ("%b %d, %Y", "%b %d %Y")),
        ("feedback", "Date", ("by-marketplace",)),
        (
            "restock",
            "Recommended ship date",
            ("iso", "%Y/%m/%d", "%d.%m.%Y", "by-marketplace"),
        ),
        ("gst_b2b", "Invoice Date", INDIAN),
        ("gst_b2c", "Order Date", INDIAN),
        ("gst_b2b_monthly", "Shipment Date", INDIAN),
        ("gst_b2c_monthly", "Invoice Date", INDIAN),
        ("fba_returns", "return-date", ("iso",)),
        ("returns_xml", "order_date", ("iso",)),
        ("vendor_sales", "startDate", ("%Y-%m-%d",)),
    ],
)
def test_dates_have_their_formats(
    alias: str, header: str, formats: tuple[str, ...]
) -> None:
    column = catalog.lookup(alias).column(header)

    assert column is not None
    assert column.formats == formats


def test_two_headers_of_one_count_in_planning_are_one_column() -> None:
    entry = catalog.lookup("fba_inventory_planning")

    transfer = entry.column("fc-transfer")
    assert transfer is not None
    assert transfer == entry.column("Reserved FC Transfer")


@pytest.mark.parametrize(
    ("alias", "headers"),
    [
        ("fba_inventory_planning", ["supplier", "Fulfillment Service and Programs"]),
        *(
            (alias, ["buyer-identification-number", "buyer-identification-type"])
            for alias in ("orders", "orders_by_update", "unshipped_orders")
        ),
        ("orders", ["amazon-programs"]),
        ("orders_by_update", ["amazon-programs"]),
        ("ledger", ["supplier"]),
    ],
)
def test_newer_headers_are_known_as_text_that_a_document_may_lack(
    alias: str, headers: list[str]
) -> None:
    columns = [catalog.lookup(alias).column(header) for header in headers]

    assert all(c and (c.dtype, c.optional) == ("string", True) for c in columns)


@pytest.mark.parametrize("alias", ["listings", "listings_active", "listings_inactive"])
def test_the_channel_of_listings_is_known_in_its_british_spelling(alias: str) -> None:
    entry = catalog.lookup(alias)

    assert entry.column("fulfilment-channel") == entry.column("fulfillment-channel")
    assert entry.column("fulfillment-channel") is not None


@pytest.mark.parametrize(
    "alias", ["orders_shipping_xml", "orders_invoicing_xml", "orders_tax_xml"]
)
def test_both_addresses_of_scheduled_orders_tell_whose_data_they_are(
    alias: str,
) -> None:
    lines = ("Name", "AddressFieldOne", "AddressFieldTwo", "AddressFieldThree")
    entry = catalog.lookup(alias)

    for address in ("FulfillmentData/Address", "BillingData/Address"):
        found = [entry.column(f"{address}/{line}") for line in (*lines, "PhoneNumber")]
        assert [column.note for column in found if column] == ["PII"] * 5


def test_the_restricted_types_are_those_of_the_tokens_guide() -> None:
    assert {e.report_type for e in catalog.entries() if e.restricted} == {
        "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
        *(
            f"GET_{form}_DATA_{use}"
            for form in (
                "ORDER_REPORT",
                "FLAT_FILE_ORDER_REPORT",
                "FLAT_FILE_ORDERS_RECONCILIATION",
            )
            for use in ("INVOICING", "TAX", "SHIPPING")
        ),
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
        "SC_VAT_TAX_REPORT",
        "GET_VAT_TRANSACTION_DATA",
        "GET_GST_MTR_B2B_CUSTOM",
        "GET_EASYSHIP_DOCUMENTS",
    }


def test_quirks_of_the_files_stand_where_they_are_known() -> None:
    entries = catalog.entries()

    assert {e.alias for e in entries if not e.doubled_quotes} == {
        "ledger",
        "ledger_detail",
    }
    assert all(e.quoting for e in entries if e.format == "csv" or not e.doubled_quotes)
    assert {e.alias for e in entries if e.pad_short_rows} == {"settlement"}
    assert {e.alias for e in entries if e.rows_in_quotes} == {"vat_calculation"}
    assert {e.report_type for e in entries if e.sentences_first} == {
        "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA",
        "GET_DATE_RANGE_FINANCIAL_TRANSACTION_DATA",
    }
    assert {e.alias for e in entries if e.local_decimals} == {
        "financial_holds",
        "settlement",
        "settlement_v1",
    }
    assert {e.alias for e in entries if e.summary_row} == {"settlement"}
    assert {e.alias for e in entries if e.space_is_empty} == {"returns"}
    assert {e.alias for e in entries if e.positional} == {"feedback"}
    assert catalog.lookup("listings").charset == "header"
    assert catalog.lookup("settlement").charset is None


@pytest.mark.parametrize(
    ("alias", "days"),
    [
        ("orders", 30),
        ("orders_by_update", 30),
        ("orders_xml", 30),
        ("returns", 60),
        ("prime_returns", 60),
        ("fba_shipments", 30),
        ("vat_invoices", 30),
        ("financial_holds", 3650),
        ("vendor_real_time_inventory", 1),
        ("asin_page_views", 7),
        ("listings", None),
    ],
)
def test_windows_are_as_known(alias: str, days: int | None) -> None:
    assert catalog.lookup(alias).max_window_days == days


@pytest.mark.parametrize(
    ("alias", "seconds"),
    [
        ("fba_inventory", 30 * 60),
        ("fba_shipments", 30 * 60),
        ("restock", 30 * 60),
        ("reimbursements", 4 * 3600),
        ("fba_returns", 4 * 3600),
        ("fee_discounts", 24 * 3600),
        ("referral_fee_preview", 24 * 3600),
        ("sales_and_traffic", 15 * 60),
        ("orders", None),
    ],
)
def test_cool_downs_are_as_known(alias: str, seconds: int | None) -> None:
    assert catalog.lookup(alias).cooldown_seconds == seconds


def test_settlements_are_listed_and_xml_orders_scheduled() -> None:
    settlement, orders = catalog.lookup("settlement"), catalog.lookup("orders_tax_xml")

    assert (settlement.requestable, settlement.schedulable) == (False, False)
    assert (orders.requestable, orders.schedulable) == (False, True)
    assert catalog.lookup("settlement_xml").deprecated
    assert "2026-11-11" in catalog.lookup("settlement_xml").note


def test_each_record_array_of_a_json_document_is_a_table() -> None:
    def tables(alias: str) -> list[tuple[str, str]]:
        return [(table.name, table.path) for table in catalog.lookup(alias).tables]

    traffic = catalog.lookup("sales_and_traffic").columns("salesAndTrafficByAsin")
    assert traffic[3].name == "salesByAsin.unitsOrdered"
    assert tables("coupons") == [("coupons", "coupons"), ("campaigns", "campaigns")]
    campaigns = catalog.lookup("coupons").columns("campaigns")
    assert campaigns[-1].name == "coupons[].asins[].discountAmount"
    assert tables("vendor_inventory") == [
        ("inventoryAggregate", "inventoryAggregate"),
        ("inventoryByAsin", "inventoryByAsin"),
    ]
    jsons = [e for e in catalog.entries() if e.format == "json" and not e.deprecated]
    assert len(jsons) == 21
    assert all(e.tables for e in jsons)
    named = [c.name for e in jsons for t in e.tables for c in t.columns]
    assert not any(name.startswith("reportSpecification") for name in named)


def test_xml_records_have_their_element_and_nested_lists_in_their_columns() -> None:
    orders = catalog.lookup("orders_xml").table()

    assert (orders.name, orders.path) == ("records", "AmazonEnvelope/Message/Order")
    assert [c.name for c in orders.columns][-1] == (
        "OrderItem[]/Promotion[]/ShipPromotionDiscount"
    )
    assert catalog.lookup("browse_tree").table().path == "Result/Node"
    assert catalog.lookup("settlement_xml").column(
        "Order[]/Fulfillment/Item[]/ItemFees/Fee[]/Amount/@currency"
    )


def test_analytics_follow_the_option_that_names_the_period() -> None:
    following = {
        e.alias
        for e in catalog.entries()
        if e.period == "option:reportPeriod" and e.alias != "end_users"
    }

    assert following == {
        "search_terms",
        "search_query_performance",
        "search_catalog_performance",
        "market_basket",
        "repeat_purchase",
        "alternate_purchase",
        "item_comparison",
        "vendor_sales",
        "vendor_traffic",
        "vendor_inventory",
        "vendor_margin",
    }
    for alias in following:
        entry = catalog.lookup(str(alias))
        option = entry.option("reportPeriod")
        assert option.required
        assert entry.whole_days
        assert not entry.max_periods or set(entry.max_periods) == set(option.values)
        assert set(entry.history_periods) <= set(option.values)
    assert catalog.lookup("vendor_sales").hold_back_days == 3
    assert catalog.lookup("market_basket").max_periods == {}


def test_what_amazon_takes_for_an_option_that_is_left_out_is_known() -> None:
    defaults = {
        (e.alias, option.name): option.default
        for e in catalog.entries()
        for option in e.options
        if option.default
    }

    assert defaults == {
        ("end_users", "reportPeriod"): "MONTH",
        ("ledger", "aggregateByLocation"): "COUNTRY",
        ("ledger", "aggregatedByTimePeriod"): "MONTHLY",
        ("sales_and_traffic", "asinGranularity"): "PARENT",
        ("sales_and_traffic", "dateGranularity"): "DAY",
    }


@pytest.mark.parametrize(
    ("alias", "name", "default"),
    [
        ("sales_and_traffic", "dateGranularity", "DAY"),
        ("end_users", "reportPeriod", "MONTH"),
    ],
)
def test_types_whose_dates_amazon_moves_go_by_periods_of_a_known_default(
    alias: str, name: str, default: str
) -> None:
    entry = catalog.lookup(alias)

    assert entry.period == f"option:{name}"
    assert entry.option(name).default == default
    assert entry.option(name).values == ("DAY", "WEEK", "MONTH")
    assert catalog.period_of(entry) == default
    assert catalog.period_of(entry, {name: "WEEK"}) == "WEEK"
    assert catalog.period_of(entry, {name: "week"}) is None


def test_sources_name_origins_and_no_folders() -> None:
    for entry in catalog.entries():
        assert entry.source
        assert "/work" not in entry.source + entry.note
        assert "json_schemas" not in entry.source


def test_the_summary_row_of_a_settlement_is_a_table() -> None:
    settlement = catalog.lookup("settlement")

    rows, summary = (settlement.columns(name) for name in ("rows", "summary"))
    assert [column.name for column in summary] == [
        *("settlement-id", "settlement-start-date", "settlement-end-date"),
        *("deposit-date", "total-amount", "currency"),
    ]
    types = {column.name: (column.dtype, column.formats) for column in rows}
    assert all(types[c.name] == (c.dtype, c.formats) for c in summary)


@pytest.mark.parametrize(
    "header",
    [
        "Starting Warehouse Balance",
        "StartingWarehouseBalance",
        "starting-warehouse-balance",
        "STARTING_WAREHOUSE_BALANCE",
    ],
)
def test_a_header_is_found_in_another_spelling(header: str) -> None:
    column = catalog.lookup("ledger").column(header)

    assert column is not None
    assert column.name == "Starting Warehouse Balance"
    assert catalog.lookup("ledger").column(header[:-1]) is None
