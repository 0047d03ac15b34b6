"""A process that brings documents into files loads no frame library for it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fetch.workbooks import workbook

SCRIPT = """
import sys

asked = set()


class Asked:
    def find_spec(self, name, path=None, target=None):
        asked.add(name)


sys.meta_path.insert(0, Asked())
import spreports as spr

path, report_type, lake = sys.argv[1:]
document = spr.open_document(path, report_type=report_type)
rows = sum(batch.num_rows for batch in document.batches())
assert document.sink(lake).rows == rows > 0
print(sorted(asked & {"pandas", "polars"}))
"""
TERM = {
    "departmentName": "Amazon.de",
    "searchTerm": 'a "b"',
    "searchFrequencyRank": 1,
    "clickedAsin": "B000000001",
    "clickShareRank": 1,
    "clickShare": 0.5,
    "conversionShare": 1,
}
JSON = json.dumps({"dataByDepartmentAndSearchTerm": [TERM] * 9000}, indent=2)
XML = """<?xml version="1.0"?><AmazonEnvelope><Message><Order>
<AmazonOrderID>1</AmazonOrderID><PurchaseDate>2026-10-05T01:02:03+00:00</PurchaseDate>
<OrderItem><SKU>a &amp; b</SKU><Quantity>2</Quantity></OrderItem>
</Order></Message></AmazonEnvelope>"""
FLAT = (
    "amazon-order-id\tpurchase-date\titem-price\tquantity\n"
    + "1\t2026-10-05T01:02:03+00:00\t1.50\t2\n" * 100
)

WORKBOOK = workbook({"Sheet1": [["ASIN", "Discount"], ["B000000001", 1.5]]})


@pytest.mark.parametrize(
    ("report_type", "text"),
    [
        ("search_terms", JSON.encode()),
        ("orders_xml", XML.encode()),
        ("orders", FLAT.encode()),
        ("FEE_DISCOUNTS_REPORT", WORKBOOK),
    ],
    ids=["json", "xml", "flat", "xlsx"],
)
def test_a_sink_imports_neither_pandas_nor_polars(
    report_type: str, text: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "document.gz"
    path.write_bytes(gzip.compress(text))

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", SCRIPT, str(path), report_type, str(tmp_path / "lake")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
