"""Reference, "Delimiters, quotes, line structure": each quirk by its name."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from spreports.catalog import ReportType, lookup
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from tests.fetch.documents import cells, flat, read

pytestmark = pytest.mark.usefixtures("each_way")

DATE_RANGE = lookup("GET_DATE_RANGE_FINANCIAL_TRANSACTION_DATA")
LISTINGS = lookup("listings")
LEDGER = lookup("ledger")
RESTOCK = lookup("restock")
RETURNS = lookup("returns")
SETTLEMENT = lookup("settlement")
VCS = lookup("vat_calculation")


@pytest.mark.parametrize("batch_bytes", [1, 1 << 20])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_sentences_above_the_header_of_payments_are_no_rows(
    rows: int, line_end: str, batch_bytes: int
) -> None:
    table = [
        ["date/time", "type", "total"],
        *[["Jan 1, 2026", "Order", "1,234.50"]] * rows,
    ]
    said = ["Includes a, b, and c", 'See "Type", by order', "Definitions:", ""]
    text = written([[each] for each in said]) + written(table)
    text = text.removesuffix("\n").replace("\n", line_end)
    found = read(text, DATE_RANGE, batch_bytes=batch_bytes)
    assert found.column_names == table[0]
    assert cells(found) == table[1:]


def test_deferred_transactions_are_read_as_the_seller_exports_them() -> None:
    table = written(
        [
            ["date/time", "order id", "promotional rebates", "total"],
            ["Jan 15, 2026 12:00:00 AM PST", "007", "0", "1,234.50"],
            ["Jul 5, 2026 3:04:05 PM PDT", "008", "-0.5", "12"],
            ["2026-01-15T00:00:00Z", "009", "", ""],
        ]
    )
    said = written([["Includes a, b, and c"], ["Definitions:"]])
    for text in (table, said + table):
        found = read(text, lookup("financial_holds"))
        assert found["date/time"].to_pylist() == [
            datetime(2026, 1, 15, 8, tzinfo=UTC),
            datetime(2026, 7, 5, 22, 4, 5, tzinfo=UTC),
            datetime(2026, 1, 15, tzinfo=UTC),
        ]
        assert found["order id"].to_pylist() == ["007", "008", "009"]
        rebates, totals = found["promotional rebates"], found["total"]
        assert rebates.to_pylist() == [0, Decimal("-0.5"), None]
        assert totals.to_pylist() == [Decimal("1234.5"), 12, None]


def test_a_text_of_sentences_alone_is_told_as_one() -> None:
    sentence = "There are no transactions for this period of time"
    with pytest.raises(ParseError, match="a sentence in place of a table"):
        read(f'"{sentence}"', DATE_RANGE)
    for many in (2, 4_000):
        with pytest.raises(ParseError, match="no line of several cells below"):
            read(f'"{sentence}, it says"\n' * many, DATE_RANGE)


def written(rows: list[list[str]]) -> str:
    """Write rows with all cells in quotes."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("batch_bytes", [1, 1 << 20])
def test_a_mark_that_begins_a_row_is_a_character_of_its_cell(batch_bytes: int) -> None:
    skus = ["\ufeff007", "\ufeff", "008", "\ufeff\ufeff009"]
    rows = "".join(f"{sku}\tB\n" for sku in skus)
    table = read(f"seller-sku\tasin1\n{rows}", LISTINGS, batch_bytes=batch_bytes)
    assert table["seller-sku"].to_pylist() == skus


def test_tab_files_are_not_quoted_and_hold_raw_quotes() -> None:
    names = ['"New" 12" pipe', '"', '""', '"a', 'b"', 'x "y" z']
    rows = [{"item-name": n, "listing-id": str(i)} for i, n in enumerate(names)]
    for typed in (True, False):
        table = read(flat(LISTINGS, *rows), LISTINGS, typed=typed)
        assert table["item-name"].to_pylist() == names


@pytest.mark.parametrize("name", ["ledger", "ledger_detail"])
def test_both_ledger_reports_quote_cells_but_do_not_double_inner_quotes(
    name: str,
) -> None:
    kind = lookup(name)
    titles = ['1/2" Sensor', '"Best" one', 'ends with 5"', "plain", 'a "" b']
    lines = flat(kind, *({"Title": title, "FNSKU": "X1"} for title in titles))
    quoted = "".join(
        "\t".join(f'"{cell}"' for cell in line.split("\t")) + "\r\n"
        for line in lines.splitlines()
    )
    findings = Findings()
    table = read(quoted, kind, findings=findings)
    assert table["Title"].to_pylist() == titles
    assert table["FNSKU"].to_pylist() == ["X1"] * len(titles)
    assert table["Date"].null_count == len(titles)
    assert findings.unknown_columns == findings.missing_columns == ()
    # and a ledger without any quotes
    assert read(lines, kind)["Title"].to_pylist() == titles


