"""The peer: lxml iterparse, order by order into batches of our columns, to Parquet."""

from __future__ import annotations

import gzip
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

BATCH_ROWS = 10_000
MONEY = pa.decimal128(38, 6)
INSTANT = pa.timestamp("us", "UTC")
COMPONENT = [
    ("Type", pa.string()),
    ("Amount", MONEY),
    ("Amount/@currency", pa.string()),
]
DISCOUNTS = ("ItemPromotionDiscount", "ShipPromotionDiscount")
PROMOTION = [
    ("PromotionIDs", pa.list_(pa.string())),
    *((name, MONEY) for name in DISCOUNTS),
]
PLAIN = (
    "AmazonOrderID",
    "MerchantOrderID",
    "OrderStatus",
    "SalesChannel",
    "FulfillmentData/FulfillmentChannel",
    "FulfillmentData/ShipServiceLevel",
    "FulfillmentData/Address/City",
    "FulfillmentData/Address/State",
    "FulfillmentData/Address/PostalCode",
    "FulfillmentData/Address/Country",
)
TIMES = ("PurchaseDate", "LastUpdatedDate")
ITEM = ("AmazonOrderItemCode", "ASIN", "SKU", "ItemStatus", "ProductName")
ITEM_TYPE = pa.struct(
    [
        *((name, pa.string()) for name in ITEM),
        ("Quantity", pa.int64()),
        ("ItemPrice/Component", pa.list_(pa.struct(COMPONENT))),
        ("Promotion", pa.list_(pa.struct(PROMOTION))),
    ]
)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in PLAIN),
        *((name, INSTANT) for name in TIMES),
        ("IsBusinessOrder", pa.bool_()),
        ("OrderItem", pa.list_(ITEM_TYPE)),
    ]
)


def row(order: Any) -> dict[str, Any]:
    """Return one order as Python values."""
    find = order.findtext
    values: dict[str, Any] = {name: find(name) or None for name in PLAIN}
    for name in TIMES:
        values[name] = datetime.fromisoformat(find(name))
    values["IsBusinessOrder"] = find("IsBusinessOrder") == "true"
    values["OrderItem"] = [item(each) for each in order.iterfind("OrderItem")]
    return values


def item(element: Any) -> dict[str, Any]:
    """Return one item as Python values."""
    values: dict[str, Any] = {name: element.findtext(name) for name in ITEM}
    values["Quantity"] = int(element.findtext("Quantity"))
    values["ItemPrice/Component"] = [
        {
            "Type": each.findtext("Type"),
            "Amount": Decimal(each.findtext("Amount")),
            "Amount/@currency": each.find("Amount").get("currency"),
        }
        for each in element.iterfind("ItemPrice/Component")
    ]
    values["Promotion"] = [promotion(e) for e in element.iterfind("Promotion")]
    return values


def promotion(element: Any) -> dict[str, Any]:
    """Return one promotion as Python values."""
    amounts = {name: element.findtext(name) for name in DISCOUNTS}
    return {
        "PromotionIDs": [each.text for each in element.iterfind("PromotionIDs")],
        **{name: Decimal(text) if text else None for name, text in amounts.items()},
    }


def main(path: str, target: str) -> None:
    """Write the document as one Parquet file."""
    Path(target).mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    with (
        gzip.open(path) as file,
        pq.ParquetWriter(f"{target}/all.parquet", SCHEMA, compression="zstd") as out,
    ):
        for _, order in etree.iterparse(file, events=("end",), tag="Order"):
            rows.append(row(order))
            order.clear()
            while order.getparent().getprevious() is not None:
                del order.getparent().getparent()[0]
            if len(rows) >= BATCH_ROWS:
                out.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))
                rows.clear()
        out.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))


if __name__ == "__main__":
    main(*sys.argv[1:3])
