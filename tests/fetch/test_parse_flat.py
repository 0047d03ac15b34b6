"""Flat files become tables of strings, with every quirk that Amazon is known for."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.catalog import Column, lookup
from spreports.errors import ParseError
from spreports.fetch.findings import Findings
from spreports.fetch.flat import header as header_module
from spreports.fetch.flat.block_rows import BlockRows
from spreports.fetch.flat.header import Quoting, read_header
from spreports.fetch.flat.parse_flat import BlockParser
from spreports.fetch.flat.row_blocks import row_blocks
from tests.fetch.documents import cells, entry, read

pytestmark = pytest.mark.usefixtures("each_way")

AB = entry(Column(name="a"), Column(name="b"))
CELL = st.text(
    st.characters(exclude_characters="\t\r\n\ufeff", exclude_categories=["Cs"]),
    max_size=8,
)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), max_size=12)


def parse(text: bytes, cuts: list[int], block_bytes: int) -> list[list[object]]:
    """Parse text that is cut in pieces; all cells stay text."""
    places = sorted(cut % (len(text) + 1) for cut in cuts)
    chunks = [text[a:b] for a, b in zip([0, *places], [*places, None], strict=True)]
    kind = entry(known=False, format=None)
    header, rest = read_header(iter(chunks), kind)
    blocks = row_blocks(rest, header, block_bytes=block_bytes)
    parser = BlockParser(header, kind, empty_is_null=False)
    batches = BlockRows(parser, None, Findings()).batches(blocks)
    return [row for batch in batches for row in cells(batch)]


@pytest.mark.slow
@given(
    ROWS,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 500), max_size=6),
    st.integers(1, 60),
)
def test_cuts_and_block_sizes_never_matter(
    rows: list[tuple[str, str, str]],
    end: str,
    last_end: bool,
    cuts: list[int],
    block_bytes: int,
) -> None:
    lines = ["x-a\tx-b\tx-c", *("\t".join(row) for row in rows)]
    text = end.join(lines) + (end if last_end else "")
    assert parse(text.encode(), cuts, block_bytes) == [list(row) for row in rows]


QUOTED_CELL = st.text('ab",\n;\té', max_size=6)


@pytest.mark.slow
@given(
    st.lists(st.tuples(QUOTED_CELL, QUOTED_CELL), max_size=8),
    st.lists(st.integers(0, 300), max_size=5),
    st.integers(1, 40),
)
def test_quoted_cells_hold_line_breaks_wherever_the_blocks_end(
    rows: list[tuple[str, str]], cuts: list[int], block_bytes: int
) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "".join(f"{quoted(a)},{quoted(b)}\n" for a, b in [("x", "y"), *rows])
    assert parse(text.encode(), cuts, block_bytes) == [list(row) for row in rows]


@given(st.data())
def test_a_cut_last_row_is_an_error(data: st.DataObject) -> None:
    text = b"a\tb\tc\n" + b"1\t2\t3\n" * 5
    end = data.draw(st.integers(7, len(text)))
    missing = text[:end].rpartition(b"\n")[2].count(b"\t")
    if not text[:end].endswith(b"\n") and missing < 2:
        with pytest.raises(ParseError, match="cut short"):
            parse(text[:end], [], 10)
    else:
        assert len(parse(text[:end], [], 10)) == text[:end].rstrip(b"\n").count(b"\n")


def test_raw_quotes_in_titles_are_data() -> None:
    table = read('a\tb\n1/2" pipe\t"x\n"new"\t"\n', AB)
    assert cells(table) == [['1/2" pipe', '"x'], ['"new"', '"']]


def test_leading_zeros_and_blanks_live() -> None:
    table = read("sku\tzip\n00123\t 01067 \n", entry(Column(name="sku")))
    assert cells(table) == [["00123", " 01067 "]]


def test_japanese_headers_and_cp932() -> None:
    plain = "商品名\t出品者SKU\n①ソ表\t007\n".encode("cp932")
    for declared in ("Windows-31J", "Shift_JIS"):
        table = read(plain, content_type=f"text/plain; charset={declared}")
        assert table.column_names == ["商品名", "出品者SKU"]
        assert cells(table) == [["①ソ表", "007"]]


def test_short_settlement_rows_are_padded_and_counted() -> None:
    kind = entry(*(Column(name=n) for n in "abc"), pad_short_rows=True)
    findings = Findings()
    text = "a\tb\tc\n1\t2\t3\n4\t5\n6\t\t\n8\t9\r\n"
    table = read(text, kind, findings=findings)
    assert cells(table) == [
        ["1", "2", "3"],
        ["4", "5", None],
        ["6", None, None],
        ["8", "9", None],
    ]
    assert (findings.rows, findings.padded_rows) == (4, 2)
    assert read("a\tb\tc\n4\t5\n", kind, typed=False)["c"].to_pylist() == [""]


def test_padding_forgives_neither_long_rows_nor_a_cut_nor_a_lone_word() -> None:
    kind = entry(*(Column(name=n) for n in "abc"), pad_short_rows=True)
    for rows, number in [
        ("1\t2\t3\n4\t5\n6\t7\t8\t9\n", 3),
        ("1\t2\t3\n4\t5", 2),
        ("1\t2\t3\noops\n", 2),
    ]:
        with pytest.raises(ParseError) as caught:
            read(f"a\tb\tc\n{rows}", kind)
        assert caught.value.row == number


def test_a_ragged_row_is_an_error_with_its_number_and_without_its_text() -> None:
    rows = [f"{i}\tcell" for i in range(1, 101)]
    rows[76] = "CANARY\tCANARY\tCANARY"
    text = "a\tb\n" + "\n\n".join(rows) + "\n"
    for batch_bytes in (1, 64, 1 << 20):
        with pytest.raises(ParseError, match="row 77 has 3 cells") as caught:
            read(text, AB, batch_bytes=batch_bytes)
        assert caught.value.row == 77
        assert "CANARY" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_delimiter_at_the_end_of_each_row_is_told_with_a_way_on(
    line_end: str,
) -> None:
    rows = "1\tx\t\n2\ty\t\n".replace("\n", line_end)
    with pytest.raises(
        ParseError, match=r"3 cells .* 2, the last one empty: .* header"
    ):
        read(f"a\tb{line_end}{rows}", AB)
    assert cells(read(f"a\tb\t{line_end}{rows}", AB)) == [
        ["1", "x", None],
        ["2", "y", None],
    ]
    with pytest.raises(ParseError) as caught:
        read("a\tb\n1\tx\t\t\n2\ty\tz\n", AB)
    assert "last one" not in str(caught.value)


def test_blank_lines_and_repeated_headers_are_no_rows() -> None:
    findings = Findings()
    text = "\r\n \t\n\na\tb\r\n\r\n1\t2\r\na\tb\r\n\r\n3\t4\r\na\tb\r\n"
    for batch_bytes in (1, 7, 1 << 20):
        findings = Findings()
        table = read(text, AB, findings=findings, batch_bytes=batch_bytes)
        assert cells(table) == [["1", "2"], ["3", "4"]]
        assert (findings.rows, findings.repeated_headers) == (2, 2)


@pytest.mark.parametrize("delimiter", ["\t", ","])
@pytest.mark.parametrize("first", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("other", ["\n", "\r"])
@pytest.mark.parametrize("more", [0, 3])
def test_a_repeated_header_is_no_row_whatever_ends_the_line_before_it(
    delimiter: str, first: str, other: str, more: int
) -> None:
    plain = f"1,2{first}a,b{first}3,4{first}" * more
    text = f"a,b{first}1,2{other}a,b{first}3,4{first}1,2{first}{plain}"
    kind = entry(Column(name="a"), Column(name="b"), format="csv")
    for batch_bytes in (1, 9, 40, 1 << 20):
        findings = Findings()
        table = read(
            text.replace(",", delimiter),
            kind,
            findings=findings,
            batch_bytes=batch_bytes,
        )
        rows = [["1", "2"], ["3", "4"], ["1", "2"], *[["1", "2"], ["3", "4"]] * more]
        assert cells(table) == rows
        assert findings.repeated_headers == 1 + more


def test_a_header_line_within_a_quoted_cell_is_part_of_the_cell() -> None:
    text = 'a,b\r\n1,"said:\r\na,b\r\n"\r\na,b\r\n2,"a,b\r\na,b"'
    for batch_bytes in (1, 7, 1 << 20):
        findings = Findings()
        kind = entry(Column(name="a"), Column(name="b"), format="csv")
        table = read(text, kind, findings=findings, batch_bytes=batch_bytes)
        assert cells(table) == [["1", "said:\r\na,b\r\n"], ["2", "a,b\r\na,b"]]
        assert (findings.rows, findings.repeated_headers) == (2, 1)


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    for marks in ("\ufeff", "\ufeff\ufeff"):
        assert read(f"{marks}a\tb\n1\t2\n", AB).column_names == ["a", "b"]
    plain = "\ufeffa\tb\n1\t2\n".encode("utf-16-le")
    assert cells(read(plain, AB, content_type=None)) == [["1", "2"]]


def test_lone_carriage_returns_end_lines_too() -> None:
    assert cells(read("a\tb\r1\t2\r3\t4\r", AB)) == [["1", "2"], ["3", "4"]]
    assert cells(read("a\tb\r1\t2\r3\t4", AB, batch_bytes=1)) == [
        ["1", "2"],
        ["3", "4"],
    ]


def test_a_header_alone_is_no_rows_with_a_schema() -> None:
    for text in ("a\tb", "a\tb\n", "a\tb\r\n\r\n"):
        table = read(text, AB)
        assert (table.num_rows, table.column_names) == (0, ["a", "b"])


def test_headers_that_are_there_twice_are_numbered_and_reported() -> None:
    findings = Findings()
    table = read("x\tx\t\tx\tx_2\n1\t2\t3\t4\t5\n", findings=findings)
    assert table.column_names == ["x", "x_3", "column_3", "x_4", "x_2"]
    assert cells(table) == [["1", "2", "3", "4", "5"]]
    assert findings.renamed_columns == {"x_3": "x", "column_3": "", "x_4": "x"}


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_comma_file_of_a_tab_type_is_sniffed(mark: str) -> None:
    findings = Findings()
    text = f'a{mark}b\n"x{mark} ""y""\nz"{mark}2\n'
    table = read(text, AB, findings=findings)
    assert cells(table) == [[f'x{mark} "y"\nz', "2"]]
    assert findings.delimiter == mark


def test_a_quoted_tab_file_may_be_served_plain() -> None:
    kind = entry(Column(name="a"), Column(name="b"), quoting=True)
    assert cells(read('"a"\t"b"\n"x ""1"""\t"2"\n', kind)) == [['x "1"', "2"]]
    assert cells(read('a\tb\n"x ""1"""\t"2"\n', kind)) == [['x "1"', "2"]]
    assert cells(read('a\tb\n1/2" x\t2\n', kind)) == [['1/2" x', "2"]]


