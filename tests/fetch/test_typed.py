"""Cells become typed exactly, or are named, counted or kept; never lost or rounded."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.errors import ParseError
from spreports.fetch.cells import arrow_type, cells_of
from spreports.fetch.decimals import parse_decimal, parse_local_decimal
from spreports.fetch.findings import Findings
from spreports.fetch.timestamps import ZONE_OFFSETS, parse_date, parse_timestamp
from tests.fetch.documents import cells, entry, read

TWELVE = "%b %d, %Y %I:%M:%S %p %Z"


def column(
    dtype: str, values: list[str], *formats: str, **options: Any
) -> list[object]:
    """Read one typed column."""
    kind = entry(Column(name="v", dtype=dtype, formats=formats), Column(name="k"))
    text = "k\tv\n" + "".join(f"{i}\t{value}\n" for i, value in enumerate(values))
    result: list[object] = read(text, kind, **options)["v"].to_pylist()
    return result


def test_integers() -> None:
    assert column("int64", ["1", "007", "-5", "", " ", "9223372036854775807"]) == [
        *(1, 7, -5, None, None, 2**63 - 1)
    ]
    assert column("int64", [" 12 ", "+3"]) == [12, 3]


def test_decimals_are_exact() -> None:
    values = ["19.99", "0.1", "-0.000001", "1E+2", ".5", "5.", "", " 7.10 "]
    assert column("decimal", values) == [
        *map(Decimal, ["19.99", "0.1", "-0.000001", "100", "0.5", "5"]),
        None,
        Decimal("7.1"),
    ]
    big = "12345678901234567890123456789012.123456"
    assert column("decimal", [big]) == [Decimal(big)]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        *(("int64", v) for v in ("1.0", "0x10", "1_0", "9223372036854775808", "x")),
        *(("decimal", v) for v in ("1,5", "0.0000001", "nan", "1.2.3", "9" * 33)),
        *(("float64", v) for v in ("nan", "inf", "1,5", "x", "1e999")),
        *(("boolean", v) for v in ("maybe", "2", "ja")),
        *(("date", v) for v in ("2026-02-30", "1.1.2026", "20260101")),
        *(("timestamp", v) for v in ("2026-01-01T00:00:00", "2026-02-30T00:00:00Z")),
    ],
)
def test_a_bad_value_is_named_by_row_and_column_never_shown(
    dtype: str, value: str
) -> None:
    for neighbours in (["", ""], [" ", " "]):
        with pytest.raises(ParseError, match="data row 2, column 'v': not a") as caught:
            column(dtype, [neighbours[0], value, neighbours[1]])
        assert (caught.value.row, caught.value.column) == (2, "v")
        shown = str(caught.value).replace("data row 2", "").replace("'null'", "")
        if len(value) > 2:
            assert value not in shown
            last = traceback.format_exception_only(caught.value)
            assert value not in "".join(last)


def test_bad_values_become_counted_nulls() -> None:
    findings = Findings()
    values = ["1", "x", "3", "365+", "x"]
    result = column("int64", values, on_bad_value="null", findings=findings)
    assert result == [1, None, 3, None, None]
    assert findings.bad_cells == {"v": 3}


def test_bad_values_are_rescued_with_their_text() -> None:
    kind = entry(Column(name="n", dtype="int64"), Column(name="d", dtype="date"))
    text = 'n\td\n1\t2026-01-01\n 3"x\tnever\n\t\n4\tsoon\n'
    for batch_bytes in (1, 1 << 20):
        findings = Findings()
        table = read(
            text,
            kind,
            on_bad_value="rescue",
            findings=findings,
            batch_bytes=batch_bytes,
        )
        assert table.column_names == ["n", "d", "_rescued"]
        assert table["n"].to_pylist() == [1, None, None, 4]
        rescued = [cell and json.loads(cell) for cell in table["_rescued"].to_pylist()]
        assert rescued == [None, {"n": ' 3"x', "d": "never"}, None, {"d": "soon"}]
        assert findings.bad_cells == {"n": 1, "d": 2}


@pytest.mark.slow
def test_row_numbers_count_over_batches() -> None:
    values = [str(i) for i in range(1000)]
    values[876] = "bad"
    for batch_bytes in (1, 100, 5000, 1 << 20):
        with pytest.raises(ParseError) as caught:
            column("int64", values, batch_bytes=batch_bytes)
        assert caught.value.row == 877


def test_the_first_bad_row_of_a_batch_is_named() -> None:
    kind = entry(Column(name="a", dtype="int64"), Column(name="b", dtype="int64"))
    with pytest.raises(ParseError) as caught:
        read("a\tb\n1\t1\n1\tx\ny\t1\n", kind)
    assert (caught.value.row, caught.value.column) == (2, "b")


def test_booleans_in_all_of_amazons_spellings() -> None:
    values = ["true", "FALSE", "Yes", "No", "Y", "n", "1", "0", "", " "]
    expected = [True, False, True, False, True, False, True, False, None, None]
    assert column("boolean", values) == expected
    assert column("boolean", ["true", "False", ""]) == [True, False, None]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # the parts of a date


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-05-01T00:00:00+00:00", (), utc(2026, 5, 1)),
        ("2026-05-01T00:00:00Z", ("iso",), utc(2026, 5, 1)),
        ("2020-09-06T00:00Z", ("iso",), utc(2020, 9, 6)),
        ("2026-05-01T01:02:03.5-07:00", ("iso",), utc(2026, 5, 1, 8, 2, 3, 500_000)),
        ("2026-05-01 09:00:00+0900", ("iso",), utc(2026, 5, 1)),
        ("2026-05-01", (), utc(2026, 5, 1)),
        (
            "2026-07-01 10:00:00 PDT",
            ("%Y-%m-%d %H:%M:%S %Z",),
            utc(2026, 7, 1, 17),
        ),
        (
            "2026-01-01 10:00:00 PST",
            ("%Y-%m-%d %H:%M:%S %Z",),
            utc(2026, 1, 1, 18),
        ),
        (
            "01/07/2026 10:00:00 MEST",
            ("%Y-%m-%d %H:%M:%S %Z", "%d/%m/%Y %H:%M:%S %Z"),
            utc(2026, 7, 1, 8),
        ),
        ("2026/07/01 09:00:00 JST", ("%Y/%m/%d %H:%M:%S %Z",), utc(2026, 7, 1)),
        ("2026/07/01 09:00:00", ("%Y/%m/%d %H:%M:%S [JST]",), utc(2026, 7, 1)),
        ("2026/07/01", ("%Y/%m/%d [JST]",), utc(2026, 6, 30, 15)),
        ("2026-07-01 09:00:00", ("%Y-%m-%d %H:%M:%S",), utc(2026, 7, 1, 9)),
        (
            "31.12.2026 23:59:59 UTC",
            ("%d.%m.%Y %H:%M:%S %Z",),
            utc(2026, 12, 31, 23, 59, 59),
        ),
        ("07/01/2026 01:02:03", ("%m/%d/%Y %H:%M:%S",), utc(2026, 7, 1, 1, 2, 3)),
        ("Jan 15, 2026 12:00:00 AM PST", (TWELVE,), utc(2026, 1, 15, 8)),
        ("Jul 5, 2026 12:30:00 PM PDT", (TWELVE,), utc(2026, 7, 5, 19, 30)),
        ("Jul 5, 2026 1:02:03 PM UTC", (TWELVE,), utc(2026, 7, 5, 13, 2, 3)),
    ],
)
def test_timestamps_are_aware_instants(
    text: str, formats: tuple[str, ...], expected: datetime
) -> None:
    assert parse_timestamp(text, formats) == expected
    assert column("timestamp", [text, "", f" {text} "], *formats) == [
        expected,
        None,
        expected,
    ]


@pytest.mark.parametrize(
    "text",
    ["2026-07-01 10:00:00 XYZ", "2026-13-01 10:00:00 UTC", "2026-07-01 25:00:00 UTC"],
)
def test_unknown_zones_and_impossible_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text, ("%Y-%m-%d %H:%M:%S %Z",))


@pytest.mark.parametrize("clock", ["00:00:00 AM", "13:00:00 PM", "1:00:00", "1:00 PM"])
def test_an_hour_of_twelve_needs_its_half_of_the_day(clock: str) -> None:
    with pytest.raises(ValueError, match="no timestamp"):
        parse_timestamp(f"Jan 15, 2026 {clock} PST", (TWELVE,))


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-07-01", (), date(2026, 7, 1)),
        ("2026-07-01T23:00:00-08:00", ("iso",), date(2026, 7, 1)),
        ("07/01/2026", ("%m/%d/%Y", "%m/%Y"), date(2026, 7, 1)),
        ("07/2026", ("%m/%d/%Y", "%m/%Y"), date(2026, 7, 1)),
        ("10-Jul-2025", ("%d-%b-%Y",), date(2025, 7, 10)),
        ("28-Aug-2026 UTC", ("%d-%b-%Y %Z",), date(2026, 8, 28)),
        ("Jul 29, 2022", ("%b %d, %Y", "%b %d %Y"), date(2022, 7, 29)),
        ("Jul 9 2022", ("%b %d, %Y", "%b %d %Y"), date(2022, 7, 9)),
        ("1/2/26", ("%d/%m/%y",), date(2026, 2, 1)),
        ("26/2/1", ("%y/%m/%d",), date(2026, 2, 1)),
        ("31.12.2026", ("%d.%m.%Y",), date(2026, 12, 31)),
    ],
)
def test_dates_in_amazons_customs(
    text: str, formats: tuple[str, ...], expected: date
) -> None:
    assert parse_date(text, formats) == expected
    assert column("date", [text, " "], *formats) == [expected, None]


@pytest.mark.parametrize(
    "behind",
    [
        "T05:00",
        " 05:00:00",
        "T05",
        "T05:00:00.123Z",
        " 05:00:00 UTC",
        "T05:00:00 -0800",
    ],
)
def test_a_day_may_have_a_time_behind_it_whatever_its_zone(behind: str) -> None:
    assert parse_date(f"2026-10-01{behind}", ("iso",)) == date(2026, 10, 1)


@pytest.mark.parametrize(
    "behind",
    [
        *("T99:99 n/a", " 05:00garbage", "T24:00:00", "T05:60", "T05:00:61Z", "T", "Z"),
        *("T05:00:00+25:00", "T05:00:00 XYZ", "T05:00 ", " 05:00:00Z or so"),
    ],
)
def test_a_day_with_anything_else_behind_it_is_refused(behind: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_date(f"2026-10-01{behind}", ())


def test_zone_offsets_are_whole_quarters_of_an_hour_within_a_day() -> None:
    for east in ZONE_OFFSETS.values():
        assert timedelta(hours=east) % timedelta(minutes=15) == timedelta(0)
        assert -12 <= east <= 14


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("95,00", None, "95.00"),
        ("-1.234,50", "EUR", "-1234.50"),
        ("1,234.50", "USD", "1234.50"),
        ("1.234.567", None, "1234567"),
        ("1,234,567.8", None, "1234567.8"),
        ("1,234", "USD", "1234"),
        ("1,234", "JPY", "1234"),
        ("95,00", "GBP", "95"),
        ("1,234", "EUR", "1.234"),
        ("1.234", "EUR", "1234"),
        ("1.234", "USD", "1.234"),
        ("1.234", None, "1.234"),
        ("0,125", None, "0.125"),
        ("12,3456", None, "12.3456"),
        ("42", "EUR", "42"),
        ("-,5", None, "-0.5"),
        ("1E+2", None, "100"),
        ("1 234,50", "SEK", "1234.50"),
        ("1\u00a0234\u00a0567,8", "PLN", "1234567.8"),
        ("-1\u202f234", "EUR", "-1234"),
        ("\u22121\u00a0234,567", "SEK", "-1234.567"),
        ("\u22120,50", "SEK", "-0.50"),
    ],
)
def test_local_decimals(text: str, currency: str | None, expected: str) -> None:
    assert parse_local_decimal(text, currency) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1,234", None),
        ("1,234", "CAD"),
        ("1,23,456", None),
        ("12 34,5", "SEK"),
        ("1 234 5", "SEK"),
        ("1234 567", "SEK"),
        ("1  234", "SEK"),
        ("1.2,3.4", None),
        ("1,", "x1"),
    ],
)
def test_what_cannot_be_decided_is_refused(text: str, currency: str | None) -> None:
    if text == "1,":
        assert parse_local_decimal(text, currency) == 1
        return
    with pytest.raises(ValueError, match=r".+"):
        parse_local_decimal(text, currency)


def test_a_settlement_takes_its_decimal_mark_from_its_currency() -> None:
    kind = entry(
        Column(name="currency"),
        Column(name="amount", dtype="decimal"),
        local_decimals=True,
    )
    euros = read("currency\tamount\nEUR\t1.234,50\n\t1.234\n\t95,00\n", kind)
    assert euros["amount"].to_pylist() == [Decimal("1234.5"), 1234, 95]
    dollars = read("currency\tamount\nUSD\t1,234.50\n\t1,234\n\t95.00\n", kind)
    assert dollars["amount"].to_pylist() == [Decimal("1234.5"), 1234, 95]
    with pytest.raises(ParseError):
        read("currency\tamount\n\t1,234\n", kind)


def test_types_are_found_by_header_alias_blank_and_case() -> None:
    kind = entry(
        Column(name="quantity", dtype="int64"),
        Column(name="price", dtype="decimal"),
        header_aliases={"数量": "quantity"},
    )
    table = read("Price \t数量\tnew\n1.5\t7\t007\n", kind)
    assert table.column_names == ["Price ", "数量", "new"]
    assert cells(table) == [[Decimal("1.5"), 7, "007"]]


def test_missing_and_unknown_columns_are_told() -> None:
    kind = entry(
        Column(name="a"),
        Column(name="when", dtype="timestamp"),
        Column(name="maybe", dtype="int64", optional=True),
        Column(name="n", dtype="decimal"),
    )
    findings = Findings()
    table = read("new\ta\n1\t2\n", kind, findings=findings)
    assert table.schema == pa.schema(
        [
            ("new", pa.string()),
            ("a", pa.string()),
            ("when", pa.timestamp("us", "UTC")),
            ("n", pa.decimal128(38, 6)),
        ]
    )
    assert cells(table) == [["1", "2", None, None]]
    assert findings.unknown_columns == ("new",)
    assert findings.missing_columns == ("when", "n")


def test_untyped_cells_stay_as_they_are() -> None:
    kind = entry(Column(name="a", dtype="int64"), Column(name="b", dtype="date"))
    table = read("a\n007\n", kind, typed=False)
    assert cells(table) == [["007"]]
    assert cells(read("a\tb\n x \t\n", kind, typed=False)) == [[" x ", ""]]


def test_a_column_of_nulls_keeps_its_type() -> None:
    kind = entry(Column(name="a", dtype="boolean"), Column(name="b", dtype="decimal"))
    table = read("a\tb\n\t\n\t\n", kind)
    assert table.schema.types == [pa.bool_(), pa.decimal128(38, 6)]


NUMBERS = st.from_regex(
    r"[+-]?[0-9x]{0,3}[.,]?[0-9]{0,8}([eE][+-]?[0-9]{1,6})?", fullmatch=True
)
MOMENTS = st.from_regex(
    r"20[0-9]{2}-[0-3][0-9]-[0-3][0-9][T ][0-2][0-9](:[0-6][0-9]){1,2}"
    r"(\.[0-9]{1,7})?(Z|[+-][01][0-9]:?[0-5][0-9])?",
    fullmatch=True,
)


@settings(max_examples=200)
@given(
    st.sampled_from(["int64", "float64", "decimal", "boolean", "timestamp", "date"]),
    st.one_of(
        NUMBERS, MOMENTS, st.dates().map(str), st.sampled_from(["true", "T", "No"])
    ),
)
@example("int64", "0X1f")
@example("float64", "Infinity")
@example("float64", "1e00005")
@example("float64", "0e99999999999999999999")
@example("float64", "1e-99999")
@example("float64", "1e99999")
@example("decimal", "1e00005")
def test_the_fast_way_and_the_careful_way_agree(dtype: str, text: str) -> None:
    one_by_one = cells_of(Column(name="v", dtype=dtype), local=False, currency=None)
    assert one_by_one is not None
    try:
        fast = one_by_one.at_once(pa.array([text])).to_pylist()[0]
    except pa.ArrowInvalid:
        return  # then the careful way decides
    assert one_by_one.one(text) == fast


@given(
    st.decimals(
        allow_nan=False,
        allow_infinity=False,
        places=6,
        max_value=10**30,
        min_value=-(10**30),
    )
)
def test_decimals_round_trip(value: Decimal) -> None:
    assert parse_decimal(str(value)) == value


def test_an_unknown_dtype_is_a_value_error() -> None:
    assert arrow_type("date") == pa.date32()
    with pytest.raises(ValueError, match="float32"):
        arrow_type("float32")
