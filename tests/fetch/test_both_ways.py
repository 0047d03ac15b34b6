"""A column read at once gives what its cells give one by one, or gives up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, entries
from spreports.catalog.words import BY_MARKETPLACE, DATE_FORMATS
from spreports.fetch import whole_columns
from spreports.fetch.cells import Cells, cells_of
from spreports.fetch.some_first import some_first
from spreports.fetch.timestamps import ZONE_OFFSETS, written_part
from spreports.fetch.typed_column import typed_column
from spreports.fetch.whole_columns import Layout

TIMED = sorted(
    {
        column.formats
        for each in entries()
        for table in each.tables
        for column in table.columns
        if column.dtype == "timestamp"
    }
    | {(each,) for each in DATE_FORMATS if each != BY_MARKETPLACE}
    | {("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"), ("%Y-%m-%d", "iso")}
)
DATED = sorted(
    {
        tuple(form for form in column.formats if form != BY_MARKETPLACE)
        for each in entries()
        for table in each.tables
        for column in table.columns
        if column.dtype == "date"
    }
    | {("%m/%d/%Y", "%d/%m/%Y"), ("%Y/%m/%d", "%Y-%m-%d"), ("%d.%m.%Y", "iso"), ()}
)
NUMBER = st.one_of(
    st.from_regex(r"[+-]?\d{0,4}[.,]?\d{0,7}([eE][+-]?\d{1,2})?", fullmatch=True),
    st.from_regex(r"[+-]?\d{1,3}([.,]\d{3}){0,3}([.,]\d{1,3})?", fullmatch=True),
    st.integers(-(2**64), 2**64).map(str),
    st.sampled_from(
        [
            "0x1F",
            "0X1f",
            "nan",
            "inf",
            "-inf",
            "Infinity",
            "NaN",
            *(
                "sNaN",
                "1_0",
                "1e1_0",
                "٣",
                "\uff11\uff12",
                "1e-99999999",
                "1e999999999",
            ),
            "",
            " ",
            " 7 ",
            "7\xa0",
            "5.",
            ".5",
            ".",
            "-",
            "+",
            "1e400",
            "365+",
            "12%",
            "1.0000000",
            "1.0000001",
            "--1",
            "1 000",
            "1,00",
            "\t3",
            "0.000000",
            "99999999999999999999999999999999999999",
        ]
    ),
)
GROUPED = st.lists(st.integers(0, 1999).map(str), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([*",."]).flatmap(
        lambda group: st.sampled_from(["", ",5", ".5", ",25", ".25", ",123"]).map(
            lambda end: group.join(parts) + end
        )
    )
)
TRUTH = st.sampled_from(
    [
        *("true", "True", "TRUE", "tRuE", "yes", "Yes", "Y", "n", "NO", "1", "0", "t"),
        *("f", "10", "maybe", "truth", "", " ", " true", "false "),
    ]
)
MOMENT = st.datetimes(timezones=st.just(UTC))
ZONE = st.sampled_from([*ZONE_OFFSETS, "+00:00", "-0830", "+14", "Z", "XYZ", "+25:00"])


@st.composite
def written(draw: st.DrawFn, formats: tuple[str, ...]) -> str:
    """Write a moment in one of the formats, often right and now and then nearly."""
    pattern = draw(st.sampled_from([*formats, "iso"]))
    moment = draw(MOMENT)
    zone = draw(ZONE)
    if pattern == "iso":
        shape = draw(st.sampled_from(["seconds", "minutes", "microseconds", "hours"]))
        text = moment.replace(tzinfo=None).isoformat(timespec=shape) + zone
    else:
        text = moment.strftime(written_part(pattern).replace("%Z", "@"))
        year = f"{moment.year:04d}"
        text = text.replace(str(moment.year), year, 1) if "%Y" in pattern else text
        text = text.replace("@", zone)
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(text)))
        drop = draw(st.integers(0, 1))
        text = (
            text[:place] + draw(st.sampled_from(["", *"0 xT/"])) + text[place + drop :]
        )
    return text


def alone(cells: Cells) -> Cells:
    """Return a typing that reads each cell by itself."""

    def never(_: pa.Array) -> pa.Array:
        raise pa.ArrowInvalid("one by one")

    return replace(cells, at_once=never, most=None)


def compare(
    column: Column, texts: list[str | None], currency: str | None = None
) -> None:
    """Read a column both ways."""
    local = currency is not None
    cells = cells_of(column, local=local, currency=currency)
    assert cells is not None
    array = pa.array(texts, pa.string())
    one_by_one, bad = typed_column(array, alone(cells))
    values, bad_too = typed_column(array, cells)
    assert values.equals(one_by_one)
    assert bad == bad_too or (bad is not None and bad.equals(bad_too))
    try:
        at_once = cells.at_once(array)
    except pa.ArrowInvalid:
        return
    assert bad is None, "read at once, although a cell does not fit"
    assert at_once.type == one_by_one.type
    assert at_once.equals(one_by_one)


@settings(max_examples=80)
@given(
    st.sampled_from(["int64", "float64", "decimal"]),
    st.lists(st.none() | NUMBER, min_size=1, max_size=3),
)
@example("int64", ["0" * 4_400 + "7"])  # more digits than Python's int takes
@example("int64", ["-" + "0" * 4_400 + "7", "9" * 4_400])
def test_numbers(dtype: str, texts: list[str | None]) -> None:
    compare(Column(name="v", dtype=dtype), texts)


@settings(max_examples=80)
@given(
    st.sampled_from(["EUR", "USD", "JPY", "XXX"]),
    st.lists(st.none() | NUMBER | GROUPED, min_size=1, max_size=3),
)
@example("USD", ["1,23", "1.23", "1234,5"])
def test_decimals_with_a_comma(currency: str, texts: list[str | None]) -> None:
    compare(Column(name="v", dtype="decimal"), texts, currency)


def test_grouped_decimals_are_read_at_once() -> None:
    texts = ["-1.234,56", "+12.345.678,9", "1,234.5", "1.5", "7,25", "123", None]
    cells = cells_of(Column(name="v", dtype="decimal"), local=True, currency="EUR")
    assert cells is not None
    assert [str(each) for each in cells.at_once(pa.array(texts, pa.string()))] == [
        *("-1234.560000", "12345678.900000", "1234.500000", "1.500000"),
        *("7.250000", "123.000000", "None"),
    ]
    for odd in ("1.234", "1,234", "1.23,456", "1.234.56", "1234.567,8", ".123,4"):
        with pytest.raises(pa.ArrowInvalid):
            cells.at_once(pa.array([*texts, odd], pa.string()))


@settings(max_examples=25)
@given(st.lists(st.none() | TRUTH, min_size=1, max_size=4))
def test_booleans(texts: list[str | None]) -> None:
    compare(Column(name="v", dtype="boolean"), texts)


@settings(max_examples=80)
@given(st.lists(st.none() | NUMBER | TRUTH | st.just(" -- "), min_size=1, max_size=4))
def test_texts_that_stand_for_others(texts: list[str | None]) -> None:
    stands_for = {"--": "", "Yes": "1", "no": "0"}
    column = Column(name="v", dtype="int64", stands_for=stands_for)
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    array = pa.array(texts, pa.string())

    values, bad = typed_column(array, cells)
    slowly, slowly_bad = typed_column(array, alone(cells))

    assert values.equals(slowly)
    assert bad == slowly_bad or (bad is not None and bad.equals(slowly_bad))
    for text, value in zip(texts, values.to_pylist(), strict=True):
        plain = (text or "").strip().lower()
        if plain in {"--", "yes", "no"}:
            assert value == {"--": None, "yes": 1, "no": 0}[plain]


@pytest.mark.parametrize("formats", TIMED, ids=" | ".join)
@settings(max_examples=25)
@given(st.data())
def test_timestamps(formats: tuple[str, ...], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.none() | written(formats), min_size=1, max_size=3))
    compare(Column(name="v", dtype="timestamp", formats=formats), texts)


@pytest.mark.parametrize("formats", DATED, ids=" | ".join)
@settings(max_examples=25)
@given(st.data())
def test_dates(formats: tuple[str, ...], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.none() | written(formats), min_size=1, max_size=3))
    compare(Column(name="v", dtype="date", formats=formats), texts)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ),
        *("2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "2026-01-01 00:00:00Z"),
        *("2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.1234560Z"),
        *("2026-01-01T00Z", "2026-01-01Z", "2026-01-01T00:00:00+0000"),
        *("2026-01-01T00:00:00+00", "2026-01-01T00:00:00", "2026-02-29T00:00:00Z"),
        *("2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+23:60", " 2026-01-01T00Z"),
    ],
)
def test_edges_of_iso_8601(text: str) -> None:
    compare(Column(name="v", dtype="timestamp"), [text, None])
    compare(Column(name="v", dtype="date"), [text, None])


@pytest.mark.parametrize("text", ["0000-01-01", "0000-12-31", "2026-02-29", "1.1.0000"])
def test_days_that_python_does_not_know_are_not_read_at_once(text: str) -> None:
    formats = ("%Y-%m-%d", "%d.%m.%Y")
    cells = cells_of(
        Column(name="v", dtype="date", formats=formats), local=False, currency=None
    )
    assert cells is not None
    with pytest.raises(pa.ArrowInvalid):
        cells.at_once(pa.array([text, None]))


@pytest.mark.parametrize("dtype", ["int64", "decimal", "boolean", "date", "timestamp"])
def test_blanks_around_cells_do_not_make_a_column_slow(
    dtype: str,
) -> None:
    text = {"date": "2026-10-05", "timestamp": "2026-10-05T04:03:02Z"}.get(dtype, "1")
    cells = cells_of(Column(name="v", dtype=dtype), local=False, currency=None)
    assert cells is not None
    array = pa.array([text, f"\t{text} ", " ", "\u00a0", None])

    def never(_: str) -> object:
        raise AssertionError("one by one")

    values, bad = typed_column(array, replace(cells, one=never))
    assert bad is None
    assert values.equals(typed_column(array, alone(cells))[0])
    assert values.null_count == 3


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("%d.%m.%Y", "05.10.2026"), ("%Y/%m/%d", "2026/10/05"), ("iso", "2026-10-05")],
)
def test_days_of_one_layout_are_read_at_once(pattern: str, text: str) -> None:
    formats = ("%Y%m%d", pattern)
    cells = cells_of(
        Column(name="v", dtype="date", formats=formats), local=False, currency=None
    )
    assert cells is not None
    array = pa.array([text, None])
    assert cells.at_once(array).to_pylist() == [date(2026, 10, 5), None]
    assert cells.at_once(pa.nulls(2, pa.string())).to_pylist() == [None, None]


@pytest.mark.parametrize(
    # months by name have no layout of digits, and are read one by one
    "pattern",
    sorted(p for p in DATE_FORMATS if "%H" in p and "%b" not in p),
)
def test_a_column_of_one_layout_is_read_at_once(pattern: str) -> None:
    column = Column(name="v", dtype="timestamp", formats=("%Y-%m-%d", pattern))
    cells = cells_of(column, local=False, currency=None)
    moment = datetime(2026, 10, 5, 4, 3, 2, tzinfo=UTC)
    form, _, unnamed = pattern.partition(" [")
    text = moment.strftime(form.replace("%Z", "MEST"))
    east = 2 if "%Z" in pattern else {"": 0, "JST]": 9, "IST]": 5.5}[unnamed]
    assert cells is not None
    assert cells.at_once(pa.array([text, None])).to_pylist() == [
        moment - timedelta(hours=east),
        None,
    ]


def test_texts_that_stand_for_others_are_read_at_once_and_do_not_hide_misfits() -> None:
    column = Column(name="v", dtype="int64", stands_for={"--": "", "Y": "1"})
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None

    def never(_: str) -> object:
        raise AssertionError("one by one")

    texts = pa.array(["7", "--", " y ", None])
    values, bad = typed_column(texts, replace(cells, one=never))
    assert (values.to_pylist(), bad) == ([7, None, 1, None], None)
    values, bad = typed_column(pa.array(["--", "x", "Y"]), cells)
    assert bad is not None
    assert (values.to_pylist(), bad.to_pylist()) == ([None, None, 1], [1])


@pytest.mark.parametrize("pattern", sorted(DATE_FORMATS - {BY_MARKETPLACE}))
@pytest.mark.parametrize(
    ("dtype", "text", "wanted"),
    [
        ("date", "2026-10-05", date(2026, 10, 5)),
        *(
            ("timestamp", text, datetime(2026, 10, 5, 4, 3, 2, tzinfo=UTC))
            for text in ("2026-10-05T04:03:02+00:00", "2026-10-05T06:03:02+0200")
        ),
    ],
)
def test_iso_8601_is_read_at_once_whatever_the_custom(
    dtype: str, text: str, wanted: object, pattern: str
) -> None:
    column = Column(name="v", dtype=dtype, formats=(pattern,))
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    assert cells.at_once(pa.array([text, None])).to_pylist() == [wanted, None]
    assert cells.one(text) == wanted


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.sampled_from(["int64", "float64", "decimal", "boolean", "date", "timestamp"]),
    st.lists(
        st.none()
        | NUMBER
        | st.sampled_from(["2026-10-05", "2026-10-05T04:03:02Z", " true", "x", " ", ""])
        | st.dates().map(str),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([None, "EUR", "USD"]),
)
@example("decimal", ["7" * 33, "0." + "1" * 30, "-" + "7" * 20, "E0"], None)
def test_a_column_of_which_some_fits_gives_what_its_cells_give_one_by_one(
    dtype: str, texts: list[str | None], currency: str | None
) -> None:
    compare(Column(name="v", dtype=dtype), texts, currency)


@settings(max_examples=50)
@given(st.sampled_from(["date", "timestamp"]), st.data())
def test_a_column_of_mixed_forms_gives_what_its_cells_give_one_by_one(
    dtype: str, data: st.DataObject
) -> None:
    formats = data.draw(st.sampled_from(TIMED if dtype == "timestamp" else DATED))
    texts = data.draw(st.lists(st.none() | written(formats), min_size=2, max_size=20))
    compare(Column(name="v", dtype=dtype, formats=formats), texts)


@pytest.mark.parametrize(
    ("formats", "texts"),
    [
        (
            ("%a %b %d %H:%M:%S %Z %Y",),
            ["Mon Oct 05 04:03:02 UTC 2026", "Tue Oct 6 04:03:02 CEST 2026"],
        ),
        (("%d-%b-%Y %H:%M:%S",), ["05-Oct-2026 04:03:02", "06-OCT-2026 04:03:02"]),
        (
            ("%d.%m.%Y %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %Z"),
            [
                *("5.10.2026 4:03:02 UTC", "05.10.2026 05:03:02 CET"),
                *("2026-10-05 04:03:02 UTC", "2026-10-05T04Z"),
            ],
        ),
        ((), ["2026-10-05T04:03:02.1230000Z", "2026-10-05T04:03+01", "2026-10-05"]),
        (("%m/%d/%y", "%b %d, %Y", "%Y/%m/%d [JST]"), ["1/2/26", "Oct 5, 2026"]),
        (
            ("%b %d, %Y %I:%M:%S %p %Z",),
            ["Oct 5, 2026 4:03:02 AM PDT", "OCT 05, 2026 12:03:02 PM UTC"],
        ),
    ],
)
def test_no_form_of_a_mixed_column_is_read_one_by_one(
    formats: tuple[str, ...], texts: list[str]
) -> None:
    for dtype in ("timestamp", "date"):
        column = Column(name="v", dtype=dtype, formats=formats)
        cells = cells_of(column, local=False, currency=None)
        assert cells is not None
        fit = [text for text in texts if dtype == "date" or len(text) != 10]

        def never(_: str) -> object:
            raise AssertionError("one by one")

        values, bad = typed_column(pa.array(fit), replace(cells, one=never))

        assert (values.to_pylist(), bad) == ([cells.one(text) for text in fit], None)


def test_a_column_that_does_not_fit_is_given_up_after_some_of_its_cells() -> None:
    sizes: list[int] = []

    def read(texts: pa.Array) -> pa.Array:
        sizes.append(len(texts) - texts.null_count)
        return texts.cast(pa.int64())

    with pytest.raises(pa.ArrowInvalid):
        some_first(pa.array([*[None] * 500, *["1.0"] * 500], pa.string()), read)
    assert max(sizes) < 50
    assert some_first(pa.array([None, *["7"] * 500]), read).null_count == 1
    assert some_first(pa.nulls(500, pa.string()), read).null_count == 500


@pytest.mark.parametrize("dtype", ["date", "timestamp"])
def test_a_column_of_one_layout_is_cut_once(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts: list[int] = []
    check = whole_columns._check_marks

    def counted(data: pa.Array, layout: Layout) -> None:
        cuts.append(len(data))
        check(data, layout)

    monkeypatch.setattr(whole_columns, "_check_marks", counted)
    column = Column(name="v", dtype=dtype, formats=("%d.%m.%Y",))
    cells = cells_of(column, local=False, currency=None)
    assert cells is not None
    values, bad = typed_column(pa.array(["05.10.2026"] * 100), cells)
    assert (values.null_count, bad) == (0, None)
    assert cuts == [100]


def test_few_odd_cells_do_not_make_a_column_slow() -> None:
    cells = cells_of(Column(name="v", dtype="timestamp"), local=False, currency=None)
    assert cells is not None
    start = datetime(2026, 10, 5, tzinfo=UTC)
    texts = [f"{start + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(9_999)]
    texts[77], texts[8_000] = "yesterday", "2026-10-05"
    # One before Python's years, as a program writes that has no date
    texts[500] = "0001-01-01T00:00:00+01:00"
    read: list[str] = []

    def counted(text: str) -> object:
        read.append(text)
        return cells.one(text)

    values, bad = typed_column(pa.array(texts), replace(cells, one=counted))

    assert bad is not None
    assert bad.to_pylist() == [77, 500]
    assert values.null_count == 2
    assert len(read) < 300


@pytest.mark.parametrize("form", ["{}.123456789", "+{}.5", "{}e2"])
def test_one_odd_cell_sends_few_numbers_of_any_form_one_by_one(form: str) -> None:
    cells = cells_of(Column(name="v", dtype="float64"), local=False, currency=None)
    assert cells is not None
    texts = [form.format(n) for n in range(9_999)]
    texts[5_000] = "none"
    read: list[str] = []

    def counted(text: str) -> object:
        read.append(text)
        return cells.one(text)

    values, bad = typed_column(pa.array(texts), replace(cells, one=counted))

    assert bad is not None
    assert bad.to_pylist() == [5_000]
    assert values.drop_null().to_pylist() == [float(t) for t in texts if t != "none"]
    assert len(read) < 1_000
