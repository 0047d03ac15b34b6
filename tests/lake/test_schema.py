"""Columns are united by name; types by the catalogue, then by a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreports as spr
from spreports.lake import partitions
from spreports.load.widen import leads_to, widened
from tests.lake.lakes import COLLECTING_FAILS, Lakeside


def column(name: str, *values: object, dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({name: pa.array(values, dtype)})


def test_a_new_column_is_null_in_older_files(shore: Lakeside) -> None:
    shore.put("1", pa.table({"sku": ["a"]}), day=0)
    shore.put("2", pa.table({"novel": [1], "sku": ["b"]}), day=1)

    frame = shore.scan().sort("sku").collect()

    assert frame.to_dict(as_series=False) == {"sku": ["a", "b"], "novel": [None, 1]}


@pytest.mark.parametrize("order", [1, -1])
def test_an_integer_that_became_a_decimal_is_a_decimal(
    shore: Lakeside, order: int
) -> None:
    price = column("novel", Decimal("1.50"), dtype=pa.decimal128(38, 10))
    for day, rows in enumerate([column("novel", 7), price][::order]):
        shore.put(str(day), rows, day=day)

    values = shore.scan().collect()["novel"]

    assert values.dtype == pl.Decimal(38, 10)
    assert sorted(values.to_list()) == [Decimal("1.5"), Decimal(7)]


def test_the_catalogue_types_what_was_text_before(shore: Lakeside) -> None:
    shore.put("1", column("item-price", "12.50", None), day=0)
    shore.put("2", column("item-price", 3), day=1)

    values = shore.scan().collect()["item-price"]

    assert values.dtype == pl.Decimal(38, 6)
    assert values.to_list() == [Decimal("12.5"), None, Decimal(3)]


def test_text_that_the_catalogue_cannot_type_is_an_error_without_the_value(
    shore: Lakeside,
) -> None:
    shore.put("1", column("item-price", "canary"), day=0)
    lake = shore.scan()

    with pytest.raises(COLLECTING_FAILS, match="item-price") as caught:
        lake.collect()

    assert "canary" not in str(caught.value)
    own = spr.report_type("orders")
    (table,) = own.tables
    text = tuple(replace(c, dtype="string") for c in table.columns)
    entry = replace(own, tables=(replace(table, columns=text),))
    read = spr.scan_lake(shore.url, entry).collect()
    assert read["item-price"].to_list() == ["canary"]


def test_types_without_a_common_one_become_text(shore: Lakeside) -> None:
    shore.put("1", column("novel", 0.5), day=0)
    shore.put("2", column("novel", Decimal("0.10"), dtype=pa.decimal128(9, 2)), day=1)

    assert shore.scan().collect()["novel"].to_list() == ["0.5", "0.10"]


def test_structs_have_all_fields_whatever_their_order(shore: Lakeside) -> None:
    ab = pa.struct([("a", pa.int64()), ("b", pa.string())])
    ba = pa.struct([("b", pa.string()), ("a", pa.int64()), ("c", pa.bool_())])
    shore.put("1", pa.table({"s": pa.array([{"a": 1, "b": "x"}, None], ab)}), day=0)
    row = {"b": "y", "a": 2, "c": True}
    shore.put("2", pa.table({"s": pa.array([row], ba)}), day=1)

    assert shore.scan().collect()["s"].to_list() == [
        {"a": 1, "b": "x", "c": None},
        None,
        {"a": 2, "b": "y", "c": True},
    ]


def test_a_column_that_is_nested_once_and_plain_once_is_an_error(
    shore: Lakeside,
) -> None:
    shore.put("1", column("novel", [1]), day=0)
    shore.put("2", column("novel", "x"), day=1)

    with pytest.raises(spr.SinkError, match="'novel' is nested"):
        shore.scan()


def test_a_column_partitioned_by_now_and_then_is_one_column(shore: Lakeside) -> None:
    rows = pa.table({"novel": ["007", "7"], "quantity": [1, 2]})
    shore.put("1", rows, day=0, partition_by=["novel"])
    shore.put("2", rows, day=1)

    found = shore.scan().collect().sort("novel", "quantity")

    assert found["novel"].to_list() == ["007", "007", "7", "7"]


LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"


@pytest.mark.parametrize("header", ["価格", "PRICE"])
def test_folders_of_a_header_in_another_language_or_spelling_have_the_column_s_type(
    shore: Lakeside, header: str
) -> None:
    price = pa.array([Decimal(900), Decimal(18860), None], pa.decimal128(38, 6))
    rows = pa.table({header: price, "seller-sku": ["007", "8", "9"]})

    for day, by in enumerate([[header], []]):
        shore.put(str(day), rows, report_type=LISTINGS, day=day, partition_by=by)
        lake = shore.scan(LISTINGS).filter(pl.col(header) >= Decimal(1000))
        found = lake.collect()
        assert found[header].dtype == pl.Decimal(38, 6)
        assert found["seller-sku"].to_list() == ["8"] * (day + 1)


def test_folders_of_decimals_leave_floats_of_files_what_they_are(
    shore: Lakeside,
) -> None:
    prices = pa.array([Decimal(900)], pa.decimal128(38, 6))
    for day, (price, by) in enumerate([(prices, ["価格"]), ([900.5], [])]):
        rows = pa.table({"価格": price, "seller-sku": ["007"]})
        shore.put(str(day), rows, report_type=LISTINGS, day=day, partition_by=by)

    assert shore.scan(LISTINGS).collect()["価格"].to_list() == [900.0, 900.5]


def test_a_folder_whose_number_no_decimal_holds_is_told_and_not_read(
    shore: Lakeside,
) -> None:
    rows = pa.table({"price": ["1e-99999999"], "seller-sku": ["007"]})
    shore.put("1", rows, report_type=LISTINGS, partition_by=["price"])

    with pytest.raises(COLLECTING_FAILS, match=r"a folder of .price. holds no decimal"):
        shore.scan(LISTINGS).collect()


def test_values_of_many_folders_are_not_typed_one_by_one_before_any_is_read(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = pa.array([Decimal(n) for n in range(9)], pa.decimal128(38, 6))
    rows = pa.table({"価格": prices, "seller-sku": list("abcdefghi")})
    shore.put("1", rows, report_type=LISTINGS, partition_by=["価格"])
    typed: list[object] = []
    monkeypatch.setattr(partitions, "scalar_of", lambda *of: typed.append(of))
    partitions.typed_value.cache_clear()

    lake = shore.scan(LISTINGS)

    assert typed == []
    assert lake.collect_schema()["価格"] == pl.Decimal(38, 6)


def test_folders_of_another_spelling_of_a_column_that_is_there_stay_text(
    shore: Lakeside,
) -> None:
    rows = pa.table({"pri ce": ["900"], "price": [Decimal(8)], "seller-sku": ["007"]})
    shore.put("1", rows, report_type=LISTINGS, partition_by=["pri ce"])

    assert shore.scan(LISTINGS).collect()["pri ce"].to_list() == ["900"]


def test_folders_of_days_in_no_known_order_are_text_beside_known_ones(
    shore: Lakeside,
) -> None:
    kind, days = "GET_SELLER_FEEDBACK_DATA", [date(2026, 10, 2), None]
    known = pa.table({"Date": pa.array(days, pa.date32()), "Rating": [3, 2]})
    shore.put("1", known, report_type=kind, partition_by=["Date"])
    shore.put("2", known, report_type=kind, day=1)
    assert shore.scan(kind).collect()["Date"].to_list() == [*days, *days]

    unknown = pa.table({"Date": ["02/10/26"], "Rating": [1]})
    shore.put("3", unknown, report_type=kind, day=2, partition_by=["Date"])

    found = shore.scan(kind).collect()["Date"].to_list()
    assert found == ["2026-10-02", None, "2026-10-02", None, "02/10/26"]


MOMENT = datetime(2026, 10, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ("date:month", ["2026-10", "2026-10", None, "2026-11"]),
        ("data_start_time:day", [date(2026, 10, 1), MOMENT.date(), None, 31]),
        ("data_end_time:year", ["2026", "2026", None, "2026"]),
        ("date", [date(2026, 10, 1), MOMENT.date(), None, 31]),
        ("report_id", ["1", "2", "3", "4"]),
    ],
)
def test_a_metadata_column_s_folder_is_told_for_reports_that_are_in_none(
    shore: Lakeside, entry: str, values: list[object], *, compacted: bool
) -> None:
    shore.put("1", pa.table({"n": [1, 1]}), day=0)
    shore.put("2", pa.table({"n": [2, 2]}), day=1)
    shore.put("3", pa.table({"n": [3]}), data_start_time="", data_end_time="")
    shore.put("4", pa.table({"n": [4]}), day=31, partition_by=[entry])
    if compacted:
        assert spr.Lake(shore.url).compact().reports > 0
    name = entry.replace(":", "_")
    wanted = [date(2026, 11, 1) if each == 31 else each for each in values]

    for metadata in (False, True):
        lake = shore.scan(metadata=metadata)
        told = lake.select("n", name).unique().sort("n").collect()
        assert told[name].to_list() == wanted
        for value in {each for each in wanted if each is not None}:
            found = lake.filter(pl.col(name) == value).select("n").unique().collect()
            numbers = [n for n, each in enumerate(wanted, 1) if each == value]
            assert sorted(found["n"].to_list()) == numbers


def test_days_of_a_column_are_told_where_it_is_a_folder_itself(shore: Lakeside) -> None:
    rows = pa.table({"novel": [MOMENT.date(), None], "n": [1, 2]})
    shore.put("1", rows, day=0, partition_by=["novel"])
    shore.put("2", rows, day=1, partition_by=["novel:month"])

    found = shore.scan().sort("n").collect()

    assert found["novel_month"].to_list() == ["2026-10", "2026-10", None, None]


@pytest.mark.parametrize("unit", ["day", "month", "year"])
def test_text_that_is_a_time_now_has_the_day_of_that_time(
    shore: Lakeside, unit: str
) -> None:
    shore.put("1", column("purchase-date", MOMENT.isoformat(), None), day=0)
    by = [f"purchase-date:{unit}"]
    shore.put("2", column("purchase-date", MOMENT), day=1, partition_by=by)

    found = shore.scan().collect()

    value = MOMENT.date() if unit == "day" else f"{MOMENT:%Y-%m}"
    value = f"{MOMENT:%Y}" if unit == "year" else value
    assert found[f"purchase-date_{unit}"].to_list() == [value, None, value]


@pytest.mark.parametrize("old", ["canary", 1.5, Decimal(7), 1])
def test_what_has_no_day_is_an_error_with_the_column_and_the_way_out(
    shore: Lakeside, old: object
) -> None:
    shore.put("1", column("novel", old), day=0)
    shore.put("2", column("novel", MOMENT), day=1, partition_by=["novel:day"])
    lake = shore.scan()

    with pytest.raises(COLLECTING_FAILS, match="'novel', which has no day") as caught:
        lake.collect()

    assert "canary" not in str(caught.value)
    assert lake.drop("novel_day").collect().height == 2


def test_cells_without_a_value_have_no_day_whatever_their_type(shore: Lakeside) -> None:
    shore.put("1", column("novel", None, dtype=pa.string()), day=0)
    shore.put("2", column("novel", MOMENT), day=1, partition_by=["novel:day"])

    days = shore.scan().collect()["novel_day"].to_list()

    assert days == [None, MOMENT.date()]


types = st.sampled_from(
    [
        pa.null(),
        pa.int32(),
        pa.int64(),
        pa.float64(),
        pa.decimal128(38, 10),
        pa.decimal128(10, 2),
        pa.bool_(),
        pa.date32(),
        pa.timestamp("us", "UTC"),
        pa.string(),
        pa.list_(pa.int64()),
        pa.list_(pa.string()),
        pa.struct([("a", pa.int64())]),
        pa.struct([("b", pa.string())]),
    ]
)


@given(st.lists(types, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_files_never_decides_a_type(
    several: list[pa.DataType], random: object
) -> None:
    wide = widened(several)
    shuffled = list(several)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random

    again = widened(shuffled)

    if wide is None or pa.types.is_struct(wide):
        assert (again is None) == (wide is None)
    else:
        assert again == wide
        plain = [each for each in several if not pa.types.is_nested(each)]
        assert all(leads_to(each, wide) for each in plain)


@pytest.mark.parametrize("name", ["date", "data_start_time", "marketplace"])
@pytest.mark.parametrize("by", [[], ["sku"], ["{}"], ["sku", "{}"]])
def test_a_column_of_an_unknown_document_that_is_called_as_a_metadata_column_is_read(
    shore: Lakeside, name: str, by: list[str]
) -> None:
    rows = pa.table(
        {name: ["soon", None, "007"], "sku": ["a", "b", "b"], "n": [1, 2, 3]}
    )
    kind, folders = "GET_UNHEARD_OF", [each.format(name) for each in by]
    shore.put("1", rows, report_type=kind, partition_by=folders)

    for metadata in (False, True):
        found = shore.scan(kind, metadata=metadata).sort("n").collect()
        assert (
            found.select(name, "sku", "n").to_dict(as_series=False) == rows.to_pydict()
        )
    picked = shore.scan(kind).filter(pl.col(name) == "007").collect()
    assert picked["n"].to_list() == [3]


def test_folders_of_a_metadata_column_and_of_a_document_s_column_are_read_as_text(
    shore: Lakeside,
) -> None:
    kind = "GET_UNHEARD_OF"
    shore.put("1", pa.table({"n": [1]}), report_type=kind, partition_by=["date"])
    own = pa.table({"n": [2], "date": ["soon"]})
    shore.put("2", own, report_type=kind, partition_by=["date"])
    shore.put("3", pa.table({"n": [3]}), report_type=kind)

    for metadata in (False, True):
        found = shore.scan(kind, metadata=metadata).sort("n").collect()
        assert found["date"].to_list() == ["2026-10-01", "soon", "2026-10-01"]
