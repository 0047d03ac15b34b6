from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from spreports.catalog import Column
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from tests.fetch.documents import cells, entry, read
from tests.fetch.workbooks import MAIN, workbook

HEADER = ["sku", "price", "units"]
KIND = entry(
    Column(name="sku"),
    Column(name="price", dtype="decimal"),
    Column(name="units", dtype="int64"),
    format="xlsx",
)
# Style 1 shows five digits or more
ZEROS = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" '
    'formatCode="00000"/></numFmts><cellStyleXfs><xf numFmtId="164"/>'
    '</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    "</styleSheet>"
).encode()


def _sheet(*rows: str) -> bytes:
    """Return a worksheet with rows as they are to be written."""
    data = "".join(f"<row>{row}</row>" for row in rows)
    text = f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'
    return text.encode()


def _written(*cells: str, styles: bytes | None = None) -> bytes:
    """Return a workbook whose SKU, price and units are written so."""
    names = "".join(f'<c t="str"><v>{name}</v></c>' for name in HEADER)
    replaced = {"xl/worksheets/sheet1.xml": _sheet(names, *cells)}
    if styles is not None:
        replaced["xl/styles.xml"] = styles
    return workbook({"S": [["-"]]}, replaced=replaced)


def test_errors_are_their_names_and_bad_values_where_a_type_is_asked_for() -> None:
    book = _written(
        '<c t="str"><v>a</v></c><c t="e"><v>#VALUE!</v></c><c><v>1</v></c>',
        '<c t="e"><v>#REF!</v></c><c t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="C4" t="e"><v>#N/A</v></c>',
    )
    findings = Findings()

    assert cells(read(book, KIND, typed=False, findings=findings)) == [
        ["a", "#VALUE!", "1"],
        ["#REF!", "#DIV/0!", ""],
        ["", "", "#N/A"],
    ]
    assert findings.rows == 3
    with pytest.raises(ParseError) as caught:
        read(book, KIND)
    assert (caught.value.row, caught.value.column) == (1, "price")


def test_a_sheet_that_begins_further_right_has_its_errors_in_their_places() -> None:
    names = '<c r="C3" t="str"><v>a</v></c><c r="D3" t="str"><v>b</v></c>'
    rows = names, '<c r="D5" t="e"><v>#N/A</v></c><c r="C5"><v>1</v></c>'
    parts = {"xl/worksheets/sheet1.xml": _sheet(*rows)}

    book = workbook({"S": [["-"]]}, replaced=parts)

    assert cells(read(book, typed=False)) == [["1", "#N/A"]]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("12345678901234567", "12345678901234567"),
        ("9007199254740993", "9007199254740993"),
        ("1E+23", "100000000000000000000000"),
        ("1234567890.123456", "1234567890.123456"),
        ("123456789012.9996", "123456789012.9996"),
        ("0.30000000000000004", "0.3"),
        ("19.989999999999998", "19.99"),
        ("1234567890.1234501", "1234567890.12345"),
        ("-0.1000000000000000055", "-0.1"),
        ("46000.523456789063", "46000.523456789063"),
        ("-1e999999999", "-1e999999999"),
        ("-1e-330", "-1e-330"),
        ("0e-330", "0"),
        ("0e-999999999", "0"),
        ("1E-999", "1E-999"),
        ("0e-999", "0"),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_a_number_has_the_digits_of_the_file_but_not_the_noise_of_floats(
    written: str, shown: str
) -> None:
    book = _written(f"<c><v>{written}</v></c>")

    assert cells(read(book, typed=False))[0][0] == shown


def test_a_number_that_shows_zeros_in_front_has_them() -> None:
    cell = '<c s="1"><v>{}</v></c>'
    rows = [cell.format(number) for number in ("123", "-7", "123456", "1.5")]

    book = _written(*rows, styles=ZEROS)

    shown = [row[0] for row in cells(read(book, KIND))]
    assert shown == ["00123", "-00007", "123456", "1.5"]


def test_zeros_in_front_are_no_fault_of_a_number() -> None:
    cell = '<c s="1"><v>7</v></c>'

    table = read(_written(cell * 3, styles=ZEROS), KIND)

    assert cells(table) == [["00007", Decimal(7), 7]]


def test_a_time_with_many_digits_stays_a_time() -> None:
    book = workbook({"S": [["a"], [datetime(2026, 1, 2, 3, 4, 5)]]})  # noqa: DTZ001 - Excel has no zones

    assert cells(read(book, typed=False)) == [["2026-01-02T03:04:05"]]
