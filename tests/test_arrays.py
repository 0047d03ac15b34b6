"""Arrays made from bytes are those that pyarrow makes of the same values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.arrays import array_of, every, null_where, scalar_of, text_between

MONEY = pa.decimal128(38, 6)
KINDS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text()),
    (pa.binary(), st.binary()),
    (pa.bool_(), st.booleans()),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint8(), st.integers(0, 255)),
    (pa.float64(), st.floats(allow_nan=False)),
    (MONEY, st.decimals(-(10**30), 10**30, places=6)),
    (pa.date32(), st.dates()),
    (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
]


@pytest.mark.parametrize(("dtype", "value"), KINDS, ids=lambda kind: str(kind)[:16])
@given(st.data())
def test_any_values(
    dtype: pa.DataType, value: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.none() | value, max_size=20))
    array = array_of(values, dtype)
    array.validate(full=True)
    assert array.equals(pa.array(values, dtype))
    if values:
        assert scalar_of(values[0], dtype).equals(pa.scalar(values[0], dtype))


@pytest.mark.parametrize("value", [1, True, [], {"a": 1}, b"a", Decimal(1)])
def test_what_is_no_text_is_refused_as_text(value: object) -> None:
    with pytest.raises(TypeError):
        array_of(["a", value], pa.string())


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        array_of(["\ud800"], pa.string())


def test_a_missing_value_is_a_scalar_of_any_type() -> None:
    for dtype in (MONEY, pa.struct([("a", pa.int64())]), pa.list_(pa.string())):
        assert scalar_of(None, dtype).equals(pa.scalar(None, dtype))


@given(st.lists(st.tuples(st.none() | st.text(), st.none() | st.booleans())), st.data())
def test_texts_of_a_slice_are_null_where_flags_say_and_else_what_they_were(
    rows: list[tuple[str | None, bool | None]], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(rows)))
    texts = array_of([text for text, _ in rows], pa.string()).slice(start)
    flags = pa.array([flag for _, flag in rows], pa.bool_()).slice(start)

    kept = null_where(flags, texts)

    kept.validate(full=True)
    assert kept.to_pylist() == [
        text if flag is False else None for text, flag in rows[start:]
    ]


def test_days_and_instants_before_the_epoch() -> None:
    old = datetime(1, 1, 1, tzinfo=UTC)
    assert array_of([date(1, 1, 1)], pa.date32()).to_pylist() == [date(1, 1, 1)]
    assert array_of([old], pa.timestamp("us", "UTC")).to_pylist() == [old]


def test_steps_and_a_text_between() -> None:
    assert every(3, 4).to_pylist() == [3, 6, 9, 12]
    assert every(3, 0).to_pylist() == []
    assert text_between(b"abcdef", 2, 4).to_pylist() == [b"cd"]
