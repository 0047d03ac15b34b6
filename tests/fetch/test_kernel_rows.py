"""What the kernel reads is what Arrow and Python read of it, or it is declined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.fetch.cells import cells_of
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.flat.kernel_rows import KernelRows, kernel_rows
from spreports.fetch.flat.parse_flat import BlockParser
from spreports.fetch.flat.parser_types import ParserTypes
from spreports.fetch.typed_column import typed_column
from tests.fetch.documents import entry
from tests.fetch.test_both_ways import (
    DATED,
    NUMBER,
    TIMED,
    TRUTH,
    alone,
    written,
)

pytestmark = pytest.mark.usefixtures("by_kernel")

DTYPES = ("int64", "float64", "decimal", "boolean", "date", "timestamp")
TYPES = [pa.int64(), pa.float64(), pa.decimal128(38, 6), pa.bool_(), pa.date32()]
CELL = st.one_of(
    NUMBER,
    TRUTH,
    written(("iso",)),
    st.dates().map(str),
    st.sampled_from(
        [
            *("2026-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "0001-01-01"),
            *("2026-13-01", "2026-00-10", "2026-04-31", "9999-12-31", "2026-1-1"),
            *("20 0-01-01", "20x6-10-01", "x026-10-01", "2026-1x-01", "2026-10-x1"),
            *("20 0-01-01T00:00:00Z", "2026-10-01T1 :00:00Z", "2026-10-01T00:00:0 Z"),
            *("2026-10-01T10:05:60Z", "2026-10-01T24:00:00Z", "2026-10-01t10:05:00Z"),
            *("2026-10-01T10:05:00+14:59", "2026-10-01T10:05:00-14:00", "-0", "--0"),
            *("2026-10-01T10:05:00+24:00", "2026-10-01T10:05:00+01:60", "-", "0.1.2"),
            *("9" * 18, "-" + "9" * 18, "9" * 19, "0" * 18, "999999999999.999999"),
            *("9999999999999", "-0.000001", "0.0000001", "123456789012345", "0.1e1"),
            *(
                "123456789012.123456",
                "-1234567890123.1",
                "1234567890123456",
                "0.123456789012345",
                "-123456789.123456",
                "tru",
                "é",
            ),
        ]
    ),
).filter(lambda text: not set(text) & set("\t\r\n"))


def header(
    *names: str, quoting: Quoting = Quoting.OFF, delimiter: str = "\t"
) -> Header:
    line = delimiter.join(names).encode()
    return Header(
        names=names,
        served=names,
        line=line,
        delimiter=delimiter,
        quoting=quoting,
        line_end=b"\n",
    )


def kernel(
    *columns: Column,
    empty: tuple[str, ...] = ("",),
    quoting: Quoting = Quoting.OFF,
    delimiter: str = "\t",
    local: bool = False,
) -> KernelRows:
    found = kernel_rows(
        header(*(c.name for c in columns), quoting=quoting, delimiter=delimiter),
        {column.name: column for column in columns},
        empty,
        local=local,
    )
    assert found is not None
    return found


def rows_of(reader: KernelRows, block: bytes) -> list[tuple[object, ...]] | None:
    batch = reader.batch(block)
    if batch is None:
        return None
    batch.validate(full=True)
    columns = [column.to_pylist() for column in batch.columns]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@given(texts=st.lists(CELL, min_size=1, max_size=4))
@example(texts=["20 0-01-01"])
@example(texts=["20x6-10-01T00:00:00+00:00"])
def test_a_typed_cell_has_the_value_that_its_text_has_by_itself(
    dtype: str, texts: list[str]
) -> None:
    column = Column(name="v", dtype=dtype)
    block = "".join(f"{text}\tx\n" for text in texts).encode()
    batch = kernel(column, Column(name="x")).batch(block)
    assert batch is not None
    got = batch.column(0)
    array = pa.array([text or None for text in texts], pa.string())
    if got.type == pa.string():
        assert got.equals(array)
        return
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    one_by_one, bad = typed_column(array, alone(cells))
    assert bad is None, "typed, although a cell does not fit"
    assert got.equals(one_by_one)


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        ("int64", "-999999999999999999"),
        ("int64", "007"),
        ("float64", "-12.5"),
        ("float64", "0.1"),
        ("decimal", "-123456789012.123456"),
        ("decimal", "4.90"),
        ("boolean", "True"),
        ("boolean", "false"),
        *(("boolean", text) for text in ("Yes", "no", "Y", "n", "1", "0", "t", "F")),
        ("date", "2024-02-29"),
        ("timestamp", "2026-08-31T05:13:58+00:00"),
        ("timestamp", "1969-12-31T23:59:59-08:00"),
        ("timestamp", "2026-08-31T05:13:58Z"),
        ("timestamp", "2026-08-31"),
    ],
)
def test_plain_cells_are_typed_in_one_pass(dtype: str, text: str) -> None:
    batch = kernel(Column(name="v", dtype=dtype)).batch(f"{text}\n".encode())
    assert batch is not None
    assert batch.column(0).type != pa.string()
    assert batch.column(0).null_count == 0


DASHES = {"--": "", "-": "", "N/A": ""}


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    texts=st.lists(
        st.sampled_from(
            [
                *("", "--", "-", "N/A", "n/A", " -- ", "- ", " n/a", "---", "- -"),
                *("N-A", "N/", "na", "-1", "-0.5", "7", "2026-10-01", "true"),
            ]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_dashes_are_no_value_where_the_catalogue_says_so(
    dtype: str, texts: list[str]
) -> None:
    column = Column(name="v", dtype=dtype, stands_for=DASHES)
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    array = pa.array([text or None for text in texts], pa.string())
    one_by_one, bad = typed_column(array, alone(cells))
    block = "".join(f"{text}\tx\n" for text in texts).encode()

    batch = kernel(column, Column(name="x")).batch(block)

    assert batch is not None
    batch.validate(full=True)
    assert batch.column(0).equals(one_by_one if bad is None else array)


@pytest.mark.parametrize(
    "column",
    [
        Column(name="v", dtype="int64"),
        Column(name="v", dtype="int64", stands_for={"--": "0", "-": "", "N/A": ""}),
        Column(name="v", dtype="int64", stands_for={"-": ""}),
    ],
    ids=["none", "another value", "fewer texts"],
)
def test_dashes_that_mean_something_else_are_left_to_python(column: Column) -> None:
    batch = kernel(column, Column(name="x")).batch(b"1\tx\n--\tx\n")
    assert batch is not None
    assert batch.column(0).to_pylist() == ["1", "--"]


def test_dashes_among_coded_decimals_are_null() -> None:
    column = Column(name="v", dtype="decimal", stands_for=DASHES)
    reader = kernel_rows(header("v", "x"), {"v": column}, ("",), {"v"})
    assert reader is not None
    batch = reader.batch(b"4.90\tx\n--\tx\nN/A\tx\n4.90\tx\n-\tx\n\tx\n")
    assert batch is not None
    batch.validate(full=True)
    assert batch.column(0).type == pa.dictionary(pa.int32(), pa.decimal128(38, 6))
    price = Decimal("4.90")
    assert batch.column(0).to_pylist() == [price, None, None, price, None, None]


LINE = st.lists(
    st.sampled_from(
        ["", "a", "\t", "\t\t", " ", '"', "\r", "\n", "\r\n", "é", "x" * 70]
    ),
    max_size=30,
).map("".join)


@given(LINE, st.integers(1, 4), st.booleans(), st.sampled_from(list(Quoting)))
def test_rows_are_those_of_arrows_parser(
    text: str,
    width: int,
    empty_is_null: bool,
    quoting: Quoting,
) -> None:
    names = [f"c{k}" for k in range(width)]
    block = text.encode()
    parser = BlockParser(
        header(*names, quoting=quoting), entry(), empty_is_null=empty_is_null
    )
    reader, parser._kernel = parser._kernel, None
    assert reader is not None
    got = reader.batch(block)
    if got is None:
        return
    expected = parser.parse(block)
    assert expected.error is None, "a row was read that has another number of cells"
    rows = [row for batch in expected.batches for row in batch.to_pylist()]
    assert got.to_pylist() == rows


@given(LINE, st.integers(2, 5), st.booleans(), st.sampled_from(["OFF", "ENCLOSED"]))
@example("a\t\n" * 70 + "a\tb\tc\n\n" * 70 + "a\tb\r\n" * 9, 3, True, "OFF")
@example("a\tb\n\ta", 3, True, "OFF")
@example("a\tb\na\n", 3, True, "OFF")
def test_short_rows_are_padded_as_they_are_mended(
    text: str, width: int, empty_is_null: bool, quoting: str
) -> None:
    names = [f"c{k}" for k in range(width)]
    kind = entry(pad_short_rows=True)
    block = text.encode()
    parser = BlockParser(
        header(*names, quoting=Quoting[quoting]), kind, empty_is_null=empty_is_null
    )
    reader, parser._kernel = parser._kernel, None
    assert reader is not None
    findings = Findings()
    got = reader.batch(block, findings)
    if got is None:
        assert findings.padded_rows == 0
        return
    expected = parser.parse(block)
    assert expected.error is None, "a row was read that is not one of Amazon's"
    rows = [row for batch in expected.batches for row in batch.to_pylist()]
    assert got.to_pylist() == rows
    assert findings.padded_rows == expected.findings.padded_rows


def test_the_kernel_pads_typed_and_coded_columns() -> None:
    columns = [Column(name=dtype, dtype=dtype) for dtype in ("string", *DTYPES)]
    names = [each.name for each in columns]
    reader = kernel_rows(
        header(*names), {each.name: each for each in columns}, ("",), {"string"}
    )
    assert reader is not None
    whole = "x\t7\t0.5\t4.90\ttrue\t2026-10-01\t2026-10-01T00:00:00Z\n"
    short = [whole.rsplit("\t", k)[0] + "\n" for k in range(1, 6)]
    findings = Findings()

    batch = reader.batch((whole * 60 + "".join(short) * 90).encode(), findings)

    assert batch is not None
    assert findings.padded_rows == 450
    assert [column.null_count for column in batch.columns] == [
        *(0, 0, 90, 180, 270, 360, 450)
    ]
    assert reader.batch((whole + short[0]).encode()) is None
    assert reader.batch((whole + "x\n").encode(), findings) is None
    assert reader.batch((whole + short[0][:-1]).encode(), findings) is None
    assert findings.padded_rows == 450


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cells_of_every_length_at_every_place_of_a_vector(end: str) -> None:
    reader = kernel(Column(name="a"), Column(name="b"), Column(name="c"))
    for size in range(140):
        row = ("x" * size, "", "é" * (size % 5))
        block = ("\t".join(row) + end) * 7
        expected = [tuple(cell or None for cell in row)] * 7
        assert rows_of(reader, block.encode()) == expected
        assert rows_of(reader, block.removesuffix(end).encode()) == expected


@pytest.mark.parametrize(
    "block",
    [
        "a\n",
        "a\tb\tc\n",
        "a\tb\na\n",
        "a\tb\n\t\t\n",
        "a\tb\rc\td\n",
        "a\tb\r",
        "\t\r\t\n",
    ],
)
def test_a_row_of_another_width_or_a_bare_return_is_declined(block: str) -> None:
    assert rows_of(kernel(Column(name="a"), Column(name="b")), block.encode()) is None


def test_a_row_of_a_million_cells_too_many_is_written_nowhere() -> None:
    reader = kernel(Column(name="a"), Column(name="b"))

    with reader._boxes.one() as first:
        pass

    assert rows_of(reader, b"\t" * 3_000_000) is None

    with reader._boxes.one() as still:
        assert still is first, "it left its memory"


def test_blank_lines_are_no_rows() -> None:
    reader = kernel(Column(name="a"), Column(name="b"))

    assert rows_of(reader, b"\n\r\nx\ty\n\n\nc\td\r\n\r\n") == [("x", "y"), ("c", "d")]
    assert rows_of(reader, b"\n\n") == []


@pytest.mark.parametrize("block", ["a\tb\nx\ty\n", "x\ty\na\tb\r\nx\ty", "x\ty\na\tb"])
def test_a_row_that_repeats_the_header_is_declined(block: str) -> None:
    assert rows_of(kernel(Column(name="a"), Column(name="b")), block.encode()) is None


PRICES = ["0.00", "4.90", "-4.90", "4.9", "49", "0", "1234567", "12345678", "123456789"]


@pytest.mark.slow
@given(
    st.lists(
        st.sampled_from(PRICES)
        | st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", fullmatch=True),
        min_size=1,
        max_size=40,
    )
)
def test_a_price_after_another_is_what_it_is_alone(prices: list[str]) -> None:
    reader = kernel(Column(name="a", dtype="decimal"), Column(name="b"))

    rows = rows_of(reader, "".join(f"{price}\t\n" for price in prices).encode())

    assert rows == [(Decimal(price), None) for price in prices]


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        ((), [("", " "), (" ", "  ")]),
        (("",), [(None, " "), (" ", "  ")]),
        (("", " "), [(None, None), (None, "  ")]),
    ],
)
def test_which_texts_are_null_is_said_by_the_catalogue(
    empty: tuple[str, ...], expected: list[tuple[str | None, ...]]
) -> None:
    reader = kernel(Column(name="a"), Column(name="b"), empty=empty)

    assert rows_of(reader, b"\t \n \t  \n") == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_spaces_around_a_typed_cell_mean_nothing(dtype: str) -> None:
    texts = dict(zip(DTYPES, ("7", "0.5", "4.90", "Yes", "2026-10-01"), strict=False))
    text = texts.get(dtype, "2026-10-01T00:00:00Z")
    reader = kernel(Column(name="v", dtype=dtype), Column(name="x"))

    rows = rows_of(reader, f"{text}\tx\n  {text} \t x\n \t \n   \tx\n".encode())

    assert rows is not None
    assert [cells[0] for cells in rows] == [rows[0][0]] * 2 + [None] * 2
    assert [cells[1] for cells in rows] == ["x", " x", " ", "x"]
    assert not isinstance(rows[0][0], str)


def test_a_column_that_does_not_fit_is_text_from_then_on_and_others_are_not() -> None:
    reader = kernel(Column(name="n", dtype="int64"), Column(name="m", dtype="int64"))

    assert rows_of(reader, b"1\t2\n") == [(1, 2)]
    assert rows_of(reader, b"1\t2\nx\t3\n") == [("1", 2), ("x", 3)]
    assert rows_of(reader, b"1\t2\n") == [("1", 2)]


@pytest.mark.parametrize(
    ("dtype", "known"),
    [("timestamp", TIMED), ("date", DATED)],
    ids=["instants", "days"],
)
@given(data=st.data())
def test_a_time_by_pattern_is_the_one_that_its_text_is_by_itself(
    dtype: str, known: list[tuple[str, ...]], data: st.DataObject
) -> None:
    formats = data.draw(st.sampled_from(known))
    texts = data.draw(st.lists(written(formats or ("iso",)), min_size=1, max_size=3))
    column = Column(name="t", dtype=dtype, formats=formats)
    batch = kernel(column).batch("".join(f"{text}\n" for text in texts).encode())
    assert batch is not None
    got = batch.column(0)
    if got.type == pa.string():
        return
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    one_by_one, bad = typed_column(pa.array(texts), alone(cells))
    assert bad is None, "typed, although a cell does not fit"
    assert got.equals(one_by_one)


@pytest.mark.parametrize(
    ("pattern", "text", "instant"),
    [
        ("%d.%m.%Y %H:%M:%S %Z", "01.10.2026 10:05:00 UTC", "2026-10-01 10:05:00"),
        ("%d.%m.%Y %H:%M:%S %Z", "01.10.2026 10:05:00 MESZ", "2026-10-01 08:05:00"),
        ("%d/%m/%Y %H:%M:%S %Z", "16/10/2026 11:00:00 MET", "2026-10-16 10:00:00"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-01-01 00:00:00 PST", "2026-01-01 08:00:00"),
        ("%Y/%m/%d %H:%M:%S [JST]", "2026/10/31 23:59:59", "2026-10-31 14:59:59"),
        ("%Y-%m-%d %H:%M:%S [IST]", "2026-03-08 00:07:35", "2026-03-07 18:37:35"),
        ("%Y-%m-%d %H:%M:%S", "2026-10-31 23:59:59", "2026-10-31 23:59:59"),
    ],
)
def test_times_by_pattern_are_typed_in_one_pass(
    pattern: str, text: str, instant: str
) -> None:
    column = Column(name="t", dtype="timestamp", formats=(pattern,))
    batch = kernel(column).batch(f"{text}\n".encode() * 2)
    assert batch is not None
    assert [f"{each:%Y-%m-%d %H:%M:%S}" for each in batch.column(0).to_pylist()] == [
        instant
    ] * 2


@pytest.mark.parametrize(
    ("formats", "text"),
    [
        (("%d.%m.%Y",), "29.02.2024"),
        (("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"), "29.02.2024"),
        (("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"), "2024/02/29"),
        (("%m/%d/%Y",), "02/29/2024"),
    ],
)
def test_days_by_pattern_are_typed_in_one_pass(
    formats: tuple[str, ...], text: str
) -> None:
    reader = kernel(Column(name="t", dtype="date", formats=formats))
    for _ in range(2):
        rows = rows_of(reader, f"{text}\n\n{text}\n".encode())
        assert rows == [(date(2024, 2, 29),)] * 2
    for other in (f"{text}x", f"{text} 00", "31.04.2026"):
        fresh = kernel(Column(name="t", dtype="date", formats=formats))
        assert rows_of(fresh, f"{other}\n".encode()) == [(other,)]


@pytest.mark.slow
@given(
    st.lists(
        st.one_of(
            NUMBER.filter(lambda each: not set(each) & set("\t\r\n")),
            st.from_regex(r"-?\d{0,4}([.,]\d{2,4}){0,2}[.,]?\d{0,3}", fullmatch=True),
        ),
        min_size=1,
    ),
    st.sampled_from(["EUR", "USD", "JPY", None]),
)
@example(["1,23", "-1.2", "0,05"], "EUR")
@example(["1.234", "1,234"], "EUR")
@example(["1.234,50", "1,,5", ",50", "5,", "-,5", "1,2.3"], "EUR")
@example(["1234.567,50", "-.234,5", "1.23,50", "12.345.678,9", "1,234,56"], "EUR")
@example(["-1.234,50", "1.234.567", "-1,234.5", "1.2345,6", "1..234,5"], "USD")
def test_a_local_decimal_has_the_value_that_its_text_has_by_itself(
    texts: list[str], currency: str | None
) -> None:
    column = Column(name="v", dtype="decimal")
    block = "".join(f"{text}\tx\n" for text in texts).encode()
    cells = cells_of(column, local=True, currency=currency)
    assert cells is not None
    # alone, each text has its chance
    for rows in (block, *block.splitlines(keepends=True)):
        batch = kernel(column, Column(name="x"), local=True).batch(rows)
        assert batch is not None
        got = batch.column(0)
        if got.type == pa.string():
            continue
        own = [line.split("\t")[0] or None for line in rows.decode().splitlines()]
        array = pa.array(own, pa.string())
        one_by_one, bad = typed_column(array, alone(cells))
        assert bad is None, "typed, although a cell does not fit"
        assert got.equals(one_by_one)


def test_local_decimals_are_typed_in_one_pass() -> None:
    reader = kernel(Column(name="v", dtype="decimal"), Column(name="x"), local=True)
    texts = ["95,00", "-1,5", "8.48", "7", "", "123456789012,34", "95,00"]
    values = [Decimal(t.replace(",", ".")) if t else None for t in texts]
    texts += ["-1.234,50", "1,234,567.8"]
    values += [Decimal("-1234.5"), Decimal("1234567.8")]
    rows = rows_of(reader, "".join(f"{text}\tx\n" for text in texts).encode())
    assert rows is not None
    assert [row[0] for row in rows] == values


def test_a_second_format_is_tried_where_the_first_does_not_fit() -> None:
    formats = ("%Y-%m-%d %H:%M:%S %Z", "%d/%m/%Y %H:%M:%S %Z")
    reader = kernel(Column(name="t", dtype="timestamp", formats=formats))
    moment = datetime(2026, 10, 16, 10, tzinfo=UTC)
    for _ in range(2):
        assert rows_of(reader, b"16/10/2026 11:00:00 MET\n") == [(moment,)]
    assert rows_of(reader, b"2026-10-16 11:00:00 MET\n") == [
        ("2026-10-16 11:00:00 MET",)
    ]


FEW = st.lists(
    st.sampled_from(["", " ", "a", "b", "ab", "x" * 8, "x" * 9, "x" * 16, "é" * 9]),
    min_size=1,
    max_size=40,
)


@pytest.mark.slow
@given(FEW, st.sampled_from([("",), ("", " ")]))
def test_coded_texts_are_the_same_texts_each_kept_once(
    texts: list[str], empty: tuple[str, ...]
) -> None:
    reader = kernel_rows(header("a", "b"), {}, empty, {"a"})
    assert reader is not None
    batch = reader.batch("".join(f"{text}\tx\n" for text in texts).encode())
    assert batch is not None
    batch.validate(full=True)
    column = batch.column(0)
    wanted = [None if text in empty else text for text in texts]
    assert column.to_pylist() == wanted
    assert column.type == pa.dictionary(pa.int32(), pa.string())
    seen = [text for text in dict.fromkeys(wanted) if text is not None]
    assert column.dictionary.to_pylist() == seen


def test_coded_columns_of_many_rows_keep_their_texts_apart() -> None:
    reader = kernel_rows(header("a", "b"), {}, ("",), {"a", "b"})
    assert reader is not None
    # the same at both ends, and new in either column at other rows
    first = [f"same end {k % 7:08} same end" for k in range(1_500)]
    other = ["" if k % 5 == 0 else first[-k] for k in range(1_500)]
    text = "".join(f"{one}\t{two}\n" for one, two in zip(first, other, strict=True))
    for _ in range(2):
        batch = reader.batch(text.encode())
        assert batch is not None
        assert batch.column(0).to_pylist() == first
        assert batch.column(1).to_pylist() == [text or None for text in other]
        assert len(batch.column(0).dictionary) == len(batch.column(1).dictionary) == 7


def test_texts_that_are_too_many_for_codes_come_as_they_are() -> None:
    reader = kernel_rows(header("a", "b"), {}, ("",), {"a", "b"})
    assert reader is not None
    for count, dtype in (
        (1_024, pa.dictionary(pa.int32(), pa.string())),
        (1_025, pa.string()),
    ):
        texts = [f"t{k}" for k in range(count)] * 3
        batch = reader.batch("".join(f"{text}\tx\n" for text in texts).encode())
        assert batch is not None
        assert batch.column(0).type == dtype
        assert batch.column(0).to_pylist() == texts
        assert batch.column(1).dictionary.to_pylist() == ["x"]


@pytest.mark.parametrize(
    "shape",
    [{"line_end": b"\r"}, {"delimiter": "、"}],
)
def test_there_is_no_kernel_for_other_shapes(shape: dict[str, object]) -> None:
    plain = header("a", "b")

    assert kernel_rows(replace(plain, **shape), {}, ("",)) is None  # type: ignore[arg-type]  # as parametrized


@pytest.mark.slow
def test_a_block_that_is_much_larger_than_the_first_has_room() -> None:
    reader = kernel(Column(name="a"), Column(name="n", dtype="decimal"))

    def block(rows: int) -> Sequence[tuple[object, ...]] | None:
        return rows_of(reader, b"abc\t1.50\n" * rows)

    assert len(block(10) or ()) == 10
    assert len(block(300_000) or ()) == 300_000
    assert block(1_000_000) is None, "its memory would be kept"
    assert len(block(10) or ()) == 10


def test_columns_are_those_that_the_parser_types() -> None:
    columns = [Column(name=dtype, dtype=dtype) for dtype in DTYPES]
    types = ParserTypes({column.name: column for column in columns})
    parser = BlockParser(
        header(*DTYPES), entry(*columns), empty_is_null=True, types=types
    )
    cells = ("7", "0.5", "4.90", "true", "2026-10-01", "2026-10-01T00:00:00Z")

    (batch,) = parser.parse("\t".join(cells).encode()).batches

    assert batch.schema.types == [*TYPES, pa.timestamp("us", "UTC")]


def test_rows_that_were_mended_are_read_by_the_kernel() -> None:
    column = Column(name="b", dtype="int64")
    types = ParserTypes({"b": column})
    short = "1\t2\t\n\n1\t2\n1\t2\t3\r\n1\t2\r\n1\t2\t3"
    wrapped = '1,2,3\n"1,""2"",3"\n'
    for quoting, delimiter, block, mended in (
        (Quoting.OFF, "\t", short, 2),
        (Quoting.DOUBLED, ",", wrapped, 1),
    ):
        kind = entry(column, pad_short_rows=True, rows_in_quotes=True)
        names = header(*"abc", delimiter=delimiter, quoting=quoting)
        parser = BlockParser(names, kind, empty_is_null=True, types=types)

        parsed = parser.parse(block.encode())

        assert parsed.by_kernel
        (batch,) = parsed.batches
        assert set(batch["b"].to_pylist()) == {2}
        assert batch.schema.field("b").type == pa.int64()
        found = parsed.findings
        assert found.padded_rows + found.unwrapped_rows == mended


@pytest.mark.parametrize("width", [1, 2, 100])
def test_blank_lines_take_no_memory(width: int) -> None:
    names = [Column(name=f"c{k}") for k in range(width)]
    reader = kernel(*names)
    row = "\t".join(["x"] * width)
    block = "\n" * 500_000 + f"{row}\n" * 2 + "\r\n" * 100_000 + row

    assert rows_of(reader, block.encode()) == [("x",) * width] * 3
    with reader._boxes.one() as (sandbox, _):
        assert sandbox._memory.data_len(sandbox._store) < 12 << 20


@pytest.mark.parametrize("dtype", DTYPES)
def test_under_a_null_lies_nothing_of_an_earlier_block(dtype: str) -> None:
    reader = kernel(Column(name="v", dtype=dtype), Column(name="x"))
    reader.batch(b"".join(b"\t" + b"A" * k + b"\n" for k in range(400)))

    batch = reader.batch(b"\tx\n" * 64)

    assert batch is not None
    column = batch.column(0)
    values = column.buffers()[1].to_pybytes()[: 64 * column.type.bit_width // 8]
    assert column.null_count == 64
    assert values == bytes(len(values))
