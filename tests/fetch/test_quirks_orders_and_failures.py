"""Reference, "Orders" and "Failures and empty reports": what concerns the bytes."""

from __future__ import annotations

import pytest

from spreports.catalog import entries, lookup
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from tests.fetch.documents import flat, read

pytestmark = pytest.mark.usefixtures("each_way")

ORDERS = lookup("orders")
FLAT = [
    each
    for each in entries()
    if each.format in {"tsv", "csv"} and each.columns() and not each.deprecated
]
SENTENCES = [
    "You can request a maximum of 30 days of data.",
    "The date range requested is more than 30 days",
    "Error: dataStartTime and dataEndTime must be at most 30 days apart.",
    "No data available for the requested dates, please check the request",
]


def test_all_orders_reports_bring_the_whole_region() -> None:
    rows = [
        {"sales-channel": each} for each in ("Amazon.de", "Amazon.fr", "Non-Amazon")
    ]
    table = read(flat(ORDERS, *rows), ORDERS)
    assert table["sales-channel"].to_pylist() == [
        *("Amazon.de", "Amazon.fr", "Non-Amazon")
    ]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r\n\r\n"])
@pytest.mark.parametrize("name", ["orders", "orders_by_update", "GET_NEW_TYPE"])
def test_more_than_30_days_is_done_but_holds_only_an_error_sentence(
    sentence: str, end: str, name: str
) -> None:
    for compress in (True, False):
        with pytest.raises(ParseError, match="sentence") as caught:
            read(sentence + end, lookup(name), compress=compress)
        assert sentence in str(caught.value)


def test_more_than_30_days_was_once_an_empty_document() -> None:
    names = [each.name for each in ORDERS.columns() if not each.optional]
    for plain in (b"", b"\n", b"\r\n", b"\xef\xbb\xbf"):
        rows = read(plain, ORDERS, proved=True)
        assert (rows.num_rows, rows.column_names) == (0, names)


def test_order_id_and_sku_are_not_unique() -> None:
    row = {"amazon-order-id": "302-1", "sku": "007", "quantity": "1"}
    assert read(flat(ORDERS, row, row), ORDERS).num_rows == 2


@pytest.mark.parametrize("name", ["orders_shipping", "unshipped_orders"])
def test_requested_and_scheduled_order_reports_differ_in_layout(name: str) -> None:
    kind = lookup(name)
    names = [c.name for c in kind.columns() if not c.optional]
    text = "\t".join([*names[::-1], "new"]) + "\n" + "\t" * len(names) + "x\n"
    findings = Findings()
    table = read(text, kind, findings=findings)
    assert table.column_names == [*names[::-1], "new"]
    assert (findings.unknown_columns, findings.missing_columns) == (("new",), ())


@pytest.mark.parametrize(
    "reason",
    [
        "The report could not be generated. Try again later.",
        "Internal error, sorry now",
    ],
)
def test_fatal_may_carry_a_document_of_plain_text(reason: str) -> None:
    with pytest.raises(ParseError, match="sentence"):
        read(reason, ORDERS)


@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize(
    "cells",
    [
        "Error\tInvalid date range",
        "Error;Invalid date range",
        '"400","Invalid date range","\x1b[31m"',
    ],
)
def test_an_error_of_several_cells_is_no_header(cells: str, end: str) -> None:
    for typed in (True, False):
        with pytest.raises(
            ParseError, match="a sentence in place of a table"
        ) as caught:
            read(cells + end, ORDERS, typed=typed)
        assert "Invalid date range" in str(caught.value)
        assert "\x1b" not in str(caught.value)


def test_a_narrow_header_with_a_known_column_or_with_rows_is_one() -> None:
    for header in ("Order ID of us\tAmazon Order Id", "Wert\t SKU "):
        assert read(header + "\n", ORDERS).num_rows == 0
    assert read("Fehler\tWert\n1\t2\n", ORDERS).num_rows == 1
    names = [c.name for c in ORDERS.columns() if not c.optional]
    translated = [f"Spalte {number}" for number, _ in enumerate(names[::2])]
    assert read("\t".join(translated) + "\n", ORDERS).num_rows == 0


@pytest.mark.parametrize("kind", FLAT, ids=lambda each: each.report_type)
def test_no_rows_is_a_header_line_only(kind: object) -> None:
    entry = next(each for each in FLAT if each is kind)
    mark = "," if entry.format == "csv" else "\t"
    for text in (flat(entry, delimiter=mark), flat(entry, delimiter=mark).rstrip()):
        findings = Findings()
        table = read(text, entry, findings=findings)
        assert table.num_rows == 0
        assert table.column_names == [c.name for c in entry.columns() if not c.optional]
        assert findings.unknown_columns == findings.missing_columns == ()
