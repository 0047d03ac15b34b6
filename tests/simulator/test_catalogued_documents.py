"""Catalogued documents by readers of the standard library, and their variety."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from spreports import catalog
from spreports.simulator.content import GeneratedDocument, generate
from spreports.simulator.content.catalogued import can_generate
from spreports.simulator.content.xml_rows import STAND_IN
from spreports.simulator.marketplaces import BY_COUNTRY
from tests.simulator.cataloguing import LIVE, PLACES, ROWS, of_format


def made(
    name: str, seed: int = 0, place: str = "US", rows: int = ROWS
) -> GeneratedDocument:
    return generate(catalog.lookup(name), seed=seed, rows=rows, marketplace=place)


def bytes_of(document: GeneratedDocument) -> bytes:
    return b"".join(document.blocks())


def text_of(document: GeneratedDocument) -> str:
    return bytes_of(document).decode(document.codec, errors="strict")


def test_every_live_type_with_known_columns_can_be_made() -> None:
    wanted = {
        entry.report_type
        for entry in catalog.entries()
        if not entry.deprecated and any(table.columns for table in entry.tables)
    }

    assert {entry.report_type for entry in LIVE} == wanted
    assert len(LIVE) > 85


def test_a_type_without_known_columns_is_refused() -> None:
    assert not can_generate("GET_MFN_PANEU_OFFER_STATUS")
    with pytest.raises(ValueError, match="no columns"):
        made("GET_MFN_PANEU_OFFER_STATUS")


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", [entry.report_type for entry in LIVE])
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(
    report_type: str, seed: int
) -> None:
    place = PLACES[seed]
    first = bytes_of(made(report_type, seed, place))

    assert bytes_of(made(report_type, seed, place)) == first
    assert bytes_of(made(report_type, seed + 1, place, rows=5)) != bytes_of(
        made(report_type, seed, place, rows=5)
    )


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", of_format("tsv"))
def test_tab_files_split_at_tabs_give_the_expected_texts(
    report_type: str, seed: int
) -> None:
    document = made(report_type, seed, PLACES[seed])
    text = text_of(document)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = [line.split("\t") for line in text.removesuffix(end).split(end)]
    if document.entry.quoting:
        lines = [[cell[1:-1] for cell in line] for line in lines]
    header, *rows = lines

    if document.entry.summary_row:
        del rows[0]
    wanted = document.tables(typed=False)["rows"]
    padded = [row + [""] * (len(header) - len(row)) for row in rows]
    assert [dict(zip(header, row, strict=True)) for row in padded] == wanted


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", of_format("csv"))
def test_comma_files_read_by_the_csv_module_give_the_expected_texts(
    report_type: str, seed: int
) -> None:
    document = made(report_type, seed, PLACES[seed])

    rows = list(csv.DictReader(io.StringIO(text_of(document), newline="")))

    assert rows == document.tables(typed=False)["rows"]


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", of_format("json"))
def test_json_documents_hold_the_expected_records(report_type: str, seed: int) -> None:
    document = made(report_type, seed, PLACES[seed])
    plain = json.loads(text_of(document), parse_float=str, parse_int=str)

    for name, wanted in document.tables(typed=False).items():
        table = document.entry.table(name)
        records = plain.get(table.path, [])
        assert len(records) == len(wanted)
        for record, row in zip(records, wanted, strict=True):
            for column, text in row.items():
                found: Any = record
                for part in column.split("."):
                    found = None if found is None else found.get(part)
                if isinstance(text, list):
                    assert isinstance(found, list)
                    assert len(found) == len(text)
                elif isinstance(found, bool):
                    assert str(found).lower() == text
                else:
                    assert found == text, column


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", of_format("xml"))
def test_xml_documents_hold_the_expected_elements(report_type: str, seed: int) -> None:
    document = made(report_type, seed, PLACES[seed])
    plain = text_of(document).partition("?>")[2].strip()
    root = ET.fromstring(plain)  # noqa: S314 - our own text, made a line above
    _, _, below = (document.entry.table().path or STAND_IN).partition("/")
    records = root.findall(below)

    wanted = document.tables(typed=False)["records"]
    assert len(records) == len(wanted)
    for record, row in zip(records, wanted, strict=True):
        for column, text in row.items():
            path, _, attribute = column.removesuffix("/text()").partition("/@")
            if isinstance(text, list):
                assert len(record.findall(path)) == len(text)
            elif attribute:
                element = record.find(path)
                found = None if element is None else element.get(attribute)
                assert found == text
            else:
                assert record.findtext(path) == text


def test_seeds_vary_optional_columns_their_order_and_the_line_ends() -> None:
    columns = catalog.lookup("afn_inventory").columns()
    names = [column.name for column in columns]
    headers = [
        list(made("afn_inventory", seed).tables()["rows"][0]) for seed in range(4)
    ]
    texts = [text_of(made("afn_inventory", seed)) for seed in range(4)]

    assert headers[0] == names
    assert headers[1] != names
    assert set(headers[1]) == set(names)
    assert {"\r\n" in text for text in texts} == {True, False}


def test_optional_columns_are_there_in_some_seeds_only() -> None:
    columns = catalog.lookup("fba_inventory_planning").columns()
    counts = [
        len(made("fba_inventory_planning", seed).tables()["rows"][0])
        for seed in range(3)
    ]

    base = sum(not column.optional for column in columns)
    assert counts[0] == base
    assert counts[1] == len(columns)
    assert base < counts[2] < len(columns)


def test_japanese_listings_have_japanese_headers_in_some_seeds() -> None:
    headers = [
        set(made("listings", seed, "JP").tables()["rows"][0]) for seed in range(3)
    ]

    assert "seller-sku" in headers[0]
    assert "出品者SKU" in headers[1]
    assert "出品者SKU" not in set(made("listings", 1, "DE").tables()["rows"][0])


def test_the_order_of_a_positional_table_is_never_changed() -> None:
    for seed in range(6):
        header = list(made("feedback", seed, "US").tables()["rows"][0])
        assert header[:2] == ["Date", "Rating"]
    assert next(iter(made("feedback", 1, "DE").tables()["rows"][0])) == "Datum"


def test_quotes_inside_ledger_cells_are_not_doubled() -> None:
    texts = [text_of(made("ledger", seed, rows=300)) for seed in range(3)]

    assert any('\t"1/2" Sensor"\t' in text for text in texts)


def test_quoted_comma_files_hold_line_ends_and_commas_inside_cells() -> None:
    cells = {
        cell
        for row in made("epr_monthly", 1, rows=300).tables(typed=False)["rows"]
        for cell in row.values()
    }

    assert 'he said "no",\nand left' in cells
    assert "a\r\nb" in cells


@pytest.mark.parametrize(
    ("place", "letter"), [("DE", "ß"), ("JP", "髙"), ("PL", "ź"), ("FR", "œ")]
)
def test_letters_of_the_charset_stand_in_the_cells(place: str, letter: str) -> None:
    document = made("afn_inventory", 0, place, rows=300)
    charset = BY_COUNTRY[place].charset

    assert document.content_type == f"text/plain;charset={charset}"
    assert letter in text_of(document) or letter.upper() in text_of(document)


@pytest.mark.parametrize(("place", "mark"), [("DE", ","), ("US", ".")])
def test_settlement_amounts_follow_the_currency_and_stay_exact(
    place: str, mark: str
) -> None:
    document = made("settlement", 0, place, rows=200)
    values = document.tables()["rows"]
    texts = document.tables(typed=False)["rows"]

    pairs = [
        (row["amount"], str(text["amount"]))
        for row, text in zip(values, texts, strict=True)
        if isinstance(row["amount"], Decimal)
    ]
    assert any(mark in text for _, text in pairs)
    other = "." if mark == "," else ","
    for value, text in pairs:
        assert Decimal(text.replace(other, "").replace(mark, ".")) == value


@pytest.mark.parametrize(
    ("name", "dates"),
    [
        ("search_terms", ("2026-10-04", "2026-10-10")),
        ("vendor_real_time_sales", ("2026-10-04T00:00:00Z", "2026-10-10T00:00:00Z")),
        ("promotions", (None, None)),
    ],
)
def test_json_documents_repeat_the_request(
    name: str, dates: tuple[str | None, str | None]
) -> None:
    document = generate(
        catalog.lookup(name),
        seed=0,
        rows=2,
        marketplace="DE",
        start=datetime(2026, 10, 4, tzinfo=UTC),
        end=datetime(2026, 10, 10, tzinfo=UTC),
        options={"reportPeriod": "WEEK"},
    )

    echo = json.loads(text_of(document))["reportSpecification"]

    assert echo["reportType"] == document.entry.report_type
    assert echo["reportOptions"] == {"reportPeriod": "WEEK"}
    assert echo["marketplaceIds"] == ["A1PA6795UKMFR9"]
    assert (echo.get("dataStartTime"), echo.get("dataEndTime")) == dates


@pytest.mark.parametrize("name", ["seller_performance", "b2b_recommended"])
def test_some_json_documents_do_not_repeat_the_request(name: str) -> None:
    assert "reportSpecification" not in json.loads(text_of(made(name)))


def test_coupons_come_in_the_shape_of_the_seller_or_the_vendor() -> None:
    entry = catalog.lookup("coupons")
    asked = {"campaignStartDateFrom": "2026-10-01T00:00:00Z"}
    vendor = generate(entry, seed=0, rows=3, options=asked)

    assert "coupons" in json.loads(text_of(made("coupons", 0)))
    assert "campaigns" in json.loads(text_of(made("coupons", 1)))
    assert "coupons" not in json.loads(text_of(vendor))
    assert vendor.tables()["coupons"] == []


def test_a_large_document_repeats_its_rows_and_is_made_block_by_block() -> None:
    document = made("afn_inventory", rows=20_000)

    blocks = list(document.blocks())

    assert len(blocks) > 4
    assert b"".join(blocks).count(b"\n") == 20_001
    assert max(map(len, blocks)) < 1 << 20