def test_the_restock_report_is_quoted_for_some_sellers_and_plain_for_others() -> None:
    column = "Product Name" if RESTOCK.column("Product Name") else "Product name"
    assert not RESTOCK.quoting
    plain = flat(RESTOCK, {"Country": "US", column: '12" pipe'})
    target = io.StringIO()
    writer = csv.writer(target, delimiter="\t", quoting=csv.QUOTE_ALL)
    writer.writerows(line.split("\t") for line in plain.splitlines())
    for text in (plain, target.getvalue()):
        findings = Findings()
        table = read(text, RESTOCK, findings=findings)
        assert table[column].to_pylist() == ['12" pipe']
        assert findings.unknown_columns == ()


@pytest.mark.parametrize("header", ["Country", "Country/Region Code"])
def test_the_first_restock_header_is_country_or_country_region_code(
    header: str,
) -> None:
    findings = Findings()
    text = flat(RESTOCK, {"Country": "US"}, names={"Country": header})
    table = read(text, RESTOCK, findings=findings)
    assert table.column_names[0] == header
    assert findings.unknown_columns == findings.missing_columns == ()


def test_open_listings_can_be_comma_separated() -> None:
    kind = lookup("open_listings")
    findings = Findings()
    text = flat(kind, {"sku": '"a,""b"""', "price": "9.90"}, delimiter=",")
    table = read(text, kind, findings=findings)
    assert (table["sku"].to_pylist(), findings.delimiter) == (['a,"b"'], ",")
    assert str(table["price"].to_pylist()[0]) == "9.900000"
    assert findings.unknown_columns == ()


def test_a_stray_tab_inside_a_row_of_the_flat_returns_is_an_error_with_its_row() -> (
    None
):
    sound = {"Order ID": "302-1"}
    lines = flat(RETURNS, *[sound] * 5).splitlines(keepends=True)
    lines[4] = lines[4].replace("302-1", "302\t-1")
    with pytest.raises(ParseError, match="data row 4") as caught:
        read("".join(lines), RETURNS)
    assert caught.value.row == 4


@pytest.mark.parametrize("batch_bytes", [1, 60, 1 << 20])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("short", [False, True])
def test_a_return_in_a_cell_of_a_settlement_is_an_error_and_not_two_rows(
    line_end: str, batch_bytes: int, *, short: bool
) -> None:
    names = [column.name for column in SETTLEMENT.columns()][:6]
    rows = [[f"{row}{name}" for name in names] for row in range(5)]
    rows[3][4] = "AB\rCD"
    if short:
        del rows[1][-1]
    text = "".join("\t".join(row) + line_end for row in [names, *rows])

    with pytest.raises(ParseError, match=r"cells where .* carriage returns") as caught:
        read(text, SETTLEMENT, typed=False, batch_bytes=batch_bytes)

    assert caught.value.row == 4


def test_short_settlement_rows_are_padded_on_the_right_and_counted() -> None:
    text = flat(
        SETTLEMENT,
        {"settlement-id": "1", "total-amount": "-3.00", "currency": "USD"},
        {"settlement-id": "1", "amount": "-1.00", "amount-description": "Vine"},
        {"settlement-id": "1", "amount": "-2.00", "promotion-id": "p"},
    )
    lines = text.splitlines(keepends=True)
    lines[2] = lines[2].removesuffix("\t\n") + "\n"
    findings = Findings()
    table = read("".join(lines), SETTLEMENT, findings=findings)
    assert table["promotion-id"].to_pylist() == [None, "p"]
    assert findings.padded_rows == 1
    summary = Findings()
    read("".join(lines), SETTLEMENT, table="summary", findings=summary)
    assert (summary.rows, summary.padded_rows) == (1, 0)


def test_rows_with_blank_trailing_cells_keep_their_tabs() -> None:
    text = flat(LISTINGS, {"item-name": "a"}, {"item-name": "b", "status": "Active"})
    assert text.splitlines()[1].endswith("\t\t")
    table = read(text, LISTINGS)
    assert table["status"].to_pylist() == [None, "Active"]


