"""Documents that are no table, or hardly one: what a user sees of each."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import spreports as spr
from spreports.catalog import lookup
from spreports.errors import DocumentError, ParseError

TOO_LONG = "The requested date range may span at most 30 days, please try again."


def opened(stored: bytes | str, name: str | None, folder: Path) -> spr.Document:
    """Open a document as a user would."""
    path = folder / "document"
    path.write_bytes(stored.encode() if isinstance(stored, str) else stored)
    return spr.open_document(path, report_type=name)


@pytest.mark.parametrize(
    "name", ["orders", "listings", "settlement", "vat_calculation"]
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize("words", [TOO_LONG, "No data, it failed", "Kein, Wort"])
def test_words_in_place_of_rows_are_an_error_that_says_them(
    words: str, end: str, name: str, tmp_path: Path
) -> None:
    for stored in ((words + end).encode(), gzip.compress((words + end).encode())):
        with pytest.raises(ParseError) as caught:
            opened(stored, name, tmp_path).read()
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "name", ["orders", "listings", "settlement", "vat_calculation"]
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize("words", ["No data available", "NODATA", "No records found."])
def test_words_that_say_no_data_are_no_rows_with_the_columns_of_the_type(
    words: str, end: str, name: str, tmp_path: Path
) -> None:
    for stored in ((words + end).encode(), gzip.compress((words + end).encode())):
        read = opened(stored, name, tmp_path).read()
        known = [column.name for column in lookup(name).columns()]
        assert read.height == 0
        assert len(read.columns) > 5
        assert set(read.columns) <= set(known)


@pytest.mark.parametrize("name", ["search_terms", "orders", "vendor_sales"])
@pytest.mark.parametrize("key", ["errorDetails", "message"])
def test_a_message_in_json_is_an_error_that_says_it(
    key: str, name: str, tmp_path: Path
) -> None:
    with pytest.raises(ParseError, match="not ready yet"):
        opened(json.dumps({key: "Data is not ready yet"}), name, tmp_path).read()


@pytest.mark.parametrize(
    "stored", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
@pytest.mark.parametrize("name", ["orders", "search_terms", "orders_xml", None])
def test_an_empty_document_is_an_error_and_no_empty_frame(
    stored: bytes, name: str | None, tmp_path: Path
) -> None:
    with pytest.raises(DocumentError, match="empty"):
        opened(stored, name, tmp_path).read()


@pytest.mark.parametrize("end", range(1, len("amazon-order-id")))
def test_a_header_that_is_cut_in_its_first_cell_is_an_error(
    end: int, tmp_path: Path
) -> None:
    with pytest.raises(ParseError):
        opened("amazon-order-id"[:end], "orders", tmp_path).read()


def test_empty_record_arrays_are_an_empty_frame_of_the_right_types(
    tmp_path: Path,
) -> None:
    stored = '{"reportSpecification": {}, "dataByDepartmentAndSearchTerm": []}'
    frame = opened(stored, "search_terms", tmp_path).read()
    assert frame.height == 0
    assert frame.schema["searchFrequencyRank"] == pl.Int64()
    assert frame.schema["clickShare"] == pl.Float64()


NUMBERS = "sku\tquantity\tprice\n1\t365+\t1,5\n2\t7\t12%\n3\t\t2.50\n"


def test_a_cell_that_does_not_fit_has_three_ways_and_a_fourth(tmp_path: Path) -> None:
    document = opened(NUMBERS, "open_listings", tmp_path)

    with pytest.raises(ParseError) as caught:
        document.read()
    assert (caught.value.row, caught.value.column) == (1, "quantity")
    assert "365" not in str(caught.value)

    nulled = document.read(on_bad_value="null")
    assert nulled["quantity"].to_list() == [None, 7, None]
    assert nulled["price"].cast(pl.String).to_list() == [None, None, "2.500000"]
    assert document.drift().bad_cells == {"quantity": 1, "price": 2}

    rescued = document.read(on_bad_value="rescue")
    assert rescued.drop("_rescued").equals(nulled)
    kept = [json.loads(each) if each else None for each in rescued["_rescued"]]
    assert kept == [{"quantity": "365+", "price": "1,5"}, {"price": "12%"}, None]

    texts = document.read(typed=False)
    assert texts["quantity"].to_list() == ["365+", "7", ""]
    assert set(texts.dtypes) == {pl.String()}


@pytest.mark.parametrize(
    ("stored", "rows"),
    [
        ("a\tb\n007\t\n", [{"a": "007", "b": None}]),
        ('a,b\n"1,2",x\n', [{"a": "1,2", "b": "x"}]),
        ("a;b\n1;2\n", [{"a": "1", "b": "2"}]),
        ('{"x": [{"a": 1.0, "b": {"c": "d"}}]}', [{"a": "1.0", "b.c": "d"}]),
        ("<r><i><a>007</a></i><i><a>2</a></i></r>", [{"a": "007"}, {"a": "2"}]),
    ],
    ids=["tab", "comma", "semicolon", "json", "xml"],
)
@pytest.mark.parametrize("name", [None, "GET_BRAND_NEW_REPORT"])
def test_a_type_that_nobody_knows_is_sniffed_and_stays_text(
    name: str | None, stored: str, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert opened(stored, name, tmp_path).read().to_dicts() == rows


def test_drift_says_what_differs_and_nothing_where_nothing_does(tmp_path: Path) -> None:
    entry = spr.report_type("afn_inventory")
    header = [column.name for column in entry.columns()]
    sound = "\t".join(header) + "\n" + "\t".join("1" * len(header)) + "\n"
    assert not opened(sound, "afn_inventory", tmp_path).drift()

    header[1:3] = ["asin", "asin"]
    changed = "\t".join([*header, "new"]) + "\n" + "\t".join("1234567") + "\n"
    drift = opened(changed, "afn_inventory", tmp_path).drift()
    assert drift
    assert drift.unknown_columns == ("new",)
    assert drift.missing_columns == ("fulfillment-channel-sku",)
    assert drift.renamed_columns == {"asin_2": "asin"}
    assert drift.rows == 1
