"""Rows that wait on the disk come back as they were."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.load.parquet import sink
from spreports.load.scratch import Scratch
from tests.load.lake import numbers
from tests.load.rows import orders, reader

NESTED = pa.table(
    {
        "text": ["a", None, "", "日本"] * 5,
        "list": [[1, 2], None, [], [3]] * 5,
        "struct": [{"x": 1, "y": "a"}, None, {"x": None, "y": "b"}, {"x": 2}] * 5,
        "few": pa.array(["DE", "FR", None, "DE"] * 5).dictionary_encode(),
        "none": pa.nulls(20),
    }
)


@given(cuts=st.lists(st.lists(st.integers(0, 20), min_size=2, max_size=2), min_size=1))
def test_any_rows_of_any_type_come_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("scratch") / "0.arrow"
    tables = [NESTED.slice(min(cut), max(cut) - min(cut)) for cut in cuts]

    with Scratch(path) as scratch:
        pieces = [scratch.append([table, table]) for table in tables]

    for table, piece in reversed([*zip(tables, pieces, strict=True)]):
        back = pa.concat_tables(piece.read()).to_pylist()
        assert back == table.to_pylist() * 2


@given(cuts=st.lists(st.integers(0, 40), min_size=1))
def test_rows_put_together_come_back_in_order_whatever_their_columns_became(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    narrow = NESTED.select(["text", "list", "struct", "none"])
    narrow = narrow.append_column("number", pa.array(range(20), pa.uint8()))
    wide = narrow.set_column(4, "number", narrow["number"].cast(pa.uint16()))
    pieces = [(wide if cut > 20 else narrow).slice(cut % 21, 3) for cut in cuts]
    with Scratch(tmp_path_factory.mktemp("scratch") / "0.arrow") as scratch:
        scratch.append(pieces[:1])
        back = scratch.append(pieces, together=True).read

    rows = [row for table in back() for row in table.to_pylist()]
    assert rows == [row for piece in pieces for row in piece.to_pylist()]
    changes = sum(a.schema != b.schema for a, b in pairwise(pieces))
    assert len(back()) == 1 + changes
    assert all(column.num_chunks <= 1 for table in back() for column in table.columns)


def test_deleted_rows_leave_nothing_and_a_full_disk_says_so(tmp_path: Path) -> None:
    with Scratch(tmp_path / "0.arrow") as scratch:
        first, last = scratch.append([NESTED]), scratch.append([NESTED])

    first.delete()
    assert last.read() == [NESTED]
    last.delete()
    assert not (tmp_path / "0.arrow").exists()
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match="space"), Scratch(Path("/dev/full")) as full:
            full.append([NESTED] * 100)


def test_many_partitions_get_row_groups_of_full_size(tmp_path: Path) -> None:
    table = orders(100_000, channels=40)

    sink(
        reader(table),
        tmp_path / "lake",
        stem="7",
        partition_by=["sales-channel"],
        budget=1 << 20,
        row_group_rows=1_000,
    )

    assert numbers(tmp_path / "lake") == list(range(100_000))
    for path in (tmp_path / "lake").rglob("*.parquet"):
        meta = pq.read_metadata(path)
        groups = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
        assert groups == [1_000, 1_000, 500]


def test_nested_columns_and_dictionaries_survive_the_scratch_disk(
    tmp_path: Path,
) -> None:
    table = NESTED.append_column("n", pa.array(range(20)))
    by = {"partition_by": ["text"], "budget": 1_000}

    sink(reader(table), tmp_path / "lake", stem="7", **by)  # type: ignore[arg-type] # a dict of both kinds

    back = [
        row
        for path in (tmp_path / "lake").rglob("*.parquet")
        for row in pq.ParquetFile(path).read().to_pylist()
    ]
    assert sorted(back, key=lambda row: row["n"]) == table.drop("text").to_pylist()
