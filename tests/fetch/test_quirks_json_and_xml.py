"""Reference, "JSON" and "XML": each quirk of the documents by its name."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from spreports.catalog import entries, lookup
from spreports.fetch.findings import Findings
from tests.fetch.documents import read

pytestmark = pytest.mark.usefixtures("each_way")

ECHO = {"reportType": "GET_X", "reportOptions": {"reportPeriod": "DAY"}}


def json_of(**arrays: Any) -> str:
    """Write a JSON document with its echo."""
    return json.dumps({"reportSpecification": ECHO, **arrays})


def xml_of(name: str, records: str) -> str:
    """Write an XML document; the record element's parents come of the catalogue."""
    *parents, _ = lookup(name).table().path.split("/")
    opened = "".join(f"<{each}>" for each in parents)
    return opened + records + "".join(f"</{each}>" for each in reversed(parents))


def test_v2_seller_performance_is_json_sent_as_text_plain() -> None:
    document = json.dumps(
        {"accountStatuses": [{"marketplaceId": "A1", "status": "NORMAL"}]}
    )
    table = read(
        document, lookup("seller_performance"), content_type="text/plain;charset=UTF-8"
    )
    assert table.to_pylist() == [{"marketplaceId": "A1", "status": "NORMAL"}]


def test_a_top_level_echo_stands_beside_one_or_more_record_arrays() -> None:
    findings = Findings()
    read(
        json_of(salesAggregate=[], salesByAsin=[]),
        lookup("vendor_sales"),
        findings=findings,
    )
    assert findings.document_fields == {"reportSpecification": ECHO}


@pytest.mark.parametrize("name", ["seller_performance", "b2b_recommended"])
def test_account_health_and_the_b2b_reports_have_no_echo(name: str) -> None:
    kind = lookup(name)
    arrays: dict[str, list[object]] = {each.name: [] for each in kind.tables}
    findings = Findings()
    assert read(json.dumps(arrays), kind, findings=findings).num_rows == 0
    assert findings.document_fields == {}


TWO_TABLES = (
    "sales_and_traffic",
    "vendor_sales",
    "vendor_traffic",
    "vendor_inventory",
    "vendor_margin",
    "seller_performance",
)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("name", TWO_TABLES)
def test_two_tables_in_one_document_stream_each_on_its_own(
    name: str, order: int
) -> None:
    kind = lookup(name)
    first, second = kind.tables
    one, other = first.columns[0].name, second.columns[0].name
    arrays = {
        first.name: [nested(one, "a"), nested(one, "b")],
        second.name: [nested(other, "c")],
    }
    document = json.dumps(dict(list(arrays.items())[::order]))
    for table, column, cells in (
        (first.name, one, ["a", "b"]),
        (second.name, other, ["c"]),
    ):
        frame = read(document, kind, table=table, typed=False)
        assert frame[column].to_pylist() == cells


def nested(path: str, value: object) -> dict[str, Any]:
    """Return an object that holds a value at a dotted path."""
    *outer, last = path.split(".")
    made: dict[str, Any] = {last: value}
    for key in reversed(outer):
        made = {key: made}
    return made


@pytest.mark.parametrize(
    ("name", "table", "record", "column", "cells"),
    [
        (
            "promotions",
            "promotions",
            {"promotionId": "p", "includedProducts": [{"asin": "B1"}, {"asin": "B2"}]},
            "includedProducts",
            ["B1", "B2"],
        ),
        ("coupons", "coupons", {"asins": [{"asin": "B1"}]}, "asins", ["B1"]),
        (
            "end_users",
            "endUserData",
            {"asinMetrics": [{"asin": "B1"}, {"asin": "B1"}]},
            "asinMetrics",
            ["B1", "B1"],
        ),
    ],
)
def test_nested_child_arrays_are_lists(
    name: str, table: str, record: dict[str, Any], column: str, cells: list[str]
) -> None:
    frame = read(json.dumps({table: [record, {}]}), lookup(name), table=table)
    assert pa.types.is_list(frame.schema.field(column).type)
    first, second = frame[column].to_pylist()
    assert [each["asin"] for each in first] == cells
    assert second is None


def test_campaigns_hold_coupons_that_hold_asins() -> None:
    campaign = {
        "campaignId": "c",
        "coupons": [{"couponId": "k", "asins": [{"asin": "B1"}, {"asin": "B2"}]}],
    }
    frame = read(json_of(campaigns=[campaign]), lookup("coupons"))
    ((coupon,),) = frame["coupons"].to_pylist()
    assert coupon["couponId"] == "k"
    assert [each["asin"] for each in coupon["asins"]] == ["B1", "B2"]


