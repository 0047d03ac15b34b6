"""A staged frame is whole or absent, and can be collected any number of times."""

from __future__ import annotations

import resource
import stat
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spreports.errors import ParseError, SinkError
from spreports.load.frame import scan, stage
from tests.load.rows import breaking, cut, orders, reader


def test_collecting_twice_gives_the_same_rows(tmp_path: Path) -> None:
    table = orders(1000)
    rows = stage(cut(table, [1, 0, 400]), tmp_path / "a.parquet")

    frame = scan(tmp_path / "a.parquet")

    assert rows == 1000
    first = frame.collect()
    assert first.to_arrow().cast(table.schema).equals(table)
    assert_frame_equal(frame.collect(), first)
    joined = frame.join(frame, on="n").select(pl.len()).collect().item()
    assert joined == 1000


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, 90), max_size=8))
def test_cuts_between_batches_never_show(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("staged")
    table = orders(300)

    stage(reader(table), folder / "a")
    stage(cut(table, cuts), folder / "b")

    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_types_survive_and_no_rows_keep_their_columns(tmp_path: Path) -> None:
    stage(reader(orders(0)), tmp_path / "a.parquet")

    assert scan(tmp_path / "a.parquet").collect_schema() == {
        "n": pl.Int64(),
        "sku": pl.String(),
        "sales-channel": pl.String(),
        "purchase-date": pl.Datetime("us", "UTC"),
    }


@pytest.mark.parametrize("error", [ParseError("row 7"), KeyboardInterrupt(), OSError()])
def test_a_reader_that_breaks_leaves_the_earlier_file_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    stage(reader(orders(5)), tmp_path / "a.parquet")
    before = (tmp_path / "a.parquet").read_bytes()

    with pytest.raises(type(error)):
        stage(breaking(orders(70_000), 2, error), tmp_path / "a.parquet")

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.parquet"]
    assert (tmp_path / "a.parquet").read_bytes() == before


def test_a_staged_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    stage(reader(orders(5)), tmp_path / "a.parquet")

    assert stat.S_IMODE((tmp_path / "a.parquet").stat().st_mode) == 0o600


def test_a_folder_that_is_missing_is_a_sink_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        stage(reader(orders(5)), tmp_path / "missing" / "a.parquet")


def test_a_full_disk_is_told_with_where_it_is_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(SinkError, match=r"temporary files below /.* make room"):
            stage(reader(orders(50_000)), tmp_path / "a.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert not list(tmp_path.iterdir())


def test_a_lost_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="read the report again"):
        scan(tmp_path / "gone.parquet")


def test_string_views_are_staged_as_plain_text(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array(["x", None], pa.string_view())})

    stage(reader(table), tmp_path / "a.parquet")

    assert scan(tmp_path / "a.parquet").collect()["a"].to_list() == ["x", None]
