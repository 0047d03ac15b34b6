"""XML documents written by hand, beside the records that they mean."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import spreports as spr

HEAD = '<?xml version="1.0" encoding="{}"?>\n'
ENVELOPE = (
    '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">'
    "<Header><DocumentVersion>1.00</DocumentVersion></Header>"
)
MONEY = pl.Decimal(38, 6)
MOMENT = pl.Datetime("us", "UTC")

ORDERS = """<MessageType>AllOrdersReport</MessageType>
<Message><Order>
  <AmazonOrderID>302-0000001-0000001</AmazonOrderID>
  <PurchaseDate>2026-05-01T01:30:00+02:00</PurchaseDate>
  <OrderStatus>Shipped</OrderStatus><SalesChannel>Amazon.de</SalesChannel>
  <FulfillmentData><FulfillmentChannel>Amazon</FulfillmentChannel>
    <Address><City>Köln &amp; Umland</City><PostalCode>01067</PostalCode></Address>
  </FulfillmentData>
  <IsBusinessOrder>true</IsBusinessOrder>
  <OrderItem><AmazonOrderItemCode>007</AmazonOrderItemCode>
    <ProductName><![CDATA[12" <b>Größe</b>]]></ProductName><Quantity>2</Quantity>
    <ItemPrice>
      <Component><Type>Principal</Type><Amount currency="EUR">19.98</Amount></Component>
      <Component><Type>Tax</Type><Amount currency="EUR">-3.19</Amount></Component>
    </ItemPrice></OrderItem>
  <OrderItem><SKU>b</SKU><Quantity>1</Quantity></OrderItem>
</Order></Message>
<Message><Order>
  <AmazonOrderID>302-0000002-0000002</AmazonOrderID>
  <PurchaseDate>2026-05-01T00:00:00Z</PurchaseDate>
  <IsBusinessOrder>false</IsBusinessOrder>
  <OrderItem><SKU>single</SKU><ItemPrice>
    <Component><Type>Principal</Type><Amount currency="EUR">5</Amount></Component>
  </ItemPrice></OrderItem>
</Order></Message>
</AmazonEnvelope>"""


def opened(text: str, name: str, folder: Path, charset: str = "UTF-8") -> spr.Document:
    """Open an XML document as a user would."""
    path = folder / "document.xml"
    path.write_bytes((HEAD.format(charset) + text).encode(charset))
    return spr.open_document(path, report_type=name)


def part(value: dict[str, Any], *given: str) -> dict[str, Any]:
    """Return the parts of a struct that were given; the others must be null."""
    assert all(each is None for key, each in value.items() if key not in given)
    return {key: value[key] for key in given}


@pytest.mark.parametrize("charset", ["UTF-8", "UTF-16", "ISO-8859-1"])
@pytest.mark.parametrize("name", ["orders_xml", "orders_xml_by_update"])
def test_all_orders(name: str, charset: str, tmp_path: Path) -> None:
    document = opened(ENVELOPE + ORDERS, name, tmp_path, charset)
    frame = document.read()

    assert document.tables == ("records",)
    assert frame["AmazonOrderID"].to_list() == [
        "302-0000001-0000001",
        "302-0000002-0000002",
    ]
    assert frame["PurchaseDate"].to_list() == [
        datetime(2026, 4, 30, 23, 30, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=UTC),
    ]
    assert frame["FulfillmentData/Address/City"].to_list() == ["Köln & Umland", None]
    assert frame["FulfillmentData/Address/PostalCode"].to_list() == ["01067", None]
    assert frame["IsBusinessOrder"].to_list() == [True, False]
    first, second = frame["OrderItem"].to_list()
    assert [len(first), len(second)] == [2, 1]
    assert first[0]["ProductName"] == '12" <b>Größe</b>'
    assert [item["Quantity"] for item in first] == [2, 1]
    tree = document.read(nested="struct")["OrderItem"].to_list()
    assert [len(items) for items in tree] == [2, 1]
    assert "Principal" in str(tree[1])
    assert "Decimal('-3.190000')" in str(tree[0])


@pytest.mark.parametrize("name", ["orders_xml", "orders_xml_by_update"])
def test_an_item_of_all_orders_has_a_list_of_promotions_wherever_they_begin(
    name: str, tmp_path: Path
) -> None:
    shipping, item = (
        f"<Promotion><PromotionIDs>{ids}</PromotionIDs>"
        f"<{part}PromotionDiscount>2.50</{part}PromotionDiscount></Promotion>"
        for ids, part in (("A</PromotionIDs><PromotionIDs>B", "Ship"), ("C", "Item"))
    )
    end = "</OrderItem>\n</Order></Message>\n</AmazonEnvelope>"
    text = ENVELOPE + ORDERS.replace(end, shipping + item + end)
    ((first, _), (last,)) = opened(text, name, tmp_path).read()["OrderItem"].to_list()

    assert first["Promotion"] == []
    assert [list(each.values()) for each in last["Promotion"]] == [
        [["A", "B"], None, Decimal("2.5")],
        [["C"], Decimal("2.5"), None],
    ]


RETURN = """<return_details>
  <item_details><item_name>Schuh</item_name><asin>B1</asin>
    <in_policy>{policy}</in_policy><return_quantity>1</return_quantity>
    <refund_amount>9.95</refund_amount></item_details>
  <item_details><item_name>Schuh</item_name><asin>B1</asin></item_details>
  <order_id>{order}</order_id><order_date>2026-05-01T00:00:00Z</order_date>
  <a_to_z_claim>false</a_to_z_claim><is_prime>N</is_prime>
  <label_details><label_cost>0.00</label_cost><currency_code>EUR</currency_code>
  </label_details><order_amount>19.90</order_amount>
  <order_quantity>2</order_quantity></return_details>"""


@pytest.mark.parametrize("name", ["returns_xml", "prime_returns_xml"])
@pytest.mark.parametrize("messages", [1, 2])
def test_returns(name: str, messages: int, tmp_path: Path) -> None:
    records = [
        RETURN.format(policy="Y", order="1"),
        RETURN.format(policy="N", order="2"),
    ]
    inside = (
        f"<Message>{records[0]}{records[1]}</Message>"
        if messages == 1
        else "".join(f"<Message>{each}</Message>" for each in records)
    )
    text = (
        f"{ENVELOPE}<MessageType>Returns-Report</MessageType>{inside}</AmazonEnvelope>"
    )
    frame = opened(text, name, tmp_path).read()

    assert frame["order_id"].to_list() == ["1", "2"]
    assert frame["a_to_z_claim"].to_list() == [False, False]
    assert frame["is_prime"].to_list() == [False, False]
    assert frame.schema["label_details/label_cost"] == MONEY
    assert frame["order_amount"].to_list() == [Decimal("19.9")] * 2
    assert frame["order_quantity"].to_list() == [2, 2]
    assert frame.schema["order_date"] == MOMENT
    items = frame["item_details"].to_list()
    # The same item twice within one return: both are kept
    assert [len(each) for each in items] == [2, 2]
    assert [each[0]["in_policy"] for each in items] == [True, False]
    assert part(items[0][1], "item_name", "asin") == {
        "item_name": "Schuh",
        "asin": "B1",
    }


BROWSE = """<Result>
<Node><browseNodeId>0123</browseNodeId>
  <browseNodeName>Tea, green &amp; black</browseNodeName>
  <browseNodeAttributes count="1"><attribute name="item_type_keyword">tea</attribute>
  </browseNodeAttributes>
  <browsePathById>1,0123</browsePathById><hasChildren>true</hasChildren>
  <childNodes count="2"><id>5</id><id>06</id></childNodes>
  <refinementsInformation count="0"/></Node>
<Node><browseNodeId>5</browseNodeId><hasChildren>false</hasChildren>
  <childNodes count="0"/></Node>
</Result>"""


def test_the_browse_tree(tmp_path: Path) -> None:
    frame = opened(BROWSE, "browse_tree", tmp_path).read()

    assert frame["browseNodeId"].to_list() == ["0123", "5"]
    assert frame["browseNodeName"].to_list() == ["Tea, green & black", None]
    assert frame["hasChildren"].to_list() == [True, False]
    assert frame["browseNodeAttributes/@count"].to_list() == [1, None]
    assert frame["childNodes/@count"].to_list() == [2, 0]
    ids = frame["childNodes/id"].to_list()
    assert ids[0] == ["5", "06"]
    assert not ids[1]
    assert frame["browseNodeAttributes/attribute"].to_list()[0] == [
        {"@name": "item_type_keyword", "text()": "tea"}
    ]


SETTLEMENT = """<MessageType>SettlementReport</MessageType><Message><SettlementReport>
<SettlementData><AmazonSettlementID>00712</AmazonSettlementID>
  <TotalAmount currency="EUR">93.50</TotalAmount>
  <StartDate>2026-10-01T00:00:00+00:00</StartDate></SettlementData>
<Order><AmazonOrderID>1</AmazonOrderID><Fulfillment>
  <Item><SKU>007</SKU><Quantity>1</Quantity><ItemPrice>
    <Component><Type>Principal</Type><Amount currency="EUR">95.00</Amount></Component>
  </ItemPrice></Item></Fulfillment></Order>
<Refund><AmazonOrderID>2</AmazonOrderID></Refund>
</SettlementReport></Message></AmazonEnvelope>"""


def test_a_settlement_is_one_record(tmp_path: Path) -> None:
    frame = opened(ENVELOPE + SETTLEMENT, "settlement_xml", tmp_path).read()

    assert frame.height == 1
    assert frame["SettlementData/AmazonSettlementID"].to_list() == ["00712"]
    assert frame["SettlementData/TotalAmount"].to_list() == [Decimal("93.5")]
    assert frame["SettlementData/TotalAmount/@currency"].to_list() == ["EUR"]
    assert frame["SettlementData/StartDate"].to_list() == [
        datetime(2026, 10, 1, tzinfo=UTC)
    ]
    ((order,),) = frame["Order"].to_list()
    assert order["AmazonOrderID"] == "1"
    assert [each["AmazonOrderID"] for each in frame["Refund"].to_list()[0]] == ["2"]


SHIPPING = """<MessageType>OrderReport</MessageType>
<Message><OrderReport><AmazonOrderID>1</AmazonOrderID>
  <OrderDate>2026-05-01T00:00:00-07:00</OrderDate>
  <BillingData><BuyerName>Zoë &#x1F600;</BuyerName></BillingData><IsPrime>true</IsPrime>
  <Item><SKU>0</SKU><Quantity>1</Quantity><ItemFees>
    <Fee><Type>Commission</Type><Amount currency="USD">-1.50</Amount></Fee></ItemFees>
    <Promotion><Component><Type>Principal</Type><Amount currency="USD">-1</Amount>
    </Component></Promotion></Item>
</OrderReport></Message></AmazonEnvelope>"""


@pytest.mark.parametrize(
    "name", ["orders_shipping_xml", "orders_invoicing_xml", "orders_tax_xml"]
)
def test_scheduled_orders(name: str, tmp_path: Path) -> None:
    frame = opened(ENVELOPE + SHIPPING, name, tmp_path).read()

    assert frame["AmazonOrderID"].to_list() == ["1"]
    assert frame["OrderDate"].to_list() == [datetime(2026, 5, 1, 7, tzinfo=UTC)]
    assert frame["BillingData/BuyerName"].to_list() == ["Zoë \U0001f600"]
    assert frame["IsPrime"].to_list() == [True]
    ((item,),) = frame["Item"].to_list()
    assert (item["SKU"], item["Quantity"]) == ("0", 1)
    assert "Decimal('-1.500000')" in str(item)


@pytest.mark.parametrize(
    "name", ["orders_shipping_xml", "orders_invoicing_xml", "orders_tax_xml"]
)
@pytest.mark.parametrize("typed", [True, False])
def test_a_promotion_of_scheduled_orders_has_a_component_for_each_part_of_the_price(
    name: str, typed: bool, tmp_path: Path
) -> None:
    end = "</Component></Promotion>"
    more = "</Component><Component><Type>Shipping</Type></Component></Promotion>"
    text = ENVELOPE + SHIPPING.replace("\n    " + end, end).replace(end, more)
    frame = opened(text, name, tmp_path).read(typed=typed)

    ((item,),) = frame["Item"].to_list()
    (promotion,) = item["Promotion"]
    assert [each["Type"] for each in promotion["Component"]] == [
        *("Principal", "Shipping")
    ]


ADDRESS = "<AddressFieldOne>1</AddressFieldOne><AddressFieldTwo>Flat</AddressFieldTwo>"


@pytest.mark.parametrize(
    "name", ["orders_shipping_xml", "orders_invoicing_xml", "orders_tax_xml"]
)
def test_a_second_line_of_an_address_is_there_however_late_the_first_one_comes(
    name: str, tmp_path: Path
) -> None:
    order = SHIPPING[SHIPPING.index("<Message><Order") : SHIPPING.index("</AmazonEnv")]
    late = order.replace(
        "<IsPrime>",
        f"<FulfillmentData><Address>{ADDRESS}</Address></FulfillmentData><IsPrime>",
    ).replace("</BuyerName>", f"</BuyerName><Address>{ADDRESS}</Address>")
    many = (1 << 20) // len(order) + 2
    text = ENVELOPE + "".join([order * many, late, "</AmazonEnvelope>"])
    frame = opened(text, name, tmp_path).read()

    for place in ("FulfillmentData", "BillingData"):
        lines = frame[f"{place}/Address/AddressFieldTwo"].drop_nulls().to_list()
        assert lines == ["Flat"]


def test_what_each_authority_taxes_of_an_order_has_types(tmp_path: Path) -> None:
    taxed = """<ItemTaxData><TaxJurisdictions><City>SUMNER</City></TaxJurisdictions>
    <TaxCollectedAmounts><State currency="USD">3.99</State></TaxCollectedAmounts>
    <TaxRates><State>0.0600</State></TaxRates></ItemTaxData></Item>"""
    text = ENVELOPE + SHIPPING.replace("</Item>", taxed)
    frame = opened(text, "orders_tax_xml", tmp_path).read()

    ((item,),) = frame["Item"].to_list()
    tax = {k.removeprefix("ItemTaxData/"): v for k, v in item.items() if "TaxData" in k}
    assert {name: value for name, value in tax.items() if value is not None} == {
        "TaxJurisdictions/City": "SUMNER",
        "TaxCollectedAmounts/State": Decimal("3.99"),
        "TaxCollectedAmounts/State/@currency": "USD",
        "TaxRates/State": 0.06,
    }


@pytest.mark.parametrize("record", ["Order", "Row", "PendingOrder"])
def test_pending_orders_whose_record_element_nobody_wrote_down(
    record: str, tmp_path: Path
) -> None:
    rows = "".join(
        f"<Message><{record}><AmazonOrderID>{n}</AmazonOrderID>"
        "<OrderDate>2026-05-01T00:00:00Z</OrderDate><PaymentType>COD</PaymentType>"
        f"<Item><SKU>x</SKU><Quantity>{n}</Quantity></Item></{record}></Message>"
        for n in (1, 2)
    )
    text = f"{ENVELOPE}<MessageType>PendingOrders</MessageType>{rows}</AmazonEnvelope>"
    frame = opened(text, "pending_orders_xml", tmp_path).read()

    assert frame["AmazonOrderID"].to_list() == ["1", "2"]
    assert frame["PaymentType"].to_list() == ["COD", "COD"]
    assert [each[0]["Quantity"] for each in frame["Item"].to_list()] == [1, 2]


def test_vat_invoices_whose_record_element_nobody_wrote_down(tmp_path: Path) -> None:
    rows = "".join(
        f"<Row><order-id>{n}</order-id><is-amazon-invoiced>Yes</is-amazon-invoiced>"
        "<item-vat-rate>0.19</item-vat-rate></Row>"
        for n in (1, 2)
    )
    frame = opened(f"<Report>{rows}</Report>", "vat_invoices_xml", tmp_path).read()

    assert frame["order-id"].to_list() == ["1", "2"]
    assert frame["is-amazon-invoiced"].to_list() == [True, True]
    assert frame["item-vat-rate"].to_list() == [Decimal("0.19")] * 2


def test_an_envelope_without_records_is_an_empty_frame(tmp_path: Path) -> None:
    text = f"{ENVELOPE}<MessageType>AllOrdersReport</MessageType></AmazonEnvelope>"
    frame = opened(text, "orders_xml", tmp_path).read()

    assert frame.height == 0
    assert frame.schema["PurchaseDate"] == MOMENT
    assert frame.schema["IsBusinessOrder"] == pl.Boolean()