def test_ledger_cells_keep_inner_quotes_that_are_not_doubled() -> None:
    kind = entry(
        Column(name="a"),
        Column(name="b", dtype="int64"),
        quoting=True,
        doubled_quotes=False,
    )
    table = read('"a"\t"b"\n"1/2" Sensor"\t"5"\n"5""\t7\n""\t""\n', kind)
    assert cells(table) == [['1/2" Sensor', 5], ['5"', 7], [None, None]]
    assert cells(read('"a"\t"b"\n""\t"5"\n', kind, typed=False)) == [["", "5"]]


def test_an_open_quote_at_the_end_is_an_error() -> None:
    with pytest.raises(ParseError, match="not closed"):
        read('a,b\n1,2\n3,"4\n5,6\n')


@pytest.mark.parametrize(
    "sentence",
    [
        "You may not request more than 30 days of orders, please try again.",
        "Error: the date range is too long",
    ],
)
@pytest.mark.parametrize("kind", [AB, None])
def test_a_sentence_in_place_of_a_table_is_quoted(sentence: str, kind: object) -> None:
    with pytest.raises(ParseError, match="sentence") as caught:
        read(sentence + "\n", AB if kind is AB else None)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "NODATA",
        '"No data found."\r\n',
        "\nNo data available for the requested period.\n\n",
        "There are no records for this report",
    ],
)
def test_a_text_that_says_no_data_is_no_rows_of_a_type_that_is_known(text: str) -> None:
    assert (read(text, AB).num_rows, read(text, AB).column_names) == (0, ["a", "b"])
    for more in (f"{text}\n1\t2", f"{text} since it failed"):
        with pytest.raises(ParseError):
            read(more, AB)


