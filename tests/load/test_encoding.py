"""Which columns get a dictionary, by a document's first rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spreports.load.encoding import MOST_BYTES, SAMPLE_ROWS, choose_encoding
from spreports.load.parquet import sink

MONEY = pa.decimal128(38, 6)


def drawn(of: int, rows: int = SAMPLE_ROWS) -> list[int]:
    """Give numbers below `of` at random, the same ones each time."""
    random = Random(7)  # noqa: S311 - not for secrets
    return [random.randrange(of) for _ in range(rows)]


def names(numbers: list[int]) -> pa.Array:
    return pa.array([f"Lampe Nr. {n:05d}" for n in numbers])


@pytest.mark.parametrize("rows", [SAMPLE_ROWS, 5_000, 4_000])
def test_names_that_come_back_have_a_dictionary_and_no_statistics(rows: int) -> None:
    sample = pa.table({"name": names(drawn(4_000, rows))})

    chosen = choose_encoding(sample)

    assert (chosen.dictionary, chosen.few, chosen.bare) == (("name",), (), ("name",))


def test_long_names_of_a_catalogue_lie_in_a_row_group_once_each(tmp_path: Path) -> None:
    names = pa.array([str(n).rjust(180, "-") for n in drawn(6_000, 65_536)])
    table = pa.table({"name": names})

    sink(table.to_reader(8_192), tmp_path / "lake", stem="7")

    (file,) = (tmp_path / "lake").glob("*.parquet")
    column = pq.read_metadata(file).row_group(0).column(0)
    assert column.total_uncompressed_size < 6_000 * 200 + 2 * 65_536
    assert pq.read_table(file).column("name").to_pylist() == names.to_pylist()


def test_amounts_that_come_back_have_a_dictionary_and_statistics() -> None:
    sample = pa.table({"tax": pa.array([Decimal(n) for n in drawn(2_000)], MONEY)})

    chosen = choose_encoding(sample)

    assert (chosen.dictionary, chosen.few, chosen.bare) == (("tax",), (), ())


@pytest.mark.parametrize(("size", "bare"), [(40, ()), (41, ("title",))])
@pytest.mark.parametrize("dtype", [pa.string(), pa.large_string()])
def test_texts_longer_than_ids_have_no_statistics(
    dtype: pa.DataType, size: int, bare: tuple[str, ...]
) -> None:
    titles = [str(n).rjust(size, "-") for n in range(SAMPLE_ROWS)]
    sample = pa.table({"title": pa.array(titles, dtype), "row": range(SAMPLE_ROWS)})

    chosen = choose_encoding(sample)

    assert (chosen.dictionary, chosen.few, chosen.bare) == ((), (), bare)


def test_few_values_are_few_and_texts_and_amounts_among_them_have_no_statistics() -> (
    None
):
    few = drawn(9)
    sample = pa.table(
        {
            "state": names(few).dictionary_encode(),
            "tax": pa.array([Decimal(n) for n in few], MONEY),
            "quantity": few,
            "currency": ["EUR"] * len(few),
        }
    )

    chosen = choose_encoding(sample)

    assert chosen.dictionary == chosen.few == tuple(sample.schema.names)
    assert chosen.bare == ("state", "tax")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(names([*range(SAMPLE_ROWS)]), id="distinct"),
        pytest.param(names(drawn(40_000)), id="many"),
        pytest.param(names(drawn(7_000, 4_000)), id="mostly once, in few rows"),
        pytest.param(names([n // 3 for n in range(SAMPLE_ROWS)]), id="in threes"),
        pytest.param(
            pa.array([str(n) if n % 8 == 0 else None for n in range(SAMPLE_ROWS)]),
            id="mostly null",
        ),
        pytest.param(
            pa.array([str(n).zfill(MOST_BYTES // 2_000) for n in drawn(3_000)]),
            id="long",
        ),
        pytest.param(pa.array([[n] for n in drawn(9)]), id="nested"),
        pytest.param(pa.nulls(SAMPLE_ROWS), id="null"),
    ],
)
def test_a_dictionary_that_would_cost_more_than_it_saves_is_none(
    column: pa.Array,
) -> None:
    assert choose_encoding(pa.table({"c": column})).dictionary == ()


@pytest.mark.parametrize("by", [[], ["day"]])
def test_a_catalogue_s_names_are_written_once_a_row_group(
    tmp_path: Path, by: list[str]
) -> None:
    numbers = drawn(1_000, 40_000)
    rows = {"n": range(40_000), "day": drawn(2, 40_000), "name": names(numbers)}
    batches = pa.table(rows).to_reader(max_chunksize=6_000)

    sink(batches, tmp_path / "lake", stem="7", partition_by=by)

    paths = sorted((tmp_path / "lake").rglob("*.parquet"))
    read = pa.concat_tables(
        [pq.ParquetFile(p).read(columns=["n", "name"]) for p in paths]
    )
    assert read.sort_by("n")["name"].to_pylist() == names(numbers).to_pylist()
    for path in paths:
        column = (
            pq.read_metadata(path)
            .row_group(0)
            .column(pq.read_schema(path).names.index("name"))
        )
        assert column.has_dictionary_page
        assert not column.is_stats_set
        assert column.total_uncompressed_size < column.num_values * 4