def test_warning_states_of_account_health_are_a_list() -> None:
    metrics = {"warningStates": [{"warningType": "w", "status": "BAD"}]}
    kind = lookup("seller_performance")
    frame = read(
        json.dumps({"performanceMetrics": [metrics]}), kind, table="performanceMetrics"
    )
    assert frame["warningStates"].to_pylist() == [
        [{"warningType": "w", "status": "BAD"}]
    ]


def test_account_health_has_a_score_warnings_and_a_list_of_late_shipment_rates() -> (
    None
):
    days = {
        f"reportingDate{end}": f"2026-09-0{day}T00:00Z"
        for end, day in (("From", 1), ("To", 2))
    }
    late = {"rate": 0.01, "lateShipmentCount": 1, "reportingDateRange": days}
    metrics = {
        "accountHealthRating": {"ahrScore": 428},
        "policyViolationWarnings": {"warningsCount": 0, "reportingDateRange": days},
        "lateShipmentRateList": [late, {"status": "GOOD"}],
    }
    kind = lookup("seller_performance")
    frame = read(
        json.dumps({"performanceMetrics": [metrics, {"lateShipmentRateList": None}]}),
        kind,
        table="performanceMetrics",
    )

    assert frame["accountHealthRating.ahrScore"].to_pylist() == [428, None]
    assert frame["policyViolationWarnings.warningsCount"].to_pylist() == [0, None]
    begun = "reportingDateRange.reportingDateFrom"
    day = datetime(2026, 9, 1, tzinfo=UTC)
    assert frame[f"policyViolationWarnings.{begun}"].to_pylist() == [day, None]
    (first, second), nothing = frame["lateShipmentRateList"].to_pylist()
    assert (first["rate"], first["lateShipmentCount"], first[begun]) == (0.01, 1, day)
    assert (second["rate"], second["status"]) == (None, "GOOD")
    assert nothing is None


@pytest.mark.parametrize("table", ["inventoryAggregate", "inventoryByAsin"])
def test_sourceable_rates_of_vendor_inventory_are_numbers(table: str) -> None:
    rates = [{"sourceableProductOutOfStockRate": each} for each in (0.25, None, 1e-4)]
    frame = read(
        json_of(**{table: [*rates, {}]}), lookup("vendor_inventory"), table=table
    )
    column = frame["sourceableProductOutOfStockRate"]
    assert column.to_pylist() == [0.25, None, 1e-4, None]


@pytest.mark.parametrize(
    ("name", "programs"),
    [
        ("vendor_sales", {"RETAIL", "BUSINESS", "FRESH"}),
        ("vendor_inventory", {"RETAIL", "FRESH"}),
        ("vendor_forecast", {"RETAIL", "FRESH"}),
    ],
)
def test_selling_program_values_differ_per_vendor_report(
    name: str, programs: set[str]
) -> None:
    option = lookup(name).option("sellingProgram")
    assert set(option.values) == programs
    assert option.required


def test_sales_and_traffic_by_asin_has_no_date() -> None:
    columns = lookup("sales_and_traffic").columns("salesAndTrafficByAsin")
    assert all(column.dtype not in {"date", "timestamp"} for column in columns)


def test_some_schema_date_fields_lack_a_format() -> None:
    record = {"startDate": "2026-10-04", "endDate": "2026-10-10", "asin": "B1"}
    frame = read(
        json_of(trafficByAsin=[record]),
        lookup("vendor_traffic"),
        table="trafficByAsin",
    )
    assert frame["startDate"].to_pylist() == [date(2026, 10, 4)]
    assert frame["endDate"].to_pylist() == [date(2026, 10, 10)]


@pytest.mark.parametrize("name", ["b2b_recommended", "b2b_not_on_amazon"])
def test_the_b2b_reports_may_be_comma_separated_or_one_long_line_of_json(
    name: str,
) -> None:
    kind = lookup(name)
    record = {"asin": "B1", "category": "Tea, green"}
    as_json = read(json.dumps({"recommendations": [record]}), kind)
    as_commas = read('asin,category\nB1,"Tea, green"\n', kind)
    for frame in (as_json, as_commas):
        assert frame["asin"].to_pylist() == ["B1"]
        assert frame["category"].to_pylist() == ["Tea, green"]


