"""The law of partitions: what goes into a folder's name comes out of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.errors import SinkError
from spreports.load.hive import NULL_VALUE, encode_value
from spreports.load.parquet import sink
from spreports.load.partition import Partitioner, parse_keys
from tests.drawing import SHARED_FIXTURE
from tests.load.lake import by_duckdb, by_polars, by_pyarrow, tree
from tests.load.rows import orders, reader

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(
    lambda text: text != NULL_VALUE
)
HARD = [
    "../up", "..", ".", "a.", "/", "\\", "\0", "=", "a=b", "", "%2F", "100%", "007",
    "con", "NUL", "日本", "Ünï", "e\u0301", " ", "a b", "*", "?", "#", "[x]", "{a}",
    "a'b", 'a"b', "\n", "null", "NULL", "true", "1e5", "2026-10-01", "~", "+", ":",
]  # fmt: skip


def read_by_all(root: Path, keys: list[str]) -> list[list[tuple[Any, ...]]]:
    return [read(root, keys) for read in (by_polars, by_pyarrow, by_duckdb)]


def test_hard_values_read_back_exactly_in_polars_pyarrow_and_duckdb(
    tmp_path: Path,
) -> None:
    values = [*HARD, None]
    table = pa.table({"key": values, "n": range(len(values))})

    sink(reader(table), tmp_path / "lake", stem="r1", partition_by=["key"])

    expected = [(value, n) for n, value in enumerate(values)]
    assert read_by_all(tmp_path / "lake", ["key"]) == [expected] * 3


@pytest.mark.slow
@settings(
    max_examples=25,
    suppress_health_check=SHARED_FIXTURE,
)
@given(rows=st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), min_size=1))
def test_any_texts_read_back_exactly_in_three_readers(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str | None, str | None]],
) -> None:
    root = tmp_path_factory.mktemp("lake") / "orders"
    table = pa.table(
        {
            "a": pa.array([a for a, _ in rows], pa.string()),
            "b": pa.array([b for _, b in rows], pa.string()),
            "n": range(len(rows)),
        }
    )

    sink(reader(table), root, stem="r1", partition_by=["a", "b"])

    expected = [(a, b, n) for n, (a, b) in enumerate(rows)]
    assert read_by_all(root, ["a", "b"]) == [expected] * 3


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_an_encoded_value_is_one_safe_segment_and_never_two_values_the_same(
    text: str,
) -> None:
    encoded = encode_value(text)

    assert unquote(encoded) == text
    assert encoded.isascii()
    assert not set(encoded) & set('/\\=:*?"<>| \0')
    assert not encoded.endswith(".")


def test_times_become_utc_days_months_and_years_and_their_column_stays(
    tmp_path: Path,
) -> None:
    berlin = pa.timestamp("us", "Europe/Berlin")
    when = dt.datetime(2026, 9, 30, 23, 30, tzinfo=dt.UTC)  # 1 October in Berlin
    table = pa.table({"at": pa.array([when], berlin), "day": [dt.date(2026, 1, 2)]})
    by = ["at:day", "at:month", "day:year", "day"]

    sink(reader(table), tmp_path / "lake", stem="r1", partition_by=by)

    (path,) = tree(tmp_path / "lake")
    assert path == (
        "at_day=2026-09-30/at_month=2026-09/day_year=2026/day=2026-01-02/r1-0.parquet"
    )


def test_days_of_one_month_are_one_folder_and_keep_their_order(tmp_path: Path) -> None:
    table = orders(600)

    result = sink(
        reader(table), tmp_path / "lake", stem="r", partition_by=["purchase-date:month"]
    )

    assert result.files == 3
    rows = by_polars(tmp_path / "lake", ["purchase-date_month"])
    expected = [
        (f"{t:%Y-%m}", n) for n, t in enumerate(table["purchase-date"].to_pylist())
    ]
    assert rows == expected


def test_timestamps_numbers_and_booleans_read_back_under_their_types(
    tmp_path: Path,
) -> None:
    when = dt.datetime(2026, 10, 1, 10, 5, tzinfo=dt.UTC)
    table = pa.table({"t": [when], "i": [7], "b": [True], "f": [1.5], "n": [0]})

    sink(reader(table), tmp_path / "lake", stem="r", partition_by=["t", "i", "b", "f"])

    (path,) = tree(tmp_path / "lake")
    assert path == "t=2026-10-01T10%3A05%3A00Z/i=7/b=true/f=1.5/r-0.parquet"
    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "t": pl.Datetime("us", "UTC"),
        "i": pl.Int64,
        "b": pl.Boolean,
        "f": pl.Float64,
    }
    frame = pl.read_parquet(
        tmp_path / "lake", hive_partitioning=True, hive_schema=types
    )
    assert frame.select("t", "i", "b", "f").row(0) == (when, 7, True, 1.5)


def test_constants_are_folders_when_asked_for_and_never_columns(tmp_path: Path) -> None:
    start = dt.datetime(2026, 10, 1, 22, tzinfo=dt.timezone(dt.timedelta(hours=-4)))
    constants = {
        "report_id": "1",
        "marketplace": None,
        "date": dt.date(2026, 10, 1),
        "data_start_time": start,
    }
    by = ["date", "marketplace", "data_start_time:day"]

    sink(
        reader(orders(3)),
        tmp_path / "lake",
        stem="1",
        partition_by=by,
        constants=constants,
    )

    (path,) = tree(tmp_path / "lake")
    assert path == (
        f"date=2026-10-01/marketplace={NULL_VALUE}"
        "/data_start_time_day=2026-10-02/1-0.parquet"
    )
    names = pq.ParquetFile(tmp_path / "lake" / path).schema_arrow.names
    assert names == orders(0).schema.names


def test_a_column_comes_before_a_constant_and_before_a_unit() -> None:
    schema = pa.schema([("date", "string"), ("x:day", "string"), ("x", "date32")])

    with pytest.raises(SinkError, match="part of a path"):
        parse_keys(schema, ["x:day"], {})

    (key,) = parse_keys(schema, ["date"], {"date": dt.date(2026, 1, 1)})
    assert not key.constant


@pytest.mark.parametrize(
    ("by", "error", "says"),
    [
        (["chanel"], SinkError, "n, sku, sales-channel, purchase-date, report_id"),
        (["sku:day"], SinkError, "not a date or timestamp"),
        (["purchase-date:week"], SinkError, ":day, :month or :year"),
        (["n", "sku", "sales-channel", "purchase-date"], SinkError, "none is left"),
        (["sku", "sku"], ValueError, "twice"),
    ],
)
def test_a_partition_that_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, by: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        sink(
            reader(orders(3)),
            tmp_path / "lake" / "orders",
            stem="r",
            partition_by=by,
            constants={"report_id": "1"},
        )

    assert not (tmp_path / "lake").exists()


def test_folders_that_would_hide_a_column_are_refused() -> None:
    schema = pa.schema([("d", "date32"), ("d_day", "string"), ("n", "int64")])

    with pytest.raises(SinkError, match="hide the column"):
        parse_keys(schema, ["d:day"], {})


def test_folders_that_duckdb_takes_for_a_column_of_another_case_are_refused() -> None:
    schema = pa.schema([("Date", "date32"), ("sku", "string"), ("SKU", "string")])

    with pytest.raises(SinkError, match="'date' would hide the column 'Date': part"):
        parse_keys(schema, ["date"], {"date": dt.date(2026, 1, 1)})
    with pytest.raises(SinkError, match="'sku' would hide the column 'SKU'"):
        parse_keys(schema, ["sku"], {})
    with pytest.raises(ValueError, match="twice"):
        parse_keys(schema, ["sku", "SKU"], {})
    with pytest.raises(SinkError, match="the column is called 'Date' here; choose of"):
        parse_keys(schema, ["date:month"], {})

    assert [key.name for key in parse_keys(schema, ["Date"], {})] == ["Date"]


@pytest.mark.parametrize(
    "served", ["sales channel", "sales_channel", " Sales-Channel "]
)
@pytest.mark.parametrize("entry", ["sales-channel", "sales-channel:day"])
def test_a_column_that_is_spelled_otherwise_is_named(served: str, entry: str) -> None:
    schema = pa.schema([(served, "string"), ("n", "int64")])

    with pytest.raises(SinkError, match=f"the column is called '{served}' here; cho"):
        parse_keys(schema, [entry], {})


@pytest.mark.parametrize("name", ["a/b", "a=b", "a%20b", "", " a", "a\0", "*"])
def test_a_column_name_that_polars_would_not_read_back_is_refused(name: str) -> None:
    with pytest.raises(SinkError, match="part of a path"):
        parse_keys(pa.schema([(name, "string"), ("n", "int64")]), [name], {})


def test_nested_and_binary_columns_cannot_be_folders() -> None:
    schema = pa.schema([("l", pa.list_(pa.int64())), ("b", "binary"), ("n", "int64")])

    for name in ("l", "b"):
        with pytest.raises(SinkError, match="cannot hold"):
            parse_keys(schema, [name], {})


@pytest.mark.parametrize(
    ("value", "says"), [(NULL_VALUE, "takes for null"), ("secretcell" * 30, "255")]
)
def test_a_value_no_folder_can_hold_names_the_column_and_not_the_value(
    tmp_path: Path, value: str, says: str
) -> None:
    table = pa.table({"buyer": ["a", value], "n": [0, 1]})

    with pytest.raises(SinkError, match=says) as caught:
        sink(reader(table), tmp_path / "lake" / "o", stem="r", partition_by=["buyer"])

    assert "'buyer'" in str(caught.value)
    assert "secretcell" not in str(caught.value)
    assert not (tmp_path / "lake").exists()


def test_dictionary_and_null_columns_split_like_plain_ones() -> None:
    table = pa.table(
        {
            "d": pa.array(["x", "y", None, "x"]).dictionary_encode(),
            "z": pa.nulls(4),
            "n": range(4),
        }
    )
    plan = Partitioner(table.schema, ["d", "z"], {})

    found = {folder: rows.cut()["n"].to_pylist() for folder, rows in plan.split(table)}

    assert found == {
        f"d=x/z={NULL_VALUE}": [0, 3],
        f"d=y/z={NULL_VALUE}": [1],
        f"d={NULL_VALUE}/z={NULL_VALUE}": [2],
    }
