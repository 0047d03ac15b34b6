"""Whether a column comes as values or as a dictionary, the files are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.load import codes as load_codes
from spreports.load import writers as load_writers
from spreports.load.codes import Codes, Vocabulary
from spreports.load.encoding import choose_encoding
from spreports.load.frame import stage
from spreports.load.hive import NULL_VALUE
from spreports.load.parquet import sink
from tests.load.lake import by_polars, markers, numbers, tree
from tests.load.rows import cut, reader

TEXTS = ["state", "city", "campaign", "empty", "late"]


def sales(rows: int) -> pa.Table:
    """Give rows of few texts, of more and more texts, of none, and of other types."""
    places = range(rows)
    texts = {
        "state": [["Shipped", "Pending", ""][i % 3] for i in places],
        "city": [[None, "Köln", "Roma"][i * i % 3] for i in places],
        "campaign": [f"campaign {i // 40}" for i in places],
        "empty": [None] * rows,
        "late": [None if i < 200 else "seldom" for i in places],
        "day": [f"{i * 7 % 4:02d}" for i in places],
    }
    taxes = pa.array([Decimal(i % 5) for i in places], pa.decimal128(38, 6))
    columns = {name: pa.array(column, pa.string()) for name, column in texts.items()}
    return pa.table({"n": pa.array(places, pa.int64()), **columns, "tax": taxes})


def encoded(
    table: pa.Table, names: Sequence[str], sizes: Sequence[int]
) -> pa.RecordBatchReader:
    """Give some columns as dictionaries, new ones for each batch, in an own order.

    Each holds a value that no row has.
    """
    schema = pa.schema(
        [
            f.with_type(pa.dictionary(pa.int32(), f.type)) if f.name in names else f
            for f in table.schema
        ]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in cut(table, sizes):
            columns = []
            for name, column in zip(table.schema.names, batch.columns, strict=True):
                if name not in names:
                    columns.append(column)
                    continue
                texts = sorted({t for t in column.to_pylist() if t is not None})
                dtype = table.schema.field(name).type
                unused = NULL_VALUE if dtype == pa.string() else Decimal(99)
                words = [*texts[::-1], unused]
                places = [
                    None if t is None else words.index(t) for t in column.to_pylist()
                ]
                columns.append(
                    pa.DictionaryArray.from_arrays(
                        pa.array(places, pa.int32()), pa.array(words, dtype)
                    )
                )
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


@contextmanager
def plain_below(rows: int) -> Iterator[None]:
    """Have the columns of row groups of so many rows handed on as dictionaries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_codes, "FEWEST_ROWS", rows)
        patch.setattr(load_writers, "FEWEST_ROWS", rows)
        yield


@pytest.mark.slow
@settings(max_examples=40)
@given(
    rows=st.integers(0, 600),
    cuts=st.lists(st.integers(0, 300), max_size=6),
    names=st.lists(st.sampled_from([*TEXTS, "day", "tax"]), unique=True),
    by=st.lists(st.sampled_from(["day", "state", "tax"]), unique=True, max_size=2),
    budget=st.sampled_from([1, 9_000, 64 << 20]),
    row_group=st.sampled_from([7, 100, 65_536]),
    fewest=st.sampled_from([1, 50, 4_096]),
)
def test_dictionaries_and_texts_make_the_same_files_however_they_are_cut(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    rows: int,
    cuts: list[int],
    names: list[str],
    by: list[str],
    budget: int,
    row_group: int,
    fewest: int,
) -> None:
    home = tmp_path_factory.mktemp("lake")
    table = sales(rows)
    limits: dict[str, Any] = {"budget": budget, "row_group_rows": row_group}

    sink(reader(table), home / "a" / "o", stem="7", partition_by=by, **limits)
    with plain_below(fewest):
        sink(
            encoded(table, names, cuts),
            home / "b" / "o",
            stem="7",
            partition_by=by,
            **limits,
        )

    assert tree(home / "a") == tree(home / "b")
    assert markers(home / "a" / "o") == markers(home / "b" / "o")
    assert numbers(home / "b" / "o") == list(range(rows))
    for path in (home / "b").rglob("*.parquet"):
        back = pq.ParquetFile(path).read()
        assert back.equals(table.select(back.schema.names).take(back["n"]))


