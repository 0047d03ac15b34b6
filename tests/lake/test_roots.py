"""Which folders are data roots, up to the top of a file system."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.lake.place import Place
from spreports.load.parquet import sink
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of, rows_of_table
from tests.load.lake import Bucket
from tests.load.rows import reader


def note_of(day: int) -> dict[str, str]:
    """What a report says of its window, of one day."""
    return {"spreports.data_end_time": f"2026-10-0{day + 2}T00:00:00+00:00"}


@pytest.mark.parametrize("url", ["memory://x", "memory:///x", "memory://x/"])
def test_what_sink_wrote_to_a_folder_at_the_top_is_a_lake_as_well(
    memory: Any, url: str
) -> None:
    for day in (0, 1):
        sink(
            reader(orders(day)),
            url,
            stem=str(day),
            note=note_of(day),
        )
    lake = spr.Lake(url)

    assert rows_of(spr.scan_lake(url, "orders").collect()) == rows_of_table(
        orders(0), orders(1)
    )
    assert [report.rows for report in lake.reports()] == [6, 6]
    assert lake.check(deep=True).files == 2
    assert lake.compact().files_after == 1
    assert lake.protect(["sku"]) == (2, 1)
    assert lake.purge(date(2026, 10, 2)).rows == 6
    assert lake.check(deep=True).rows == 6


@pytest.mark.parametrize(
    ("url", "markers"),
    [
        ("/lake", "/_spreports/lake"),
        ("/data/lake", "/data/_spreports/lake"),
        ("lake", "_spreports/lake"),
        ("memory://lake", "memory://_spreports/lake"),
    ],
)
def test_markers_are_named_beside_the_folder(url: str, markers: str) -> None:
    assert Place.open(url).state.name == markers


@pytest.mark.parametrize("inner", ["", f"/{ORDERS}", f"/{ORDERS}/rows"])
def test_what_was_written_to_a_link_is_read_and_cared_for_by_its_name(
    tmp_path: Path, inner: str
) -> None:
    lake, disk = tmp_path / "a" / "lake", tmp_path / "disk" / "larger"
    root = Path(f"{lake}{inner}")
    root.parent.mkdir(parents=True)
    root.symlink_to(disk)  # there is nothing yet

    for day in (0, 1):
        sink(reader(orders(day)), root, stem=str(day), note=note_of(day))

    for url in (lake, disk):
        expected = rows_of_table(orders(0), orders(1))
        assert rows_of(spr.scan_lake(url, ORDERS).collect()) == expected
        assert spr.Lake(url).check(deep=True)
        assert [report.rows for report in spr.Lake(url).reports()] == [6, 6]
    assert spr.Lake(lake).compact().files_after == 1
    assert spr.Lake(lake).purge(date(2026, 10, 2)).rows == 6
    assert spr.Lake(disk).check(deep=True).rows == 6


@pytest.mark.slow
def test_a_lake_may_be_a_bucket_and_nothing_is_looked_for_beside_it(
    bucket: Bucket,
) -> None:
    lakeside = Lakeside(f"s3://{bucket.name}", bucket.options, bucket.fs)
    lakeside.put("1", orders(0))

    assert rows_of(lakeside.scan().collect()) == rows_of_table(orders(0))
    assert spr.Lake(lakeside.url, storage_options=bucket.options).check().files == 1
    with pytest.raises(spr.SinkError, match="no report of GET_MERCHANT_LISTINGS"):
        lakeside.scan("listings")


def test_an_error_says_whether_there_is_a_folder_at_all(shore: Lakeside) -> None:
    with pytest.raises(spr.SinkError, match="the folder is empty, or there is none"):
        shore.scan()
    shore.put("1", orders(), report_type="GET_MERCHANT_LISTINGS_ALL_DATA")
    with pytest.raises(spr.SinkError, match="; there are GET_MERCHANT_LISTINGS"):
        shore.scan()


@pytest.mark.parametrize("table", ["", "rows"])
def test_a_link_within_a_lake_counts_nothing_twice(tmp_path: Path, table: str) -> None:
    root = tmp_path / "GET_MERCHANT_LISTINGS_ALL_DATA"
    sink(reader(orders(0)), str(root / table), stem="0")
    (tmp_path / "A_LATEST").symlink_to(root, target_is_directory=True)
    (tmp_path / "latest").symlink_to(root, target_is_directory=True)

    found = spr.Lake(tmp_path).check()

    assert (found.roots, found.rows) == (1, orders(0).num_rows)


def test_a_name_that_no_file_may_have_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(spr.SinkError, match="too long"):
        spr.Lake(tmp_path / ("a" * 300)).check()


def test_of_a_deleted_sink_folder_the_markers_are_named_that_go_with_it(
    tmp_path: Path,
) -> None:
    folder, state = tmp_path / "orders", tmp_path / "_spreports" / "orders"
    sink(reader(orders(0)), str(folder), stem="0")
    shutil.rmtree(folder)
    sink(reader(orders(1)), str(folder), stem="1")

    with pytest.raises(spr.SinkError, match="delete its markers, too") as caught:
        spr.scan_lake(folder, "orders")
    (problem,) = spr.Lake(folder).check().problems

    for said in (str(caught.value), problem.told):
        assert f"delete its markers, too, {state}" in said

    shutil.rmtree(folder)
    shutil.rmtree(state)
    sink(reader(orders(1)), str(folder), stem="1")
    assert spr.scan_lake(folder, "orders").collect().height == orders(1).num_rows