RECORDS = {
    "orders_xml": ("Order", "AmazonOrderID"),
    "orders_shipping_xml": ("OrderReport", "AmazonOrderID"),
    "settlement_xml": ("SettlementReport", "Order/AmazonOrderID"),
    "returns_xml": ("return_details", "order_id"),
    "browse_tree": ("Node", "browseNodeId"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_record_elements_are_those_of_the_reference(name: str) -> None:
    record, _ = RECORDS[name]
    path = lookup(name).table().path
    envelope = "Result" if name == "browse_tree" else "AmazonEnvelope/Message"
    assert path == f"{envelope}/{record}"


def test_a_single_child_is_a_list_as_well() -> None:
    price = "<ItemPrice><Component><Type>Tax</Type></Component></ItemPrice>"
    item = f"<OrderItem><SKU>1</SKU>{price}</OrderItem>"
    text = xml_of("orders_xml", f"<Order>{item}</Order>")
    ((only,),) = read(text, lookup("orders_xml"))["OrderItem"].to_pylist()
    assert only["SKU"] == "1"
    ((component,),) = [
        each for key, each in only.items() if key.endswith("Component") and each
    ]
    assert component["Type"] == "Tax"


def test_money_has_a_currency_attribute_in_orders_and_settlements() -> None:
    text = xml_of(
        "settlement_xml",
        "<SettlementReport><SettlementData><TotalAmount currency='EUR'>1.50"
        "</TotalAmount></SettlementData></SettlementReport>",
    )
    frame = read(text, lookup("settlement_xml"))
    assert frame["SettlementData/TotalAmount"].to_pylist() == [Decimal("1.5")]
    assert frame["SettlementData/TotalAmount/@currency"].to_pylist() == ["EUR"]


RETURN = """<return_details><order_id>1</order_id>
<order_date>2025-07-10T08:00:00Z</order_date>
<a_to_z_claim>true</a_to_z_claim><is_prime>Y</is_prime>
<label_details><label_cost>3.99</label_cost><currency_code>EUR</currency_code>
</label_details>
<item_details><asin>B1</asin></item_details><item_details><asin>B1</asin></item_details>
</return_details>"""


def test_money_has_a_currency_code_element_in_returns() -> None:
    frame = read(xml_of("returns_xml", RETURN), lookup("returns_xml"))
    assert frame["label_details/label_cost"].to_pylist() == [Decimal("3.99")]
    assert frame["label_details/currency_code"].to_pylist() == ["EUR"]


def test_both_kinds_of_booleans_stand_in_one_xml_return_record() -> None:
    frame = read(xml_of("returns_xml", RETURN), lookup("returns_xml"))
    assert frame["a_to_z_claim"].to_pylist() == [True]
    assert frame["is_prime"].to_pylist() == [True]


def test_the_xml_twin_of_the_flat_returns_has_iso_8601() -> None:
    frame = read(xml_of("returns_xml", RETURN), lookup("returns_xml"))
    assert frame["order_date"].to_pylist() == [datetime(2025, 7, 10, 8, tzinfo=UTC)]


def test_xml_returns_may_have_a_day_of_delivery_and_an_invoice() -> None:
    more = "<return_delivery_date>{}</return_delivery_date><invoice_number>07"
    end = "</invoice_number></return_details>"
    days = ("2026-08-14T07:00:00Z", "2026-08-14", "")
    texts = [RETURN.replace("</return_details>", more.format(d) + end) for d in days]
    frame = read(
        xml_of("returns_xml", "".join([*texts, RETURN])), lookup("returns_xml")
    )

    day = datetime(2026, 8, 14, tzinfo=UTC)
    assert frame["return_delivery_date"].to_pylist() == [
        *(day.replace(hour=7), day, None, None)
    ]
    assert frame["invoice_number"].to_pylist() == ["07", "07", "07", None]


def test_item_details_may_hold_the_same_item_twice() -> None:
    ((first, second),) = read(xml_of("returns_xml", RETURN), lookup("returns_xml"))[
        "item_details"
    ].to_pylist()
    assert first == second


def test_xml_and_json_cells_may_hold_line_breaks() -> None:
    text = xml_of("orders_xml", "<Order><OrderStatus>a\nb</OrderStatus></Order>")
    assert read(text, lookup("orders_xml"))["OrderStatus"].to_pylist() == ["a\nb"]
    document = json.dumps({"promotions": [{"promotionName": "a\nb"}]})
    assert read(document, lookup("promotions"))["promotionName"].to_pylist() == ["a\nb"]


def test_no_rows_are_empty_json_arrays() -> None:
    for kind in entries():
        if kind.format == "json" and kind.tables:
            document = json.dumps({each.name: [] for each in kind.tables})
            table = read(document, kind)
            assert table.num_rows == 0
            assert table.num_columns > 0


@pytest.mark.parametrize(
    ("alias", "seconds"),
    [
        ("afn_inventory", 1800),
        ("fba_returns", 14_400),
        ("fee_discounts", 86_400),
        ("referral_fee_preview", 86_400),
        ("sales_and_traffic", 900),
        ("orders", None),
    ],
)
def test_near_real_time_types_rest_30_minutes_daily_ones_4_hours(
    alias: str, seconds: int | None
) -> None:
    assert lookup(alias).cooldown_seconds == seconds