@pytest.mark.slow
@settings(max_examples=15)
@given(
    cuts=st.lists(st.integers(0, 300), max_size=4),
    values=st.sampled_from([1, 3, 9, 300]),
    size=st.sampled_from([10, 100, 5_000]),
    page=st.sampled_from([20, 200, 1 << 20]),
    by=st.sampled_from([["day"], []]),
)
def test_texts_that_grow_too_many_keep_every_row(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    cuts: list[int],
    values: int,
    size: int,
    page: int,
    by: list[str],
) -> None:
    home = tmp_path_factory.mktemp("lake")
    table = sales(600)

    with pytest.MonkeyPatch.context() as patch, plain_below(1):
        patch.setattr(load_codes, "MOST_TEXTS", values)
        patch.setattr(load_codes, "MOST_BYTES", size)
        patch.setattr(load_codes, "DICTIONARY_BYTES", page)
        for place, batches in (
            ("a", reader(table)),
            ("b", encoded(table, TEXTS, cuts)),
        ):
            sink(
                batches,
                home / place / "o",
                stem="7",
                partition_by=by,
                budget=20_000,
                row_group_rows=100,
            )

    assert tree(home / "a") == tree(home / "b")
    assert numbers(home / "b" / "o") == list(range(600))
    for path in (home / "b").rglob("*.parquet"):
        back = pq.ParquetFile(path).read()
        assert back.equals(table.select(back.schema.names).take(back["n"]))


def test_every_reader_sees_texts_where_dictionaries_came(tmp_path: Path) -> None:
    table = sales(500)
    sink(encoded(table, TEXTS, [200]), tmp_path / "lake", stem="7")
    path = tmp_path / "lake" / "7-0.parquet"

    assert pq.read_table(path).equals(table)
    frame = pl.read_parquet(path)
    assert {frame.schema[name] for name in TEXTS} == {pl.String}
    assert frame.select(table.schema.names).to_dicts() == table.to_pylist()
    with duckdb.connect() as connection:
        kinds = connection.execute(
            "SELECT typeof(state), typeof(campaign), typeof(late)"
            " FROM read_parquet(?) LIMIT 1",
            [str(path)],
        ).fetchone()
        found = connection.execute(
            "SELECT n, state, city, campaign, late FROM read_parquet(?) ORDER BY n",
            [str(path)],
        ).fetchall()
    assert kinds == ("VARCHAR",) * 3
    columns = ["n", "state", "city", "campaign", "late"]
    assert found == [tuple(row[c] for c in columns) for row in table.to_pylist()]


def test_a_dictionary_goes_to_the_file_as_one_and_few_values_stay_small(
    tmp_path: Path,
) -> None:
    sink(encoded(sales(65_536), ["state"], [4_000] * 20), tmp_path / "lake", stem="7")

    column = pq.read_metadata(tmp_path / "lake" / "7-0.parquet").row_group(0).column(1)
    assert column.has_dictionary_page
    assert "PLAIN" not in {
        encoding.encoding for encoding in getattr(column, "encoding_stats", ())
    }
    assert column.total_uncompressed_size < 65_536 / 3


def test_a_staged_file_of_dictionaries_is_the_one_of_texts(tmp_path: Path) -> None:
    stage(reader(sales(500)), tmp_path / "a")
    stage(encoded(sales(500), TEXTS, [7, 300]), tmp_path / "b")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("by", [[], ["half"]])
def test_fees_that_are_one_amount_or_none_batch_by_batch_are_those_amounts(
    tmp_path: Path, by: list[str]
) -> None:
    money = pa.decimal128(38, 6)
    pieces = [(9_000, 2), (100, 2), (10_000, 3), (50, None), (9_000, None), (7, 2)]
    schema = pa.schema(
        {
            "n": pa.int64(),
            "half": pa.int64(),
            "fee": pa.dictionary(pa.int32(), money),
        }
    )
    amounts = [amount for rows, amount in pieces for _ in range(rows)]
    places = iter(range(len(amounts)))
    batches = [
        pa.RecordBatch.from_arrays(
            [
                pa.array([next(places) for _ in range(rows)], pa.int64()),
                pa.array([n % 2 for n in range(rows)], pa.int64()),
                pa.array([amount] * rows, money).dictionary_encode(),
            ],
            schema=schema,
        )
        for rows, amount in pieces
    ]

    sink(
        pa.RecordBatchReader.from_batches(schema, batches),
        tmp_path / "lake",
        stem="7",
        partition_by=by,
        row_group_rows=2_000,
    )

    back = pl.read_parquet(tmp_path / "lake" / "**" / "*.parquet").sort("n")
    assert back["n"].to_list() == list(range(len(amounts)))
    assert back["fee"].to_list() == amounts


