"""Rows of several documents as one stream of record batches."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from spreports.errors import ParseError
from spreports.reports.union import frames_in_one, in_schema, union_schema


def batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])


def united(*batches: pa.RecordBatch) -> pa.Table:
    schema = union_schema([each.schema for each in batches])
    return pa.Table.from_batches([in_schema(each, schema) for each in batches])


def test_a_column_of_two_plain_types_is_text_and_one_that_lacks_is_null() -> None:
    whole = united(batch(a=pa.array([1])), batch(a=pa.array([1.5]), b=pa.array(["x"])))

    assert whole.to_pydict() == {"a": ["1", "1.5"], "b": [None, "x"]}


def test_structs_and_lists_have_the_parts_of_both() -> None:
    sales = pa.array([{"units": 1}, None])
    more = pa.array([{"units": 2, "lines": [{"sku": "A", "new": "x"}]}])
    less = pa.array([{"units": 3, "lines": [{"sku": "B"}]}])

    whole = united(batch(sales=sales), batch(sales=more), batch(sales=less))

    assert whole["sales"].to_pylist() == [
        {"units": 1, "lines": None},
        None,
        {"units": 2, "lines": [{"sku": "A", "new": "x"}]},
        {"units": 3, "lines": [{"sku": "B", "new": None}]},
    ]


def test_a_struct_in_one_document_and_text_in_another_is_refused_by_name() -> None:
    with pytest.raises(ParseError, match="'sales' has parts") as told:
        united(batch(sales=pa.array([{"units": 1}])), batch(sales=pa.array(["1"])))

    assert told.value.column == "sales"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a"], [{"p": 1, "q": "a, b"}]),
        (["a"], [["b", "c"]]),
        ([{"p": 1}], [["b"]]),
        ([[{"p": "x"}]], [[{"p": {"q": 1}}]]),
        ([{"o": 1, "p": "x"}], [{"p": ["x"]}]),
    ],
)
def test_frames_with_parts_and_without_are_refused_by_name(
    one: list[object], other: list[object]
) -> None:
    frames = [pl.LazyFrame({"x": values}) for values in (one, other)]

    with pytest.raises(ParseError, match="'x' has parts in one document") as told:
        frames_in_one(frames)
    with pytest.raises(ParseError, match="'x' has parts in one document"):
        frames_in_one(frames[::-1])

    assert told.value.column == "x"


def test_frames_that_can_be_one_are() -> None:
    values: list[list[object]] = [[1], [1.5], [None]]
    frames = [pl.LazyFrame({"x": each}) for each in values]
    assert frames_in_one(frames).collect()["x"].to_list() == [1.0, 1.5, None]
    parts: list[list[object]] = [[{"p": 1}], [None], [{"p": 2, "q": ["x"]}]]
    frames = [pl.LazyFrame({"x": each}) for each in parts]
    assert frames_in_one(frames).collect()["x"].to_list() == [
        {"p": 1, "q": None},
        None,
        {"p": 2, "q": ["x"]},
    ]


def test_what_has_parts_is_whole_in_a_slice_and_in_another_order() -> None:
    kind = pa.struct([("b", pa.string()), ("a", pa.int64())])
    wider = pa.struct([("a", pa.int64()), ("b", pa.string()), ("c", pa.bool_())])
    values = [[{"b": "x", "a": 1}], None, [], [{"b": "y", "a": 2}, None]]
    lists = pa.array(values, pa.list_(kind))
    whole = pa.schema([("l", pa.list_(wider))])

    for start in range(5):
        got = in_schema(batch(l=lists.slice(start)), whole)
        got.validate(full=True)
        rows = [
            row and [item and {**item, "c": None} for item in row]
            for row in values[start:]
        ]
        assert got.column(0).to_pylist() == rows
