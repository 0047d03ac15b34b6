"""What a Delta table is partitioned by, and what is written to it later."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from spreports.load.delta import sink_delta
from tests.load.delta_writer import report


def lines_of(folder: Path, day: int) -> Path:
    """Orders of one day, as a file."""
    path = folder / f"{day}.txt"
    path.write_text(
        "amazon-order-id\tpurchase-date\tsku\n"
        f"{day}-1\t2026-11-{day:02}T10:00:00+00:00\tS1\n"
    )
    return path


def test_rows_without_the_days_that_a_table_is_partitioned_by_are_refused(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    first = spr.open_document(lines_of(tmp_path, 1), report_type="orders")
    second = spr.open_document(lines_of(tmp_path, 2), report_type="orders")
    first.sink(url, format="delta", partition_by=["purchase-date:day"])

    said = "the table is partitioned by purchase-date:day: say the same"
    with pytest.raises(spr.SinkError, match=said):
        second.sink(url, format="delta")

    assert pl.read_delta(url)["amazon-order-id"].to_list() == ["1-1"]
    second.sink(url, format="delta", partition_by=["purchase-date:day"])
    assert pl.read_delta(url)["purchase-date_day"].null_count() == 0


def test_a_table_keeps_the_plain_columns_that_it_is_partitioned_by(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    by = ["sku", "report_id"]
    sink_delta([report("1", range(3))], url, partition_by=by)

    sink_delta([report("2", range(3, 6))], url)

    rows = pl.read_delta(url)
    assert sorted(rows["n"]) == [*range(6)]
    assert [rows[name].null_count() for name in by] == [0, 0]


def test_a_plain_column_that_only_looks_like_a_day_is_asked_for_as_it_is(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    days = {"n_day": pa.array(["a"])}
    sink_delta([report("1", [1], **days)], url, partition_by=["n_day"])
    sink_delta([report("2", [2], **days)], url)

    said = "the table is partitioned by n_day: say the same"
    with pytest.raises(spr.SinkError, match=said):
        sink_delta([report("3", [3], **days)], url, partition_by=["sku"])
