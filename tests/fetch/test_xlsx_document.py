from __future__ import annotations

import gzip
import io
import random
import sys
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest

from spreports.catalog import Column, lookup
from spreports.errors import DocumentError, ParseError
from spreports.fetch.document import open_batches, table_names
from spreports.fetch.findings import Findings
from spreports.fetch.plain_chunks import plain_chunks
from tests.fetch.documents import cells, entry, opener, read
from tests.fetch.json_reports import opener as dripping
from tests.fetch.workbooks import MAIN, Cell, workbook

KIND = entry(
    Column(name="sku"),
    Column(name="price", dtype="decimal"),
    Column(name="units", dtype="int64"),
    Column(name="active", dtype="boolean"),
    Column(name="day", dtype="date"),
    format="xlsx",
)
HEADER = ["sku", "price", "units", "active", "day"]


def test_cells_are_typed_as_those_of_a_flat_file() -> None:
    book = workbook(
        {
            "Fees": [
                HEADER,
                ["007", 12.3, 4, True, date(2026, 2, 28)],
                ["ä & b", 0.1 + 0.2, 5.0, "No", "2026-03-01"],
                [None, None, None, None, None],
                ["", -0.000001, 9_007_199_254_740_991, False, None],
            ]
        }
    )
    findings = Findings()

    table = read(book, KIND, findings=findings)

    assert cells(table) == [
        ["007", Decimal("12.3"), 4, True, date(2026, 2, 28)],
        ["ä & b", Decimal("0.3"), 5, False, date(2026, 3, 1)],
        [None, Decimal("-0.000001"), 9_007_199_254_740_991, False, None],
    ]
    assert findings.rows == 3


def test_typed_false_gives_what_the_cells_show() -> None:
    book = workbook(
        {"S": [["a", "b"], [1e20, datetime(2026, 1, 2, 3, 4, 5)], [1e-7, None]]}  # noqa: DTZ001 - Excel has no zones
    )

    assert cells(read(book, typed=False)) == [
        ["100000000000000000000", "2026-01-02T03:04:05"],
        ["0.0000001", ""],
    ]


def test_a_whole_number_has_all_of_its_digits_however_large() -> None:
    whole = [9_007_199_254_740_992, 9_007_199_254_740_994, 123_456_789_012_345_680]
    book = workbook({"S": [["n"], *([float(each)] for each in whole)]})

    assert cells(read(book, typed=False)) == [[str(each)] for each in whole]


def test_each_worksheet_is_a_table() -> None:
    book = workbook({"One": [["a"], ["1"]], "Two & three": [["b"], ["2"]]})

    assert table_names(opener(book), entry(known=False)) == ("One", "Two & three")
    assert read(book).to_pylist() == [{"a": "1"}]
    assert read(book, table="Two & three").to_pylist() == [{"b": "2"}]
    with pytest.raises(ValueError, match="no worksheet 'Three': 'One'"):
        read(book, table="Three")


def test_the_sheet_and_row_with_the_catalogued_header_are_taken() -> None:
    book = workbook(
        {
            "Instructions": [["Read this first"]],
            "Enrollment": [
                ["Remote fulfillment", None, None, None],
                [],
                [None, None, None, "Brazil", None, None, "Canada"],
                [
                    *("Merchant SKU", "ASIN", "Product Name"),
                    *(("Offer status", "More details", "Enable/Disable (Yes/No)") * 2),
                ],
                ["s1", "B01", "Kettle", "on", "x", "Yes", "off", "y", "No"],
            ],
        }
    )

    table = read(book, lookup("remote_fulfillment"))

    assert table.column_names[:9] == [
        "Merchant SKU",
        "ASIN",
        "Product Name",
        "Brazil Offer status",
        "Brazil More details",
        "Brazil Enable/Disable (Yes/No)",
        "Canada Offer status",
        "Canada More details",
        "Canada Enable/Disable (Yes/No)",
    ]
    row = ["s1", "B01", "Kettle", "on", "x", "Yes", "off", "y", "No"]
    assert [each[:9] for each in cells(table)] == [row]


def test_a_worksheet_that_is_not_the_catalogues_has_its_own_columns_alone() -> None:
    row: list[Cell] = ["007", "1.5", "4", "Yes", "2026-02-28"]
    sheets: dict[str, list[list[Cell]]] = {
        "Instructions": [["How to read this"], ["Step by step"]],
        "Fees": [[*HEADER[:4]], row[:4]],
        "Others": [[*HEADER[1:]], row[1:]],
    }
    book, findings = workbook(sheets), Findings()

    words = read(book, KIND, table="Instructions", findings=findings)

    assert words.to_pylist() == [{"How to read this": "Step by step"}]
    assert findings.missing_columns == ()
    for table in (None, "rows", "Fees"):
        assert read(book, KIND, table=table).column_names == HEADER
    assert read(book, KIND, table="Others").column_names == [*HEADER[1:], "sku"]


def test_a_worksheet_asked_for_where_none_has_the_catalogued_header_lacks_it() -> None:
    daten: list[list[Cell]] = [["Händler-SKU", "Name"], ["1", "2"]]
    book = workbook({"Instructions": [["How to read this"]], "Daten": daten})

    for table in (None, "Instructions"):
        assert read(book, KIND, table=table).column_names[1:] == HEADER
    assert read(book, KIND, table="Daten").column_names == [*daten[0], *HEADER]


