"""Texts of many kilobytes, few over and over: no memory beyond that of a row group."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spreports.load.parquet import BUDGET, sink
from spreports.load.row_bytes import row_bytes
from tests.load.rows import cut, reader


def coded(table: pa.Table, name: str) -> pa.Table:
    """Give one column as a dictionary, as the kernel does."""
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, table[name].dictionary_encode())


def lengths(root: Path) -> tuple[int, int]:
    """Return the rows, and the bytes of their notes, by another reader."""
    query = f"SELECT count(*), sum(strlen(note)) FROM '{root}/**/*.parquet'"
    found = duckdb.sql(query)
    assert found is not None
    rows, size = found.fetchall()[0]
    return rows, int(size)


@pytest.mark.parametrize("keys", [(), ("state",)], ids=["one file", "partitions"])
@pytest.mark.parametrize("as_dictionary", [False, True])
def test_one_long_text_in_an_empty_column_is_written_once(
    tmp_path: Path, keys: tuple[str, ...], *, as_dictionary: bool
) -> None:
    # For each row that has none it would be more than a column of texts can hold
    rows, long = 60_000, "x" * 40_000
    table = pa.table(
        {
            "n": pa.array(range(rows), pa.int64()),
            "state": ["Shipped"] * rows,
            "note": pa.array([None] * (rows - 1) + [long], pa.string()),
        }
    )
    table = coded(table, "note") if as_dictionary else table

    sink(reader(table), tmp_path, stem="R1", partition_by=keys)

    assert lengths(tmp_path) == (rows, len(long))


@pytest.mark.parametrize("keys", [(), ("state",)], ids=["one file", "partitions"])
@pytest.mark.parametrize("as_dictionary", [False, True])
def test_row_groups_of_long_texts_hold_fewer_rows(
    tmp_path: Path, keys: tuple[str, ...], *, as_dictionary: bool
) -> None:
    rows, each = 3_000, 20_000
    table = pa.table(
        {
            "state": [["Shipped", "Pending"][i % 2] for i in range(rows)],
            "note": [str(i % 5) * each for i in range(rows)],
        }
    )
    table = coded(table, "note") if as_dictionary else table

    sink(cut(table, [100] * 30), tmp_path, stem="R1", partition_by=keys)

    groups = [
        metadata.row_group(i).num_rows
        for metadata in map(pq.read_metadata, tmp_path.rglob("*.parquet"))
        for i in range(metadata.num_row_groups)
    ]
    assert lengths(tmp_path) == (rows, rows * each)
    assert max(groups) * each < BUDGET // 2


def test_texts_count_as_numbers_unless_they_are_long() -> None:
    short = pa.table({"note": ["a" * 200] * 1_000})
    seldom = pa.table({"note": ["a" * 100_000, *["b"] * 999]})
    often = pa.table({"note": ["a" * 1_000, "b" * 5] * 500})
    for table, size in ((short, 4), (seldom, 4), (often, 506)):
        for rows in (table, coded(table, "note")):
            assert row_bytes(rows, ["note"]) == size
