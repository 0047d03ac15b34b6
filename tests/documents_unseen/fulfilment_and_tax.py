"""FBA, tax, payment and compliance reports, as the reference tells them."""

from __future__ import annotations

from typing import Final

from tests.documents_unseen.written import B, D, F, I, M, S, T, Unseen, at, on

SOLD: Final = (
    Unseen(
        name="fba_shipments",
        columns={
            "amazon-order-id": (S, ("1", "2")),
            "shipment-date": (T, (at("2026-05-01T10:00:00+00:00", 2026, 5, 1, 10), "")),
            "sku": (S, ("007", "8")),
            "quantity-shipped": (I, ("1", "2")),
            "item-price": (M, ("10.00", "0")),
            "tracking-number": (S, ("1Z,2Z", "000")),
        },
        charset="cp1252",
    ),
    Unseen(
        name="fba_sales",
        columns={
            "shipment-date": (T, (at("2026-05-01T00:00:00-07:00", 2026, 5, 1, 7), "")),
            "quantity": (I, ("-1", "1")),
            "item-price-per-unit": (M, ("3.333333", "1")),
            "ship-postal-code": (S, ("00501", "")),
        },
    ),
    Unseen(
        name="fba_promotions",
        columns={
            "shipment-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "item-promotion-discount": (M, ("-0.50", "")),
            "promotion-rule-value": (S, ("0.10", "")),
        },
    ),
    Unseen(
        name="fba_returns",
        columns={
            "return-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "order-id": (S, ("1", "2")),
            "quantity": (I, ("1", "")),
            "customer-comments": (S, ('"broken", he said', "zu groß; 日本")),
        },
    ),
    Unseen(
        name="fba_replacements",
        columns={
            "shipment-date": (T, (at("2026-05-01T00:00:00Z", 2026, 5, 1), "")),
            "quantity": (I, ("1", "")),
            "replacement-customer-order-id": (S, ("1", "2")),
        },
    ),
    Unseen(
        name="reimbursements",
        columns={
            "approval-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "reimbursement-id": (S, ("0123", "2")),
            "amount-total": (M, ("12.50", "-12.50")),
            "quantity-reimbursed-cash": (I, ("1", "0")),
        },
    ),
    Unseen(
        name="removal_orders",
        columns={
            "request-date": (T, (at("2026-05-01T00:00:00-08:00", 2026, 5, 1, 8), "")),
            "requested-quantity": (I, ("5", "")),
            "removal-fee": (M, ("0.25", "")),
            "order-source": (S, ("Seller-initiated", "")),
        },
    ),
    Unseen(
        name="removal_shipments",
        columns={
            "removal-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "shipment-date": (T, (at("2026-05-02T00:00:00+00:00", 2026, 5, 2), "")),
            "quantity shipped": (I, ("5", "")),
            "tracking-number": (S, ("A,B,C", "")),
        },
    ),
    Unseen(
        name="recommended_removals",
        columns={
            "snapshot-date": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "sellable-365+-days": (I, ("3", "")),
            "unsellable-0-7-days": (I, ("0", "1")),
        },
    ),
)