def test_a_worksheet_asked_for_does_not_suffer_from_the_damage_of_another() -> None:
    row: list[Cell] = ["007", "1.5", "4", "Yes", "2026-02-28"]
    no_such_text = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c>'
        "</row></sheetData></worksheet>"
    )
    book = workbook(
        {"Bad": [["x"]], "Words": [["Read this"], ["a"]], "Fees": [HEADER, row]},
        replaced={"xl/worksheets/sheet1.xml": no_such_text.encode()},
    )

    assert read(book, KIND, table="Fees").column_names == HEADER
    assert read(book, KIND, table="Words").column_names == ["Read this"]
    for table in (None, "Bad"):
        with pytest.raises(ParseError, match="cannot be read"):
            read(book, KIND, table=table)


def test_the_first_row_that_is_not_empty_is_the_header_where_nothing_is_known() -> None:
    book = workbook({"S": [[], [None], ["a", None, "a"], ["1", "2", "3"]]})

    assert read(book).to_pylist() == [{"a": "1", "column_2": "2", "a_2": "3"}]


def test_a_bad_value_names_row_and_column() -> None:
    book = workbook({"S": [HEADER, ["1", 1, 1], ["2", "secret", 1]]})

    with pytest.raises(ParseError, match="data row 2, column 'price'") as caught:
        read(book, KIND)

    assert "secret" not in str(caught.value)
    assert read(book, KIND, on_bad_value="null")["price"].to_pylist()[1] is None


def test_formulas_macros_and_links_are_not_run() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2">'
        b'<c r="A2"><f>[1]x!A1+2</f><v>7</v></c></row></sheetData></worksheet>'
    )
    extra = {"xl/worksheets/sheet1.xml": sheet, "xl/vbaProject.bin": b"\0macro"}

    assert read(workbook({"S": []}, replaced=extra)).to_pylist() == [{"a": "7"}]


def test_a_cut_workbook_is_an_error() -> None:
    book = workbook({"S": [HEADER, ["1", 1, 1, True, None]]})

    for cut in range(4, len(book), 7):
        with pytest.raises(DocumentError):
            read(book[:cut], KIND)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 64, 1000])
def test_where_chunks_end_never_matters(step: int) -> None:
    book = workbook({"S": [HEADER, ["1", 1, 1, True, None]]})
    for stored in (book, gzip.compress(book)):
        with open_batches(dripping(stored, step), KIND) as reader:
            assert reader.read_all() == read(book, KIND)


def test_two_hundred_changed_workbooks_give_typed_errors_or_the_same_rows() -> None:
    draw = random.Random(3)  # noqa: S311 - seeded data, no secrets
    rows: list[list[Cell]] = [[str(k), 1.5, k, True] for k in range(50)]
    book = workbook({"S": [HEADER, *rows]})
    sound = read(book, KIND).num_rows
    for _ in range(200):
        data = bytearray(book)
        data[draw.randrange(4, len(data))] = draw.randrange(256)
        try:
            found = read(bytes(data), KIND, compress=False)
        except (DocumentError, ValueError):
            continue
        assert found.num_rows == sound


@pytest.mark.parametrize(
    "part",
    [
        b"<worksheet><sheetData>",
        b'<!DOCTYPE w [<!ENTITY a "b">]><w/>',
        b"<worksheet/>x",
    ],
)
def test_a_damaged_part_is_an_error(part: bytes) -> None:
    with pytest.raises(ParseError, match="workbook"):
        read(workbook({"S": []}, replaced={"xl/worksheets/sheet1.xml": part}), KIND)


@pytest.mark.parametrize("label", ["UTFF-8", "utf-7", "shift_jis", "rot13", "cp037"])
def test_a_part_in_a_strange_charset_is_an_error(label: str) -> None:
    text = f'<?xml version="1.0" encoding="{label}"?><styleSheet/>'.encode()
    book = workbook({"S": [HEADER]}, replaced={"xl/styles.xml": text})
    with pytest.raises(ParseError, match="damaged"):
        read(book, KIND)


def test_a_cell_in_the_last_corner_is_refused() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
        b'<c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )

    with pytest.raises(ParseError, match="cells: refused"):
        read(workbook({"S": []}, replaced={"xl/worksheets/sheet1.xml": sheet}), KIND)


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spreports.fetch.xlsx.checked.MAX_PLAIN", 1 << 20)
    book = workbook({"S": [HEADER]}, replaced={"xl/media/x.bin": bytes(4 << 20)})

    with pytest.raises(ParseError, match="inflates to more than"):
        read(book, KIND)


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    with pytest.raises(ParseError, match=r"pip install 'spreports\[xlsx\]' reads"):
        read(workbook({"S": [HEADER]}), KIND)


def test_another_archive_is_named_and_its_bytes_can_be_kept() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("invoice.pdf", b"%PDF-")

    with pytest.raises(ParseError, match="ZIP archive of 1 files and no Excel") as told:
        read(buffer.getvalue(), KIND)

    assert "Document.save(path)" in str(told.value)
    assert b"".join(plain_chunks(opener(buffer.getvalue()))) == buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office file"),
        (bytes(range(256)), "binary of an unknown kind"),
    ],
)
def test_other_binary_is_named(head: bytes, name: str) -> None:
    data = head + bytes(range(200)) * 5

    with pytest.raises(ParseError, match=name) as told:
        read(data, entry(known=False))

    assert "Document.save(path)" in str(told.value)
