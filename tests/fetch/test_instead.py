"""What stands in a document's place is told from a document of another form."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from spreports.catalog import Column, ReportType, lookup
from spreports.errors import DownloadError, ParseError
from spreports.fetch.download import download
from spreports.fetch.sniff import error_page, is_lone_text, sniff_format
from tests.clocks import ManualClock
from tests.fetch.bad_host import BadHost
from tests.fetch.documents import entry, read

FLAT = entry(Column(name="order-id"), Column(name="quantity", dtype="int64"))
BARE = entry()
ERROR = "<Error><Code>SlowDown</Code></Error>"
PAGES = [
    "<h1>502 Bad Gateway</h1>",
    "<p>Blocked by policy</p>\n",
    "<body>Log in</body>",
    "<TITLE>Access Denied</TITLE>\n<H1>Access Denied</H1>\n",
    "<!-- portal --><html><body>Log in</body></html>",
    "<?xml version='1.0'?><!DOCTYPE html><html/>",
    "<script>location='/login'</script>\n",
    "\ufeff<center><h1>503</h1></center>\n<hr>nginx",
    f"<!-- a --> <!-- b -->{ERROR}",
    f"<ErrorResponse><Message/>{ERROR}</ErrorResponse>",
]
MESSAGES = [
    "<Message>Not Found</Message>",
    "[]",
    '{"rows":[]}',
    '{"errors":[{"code":"InternalFailure","message":"x"}]}',
    "<Answer><Part><Code>1</Code><Message>x</Message></Part></Answer>",
]


@pytest.mark.parametrize("body", [*PAGES, *MESSAGES])
@pytest.mark.parametrize("kind", [FLAT, BARE], ids=["columns", "no columns"])
@pytest.mark.parametrize("typed", [True, False])
def test_no_page_and_no_message_is_a_flat_file(
    body: str, kind: ReportType, *, typed: bool
) -> None:
    with pytest.raises(ParseError) as caught:
        read(body, kind, typed=typed, proved=True)

    assert "Blocked" not in str(caught.value)


@pytest.mark.parametrize("body", [*PAGES, "<Message>Not Found</Message>"])
@pytest.mark.parametrize(
    "report_type",
    [
        "GET_SALES_AND_TRAFFIC_REPORT",
        "GET_XML_VAT_INVOICE_DATA_REPORT",
        "GET_PENDING_ORDERS_DATA",
        "GET_V1_SELLER_PERFORMANCE_REPORT",
    ],
)
def test_no_page_is_a_json_or_xml_report(body: str, report_type: str) -> None:
    with pytest.raises(ParseError):
        read(body, lookup(report_type))


def test_a_message_in_another_form_is_said_to_be_one_and_not_an_empty_table() -> None:
    with pytest.raises(ParseError, match=r"served as a flat file.*Get the document"):
        read('{"rows":[]}', FLAT)


@pytest.mark.parametrize(
    "body",
    [
        '[{"order-id":"1","quantity":2}]',
        '{"rows":[{"other":"x","order-id":"1"}]}',
        "<a><r><order-id>1</order-id></r><r><order-id>2</order-id></r></a>",
    ],
)
@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_a_flat_type_that_comes_as_json_or_xml_is_read(
    body: str, nested: str, *, typed: bool
) -> None:
    table = read(body, FLAT, typed=typed, nested=nested)

    assert table["order-id"].to_pylist()[0] == "1"


def test_a_flat_type_without_columns_that_comes_as_json_is_read() -> None:
    assert read('[{"sku":"1","code":"x"}]', BARE).num_rows == 1


def test_an_empty_xml_report_and_types_that_nobody_knows_are_read_as_before() -> None:
    empty = read("<Orders/>", replace(FLAT, format="xml"))
    unknown = read('{"codes":[{"code":"x","message":"y"}]}')

    assert empty.num_rows == 0
    assert unknown.num_rows == 1


@pytest.mark.parametrize(
    "root", ["Table", "Bodies", "Titles", "Header", "Page", "Product", "Item", "Errors"]
)
def test_a_root_that_only_begins_like_html_is_xml(root: str) -> None:
    assert sniff_format(f"<?xml version='1.0'?><{root}>".encode()) == "xml"


def test_many_comments_are_looked_through_in_one_pass() -> None:
    started = time.perf_counter()
    for last in (b"<!--", b"<x>y</x>z"):
        assert error_page(b"<!---->" * 5_000 + last) is None
        assert not is_lone_text(b"<!---->" * 5_000 + last)

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "body", [b"<odd>Blocked</odd>", b"[]", *map(str.encode, PAGES)]
)
def test_what_the_host_calls_html_or_looks_it_is_no_document(
    tmp_path: Path, body: bytes
) -> None:
    with (
        BadHost(body, content_type="text/html; charset=utf-8") as host,
        pytest.raises(DownloadError, match="in place of the document"),
    ):
        download(lambda: host.url, tmp_path / "d", clock=ManualClock(), loopback=True)
