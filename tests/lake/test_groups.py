"""Files are read in groups, ahead of the query and no further than it needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from spreports.lake import groups, reading, row_groups
from spreports.lake.place import Place
from spreports.lake.stock import Piece, grouped
from tests.lake.lakes import COLLECTING_FAILS, Lakeside, orders

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


@pytest.mark.parametrize("rows", [1, 40, 60, 10_000])
@pytest.mark.parametrize("most", [1, 4])
def test_how_files_are_put_together_never_changes_an_answer(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, rows: int, most: int
) -> None:
    for day in range(5):
        shore.put(str(day), orders(day, 130), day=day, partition_by=["sku"])
    expected = shore.scan().collect()
    monkeypatch.setattr(groups, "GROUP_ROWS", rows)
    monkeypatch.setattr(row_groups, "GROUPS", most)

    assert shore.scan().collect().equals(expected)
    few = pl.col("quantity").is_in([3, 77])
    assert shore.scan().filter(few).collect().equals(expected.filter(few))


def test_rows_of_one_report_in_one_folder_are_in_one_group(tmp_path: Path) -> None:
    root = Place.open(tmp_path)

    def piece(*stems: str) -> Piece:
        owners = {("root", stem, "sku=1") for stem in stems}
        return Piece(root, "a.parquet", {}, {}, frozenset(), [(0, 50)], owners)

    pieces = [piece("1"), piece("1", "2"), piece("2"), piece("3"), piece("4")]

    assert list(grouped(pieces, 50)) == [pieces[:3], [pieces[3]], [pieces[4]]]


def test_a_query_that_has_enough_reads_no_further(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(20):
        shore.put(str(day), orders(day, 60), day=day)
    opened: list[str] = []
    opens = reading.open_piece

    def counted(piece: Any, wanted: Any) -> pq.ParquetFile:
        opened.append(piece.path)
        return opens(piece, wanted)

    monkeypatch.setattr("spreports.lake.groups.open_piece", counted)

    assert shore.scan().head(5).collect().height == 5
    assert len(opened) == 1
    monkeypatch.setattr(groups, "GROUP_ROWS", 60)
    assert (
        shore.scan()
        .filter(pl.col("quantity") >= 0)
        .head(5)
        .collect(engine="streaming")
        .height
        == 5
    )
    assert len(opened) < 20


def test_a_query_that_is_given_up_leaves_no_reader_behind(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(6):
        shore.put(str(day), orders(day, 60), day=day)
    asked: list[tuple[Any, Any]] = []

    def remembered(pieces: Any, wanted: Any, *, hurried: bool) -> Iterator[Any]:
        asked.append((pieces, wanted))
        return groups.read_groups(pieces, wanted, hurried=hurried)

    monkeypatch.setattr("spreports.lake.scan.read_groups", remembered)
    monkeypatch.setattr(groups, "GROUP_ROWS", 60)
    shore.scan().collect()
    ((pieces, wanted),) = asked
    reading_on = groups.read_groups(pieces, wanted, hurried=False)
    _, tables = next(reading_on)

    assert [table.num_rows for table in next(tables)] == [60]
    assert _readers()
    reading_on.close()  # type: ignore[attr-defined] # a generator
    assert not _readers()


def _readers() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("spreports-scan")]


@pytest.mark.parametrize("after", [0, 1])
def test_a_large_file_that_is_replaced_is_read_anew_or_an_error(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    shore.put("1", orders(0, 130), day=0)
    expected = shore.scan().collect()
    reads = reading.read_piece
    lost: list[int] = []

    def losing(piece: Any, file: Any, wanted: Any) -> Iterator[pa.Table]:
        for number, table in enumerate(reads(piece, file, wanted)):
            if number == after and not lost:
                lost.append(number)
                raise FileNotFoundError
            yield table

    monkeypatch.setattr("spreports.lake.groups.read_piece", losing)
    monkeypatch.setattr(groups, "GROUP_ROWS", 10)
    monkeypatch.setattr(row_groups, "GROUPS", 1)

    if after:
        with pytest.raises(COLLECTING_FAILS, match="a large file was replaced"):
            shore.scan().collect()
    else:
        assert shore.scan().collect().equals(expected)
    assert lost == [after]