def test_a_header_line_repeated_inside_the_file_is_no_row() -> None:
    findings = Findings()
    lines = flat(LISTINGS, {"item-name": "a"}, {"item-name": "b"}).splitlines(True)
    text = "".join([lines[0], lines[1], lines[0], lines[2], lines[0]])
    for batch_bytes in (1, 200, 1 << 20):
        findings = Findings()
        table = read(text, LISTINGS, findings=findings, batch_bytes=batch_bytes)
        assert table["item-name"].to_pylist() == ["a", "b"]
        assert (findings.rows, findings.repeated_headers) == (2, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_at_the_start_of_settlement_files(end: str) -> None:
    text = flat(
        SETTLEMENT,
        {"settlement-id": "1", "total-amount": "1.00", "currency": "USD"},
        {"settlement-id": "1", "amount": "1.00"},
        end=end,
    )
    table = read(end * 3 + text, SETTLEMENT)
    assert table["settlement-id"].to_pylist() == ["1"]


def whole_rows_in_quotes(text: str, *, doubled: bool, header: bool) -> str:
    lines = text.splitlines()
    wrapped = [
        '"' + (line.replace('"', '""') if doubled else line) + '"' for line in lines
    ]
    if not header:
        wrapped[0] = lines[0]
    return "\n".join(wrapped) + "\n"


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("doubled", [True, False])
@pytest.mark.parametrize("batch_bytes", [1, 1 << 20])
def test_vcs_exports_with_a_whole_row_inside_one_pair_of_quotes(
    header: bool, doubled: bool, batch_bytes: int
) -> None:
    rows = [
        {"Marketplace ID": "A1", "SKU": "007", "Order Date": "28-Aug-2026 UTC"},
        {"Marketplace ID": "A2", "SKU": '"x, ""y"""', "Quantity": "2"},
    ]
    text = flat(VCS, *(rows if doubled else rows[:1]), delimiter=",")
    wrapped = whole_rows_in_quotes(text, doubled=doubled, header=header)
    findings = Findings()
    table = read(wrapped, VCS, findings=findings, batch_bytes=batch_bytes)
    assert table.equals(read(text, VCS))
    assert findings.unwrapped_rows == table.num_rows > 0
    assert findings.unknown_columns == ()


def test_vcs_rows_in_quotes_stand_among_others() -> None:
    text = flat(
        VCS, *({"Marketplace ID": f"A{i}", "SKU": '"a,b"'} for i in range(9)),
        delimiter=",",
    )  # fmt: skip
    lines = text.splitlines(keepends=True)
    for place in (2, 5, 9):
        lines[place] = whole_rows_in_quotes(lines[place], doubled=True, header=True)
    findings = Findings()
    assert read("".join(lines), VCS, findings=findings).equals(read(text, VCS))
    assert findings.unwrapped_rows == 3
    lines[7] = '"A1,too,few"\n'
    with pytest.raises(ParseError, match="data row 7 has 1 cells"):
        read("".join(lines), VCS)


PRIME = lookup("GET_CSV_MFN_PRIME_RETURNS_REPORT")


@pytest.mark.parametrize(
    "row",
    [
        '"Cup, red","9.99"\n',
        '"a, b, c","9.99"\n',
        '"Mug, blue, large"\n',
        '"2, x","b"',
    ],
)
@pytest.mark.parametrize("kind", [PRIME, VCS])
def test_a_row_that_lacks_cells_is_no_row_inside_quotes(
    kind: ReportType, row: str
) -> None:
    names = [column.name for column in kind.columns()][:3] or ["a", "b", "c"]
    text = ",".join(f'"{name}"' for name in names) + "\n" + row
    if kind is VCS and row.startswith('"Mug'):
        # Nothing tells it from those that the type is known for
        assert read(text, kind, typed=False).num_rows == 1
        return

    with pytest.raises(ParseError, match=r"data row 1 has [12] cells where"):
        read(text, kind)


def test_a_document_of_an_unknown_type_whose_header_stands_in_quotes_too() -> None:
    rows = read('"a,b,c"\n"1,2,3"\n"x,""y, z"",w"\n', typed=False)

    assert rows.to_pylist() == [
        {"a": "1", "b": "2", "c": "3"},
        {"a": "x", "b": "y, z", "c": "w"},
    ]


def test_an_empty_cell_of_the_flat_returns_may_be_one_space() -> None:
    dated = next(c.name for c in RETURNS.columns() if c.dtype == "date")
    number = next(c.name for c in RETURNS.columns() if c.dtype == "int64")
    rows = [{"Order ID": " ", dated: " ", number: " "}]
    rows += [{"Order ID": " 1 ", dated: "10-Jul-2025", number: "1"}]
    table = read(flat(RETURNS, *rows), RETURNS)
    assert table["Order ID"].to_pylist() == [None, " 1 "]
    assert [str(v) for v in table[dated].to_pylist()] == ["None", "2025-07-10"]
    assert table[number].to_pylist() == [None, 1]
    texts = read(flat(RETURNS, *rows), RETURNS, typed=False)
    assert texts[dated].to_pylist() == [" ", "10-Jul-2025"]
    # elsewhere a space in a column of text is a space
    listed = read(flat(LISTINGS, {"item-name": " ", "price": " "}), LISTINGS)
    assert (listed["item-name"][0].as_py(), listed["price"][0].as_py()) == (" ", None)


def test_line_breaks_in_quoted_cells_of_comma_files() -> None:
    kind = lookup("promotions") if lookup("promotions").format == "csv" else VCS
    names = [c.name for c in kind.columns()]
    text = flat(kind, {names[0]: '"a\nb\r\n""c"""', names[1]: "x"}, delimiter=",")
    table = read(text, kind, typed=False)
    assert cells(table)[0][:2] == ['a\nb\r\n"c"', "x"]