def test_a_header_line_is_no_sentence() -> None:
    assert read("order id,item name,the unit price\n").num_rows == 0
    assert read("one header with words\n1\n2\n").num_rows == 2


@pytest.mark.parametrize(
    ("plain", "name"),
    [
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_other_formats_are_named_not_parsed(plain: bytes, name: str) -> None:
    with pytest.raises(ParseError, match=f"is .*{name}"):
        read(plain, AB)


@pytest.mark.parametrize("plain", [b"", b"\n\r\n \t\n", b"\xef\xbb\xbf"])
def test_an_empty_document_is_an_error_unless_it_is_known_to_be_whole(
    plain: bytes,
) -> None:
    unknown, tree = entry(), entry(Column(name="a"), format="json")
    for compress in (True, False):
        whole = read(plain, AB, compress=compress, proved=True)
        assert (whole.num_rows, whole.column_names) == (0, ["a", "b"])
        for kind, proved, lack in (
            (AB, False, "a header line"),
            (unknown, True, "a header line"),
            (tree, True, "the start of its JSON"),
        ):
            with pytest.raises(ParseError, match=f"empty: it has not even {lack}"):
                read(plain, kind, compress=compress, proved=proved)


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(ParseError, match="5001 columns"):
        read("\t".join(f"c{i}" for i in range(5001)) + "\n")


def test_a_line_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_module, "MAX_LINE", 1000)
    monkeypatch.setattr("spreports.fetch.flat.row_blocks.MAX_LINE", 1000)
    with pytest.raises(ParseError, match="more than"):
        read("a\tb\n" + "x" * 5000 + "\t1\n", AB, batch_bytes=100)
    with pytest.raises(ParseError, match="more than"):
        read_header(iter([b"x" * 600] * 3), AB)


def test_a_row_longer_than_a_block_is_whole() -> None:
    long = "x" * 300_000
    table = read(f"a\tb\n1\t2\n{long}\t3\n4\t5\n", AB, batch_bytes=1000)
    assert cells(table) == [["1", "2"], [long, "3"], ["4", "5"]]


def test_control_characters_are_kept() -> None:
    assert cells(read("a\tb\n1\x002\t\x0b\x1f\n", AB)) == [["1\x002", "\x0b\x1f"]]


def test_a_tab_file_whose_header_is_quoted_is_quoted_whatever_the_catalogue() -> None:
    header, _ = read_header(iter([b'"a"\t"b"\n"x"\t1\n']), AB)
    assert header.quoting is Quoting.DOUBLED
    header, _ = read_header(iter([b'"a"\tb\n"x"\t"1"\n']), AB)
    assert header.quoting is Quoting.OFF


def test_a_header_of_empty_quotes_is_one_column_without_a_name() -> None:
    table = read('""\nx\n', entry(Column(name="a"), format="csv", quoting=True))
    assert table["column_1"].to_pylist() == ["x"]


@pytest.mark.slow
def test_a_header_line_that_is_cut_within_a_name_is_an_error() -> None:
    orders = lookup("orders")
    names = [column.name for column in orders.columns() if not column.optional]
    whole = "\t".join(names)
    for size in range(len(names[0]) + 1, len(whole)):
        cut = whole[:size]
        if cut.rpartition("\t")[2] in names:
            continue  # as Amazon may serve it one day
        with pytest.raises(ParseError, match="cut short"):
            read(cut, orders)
        assert read(cut + "\n", orders).num_rows == 0
    assert read(whole, orders).num_rows == 0
    assert read(whole + "\tit", orders).num_rows == 0
