"""A sink writes every row once, the same twice, and nothing before it is whole."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.arrays import array_of
from spreports.errors import SinkError
from spreports.load import parquet
from spreports.load.encoding import PAGE_BYTES
from spreports.load.parquet import SinkResult, sink
from spreports.load.partition import Partitioner
from spreports.load.writers import PartWriters
from tests.load.lake import by_polars, markers, numbers, tree
from tests.load.rows import cut, orders, reader

KEYS = ["sku", "sales-channel", "purchase-date:day", "purchase-date:month", "n", "date"]


@pytest.mark.slow
@settings(max_examples=30)
@given(
    rows=st.integers(0, 150),
    cuts=st.lists(st.integers(0, 120), max_size=6),
    by=st.lists(st.sampled_from(KEYS), unique=True, max_size=3),
    other=st.lists(st.sampled_from(KEYS), unique=True, max_size=2),
    budget=st.sampled_from([1, 20_000, 64 << 20]),
    row_group=st.sampled_from([1, 50, 65_536]),
    max_open=st.sampled_from([1, 2, 200]),
)
def test_every_row_is_there_once_in_order_and_a_second_run_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    rows: int,
    cuts: list[int],
    by: list[str],
    other: list[str],
    budget: int,
    row_group: int,
    max_open: int,
) -> None:
    home = tmp_path_factory.mktemp("lake")
    table = orders(rows)
    limits: dict[str, Any] = {
        "budget": budget,
        "row_group_rows": row_group,
        "max_open": max_open,
        "constants": {"date": "2026-10-01"},
    }

    first = sink(cut(table, cuts), home / "o", stem="7", partition_by=by, **limits)

    assert first.rows == rows
    assert numbers(home / "o") == list(range(rows))
    stored = tree(home)
    lake = {path: data for path, data in stored.items() if path.startswith("o/")}
    assert set(stored) - set(lake) == {"_spreports/o/7.json"}
    assert (first.files, first.bytes) == (len(lake), sum(map(len, lake.values())))
    if "n" not in by:
        by_folder: dict[str, list[int]] = {}
        for path in sorted(lake, key=lambda p: int(p[:-8].rpartition("-")[2])):
            part = pq.ParquetFile(home / path).read()["n"].to_pylist()
            by_folder.setdefault(os.path.dirname(path), []).extend(part)  # noqa: PTH120 - a text
        assert all(part == sorted(part) for part in by_folder.values())

    again = sink(reader(table), home / "o", stem="7", partition_by=by, **limits)

    assert again == first
    assert tree(home) == stored

    sink(reader(table), home / "o", stem="7", partition_by=other, **limits)

    assert numbers(home / "o") == list(range(rows))
    (marker,) = markers(home / "o")
    assert {f"o/{file.path}" for file in marker.files} == {
        path for path in tree(home) if path.startswith("o/")
    }


def test_restated_data_leaves_no_stale_file_and_no_empty_folder(tmp_path: Path) -> None:
    root = tmp_path / "lake" / "orders"
    sink(reader(orders(9)), root, stem="7", partition_by=["sales-channel"])
    sink(reader(orders(9)), root, stem="8", partition_by=["sales-channel"])
    foreign = root / "sales-channel=Amazon.2" / "9-0.parquet"
    foreign.write_bytes(b"not ours")

    sink(reader(orders(1)), root, stem="7", partition_by=["sales-channel"])
    sink(reader(orders(1)), root, stem="8", partition_by=["sales-channel"])

    assert sorted(tree(root)) == [
        "sales-channel=Amazon.0/7-0.parquet",
        "sales-channel=Amazon.0/8-0.parquet",
        "sales-channel=Amazon.2/9-0.parquet",
    ]
    assert not (root / "sales-channel=Amazon.1").exists()


def test_polars_pyarrow_duckdb_and_pandas_read_the_same_rows(tmp_path: Path) -> None:
    table = orders(500)
    root = tmp_path / "lake"
    sink(reader(table), root, stem="7", partition_by=["sku", "purchase-date:day"])

    types = pa.schema([("sku", pa.string()), ("purchase-date_day", pa.string())])
    hive = ds.partitioning(types, flavor="hive")
    expected = table.select(["n", "sku", "sales-channel", "purchase-date"]).to_pylist()
    arrow = ds.dataset(root, partitioning=hive).to_table().sort_by("n")
    texts = {"sku": pl.String, "purchase-date_day": pl.String}
    frame = pl.read_parquet(root, hive_partitioning=True, hive_schema=texts).sort("n")
    pandas = pd.read_parquet(root, partitioning=hive).sort_values("n")
    with duckdb.connect() as connection:
        duck = connection.execute(
            'SELECT n, sku, epoch_us("purchase-date")'
            " FROM read_parquet(?, hive_partitioning=true,"
            " hive_types={'sku': VARCHAR}) ORDER BY n",
            [f"{root}/**/*.parquet"],
        ).fetchall()

    assert arrow.select(table.schema.names).to_pylist() == expected
    assert frame.select(table.schema.names).to_dicts() == expected
    assert pandas["sku"].tolist() == [row["sku"] for row in expected]
    assert str(pandas["purchase-date"].dtype) == "datetime64[us, UTC]"
    assert duck == [
        (row["n"], row["sku"], round(row["purchase-date"].timestamp() * 1e6))
        for row in expected
    ]


def test_without_rows_there_is_one_empty_file_or_none_when_partitioned(
    tmp_path: Path,
) -> None:
    one = sink(reader(orders(0)), tmp_path / "a", stem="7")
    none = sink(reader(orders(0)), tmp_path / "b", stem="7", partition_by=["sku"])

    assert one == SinkResult(0, 1, (tmp_path / "a" / "7-0.parquet").stat().st_size)
    assert pq.read_table(tmp_path / "a" / "7-0.parquet").schema == orders(0).schema
    assert none == SinkResult(0, 0, 0)
    assert not (tmp_path / "b").exists()
    assert [marker.stem for marker in markers(tmp_path / "b")] == ["7"]


def test_the_note_goes_to_the_files_and_the_marker(tmp_path: Path) -> None:
    note = {"spreports.report_id": "7", "spreports.name": "注文"}

    sink(reader(orders(9)), tmp_path / "a", stem="7", note=note)

    stored = pq.read_metadata(tmp_path / "a" / "7-0.parquet").metadata
    assert stored[b"spreports.name"].decode() == "注文"
    marker = json.loads((tmp_path / "_spreports" / "a" / "7.json").read_bytes())
    assert marker["note"] == note
    assert (marker["rows"], marker["files"][0]["path"]) == (9, "7-0.parquet")
    assert len(marker["schema"]) == 64


def test_more_partitions_than_open_files_make_more_parts_and_lose_nothing(
    tmp_path: Path,
) -> None:
    table = orders(900, channels=30)

    result = sink(
        reader(table),
        tmp_path / "lake",
        stem="7",
        partition_by=["sales-channel"],
        budget=1,
        max_open=4,
        row_group_rows=10,
    )

    assert result.files >= 30
    expected = [(c, n) for n, c in enumerate(table["sales-channel"].to_pylist())]
    assert by_polars(tmp_path / "lake", ["sales-channel"]) == expected


@pytest.mark.slow
def test_rows_in_memory_never_exceed_the_budget_by_more_than_a_piece(
    tmp_path: Path,
) -> None:
    table = orders(4_000, channels=40)
    plan = Partitioner(table.schema, ["sales-channel"], {})
    budget = 200_000
    writers = PartWriters(
        tmp_path,
        "7",
        table.select(plan.columns).schema,
        note={},
        budget=budget,
        row_group_rows=65_536,
        one_folder=False,
        max_open=200,
        page_bytes=PAGE_BYTES,
        written=lambda *_: None,
    )
    highest = 0
    for _ in range(100):
        writers.add([*plan.split(table)], table.nbytes // table.num_rows)
        highest = max(highest, writers._held + writers._encoders.queued)
    writers.finish(at_least_one=False)

    assert budget * 3 // 8 < highest <= budget


def test_row_groups_have_a_fair_size_and_pages_a_checksum(tmp_path: Path) -> None:
    sink(reader(orders(200_000)), tmp_path / "lake", stem="7")

    path = tmp_path / "lake" / "7-0.parquet"
    meta = pq.read_metadata(path)
    groups = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
    assert groups == [65_536, 65_536, 65_536, 3_392]
    column = meta.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert column.statistics.max == 65_535
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pq.read_table(path, page_checksum_verification=True)


def test_one_writer_that_is_slower_than_another_changes_no_byte(tmp_path: Path) -> None:
    table = orders(60_000, channels=20)
    by = {"partition_by": ["sales-channel"], "budget": 1 << 20}

    for name in ("a", "b"):
        sink(reader(table), tmp_path / name / "o", stem="7", **by)  # type: ignore[arg-type] # a dict of both kinds

    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_equal_column_names_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])

    with pytest.raises(SinkError, match="same name"):
        sink(reader(table), tmp_path / "lake", stem="7")


def test_file_urls_and_relative_paths_are_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    sink(reader(orders(3)), f"file://{tmp_path}/a b/", stem="7")
    sink(reader(orders(3)), "c", stem="7")

    assert (tmp_path / "a b" / "7-0.parquet").exists()
    assert (tmp_path / "c" / "7-0.parquet").exists()


def test_wide_cells_are_written_in_small_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "WINDOW_BYTES", 50_000)
    table = pa.table({"k": ["a", "b"] * 100, "n": range(200), "w": ["x" * 5000] * 200})

    sink(reader(table), tmp_path / "lake", stem="7", partition_by=["k"], budget=100_000)

    assert numbers(tmp_path / "lake") == list(range(200))


def test_only_texts_and_decimals_that_are_a_few_values_over_and_over_lack_statistics(
    tmp_path: Path,
) -> None:
    money = pa.decimal128(38, 6)
    prices = [Decimal(n) for n in range(40_000)]
    table = (
        orders(40_000)
        .append_column("currency", pa.array(["EUR"] * 40_000))
        .append_column("item-price", pa.array(prices, money))
        .append_column("item-tax", pa.array([n % 3 for n in prices], money))
    )

    sink(reader(table), tmp_path / "lake", stem="7")

    group = pq.read_metadata(tmp_path / "lake" / "7-0.parquet").row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    assert {c.path_in_schema: c.is_stats_set for c in columns} == {
        "n": True,
        "sku": False,
        "sales-channel": False,
        "purchase-date": True,
        "currency": True,
        "item-price": True,
        "item-tax": False,
    }


def texts(rows: int, letters: int) -> pa.Table:
    """Return texts that are all different."""
    text = [f"{row:0{letters}d}" for row in range(rows)]
    return pa.table({"text": array_of(text, pa.string())})


def first_page_bytes(path: Path) -> int:
    """Return how large a file's first data page is before compression.

    Source: apache/parquet-format, PageHeader: its fields 1 (type) and 2 (the size), in
    Thrift's compact protocol.
    """
    data = path.read_bytes()
    header = data[pq.read_metadata(path).row_group(0).column(0).data_page_offset :]
    assert header.startswith(b"\x15\x00\x15")
    size = 0
    for place, byte in enumerate(header[3:]):
        size |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return size // 2  # zigzag


@pytest.mark.parametrize("size", [1 << 16, 1 << 18, 1 << 20])
def test_pages_end_where_it_is_told(tmp_path: Path, size: int) -> None:
    table = texts(20_000, letters=100)

    sink(reader(table), tmp_path / "lake", stem="7", page_bytes=size)

    path = tmp_path / "lake" / "7-0.parquet"
    assert size <= first_page_bytes(path) < size + 1_024 * 104  # rows looked at at once
    assert pq.read_table(path) == table


@pytest.mark.parametrize(("by", "most"), [([], 4 << 20), (["n"], 16 << 20)])
def test_long_rows_that_need_no_order_are_not_gathered_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: list[str], most: int
) -> None:
    gathered = []

    class Watched(PartWriters):
        def coded(self, rows: pa.Table) -> tuple[pa.Table, int]:
            gathered.append(rows.nbytes)
            return super().coded(rows)

    monkeypatch.setattr(parquet, "PartWriters", Watched)
    table = texts(20_000, 1_000).add_column(0, "n", pa.nulls(20_000, pa.int64()))

    sink(reader(table), tmp_path / "lake", stem="7", partition_by=by)

    assert most * 15 // 16 < max(gathered) < most + 2_000  # a row more