def test_a_text_that_no_row_has_is_no_folder(tmp_path: Path) -> None:
    table = pa.table({"k": ["a", "b", None, "a"], "n": range(4)})

    sink(encoded(table, ["k"], [1, 2]), tmp_path / "lake", stem="7", partition_by=["k"])

    expected = [("a", 0), ("b", 1), (None, 2), ("a", 3)]
    assert by_polars(tmp_path / "lake", ["k"]) == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2, None, 1]).dictionary_encode(),
        pa.array(["a", None, "b", "a"], pa.large_string()).dictionary_encode(),
        pa.DictionaryArray.from_arrays(
            pa.array([0, 1, None, 2], pa.int8()), pa.array(["x", None, "x"])
        ),
        pa.array(["a", None, "b", "a"], pa.string_view()),
    ],
)
def test_dictionaries_of_any_kind_are_plain_values_in_the_file(
    tmp_path: Path, column: pa.Array
) -> None:
    table = pa.table({"n": range(4), "c": column})

    sink(cut(table, [1, 2]), tmp_path / "lake", stem="7")

    back = pq.read_table(tmp_path / "lake" / "7-0.parquet")
    assert not pa.types.is_dictionary(back.schema.field("c").type)
    assert back["c"].to_pylist() == column.to_pylist()


@given(
    texts=st.lists(
        st.lists(st.none() | st.sampled_from([*map(str, range(400))]), max_size=40)
        | st.just([*map(str, range(300))]),
        max_size=6,
    )
)
def test_numbers_stand_for_the_texts_that_they_were_given_for(
    texts: list[list[str | None]],
) -> None:
    words = Vocabulary(pa.string())

    coded = [words.code(pa.array(part, pa.string())) for part in texts]

    for part, numbers_ in zip(texts, coded, strict=True):
        assert words.texts.take(numbers_).to_pylist() == part
    assert len(words.texts) == len({t for part in texts for t in part} - {None})


def test_pieces_of_two_widths_and_of_texts_come_together() -> None:
    table = pa.table({"c": [f"{i}" for i in range(9)] * 200})
    sample = table.slice(0, 1_000)
    codes = Codes(sample, table.schema, choose_encoding(sample))
    many = pa.table({"c": [f"{i}" for i in range(500)]})
    more = pa.table({"c": [f"{i}" for i in range(100_000)]})

    pieces = [codes.coded(rows) for rows in (table, many, more, table)]

    kinds = [piece["c"].type for piece in pieces]
    assert kinds == [pa.uint8(), pa.uint16(), pa.string(), pa.string()]
    expected = pa.concat_tables([table, many, more, table])["c"].to_pylist()
    assert codes.whole(pieces)["c"].to_pylist() == expected
    assert codes.whole(pieces[:2])["c"].to_pylist() == expected[:2_300]


AMOUNTS = st.lists(
    st.none() | st.decimals(min_value=-(10**9), max_value=10**9, places=2), max_size=30
)


@given(st.lists(AMOUNTS, max_size=5), st.integers(0, 3))
def test_amounts_that_travel_as_numbers_are_the_same_amounts(
    batches: list[list[Decimal | None]], skipped: int
) -> None:
    money = pa.decimal128(38, 6)
    words = Vocabulary(money)
    for amounts in batches:
        coded = pa.array(amounts, money).dictionary_encode()
        # Words that lie somewhere in their buffer
        padding = pa.array([Decimal(7)] * skipped, money)
        dictionary = pa.concat_arrays([padding, coded.dictionary]).slice(skipped)
        column = pa.DictionaryArray.from_arrays(coded.indices, dictionary)

        numbers = words.code(column)

        assert pa.types.is_unsigned_integer(numbers.type)
        assert words.texts.take(numbers).to_pylist() == amounts
    assert len(words.texts) == len(words.texts.unique())