STOCK: Final = (
    Unseen(
        name="afn_inventory",
        columns={
            "seller-sku": (S, ("1", "2")),
            "Warehouse-Condition-code": (S, ("SELLABLE", "UNSELLABLE")),
            "Quantity Available": (I, ("9", "0")),
        },
    ),
    Unseen(
        name="afn_inventory_by_country",
        columns={
            "seller-sku": (S, ("1", "2")),
            "country": (S, ("DE", "FR")),
            "quantity-for-local-fulfillment": (I, ("9", "")),
        },
    ),
    Unseen(
        name="ledger by day",
        columns={
            "Date": (D, (on("10/05/2026", 2026, 10, 5), on("1/2/2026", 2026, 1, 2))),
            "MSKU": (S, ("007", "x")),
            "Title": (S, ('1/2" Sensor', 'a "quoted" word')),
            "Starting Warehouse Balance": (I, ("10", "")),
            "Customer Shipments": (I, ("-3", "0")),
            "Warehouse Transfer In/Out": (I, ("0", "-12")),
            "Location": (S, ("US", "FC1")),
            "Store": (S, ("", "Mine")),
        },
        quotes="once",
    ),
    Unseen(
        name="ledger by month, as the docs spell it",
        columns={
            "Date": (D, (on("10/2026", 2026, 10, 1), on("1/2027", 2027, 1, 1))),
            "StartingWarehouseBalance": (I, ("10", "")),
            "EndingWarehouseBalance": (I, ("7", "")),
        },
        quotes="once",
        end="\r\n",
    ),
    Unseen(
        name="ledger_detail",
        columns={
            "Date": (D, (on("10/05/2026", 2026, 10, 5), "")),
            "Event Type": (S, ("Receipts", "Adjustments")),
            "Quantity": (I, ("-1", "2")),
            "Date and Time": (
                T,
                (
                    at("10/05/2026 13:00:00", 2026, 10, 5, 13),
                    at("2026-10-05T13:00:00-0700", 2026, 10, 5, 20),
                ),
            ),
        },
        quotes="once",
    ),
    Unseen(
        name="reserved_inventory",
        columns={
            "sku": (S, ("1", "2")),
            "reserved_qty": (I, ("4", "")),
            "reserved_fc-transfers": (I, ("1", "")),
            "reserved_staging": (I, ("", "3")),
        },
    ),
    Unseen(
        name="fba_inventory",
        columns={
            "sku": (S, ("0", "00")),
            "product-name": (S, ('5" pipe', "x")),
            "your-price": (M, ("5.5", "")),
            "mfn-listing-exists": (S, ("Yes", "No")),
            "afn-total-quantity": (I, ("7", "0")),
            "per-unit-volume": (F, ("0.05", "1e-3")),
            "store": (S, ("", "s")),
        },
        charset="cp1252",
    ),
    Unseen(
        name="fba_inventory_all",
        columns={
            "sku": (S, ("0", "1")),
            "afn-reserved-future-supply": (I, ("7", "")),
        },
    ),
    Unseen(
        name="fba_inventory_planning",
        columns={
            "snapshot-date": (D, (on("2026-10-01", 2026, 10, 1), "")),
            "inv-age-366-to-455-days": (I, ("1", "")),
            "estimated-ltsf-next-charge": (M, ("0.10", "")),
            "Total Reserved Quantity": (I, ("2", "")),
        },
    ),
    Unseen(
        name="restock in quotes",
        columns={
            "Country": (S, ("US", "CA")),
            "Product Name": (S, ('12" pipe\twith a tab', "two\nlines")),
            "Price": (M, ("9.99", "")),
            "Units Sold Last 30 Days": (I, ("3", "")),
            "Total Days of Supply (including units from open shipments)": (
                F,
                ("12.5", ""),
            ),
        },
        quotes="doubled",
    ),
    Unseen(
        name="restock without",
        columns={
            "Country/Region Code": (S, ("DE", "FR")),
            "Product Name": (S, ('12" pipe', '"all" new')),
            "Sales last 30 days": (M, ("100.01", "")),
        },
    ),
    Unseen(
        name="inbound_performance",
        columns={
            "issue-reported-date": (
                T,
                (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), ""),
            ),
            "problem-quantity": (I, ("1", "")),
            "fee-total": (M, ("1.00", "")),
        },
    ),
    Unseen(
        name="stranded_inventory",
        columns={
            "date-stranded": (T, (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), "")),
            "Date-to-take-auto-removal": (T, (at("2026-06-01", 2026, 6, 1), "")),
            "fulfillable-qty": (I, ("1", "")),
        },
    ),
    Unseen(
        name="stranded_inventory_loader",
        columns={
            "sku": (S, ("1", "2")),
            "price": (M, ("1.23", "")),
            "leadtime-to-ship": (I, ("2", "")),
        },
    ),
    Unseen(
        name="storage_fees",
        columns={
            "asin": (S, ("B1", "B2")),
            "weight": (F, ("1.5", "")),
            "month_of_charge": (S, ("2026-09", "2026-09")),
            "storage_rate": (M, ("0.87", "")),
            "estimated_monthly_storage_fee": (M, ("0.0026", "")),
        },
    ),
    Unseen(
        name="overage_fees",
        columns={
            "charged_date": (D, (on("2026-10-01", 2026, 10, 1), "")),
            "overage_volume": (F, ("1.25", "")),
            "charged_fee_amount": (M, ("10", "")),
        },
    ),
    Unseen(
        name="fba_fee_preview",
        columns={
            "sku": (S, ("1", "2")),
            "longest-side": (F, ("10.5", "")),
            "estimated-fee-total": (M, ("4.56", "")),
        },
    ),
    Unseen(
        name="long_term_storage_fees",
        columns={
            "snapshot-date": (T, (at("2026-09-15T00:00:00+00:00", 2026, 9, 15), "")),
            "per-unit-volume": (F, ("0.1", "")),
            "amount-charged": (M, ("6.9", "")),
        },
    ),
)

