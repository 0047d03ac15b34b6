"""Numbers are looked up, and made anew, as Arrow itself would do it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.load.numbers import (
    MOST_NULLS,
    MOST_NUMBERS,
    by_appearance,
    looked_up,
    numbered,
)

ROWS = st.lists(st.none() | st.integers(0, MOST_NUMBERS - 1), min_size=1, max_size=80)
UNDER_NULLS = st.integers(0, 255)


def with_nulls(rows: list[int | None], under: int, dtype: pa.DataType) -> pa.Array:
    """Give numbers with any other one under each null."""
    values = pa.array([under if row is None else row for row in rows], dtype)
    valid = pa.array([row is not None for row in rows])
    buffers = [valid.buffers()[1], values.buffers()[1]]
    return pa.Array.from_buffers(dtype, len(rows), buffers)


@given(ROWS, UNDER_NULLS)
def test_numbers_by_appearance_are_those_of_dictionary_encode(
    rows: list[int | None], under: int
) -> None:
    numbers = with_nulls(rows, under, pa.uint8())
    found = by_appearance(numbers, MOST_NUMBERS)
    assert found is not None
    new, old = found
    new.validate(full=True)
    wanted = pa.array(rows, pa.uint8()).dictionary_encode()
    assert new.equals(wanted.indices)
    assert old.equals(wanted.dictionary)


def test_where_each_row_must_be_looked_at_nothing_is_numbered_anew() -> None:
    one = pa.array([0, 1, 1], pa.uint8())
    assert by_appearance(one, MOST_NUMBERS) is not None
    assert by_appearance(one, MOST_NUMBERS + 1) is None
    assert by_appearance(one[1:], MOST_NUMBERS) is None
    assert by_appearance(pa.array([], pa.uint8()), MOST_NUMBERS) is None
    for nulls, pays in ((MOST_NULLS - 1, True), (MOST_NULLS, False)):
        late = with_nulls([None] * nulls + [3], 3, pa.uint8())
        assert (by_appearance(late, MOST_NUMBERS) is not None) is pays


@pytest.mark.parametrize("dtype", [pa.uint8(), pa.uint16(), pa.int32()], ids=str)
@pytest.mark.parametrize(
    "values",
    [
        pa.array([f"word {k}" for k in range(MOST_NUMBERS)]),
        pa.array([Decimal(k) for k in range(MOST_NUMBERS)], pa.decimal128(38, 6)),
        pa.array([*range(1, MOST_NUMBERS), None], pa.int64()),
    ],
    ids=lambda each: str(each.type),
)
@given(ROWS, UNDER_NULLS, st.integers(0, 3))
def test_values_are_those_that_take_gives(
    values: pa.Array, dtype: pa.DataType, rows: list[int | None], under: int, cut: int
) -> None:
    found = looked_up(values, with_nulls(rows, under, dtype)[cut:])
    found.validate(full=True)
    assert found.equals(values.take(pa.array(rows[cut:], dtype)))


def test_a_long_text_is_not_copied_for_every_null() -> None:
    texts = pa.array(["x" * 40_000, "short"])

    found = looked_up(texts, with_nulls([None] * 60_000 + [0], 0, pa.uint8()))

    assert found.nbytes < 1 << 20
    assert found.null_count == 60_000
    assert found[-1].as_py() == "x" * 40_000


WORDS = st.lists(st.none() | st.sampled_from(["", "a", "b", "ä" * 40]), max_size=12)


def as_texts(words: list[str | None]) -> pa.Array:
    return pa.array(words, pa.string())


def as_amounts(words: list[str | None]) -> pa.Array:
    cents = [None if word is None else Decimal(len(word)) for word in words]
    return pa.array(cents, pa.decimal128(38, 6))


def coded(words: list[str | None]) -> pa.Array:
    return as_texts(words).dictionary_encode()


def coded_by_bytes(words: list[str | None]) -> pa.Array:
    return coded(words).cast(pa.dictionary(pa.int8(), pa.string()))


def with_more_words(words: list[str | None]) -> pa.Array:
    """Give codes whose dictionary has what no row has, and a null."""
    indices = coded(words).indices
    known = pa.concat_arrays([coded(words).dictionary, as_texts(["z", None])])
    return pa.DictionaryArray.from_arrays(indices, known)


@pytest.mark.parametrize(
    "make", [as_texts, as_amounts, coded, coded_by_bytes, with_more_words]
)
@given(pieces=st.lists(WORDS, min_size=1, max_size=3), cut=st.integers(0, 3))
def test_values_have_one_number_where_they_are_the_same_and_nulls_none(
    make: Callable[[list[str | None]], pa.Array],
    pieces: list[list[str | None]],
    cut: int,
) -> None:
    column = pa.chunked_array([make(piece) for piece in pieces]).slice(cut)
    values = [value for value in column.to_pylist() if value is not None]

    numbers = numbered(column)

    assert len(numbers) == len(values)
    pairs = set(zip(numbers, values, strict=True))
    assert len(pairs) == len(set(numbers)) == len(set(values))
