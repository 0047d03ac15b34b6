"""Filters that Arrow evaluates before polars does never change an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import product
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreports as spr
from spreports.lake import reading
from spreports.lake.frames import frames_of
from spreports.lake.predicate import Condition, conditions
from spreports.lake.sieve import sieve_of
from tests.lake.lakes import COLLECTING_FAILS, DAY, ROW_GROUP, Lakeside, orders

pytestmark = pytest.mark.usefixtures("kind_of_reading")

ROWS = 3 * ROW_GROUP - 7
WORDS = ["a", "ä", "", "Amazon.de", None]


def _rows(first: int = 0) -> pa.Table:
    """Rows of several row groups, with nulls in all columns but one."""
    numbers = range(first, first + ROWS)
    several: dict[str, tuple[Callable[[int], Any], pa.DataType]] = {
        "order": (lambda i: f"302-{i:05d}", pa.string()),
        "word": (lambda i: WORDS[i % 5], pa.string()),
        "long": (lambda i: "x" * (i % 40) if i % 11 else None, pa.string()),
        "number": (lambda i: i % 60 if i % 7 else None, pa.int64()),
        "small": (lambda i: i % 9 if i % 8 else None, pa.int32()),
        "price": (
            lambda i: Decimal(i % 50) / 4 if i % 6 else None,
            pa.decimal128(38, 6),
        ),
        "weight": (lambda i: [i / 8, float("nan"), None][i % 3], pa.float64()),
        "day": (
            lambda i: date(2026, 1, 1) + timedelta(i % 30) if i % 5 else None,
            pa.date32(),
        ),
        "time": (
            lambda i: DAY + timedelta(hours=i) if i % 9 else None,
            pa.timestamp("us", "UTC"),
        ),
        "yes": (lambda i: [True, False, None][i % 3], pa.bool_()),
    }
    return pa.table(
        {
            name: pa.array([value(i) for i in numbers], dtype)
            for name, (value, dtype) in several.items()
        }
    )


VALUES: dict[str, list[Any]] = {
    "order": ["302-00000", "302-00099", "302-99999", "", "ä"],
    "word": ["a", "ä", "", "Amazon.de", "zz", "A"],
    "long": ["", "x", "x" * 39, "y"],
    "number": [0, 1, 59, 60, -1, 2**40, 3.5, Decimal("7")],
    "small": [0, 8, 9, 2**40],
    "price": [0, 3, Decimal("2.25"), Decimal("0.0000001"), Decimal("12.25"), 2.25],
    "weight": [0, 0.125, 4.0, float("nan")],
    "day": [date(2026, 1, 1), date(2026, 1, 30), date(2027, 1, 1)],
    "time": [
        DAY,
        DAY + timedelta(hours=50),
        datetime(2025, 1, 1, tzinfo=UTC),
        DAY + timedelta(hours=142),
    ],
    "yes": [True, False],
}


WAYS: list[Callable[[pl.Expr, Any, Any], Any]] = [
    lambda column, one, _: column == one,
    lambda column, one, _: column != one,
    lambda column, one, _: column > one,
    lambda column, one, _: column >= one,
    lambda column, one, _: column < one,
    lambda column, one, _: one >= column,
    lambda column, one, other: column.is_between(one, other),
    lambda column, one, other: column.is_between(one, other, closed="none"),
    lambda column, one, other: column.is_in(
        [one, other if type(other) is type(one) else one]
    ),
    lambda column, _, __: column.is_null(),
    lambda column, one, _: ~(column == one),
    lambda column, one, other: (column == one) | (column == other),
    lambda column, one, _: column.eq_missing(one),
]


@st.composite
def _conditions(draw: st.DrawFn) -> pl.Expr:
    """One comparison of a column with values of its own kind, or near it."""
    name = draw(st.sampled_from(sorted(VALUES)))
    one, other = draw(st.tuples(*[st.sampled_from(VALUES[name])] * 2))
    wanted: pl.Expr = draw(st.sampled_from(WAYS))(pl.col(name), one, other)
    return wanted


@pytest.mark.parametrize("name", sorted(VALUES))
def test_arrow_compares_as_polars_does(name: str) -> None:
    rows = _rows()
    frame = pl.DataFrame(rows)
    table = rows
    if pa.types.is_string(rows.schema.field(name).type):
        numbered = rows[name].combine_chunks().dictionary_encode()
        table = rows.set_column(rows.schema.get_field_index(name), name, numbered)
    seen = 0
    for way in WAYS:
        for one, other in product(VALUES[name], repeat=2):
            try:
                expected = frame.select(way(pl.col(name), one, other)).to_series()
            except pl.exceptions.PolarsError:
                continue
            told = conditions([way(pl.col(name), one, other)])
            found = sieve_of(told, rows.schema)
            if found is not None:
                seen += 1
                assert found.columns == {name}
                assert found.hits(table) == found.hits(rows)
                kept = pl.Series(found.hits(rows)).fill_null(value=False)
                wanted = expected.fill_null(value=False)
                assert not (wanted & ~kept).any()
                if all(sieve_of([each], rows.schema) for each in told):
                    assert kept.equals(wanted)

    assert bool(seen) == (name not in {"weight", "yes", "small"})


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Lakeside:
    """A lake with a file of its own and one in which two reports share."""
    lake = Lakeside(str(tmp_path_factory.mktemp("sieve") / "lake"), {}, None)
    for number in range(3):
        lake.put(str(number), _rows(number * ROWS), day=number)
        if number == 1:
            spr.Lake(lake.url).compact("orders")
    return lake


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    wanted=st.lists(_conditions(), min_size=1, max_size=3),
    metadata=st.booleans(),
)
def test_a_filter_gives_what_it_gives_of_all_rows(
    stocked: Lakeside, wanted: list[pl.Expr], *, metadata: bool
) -> None:
    everything = stocked.scan(metadata=metadata).collect()
    try:
        expected = everything.filter(*wanted)
    except pl.exceptions.PolarsError:
        with pytest.raises(pl.exceptions.PolarsError):
            stocked.scan(metadata=metadata).filter(*wanted).collect()
        return

    found = stocked.scan(metadata=metadata).filter(*wanted).collect()

    assert found.equals(expected)
    assert found.schema == everything.schema


def test_one_order_is_looked_for_in_its_own_column_first(shore: Lakeside) -> None:
    rows = orders(0, 1000)
    # In no order, so that the statistics of row groups tell nothing
    rows = rows.take([i * 7919 % 1000 for i in range(1000)])
    shore.put("1", rows, day=0)
    lake = shore.scan()
    (name,) = shore.data_files()
    whole = shore.bytes_of(name)
    data = bytearray(whole)
    for group, facts in _row_groups(whole):
        for place in range(facts.num_columns):
            chunk = facts.column(place)
            if group != 7 and chunk.path_in_schema != "amazon-order-id":
                start = chunk.dictionary_page_offset or chunk.data_page_offset
                size = chunk.total_compressed_size
                data[start : start + size] = b"\xff" * size
    shore.overwrite(name, bytes(data))

    order, _, _, _, quantity = rows.slice(7 * ROW_GROUP + 3, 1).to_pylist()[0].values()
    found = lake.filter(pl.col("amazon-order-id") == order)

    assert found.collect()["quantity"].to_list() == [quantity]
    nobody = lake.filter(pl.col("amazon-order-id") == "302-000-00500x")
    assert nobody.collect().height == 0
    with pytest.raises(COLLECTING_FAILS):
        lake.filter(pl.col("quantity") == 1).collect()


def _row_groups(data: bytes) -> list[tuple[int, pq.RowGroupMetaData]]:
    """What the footer says of each row group."""
    facts = pq.ParquetFile(BytesIO(data)).metadata
    return [(i, facts.row_group(i)) for i in range(facts.num_row_groups)]


def test_texts_that_are_numbered_in_the_file_are_texts_in_the_frame(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    told = reading._of_few_texts

    def remembered(file: pq.ParquetFile, wanted: reading.Wanted) -> list[str]:
        asked.append(told(file, wanted))
        return asked[-1]

    monkeypatch.setattr(reading, "_of_few_texts", remembered)
    monkeypatch.setattr(reading, "SMALL_FILE", 100)
    rows = orders(0, 130)
    shore.put("1", rows, day=0)

    found = shore.scan().select("sales-channel", "sku", "amazon-order-id").collect()

    assert asked
    assert all(set(names) >= {"sales-channel", "sku"} for names in asked)
    assert set(found.schema.values()) == {pl.String()}
    for name in found.columns:
        assert found[name].to_list() == rows[name].to_pylist()
    assert shore.scan().select("sku").collect()["sku"].to_list() == (
        rows["sku"].to_pylist()
    )


def test_columns_that_change_their_type_are_compared_when_they_have(
    shore: Lakeside,
) -> None:
    shore.put("1", pa.table({"number": [7, 8]}), day=0)
    shore.put("2", pa.table({"number": ["x", "7"]}), day=1)
    found = shore.scan().filter(pl.col("number") == "7")

    assert found.collect()["number"].to_list() == ["7", "7"]


def test_texts_that_somebody_else_numbered_are_typed_as_others_are(
    shore: Lakeside,
) -> None:
    rows = pa.table({"item-price": ["1.50", "2.25", None], "sku": ["a", "b", "a"]})
    shore.put("1", rows, day=0)
    (name,) = shore.data_files()
    theirs = BytesIO()
    numbered = [rows[column].dictionary_encode() for column in rows.column_names]
    pq.write_table(pa.table(numbered, rows.column_names), theirs)
    shore.overwrite(name, theirs.getvalue())

    found = shore.scan().filter(pl.col("item-price") > 2).collect()

    assert found.to_dict(as_series=False) == {
        "sku": ["b"],
        "item-price": [Decimal("2.25")],
    }


def test_tables_become_frames_in_their_order_whatever_their_chunks() -> None:
    numbers = pa.array([0, None, 1, 0], pa.int32())
    chunks = [
        pa.DictionaryArray.from_arrays(numbers, pa.array(["a", "ä"])),
        pa.DictionaryArray.from_arrays(
            pa.array([None, None], pa.int32()), pa.array([], pa.string())
        ),
    ]
    table = pa.table({"text": pa.chunked_array(chunks), "n": range(6)})
    plain = pa.table({"text": pa.array(["b", None]), "n": [6, 7]})
    large = pa.table({"text": ["c"] * 5_000, "n": range(8, 5_008)})
    many = [plain.slice(n % 3, 1) for n in range(100)] * 400

    frames = frames_of([table, plain, plain.slice(1), large, table.slice(1, 2)])

    assert pl.concat(frames).rows() == [
        *zip(["a", None, "ä", "a", None, None], range(6), strict=True),
        *[("b", 6), (None, 7), (None, 7)],
        *(("c", n) for n in range(8, 5_008)),
        *[(None, 1), ("ä", 2)],
    ]
    assert [each.height for each in frames] == [6, 3, 5_000, 2]
    (empty,) = frames_of([table.slice(6)])
    assert empty.schema == {"text": pl.String, "n": pl.Int64}
    assert frames_of([]) == []
    gathered = frames_of(many)
    assert len(gathered) == 2
    assert pl.concat(gathered).rows() == pl.DataFrame(pa.concat_tables(many)).rows()


def test_values_that_would_become_others_are_left_to_polars() -> None:
    schema = _rows().schema
    left: list[tuple[str, Any]] = [
        ("number", 2**70),
        ("number", 1.0),
        ("number", True),
        ("price", 2.25),
        ("price", Decimal("0.0000001")),
        ("price", True),
        ("order", 302),
        ("order", "\ud800"),
        ("day", DAY),
        ("time", DAY.replace(tzinfo=None)),
        ("time", DAY.date()),
        ("weight", 1.0),
        ("yes", True),
        ("nowhere", 1),
    ]
    for column, value in left:
        assert sieve_of([Condition(column, "==", (value,))], schema) is None
    assert sieve_of([Condition("time", "==", (DAY.date(),), day=True)], schema) is None
    assert sieve_of([Condition("order", "in", ("a",) * 33)], schema) is None