PAPERS: Final = (
    Unseen(
        name="sales_tax",
        columns={
            "Order_Date": (T, (at("2026-05-01T00:00:00Z", 2026, 5, 1), "")),
            "Tax_Calculated_Date (UTC)": (
                T,
                (at("2026-05-01T00:00:00Z", 2026, 5, 1), ""),
            ),
            "Quantity": (I, ("1", "")),
            "isPromoApplied": (B, (("true", True), ("No", False))),
            "Taxed_Jurisdiction_Tax_Rate": (M, ("0.0625", "")),
        },
    ),
    Unseen(
        name="gst_b2b with tabs",
        columns={
            "Invoice Number": (S, ("IN-001", "2")),
            "Quantity": (I, ("1", "")),
            "Igst Rate": (M, ("0.18", "0")),
            "Credit Note Date": (D, (on("2026-05-01", 2026, 5, 1), "")),
        },
    ),
    Unseen(
        name="gst_b2b with commas",
        columns={
            "Invoice Number": (S, ("IN-001", "2")),
            "Item Description": (S, ("a, b", 'c "d"')),
            "Igst Rate": (M, ("0.18", "0")),
        },
        delimiter=",",
        quotes="doubled",
    ),
    Unseen(
        name="gst_b2c",
        columns={
            "Seller Gstin": (S, ("07AAA", "x")),
            "Order Date": (T, (at("2026-05-01T05:30:00+05:30", 2026, 5, 1), "")),
            "Total Tax Amount": (M, ("18.00", "")),
        },
    ),
    Unseen(
        name="gst_b2b_monthly",
        columns={"Sku": (S, ("1", "a,b")), "Quantity": (I, ("1", ""))},
        delimiter=",",
        quotes="doubled",
    ),
    Unseen(
        name="financial_holds",
        columns={
            "date/time": (T, (at("2026-05-01T00:00:00Z", 2026, 5, 1), "")),
            "order-post-code": (S, ("01067", "")),
            "total": (M, ("-12.34", "")),
        },
        delimiter=",",
        quotes="doubled",
    ),
    Unseen(
        name="vat_invoices",
        columns={
            "is-amazon-invoiced": (B, (("Yes", True), ("No", False))),
            "order-date": (T, (at("2026-05-01T00:00:00+02:00", 2026, 4, 30, 22), "")),
            "product-name": (S, ("Łódź ½", "x")),
            "item-vat-rate": (M, ("0.19", "")),
        },
    ),
    Unseen(
        name="easyship_picked_up",
        columns={
            "order-id": (S, ("1", "2")),
            "picked-up-date": (
                T,
                (at("2026-05-01T00:00:00+05:30", 2026, 4, 30, 18, 30), ""),
            ),
            "is-prime": (B, (("Y", True), ("N", False))),
            "ship-postal-code": (S, ("000001", "")),
        },
    ),
    Unseen(
        name="easyship_waiting",
        columns={
            "order-id": (S, ("1", "2")),
            "expected-ship-date": (
                T,
                (at("2026-05-01T00:00:00+00:00", 2026, 5, 1), ""),
            ),
            "quantity-purchased": (I, ("1", "")),
        },
    ),
    *(
        Unseen(
            name=f"{alias} {delimiter!r}",
            columns={
                "report_period_start": (D, (on("2026-10-01", 2026, 10, 1), "")),
                "item_name_in_english": (S, ("a - b", "c")),
                "total_units_sold": (I, ("3", "")),
                "battery_embedded": (B, (("No", False), ("Yes", True))),
                "plastic_kg": (F, ("0.001", "")),
            },
            delimiter=delimiter,
            quotes="doubled" if delimiter == "," else "",
        )
        for alias in ("epr_monthly", "epr_quarterly", "epr_annual")
        for delimiter in (",", "\t")
    ),
)
