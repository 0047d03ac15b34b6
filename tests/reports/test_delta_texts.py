"""A Delta table's column of text goes on as served text when the catalogue learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import spreports as spr

FEES = (
    "sku\tyour-price\tlongest-side\thas-local-inventory"
    "\tfuture-fee-category-effective-date\tnew\n"
)
ROW = "{}\t{}\t{}\t{}\t{}\t{}\n"
JSON = '{{"salesAndTrafficByAsin": [{}]}}'
XML = (
    '<?xml version="1.0"?><AmazonEnvelope><Message><Order><AmazonOrderID>{}'
    "</AmazonOrderID><PurchaseDate>{}</PurchaseDate></Order></Message></AmazonEnvelope>"
)


def of_texts(entry: spr.ReportType) -> spr.ReportType:
    """Return an entry as it was before anybody knew types, but for those of lists."""
    tables = [
        replace(
            table,
            columns=tuple(
                column
                if "[]" in column.name
                else replace(column, dtype="string", formats=(), stands_for={})
                for column in table.columns
            ),
        )
        for table in entry.tables
    ]
    return replace(entry, tables=tuple(tables))


def sink(path: Path, text: str, entry: spr.ReportType, url: Path) -> None:
    path.write_text(text)
    spr.open_document(path, report_type=entry).sink(url, format="delta")


def test_a_flat_file_s_cells_stay_as_they_are_served(tmp_path: Path) -> None:
    entry = spr.report_type("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA")
    first = ["1", "0.250", "1.10", "true", "2026-10-15T00:00:00+01:00", "x"]
    second = ["2", "0.2500", "--", "TRUE", "not yet", "007"]
    url = tmp_path / "table"

    sink(tmp_path / "1.txt", FEES + ROW.format(*first), of_texts(entry), url)
    sink(tmp_path / "2.txt", FEES + ROW.format(*second), entry, url)

    rows = pl.read_delta(str(url)).sort("sku")
    assert rows.select(FEES.split()).rows() == [tuple(first), tuple(second)]


def test_a_table_that_has_types_keeps_them(tmp_path: Path) -> None:
    entry = spr.report_type("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA")
    url = tmp_path / "table"

    for name, price in (("1", "0.250"), ("2", "--")):
        cells = [name, price, "1", "true", "", ""]
        sink(tmp_path / name, FEES + ROW.format(*cells), entry, url)

    rows = pl.read_delta(str(url)).sort("sku")
    assert [row and float(row) for row in rows["your-price"]] == [0.25, None]
    assert rows["has-local-inventory"].to_list() == [True, True]


def test_headers_known_by_their_place_or_spelling_alone_are_found(
    tmp_path: Path,
) -> None:
    entry = replace(
        spr.report_type("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA"), positional=True
    )
    named = FEES.replace("sku", "SKU").replace("your-price", "Your Price")
    url = tmp_path / "table"

    for name, price, known in (
        ("1", "1.10", of_texts(entry)),
        ("2", "1.1", entry),
    ):
        cells = [name, price, "", "", "", ""]
        sink(tmp_path / name, named + ROW.format(*cells), known, url)

    columns = [each.name for each in entry.columns()]
    theirs = "\t".join(f"Spalte {n}" for n in range(len(columns))) + "\n"
    for name, price, known in (
        ("1", "1.10", of_texts(entry)),
        ("2", "1.1", entry),
    ):
        served = {"sku": name, "your-price": price}
        line = "\t".join(served.get(each, "") for each in columns) + "\n"
        place = tmp_path / "places"
        sink(tmp_path / f"{name}.tsv", theirs + line, known, place)

    assert sorted(pl.read_delta(str(url))["Your Price"]) == ["1.1", "1.10"]
    price = f"Spalte {columns.index('your-price')}"
    assert sorted(pl.read_delta(str(tmp_path / "places"))[price]) == ["1.1", "1.10"]


@pytest.mark.parametrize("known", [True, False])
def test_json_numbers_stay_as_they_are_written(tmp_path: Path, *, known: bool) -> None:
    entry = spr.report_type("sales_and_traffic")
    key = "salesByAsin.unitsOrdered" if known else "salesByAsin.fresh"
    name = key.rpartition(".")[2]
    record = '{{"parentAsin": "{}", "salesByAsin": {{"{}": {}}}}}'
    url = tmp_path / "table"

    was = record.format("A", name, '"07"')
    sink(tmp_path / "1.json", JSON.format(was), of_texts(entry), url)
    now = record.format("B", name, "5e0")
    asins = spr.open_document((tmp_path / "1.json"), report_type=of_texts(entry)).tables
    assert "salesAndTrafficByAsin" in asins
    sink(tmp_path / "2.json", JSON.format(now), entry, url)

    rows = pl.read_delta(str(url)).sort("parentAsin")
    assert rows[key].to_list() == ["07", "5e0"]


def test_xml_dates_stay_as_they_are_served(tmp_path: Path) -> None:
    entry = spr.report_type("GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL")
    url = tmp_path / "table"

    sink(
        tmp_path / "1.xml",
        XML.format("1", "2026-10-15T00:00:00+01:00"),
        of_texts(entry),
        url,
    )
    sink(tmp_path / "2.xml", XML.format("2", "2026-10-15T00:00:00Z"), entry, url)

    assert sorted(pl.read_delta(str(url))["PurchaseDate"]) == [
        "2026-10-15T00:00:00+01:00",
        "2026-10-15T00:00:00Z",
    ]


def test_a_settlement_of_which_amounts_are_text_is_not_added_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entry = spr.report_type("settlement")
    header = "settlement-id\ttotal-amount\tamount\n"
    text = header + "1\t3,50\t\n1\t\t3,00\n1\t\t0,50\n"
    path = tmp_path / "1.txt"
    path.write_text(text)

    rows = spr.open_document(path, report_type=of_texts(entry)).read()

    assert rows["amount"].to_list() == ["3,00", "0,50"]
    assert "not checked" in caplog.text


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("2\t3.50\t\t\n2\t\t3.50\tA\n", ["A"]),
        ("2\t3.50\t \t\n2\t\t3.50\tA\n", ["A"]),  # a blank is no amount
        ("2\t3.50\t\t\n2\t \t\tC\n2\t\t3.50\tA\n", ["A", "C"]),  # and no total
        ("2\t9.99\t\t\n2\t\t3.50\tA\n", None),
    ],
)
def test_a_settlement_is_held_to_its_total_in_a_table_of_text_too(
    body: str, rows: list[str] | None, tmp_path: Path
) -> None:
    entry = spr.report_type("settlement")
    header = "settlement-id\ttotal-amount\tamount\tsku\n"
    url = tmp_path / "table"
    before = replace(of_texts(entry), summary_row=False)
    sink(tmp_path / "1.txt", f"{header}1\t\t1.00\tZ\n", before, url)

    if rows is None:
        with pytest.raises(spr.ParseError, match=r"add up to 3\.50"):
            sink(tmp_path / "2.txt", header + body, entry, url)
    else:
        sink(tmp_path / "2.txt", header + body, entry, url)

    found = pl.read_delta(str(url)).filter(pl.col("settlement-id") == "2")
    assert sorted(found["sku"]) == (rows or [])


def test_a_column_that_is_there_twice_is_read_as_one_type(tmp_path: Path) -> None:
    entry = spr.report_type("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA")
    url = tmp_path / "table"

    sink(tmp_path / "1", "sku\tyour-price\n1\t0.250\n", of_texts(entry), url)
    twice = "sku\tyour-price\tyour-price\n2\t0.2500\t--\n"
    sink(tmp_path / "2", twice, entry, url)

    rows = pl.read_delta(str(url)).sort("sku")
    assert rows["your-price"].to_list() == ["0.250", "0.250000"]
    assert rows["your-price_2"].to_list() == [None, None]
