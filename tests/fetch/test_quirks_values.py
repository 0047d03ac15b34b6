"""Reference, "Values": each quirk by its name, in its report type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from spreports.catalog import Column, ReportType, lookup
from spreports.catalog.words import BY_MARKETPLACE, DATE_FORMATS
from spreports.errors import ParseError
from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.findings import Findings
from spreports.fetch.timestamps import ZONE_OFFSETS
from tests.fetch.documents import entry, flat, read

pytestmark = pytest.mark.usefixtures("each_way")


def cell(kind: ReportType, column: str, text: str) -> object:
    """Read one cell of one report type."""
    table = read(flat(kind, {column: text}, names={column: column}), kind)
    value: object = table[column].to_pylist()[0]
    return value


def typed(dtype: str, text: str, *formats: str) -> object:
    """Read one cell of a made-up column."""
    kind = entry(Column(name="v", dtype=dtype, formats=formats), Column(name="k"))
    value: object = read(f"k\tv\nx\t{text}\n", kind)["v"].to_pylist()[0]
    return value


@pytest.mark.parametrize("zone", ["PST\0", "\0PST", "PST\0\0\0\0\0", "\0"])
def test_a_zones_name_ends_where_its_cell_does(zone: str) -> None:
    with pytest.raises(ParseError, match="open-date"):
        cell(lookup("listings"), "open-date", f"2026-01-01 00:00:00 {zone}")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *(("orders", "purchase-date"), ("orders", "last-updated-date")),
        *(("fba_shipments", "purchase-date"), ("fba_returns", "return-date")),
    ],
)
def test_all_orders_fba_shipments_and_fba_returns_have_iso_8601_with_offset(
    name: str, column: str
) -> None:
    wanted = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)
    for text in ("2026-10-31T23:59:59+00:00", "2026-11-01T01:29:59+01:30"):
        assert cell(lookup(name), column, text) == wanted


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(("2026-01-15 08:30:00 PST", -8), ("2026-07-15 08:30:00 PDT", -7)),
        *(("15/07/2026 08:30:00 MEST", 2), ("15/01/2026 08:30:00 MET", 1)),
        *(("15/07/2026 08:30:00 BST", 1), ("15/01/2026 08:30:00 GMT", 0)),
        *(("15/07/2026 08:30:00 CEST", 2), ("2026/07/15 08:30:00 JST", 9)),
        ("15/07/2026 08:30:00 AST", 3),  # Saudi Arabia's, by Java
    ],
)
def test_listings_open_date_has_zone_names(text: str, hours: int) -> None:
    month = 1 if "01/" in text or "-01-" in text else 7
    local = datetime(2026, month, 15, 8, 30, tzinfo=timezone(timedelta(hours=hours)))
    assert cell(lookup("listings"), "open-date", text) == local


@pytest.mark.parametrize("zone", sorted(ZONE_OFFSETS))
def test_every_zone_name_means_its_own_offset(zone: str) -> None:
    value = typed("timestamp", f"2026-07-15 12:00:00 {zone}", "%Y-%m-%d %H:%M:%S %Z")
    assert value == datetime(2026, 7, 15, 12, tzinfo=UTC) - timedelta(
        hours=ZONE_OFFSETS[zone]
    )


@pytest.mark.parametrize("zone", ["XYZ", "pst", "UTC+2", ""])
def test_a_zone_that_nobody_knows_is_a_bad_value(zone: str) -> None:
    with pytest.raises(ParseError):
        typed("timestamp", f"2026-07-15 12:00:00 {zone}", "%Y-%m-%d %H:%M:%S %Z")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        *(("2026-10-31 23:59:59 UTC", 23), ("31.10.2026 23:59:59 UTC", 23)),
        ("2026/10/31 23:59:59", 14),  # Japan's own time
    ],
)
def test_settlement_dates_follow_the_currency(text: str, hour: int) -> None:
    kind = lookup("settlement")
    for column in ("posted-date-time", "settlement-start-date", "deposit-date"):
        value = cell(kind, column, text)
        assert value == datetime(2026, 10, 31, hour, 59, 59, tzinfo=UTC)
    day = text.split(" ", maxsplit=1)[0]
    assert cell(kind, "posted-date", day) == date(2026, 10, 31)


@pytest.mark.parametrize(
    ("text", "day"),
    [("10/05/2026", date(2026, 10, 5)), ("10/2026", date(2026, 10, 1))],
)
def test_the_ledger_has_days_and_its_monthly_summary_months(
    text: str, day: date
) -> None:
    assert cell(lookup("ledger"), "Date", text) == day


def test_flat_returns_have_dd_mmm_yyyy() -> None:
    kind = lookup("returns")
    assert cell(kind, "Order date", "10-Jul-2025") == date(2025, 7, 10)
    assert cell(kind, "Order date", "01-DEC-2025") == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("21-Aug-2026 10:11:12", (10, 11, 12)),
        ("2026-08-21T12:11:12+02:00", (10, 11, 12)),
        *(("21-Aug-2026", (0, 0, 0)), ("2026-08-21", (0, 0, 0))),
    ],
)
def test_a_claim_of_returns_has_the_form_of_its_days_with_and_without_a_time(
    text: str, clock: tuple[int, int, int]
) -> None:
    wanted = datetime(2026, 8, 21, *clock, tzinfo=UTC)

    assert cell(lookup("returns"), "SafeT claim creation time", text) == wanted


@pytest.mark.parametrize(
    ("country", "text"),
    [
        *(("US", "8/9/26"), ("CA", "9/8/26"), ("FR", "09/08/26"), ("DE", "9.8.26")),
        *(("SE", "2026-08-09"), ("JP", "26/8/9"), ("JP", "2026/08/09")),
        *(("GB", "9/8/26"), ("UK", "9/8/26"), ("MX", "9/8/26"), ("BR", "9/8/26")),
        ("IE", "9/8/26"),
    ],
)
def test_feedback_dates_are_by_marketplace(country: str, text: str) -> None:
    kind = lookup("feedback").for_marketplace(country)
    assert cell(kind, "Date", text) == date(2026, 8, 9)


SHIPPED = "Recommended ship date"


@pytest.mark.parametrize(
    ("country", "text"),
    [
        *(("GB", "04/07/2026"), ("US", "7/4/2026"), ("DE", "04.07.2026")),
        ("IE", "4/7/2026"),
        *((None, "2026-07-04"), (None, "2026/07/04"), (None, "4.7.2026")),
    ],
)
def test_restock_days_are_by_marketplace_where_their_order_is_not_plain(
    country: str | None, text: str
) -> None:
    kind = lookup("restock")
    entry = kind.for_marketplace(country) if country else kind
    assert cell(entry, SHIPPED, text) == date(2026, 7, 4)


@pytest.mark.parametrize("country", [None, "CA", "DE"])
def test_a_restock_day_whose_order_is_not_known_is_refused_with_a_way_out(
    country: str | None,
) -> None:
    kind = lookup("restock")
    entry = kind.for_marketplace(country) if country else kind
    with pytest.raises(ParseError, match=r"report_type\('restock'\)\.for_marketplace"):
        cell(entry, SHIPPED, "04/07/2026")


@pytest.mark.parametrize(
    ("text", "country"),
    [("4/7/2026", "AE"), ("22/4/2026", "AE"), ("4/22/2026", "US")],
)
def test_the_way_out_of_a_day_names_a_marketplace_that_writes_it_so(
    text: str, country: str
) -> None:
    kind = lookup("restock")
    with pytest.raises(ParseError, match=rf"\.for_marketplace\('{country}'\)"):
        cell(kind, SHIPPED, text)
    assert cell(kind.for_marketplace(country), SHIPPED, text)


@pytest.mark.parametrize("country", [None, "US", "DE"])
@pytest.mark.parametrize("text", ["none", "None", ""])
def test_a_restock_row_without_a_day_to_ship_says_none(
    country: str | None, text: str
) -> None:
    kind = lookup("restock")
    entry = kind.for_marketplace(country) if country else kind
    assert cell(entry, SHIPPED, text) is None


def test_what_no_marketplace_writes_for_a_restock_day_is_refused_in_plain() -> None:
    with pytest.raises(ParseError) as caught:
        cell(lookup("restock"), SHIPPED, "soon")
    assert "for_marketplace" not in str(caught.value)


TOTAL_DAYS = "Total Days of Supply (including units from open shipments)"


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("restock", TOTAL_DAYS),
        ("restock", "Days of Supply at Amazon Fulfillment Network"),
        ("fba_inventory_planning", TOTAL_DAYS),
    ],
)
def test_days_of_supply_of_a_year_or_more_are_a_number(name: str, column: str) -> None:
    kind = lookup(name)
    assert [cell(kind, column, text) for text in ("365+", "207")] == [365, 207]
    with pytest.raises(ParseError, match="not a number"):
        cell(kind, column, "366+")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("fba_inventory_planning", "Recommended ship-in date"),
        ("fba_inventory_planning", "Last updated date for Historical Days of Supply"),
        ("fba_inventory_planning", "Inventory age snapshot date"),
        ("fba_inventory_planning", "season-start-date"),
        ("fba_inventory_planning", "season-end-date"),
        ("fba_inventory_planning", "recommended-order-date"),
        ("overage_fees", "charged_date"),
    ],
)
def test_days_of_planning_and_overage_are_by_marketplace_like_those_of_restock(
    name: str, column: str
) -> None:
    kind = lookup(name)
    assert cell(kind.for_marketplace("US"), column, "8/1/2020") == date(2020, 8, 1)
    assert cell(kind, column, "2020-08-01") == date(2020, 8, 1)
    with pytest.raises(ParseError, match=rf"'{name}'\)\.for_marketplace"):
        cell(kind, column, "8/1/2020")


@pytest.mark.parametrize(
    ("name", "header", "column"),
    [
        ("overage_fees", "capacity_usage_volume", "storage_usage_volume"),
        ("overage_fees", "capacity_limit", "storage_limit_volume"),
        ("storage_fees", "average-quantity-on-hand-above-30-days", "avg_qty_for_sus"),
        (
            "storage_fees",
            "estimated_total_storage_utilization_surcharge_volume",
            "est_vol_for_sus",
        ),
        ("storage_fees", "estimated-base-monthly-storage-fee", "est_base_msf"),
        ("storage_fees", "estimated-storage-utilization-surcharge", "est_sus"),
        (
            *("fba_inventory_planning", "recommended-order-quantity"),
            "Recommended ship-in quantity",
        ),
        *(
            (name, "Shipping Cess Tax Amount", "Shipping Cess Tax")
            for name in ("gst_b2b", "gst_b2b_monthly")
        ),
    ],
)
def test_headers_of_amazons_help_and_of_a_sister_report_are_known_too(
    name: str, header: str, column: str
) -> None:
    table = read(f"{header}\tother\n600\t\n", lookup(name))

    assert table[header].to_pylist() == [600]
    assert column not in table.column_names


@pytest.mark.parametrize("text", ["--", "-", "N/A", " -- ", "n/a"])
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("fba_fee_preview", "estimated-pick-pack-fee-per-unit"),
        ("storage_fees", "storage_utilization_ratio"),
        ("storage_fees", "utilization_surcharge_rate"),
        ("long_term_storage_fees", "amount-charged"),
        ("overage_fees", "overage_volume"),
    ],
)
def test_fees_and_figures_of_fba_may_be_dashes_where_there_is_none(
    name: str, column: str, text: str
) -> None:
    kind = lookup(name)
    rows = [{column: "1.5"}, {column: text}]
    table = read(flat(kind, *rows, names={column: column}), kind)
    first, second = table[column].to_pylist()
    assert (float(first), second) == (1.5, None)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        (
            "fba_fee_preview",
            [
                "expected-future-domestic-fulfilment-fee-per-unit",
                *(
                    f"expected-future-efn-fulfilment-fee-per-unit-{place}"
                    for place in ("uk", "de", "fr", "it", "es")
                ),
            ],
        ),
        (
            "long_term_storage_fees",
            [
                *("12-mo-long-terms-storage-fee", "6-mo-long-terms-storage-fee"),
                "long-time-range-long-term-storage-fee",
                "short-time-range-long-term-storage-fee",
            ],
        ),
        (
            "sales_tax",
            ["Order_Tax_Amount", "Order_NonTaxable_Amount", "Order_Taxable_Amount"],
        ),
    ],
)
def test_amounts_of_older_headers_are_typed_and_no_column_where_they_are_not(
    name: str, columns: list[str]
) -> None:
    kind = lookup(name)
    table = read(flat(kind, {}, names={each: each for each in columns}), kind)
    assert table.select(columns).schema.types == [ARROW_TYPES["decimal"]] * len(columns)
    assert not {*columns} & {*read(flat(kind, {}), kind).column_names}
    if name != "sales_tax":
        assert [cell(kind, each, "--") for each in columns] == [None] * len(columns)


@pytest.mark.parametrize(
    "term", ["12-mo", "6-mo", "long-time-range", "short-time-range"]
)
def test_units_that_were_charged_for_a_long_term_are_counted(term: str) -> None:
    kind = lookup("long_term_storage_fees")
    assert cell(kind, f"qty-charged-{term}-long-term-storage-fee", "12") == 12


@pytest.mark.parametrize(
    ("text", "units"),
    [
        *(("0", 0), ("2", 2), ("12", 12)),
        *(("Yes", 1), ("N", 0), ("true", 1), ("", None)),
    ],
)
def test_no_sale_in_six_months_counts_units_or_says_yes_or_no(
    text: str, units: int | None
) -> None:
    kind = lookup("fba_inventory_planning")
    assert cell(kind, "no-sale-last-6-months", text) == units


@pytest.mark.parametrize("ages", ["366-455", "456-plus"])
def test_planning_has_surcharges_of_the_oldest_units_as_of_younger_ones(
    ages: str,
) -> None:
    kind = lookup("fba_inventory_planning")

    assert cell(kind, f"estimated-ais-{ages}-days", "2.75") == Decimal("2.75")
    assert cell(kind, f"quantity-to-be-charged-ais-{ages}-days", "4") == 4


def test_the_breakdown_of_storage_incentives_is_text() -> None:
    kind = lookup("storage_fees")
    for text in ("FBA_NEW_SELECTION:0.7187", "0.01"):
        assert cell(kind, "breakdown_incentive_fee_amount", text) == text


@pytest.mark.parametrize(
    "name", ["gst_b2b", "gst_b2c", "gst_b2b_monthly", "gst_b2c_monthly"]
)
def test_gst_times_without_a_zone_are_indias(name: str) -> None:
    kind = lookup(name)
    for column in ("Invoice Date", "Shipment Date", "Order Date"):
        for text, moment in (
            ("2026-03-08 00:07:35", datetime(2026, 3, 7, 18, 37, 35, tzinfo=UTC)),
            ("2026-03-08", datetime(2026, 3, 8, tzinfo=UTC)),
            ("2026-03-08T00:07:35Z", datetime(2026, 3, 8, 0, 7, 35, tzinfo=UTC)),
        ):
            read_by_comma = read(flat(kind, {column: text}, delimiter=","), kind)
            assert read_by_comma[column].to_pylist() == [moment]


@pytest.mark.parametrize("name", ["gst_stock_transfers", "gst_stock_transfers_monthly"])
def test_amounts_of_stock_transfers_are_exact_and_their_days_text(name: str) -> None:
    kind = lookup(name)
    row = {"Invoice Date": "08/03/26 00:07", "Taxable Value": "168.64", "Quantity": "2"}
    row |= {"Igst Rate": "0.18", "Hsn Code": "0902", "Ship To Postal Code": "012345"}
    found = read(flat(kind, row, delimiter=","), kind).to_pylist()[0]
    typed = {"Taxable Value": Decimal("168.64"), "Igst Rate": Decimal("0.18")}
    assert {name: found[name] for name in row} == row | typed | {"Quantity": 2}


def test_vat_transactions_vcs_and_suppressed_listings_have_their_own_dates() -> None:
    vat = cell(lookup("vat_transactions"), "TAX_CALCULATION_DATE", "28-08-2026")
    assert vat == date(2026, 8, 28)
    suppressed = lookup("listings_suppressed")
    for text in ("Jul 29, 2022", "Jul 29 2022"):
        assert cell(suppressed, "Status Change Date", text) == date(2022, 7, 29)
    vcs = lookup("vat_calculation")
    for column in (
        "Order Date",
        "Invoice Level Exchange Rate Date",
        "SDI Invoice Status Last Updated Date",
    ):
        text = flat(vcs, {column: "28-Aug-2026 UTC"}, delimiter=",")
        assert read(text, vcs)[column].to_pylist() == [date(2026, 8, 28)]


@pytest.mark.parametrize(
    "column", ["Enrollment Date", "Last Active On", "Date Pan EU expires"]
)
def test_days_of_pan_eu_eligibility_are_of_their_own_form(column: str) -> None:
    kind = lookup("pan_eu_eligibility")
    for text in (
        *("Fri May 29 23:49:18 UTC 2026", "Fri May 29 09:49:18 CEST 2026"),
        *("2026-05-29", "2026-05-29T09:49:18Z"),
    ):
        assert cell(kind, column, text) == date(2026, 5, 29)
    for text in ("Vie May 29 09:49:18 UTC 2026", "Fri May 32 09:49:18 UTC 2026"):
        with pytest.raises(ParseError, match=column):
            cell(kind, column, text)


def test_vcs_calls_the_columns_of_sdi_invoices_e_invoice_since_august_2026() -> None:
    kind = lookup("vat_calculation")
    columns = [c.name for c in kind.columns() if c.name.startswith("SDI Invoice ")]
    served = [each.replace("SDI Invoice", "E-Invoice") for each in columns]
    table = read(f"{','.join(served)}\nDelivered,1,,28-Aug-2026 UTC\n", kind)

    cells = ["Delivered", "1", None, date(2026, 8, 28)]
    assert [table[each].to_pylist() for each in served] == [[each] for each in cells]
    assert not {*columns} & {*table.column_names}


@pytest.mark.parametrize("text", ["2020-09-06T00:00Z", "2020-09-06T02:00+02:00"])
def test_account_health_has_minutes_only(text: str) -> None:
    assert typed("timestamp", text, "iso") == datetime(2020, 9, 6, tzinfo=UTC)


@pytest.mark.parametrize("pattern", sorted(DATE_FORMATS - {"iso", BY_MARKETPLACE}))
def test_every_date_format_of_the_catalogue_is_read(pattern: str) -> None:
    moment = datetime(2026, 10, 5, 4, 3, 2, tzinfo=UTC)
    form, _, unnamed = pattern.partition(" [")
    text = moment.strftime(form)
    day = date(2026, 10, 1) if pattern == "%m/%Y" else moment.date()
    assert typed("date", text, pattern) == day
    if "%H" in pattern or "%I" in pattern:
        zone = timedelta(hours={"": 0, "JST]": 9, "IST]": 5.5}[unnamed])
        assert typed("timestamp", text, pattern) == moment - zone
        loose = text.replace("05", "5").replace("04", "4", 1)
        assert typed("timestamp", loose, pattern) == moment - zone
    with pytest.raises(ParseError):
        typed("date", "next week", pattern)


@pytest.mark.parametrize("text", ["32/13/2026", "10/05/2026 noon", "2026", "0/2026"])
def test_a_day_that_does_not_exist_is_a_bad_value(text: str) -> None:
    with pytest.raises(ParseError):
        cell(lookup("ledger"), "Date", text)


@pytest.mark.parametrize(
    ("currency", "text", "wanted"),
    [
        *(("EUR", "95,00", "95"), ("EUR", "-1.234,50", "-1234.5")),
        *(("EUR", "1.234", "1234"), ("EUR", "1,234", "1.234"), ("EUR", "0,5", "0.5")),
        *(("USD", "95.00", "95"), ("USD", "-1,234.50", "-1234.5")),
        *(("USD", "1,234", "1234"), ("USD", "1.234", "1.234")),
        *(("JPY", "1,234", "1234"), ("JPY", "980", "980"), ("SEK", "-,50", "-0.5")),
        *(("GBP", "1,234,567.89", "1234567.89"), ("BRL", "1.234.567,8", "1234567.8")),
    ],
)
def test_a_decimal_comma_in_v2_settlement_amounts_by_currency(
    currency: str, text: str, wanted: str
) -> None:
    kind = lookup("settlement")
    rows = [{"settlement-id": "1", "currency": currency, "total-amount": text}]
    rows.append({"settlement-id": "1", "amount": text})
    table = read(flat(kind, *rows), kind)
    assert table["amount"].to_pylist() == [Decimal(wanted)]


@pytest.mark.parametrize(
    ("name", "column"),
    [("reimbursements", "amount-total"), ("removal_orders", "removal-fee")],
)
def test_a_decimal_comma_elsewhere_is_refused_with_a_way_out(
    name: str, column: str
) -> None:
    kind = lookup(name)
    with pytest.raises(
        ParseError, match=rf"'{name}' and local_decimals = true; on_bad"
    ):
        cell(kind, column, "4,10")
    assert cell(replace(kind, local_decimals=True), column, "4,10") == Decimal("4.1")
    with pytest.raises(ParseError) as caught:
        cell(kind, column, "none")
    assert "local_decimals" not in str(caught.value)


def test_a_point_in_vcs() -> None:
    kind = lookup("vat_calculation")
    column = "OUR_PRICE Tax Amount"
    text = flat(kind, {column: "1234.50"}, delimiter=",")
    assert read(text, kind)[column].to_pylist() == [Decimal("1234.5")]
    with pytest.raises(ParseError, match="OUR_PRICE"):
        read(flat(kind, {column: '"1234,50"'}, delimiter=","), kind)


@pytest.mark.parametrize("text", ["12%", "12 %", "%"])
def test_percentages_stay_as_served_and_a_percent_sign_is_a_bad_value(
    text: str,
) -> None:
    # No served flat file is known to write the sign; 0-1 and 0-100 are not mixed here
    assert typed("float64", "0.4") == 0.4
    assert typed("decimal", "40") == Decimal(40)
    for dtype in ("float64", "decimal", "int64"):
        with pytest.raises(ParseError):
            typed(dtype, text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((each, True) for each in ("true", "True", "TRUE", "Yes", "YES", "yes", "Y")),
        *((each, True) for each in ("y", "1", " true ", "t")),
        *((each, False) for each in ("false", "False", "FALSE", "No", "NO", "no")),
        *((each, False) for each in ("N", "n", "0", "no ", "f")),
        *((each, None) for each in ("", " ")),
    ],
)
def test_booleans_in_all_spellings(text: str, wanted: bool | None) -> None:
    assert typed("boolean", text) is wanted


def test_several_spellings_of_truth_stand_in_one_column() -> None:
    kind = entry(Column(name="v", dtype="boolean"), Column(name="k"))
    text = "k\tv\n" + "".join(f"x\t{v}\n" for v in ("Yes", "false", "", "N", "1"))
    assert read(text, kind)["v"].to_pylist() == [True, False, None, False, True]


@pytest.mark.parametrize(
    ("name", "column"),
    [("orders", "promotion-ids"), ("fba_shipments", "tracking-number")],
)
def test_several_ids_in_one_cell_stay_one_text(name: str, column: str) -> None:
    text = "Core Free 2026/01,B2B; 0012 , x"
    assert cell(lookup(name), column, text) == text


def test_currency_and_prices_are_blank_while_an_order_is_pending() -> None:
    kind = lookup("orders")
    text = flat(
        kind,
        {"order-status": "Pending", "quantity": "1"},
        {"order-status": "Shipped", "currency": "EUR", "item-price": "9.99"},
    )
    table = read(text, kind)
    assert table["currency"].to_pylist() == [None, "EUR"]
    assert table["item-price"].to_pylist() == [None, Decimal("9.99")]


@pytest.mark.parametrize("dtype", ["int64", "decimal", "float64"])
@pytest.mark.parametrize("text", ["365+", "n/a", "--", "1 000", "0x1F", "0X1F", "1_0"])
def test_365_plus_and_its_like_follow_the_rule_for_bad_values(
    dtype: str, text: str
) -> None:
    kind = entry(Column(name="v", dtype=dtype), Column(name="k"))
    plain = f"k\tv\na\t1\nb\t{text}\n"
    with pytest.raises(ParseError) as caught:
        read(plain, kind)
    assert (caught.value.row, caught.value.column) == (2, "v")
    assert text not in str(caught.value)
    findings = Findings()
    table = read(plain, kind, on_bad_value="null", findings=findings)
    assert table["v"].null_count == 1
    assert findings.bad_cells == {"v": 1}
    table = read(plain, kind, on_bad_value="rescue")
    assert table["_rescued"].to_pylist() == [None, f'{{"v": "{text}"}}']


@pytest.mark.parametrize(
    ("name", "column", "text", "value"),
    [
        ("fba_inventory_planning", "fc-transfer", "12", 12),
        ("fba_inventory_planning", "Reserved Staging", "3", 3),
        ("fba_inventory_planning", "is-seasonal-in-next-3-months", "Y", True),
        (
            "fba_inventory_planning",
            "Exempted from Low-Inventory-Level Fee?",
            "No",
            False,
        ),
        (
            "fba_inventory_planning",
            "Low-Inventory-Level fee applied in current week?",
            "Yes",
            True,
        ),
        ("vat_calculation", "Export Outside EU", "false", False),
    ],
)
def test_flags_and_counts_of_newer_columns_have_their_types(
    name: str, column: str, text: str, value: object
) -> None:
    table = read(f"{column}\tother\n{text}\t\n".replace("\t", ","), lookup(name))

    assert table[column].to_pylist() == [value]
