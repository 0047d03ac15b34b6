"""What is read of a file of an object store is what stands there, in few requests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.lake import groups, ranges, reading, scan
from spreports.lake.place import Place
from spreports.lake.reading import Wanted
from tests.lake.lakes import DAY, Lakeside, orders, rows_of, rows_of_table
from tests.load.lake import Bucket


class Asked(io.BytesIO):
    """A file that counts what it is asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.sizes: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.sizes.append(len(data))
        return data


def placed(size: int) -> st.SearchStrategy[tuple[int, int]]:
    edges = st.integers(0, size)
    return st.tuples(edges, edges).map(lambda pair: (min(pair), max(pair)))


@given(data=st.data(), size=st.integers(0, 60), end=st.integers(1, 12))
def test_what_was_brought_never_changes_what_is_read(
    data: st.DataObject, size: int, end: int
) -> None:
    stored = bytes(range(size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "NEAR", 5)
        patch.setattr(ranges, "END", end)
        file = ranges.Ranges(io.BytesIO(stored))
        for _ in range(3):
            file.bring(data.draw(st.lists(placed(size), max_size=4)))
            for start, stop in data.draw(st.lists(placed(size), max_size=4)):
                assert file.seek(start) == start
                assert file.read(stop - start) == stored[start:stop]
                assert file.tell() == stop
        assert file.seek(0) == 0
        assert file.read() == stored
        assert file.read(1) == b""


@given(found=st.lists(placed(40), max_size=6), apart=st.integers(0, 6))
def test_joined_ranges_hold_all_others_and_are_further_apart(
    found: list[tuple[int, int]], apart: int
) -> None:
    joined = ranges.joined(found, apart)

    assert all(any(a <= x and y <= b for a, b in joined) for x, y in found)
    assert all(b + apart < c for (_, b), (c, _) in pairwise(joined))
    edges = {edge for pair in found for edge in pair}
    assert {edge for pair in joined for edge in pair} <= edges


def stored_parquet(rows: int) -> bytes:
    file = io.BytesIO()
    table = pa.table(
        {
            "a.of": pa.array(range(rows)),  # as of JSON
            "b": pa.array([[f"{i * 7919} of these"] for i in range(rows)]),
            "c": pa.array([i * 7919 % 1009 for i in range(rows)]),
        }
    )
    pq.write_table(table, file, row_group_size=rows // 2, compression="none")
    return file.getvalue()


def opened(file: BinaryIO) -> ranges.RangedParquet:
    return ranges.RangedParquet(ranges.Ranges(file), pre_buffer=False)


def test_a_small_file_is_one_request() -> None:
    data = stored_parquet(1000)
    stored = Asked(data)

    table = opened(stored).read_row_groups([0, 1])

    assert table.equals(pq.read_table(io.BytesIO(data)))
    assert stored.sizes == [len(data)]


def test_no_thread_of_arrows_holds_what_it_has_read_when_the_rows_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = stored_parquet(20_000)
    lent: list[memoryview] = []

    class Watched(ranges.Ranges):
        def read_buffer(self, size: int = -1) -> memoryview:
            lent.append(super().read_buffer(size))
            return lent[-1]

    monkeypatch.setattr(ranges, "NEAR", 0)
    file = ranges.RangedParquet(Watched(io.BytesIO(data)), pre_buffer=False)
    rows = file.read_row_groups([0, 1])

    assert rows.equals(pq.read_table(io.BytesIO(data)))
    assert len(lent) > 6  # each column chunk of two groups
    for view in lent[-6:]:
        with pytest.raises(ValueError, match="released"):
            view.tobytes()


def test_all_rows_of_a_large_file_are_a_request_for_each_row_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranges, "NEAR", 1000)
    data = stored_parquet(20_000)
    stored, whole = Asked(data), pq.read_table(io.BytesIO(data))

    rows = pa.Table.from_batches(opened(stored).iter_batches(3000))

    assert rows.equals(whole)
    assert len(stored.sizes) == 3
    column = opened(io.BytesIO(data)).iter_batches(columns=["c"])
    assert pa.Table.from_batches(column).equals(whole.select(["c"]))


def test_of_a_large_file_the_end_and_the_chunks_wanted_are_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranges, "NEAR", 0)
    data = stored_parquet(20_000)
    stored, whole = Asked(data), pq.read_table(io.BytesIO(data))
    file = opened(stored)
    assert stored.sizes == [ranges.END]

    # touching in the file: b and c of the first group, and a.of of the second
    both = file.read_row_groups([0], ["b", "c"])
    assert both.equals(whole.slice(0, 10_000).select(["b", "c"]))
    assert len(stored.sizes) == 2
    first = file.read_row_groups([0, 1], ["a.of"])
    assert first.equals(whole.select(["a.of"]))
    assert len(stored.sizes) == 4
    monkeypatch.setattr(ranges, "NEAR", len(data))
    assert file.read_row_groups([0, 1], ["a.of"]).equals(first)
    assert len(stored.sizes) == 5
    assert stored.sizes[4] > stored.sizes[3] + stored.sizes[2]


@pytest.fixture
def requests(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the S3 server is asked for."""
    asked: list[str] = []
    calls = type(bucket.fs)._call_s3

    async def counted(self: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if str(kwargs.get("Key", "")).endswith(".parquet"):
            asked.append(method)
        return await calls(self, method, *args, **kwargs)

    monkeypatch.setattr(type(bucket.fs), "_call_s3", counted)
    return asked


def lake_of(bucket: Bucket, days: int) -> Lakeside:
    lakeside = Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs)
    for day in range(days):
        lakeside.put(str(day), orders(day), day=day, partition_by=["purchase-date:day"])
    return lakeside


@pytest.mark.slow
def test_many_files_are_one_request_each_and_few_are_asked_for_their_size(
    bucket: Bucket, requests: list[str]
) -> None:
    lake = lake_of(bucket, 7).scan()
    requests.clear()

    found = lake.collect()

    assert rows_of(found) == rows_of_table(*map(orders, range(7)))
    assert requests == ["get_object"] * 7
    requests.clear()
    one = lake.filter(pl.col("purchase-date_day") == DAY.date()).collect()
    assert rows_of(one) == rows_of_table(orders(0))
    assert requests == ["head_object", "get_object"]
    requests.clear()
    assert lake.head(2).collect().height == 2
    assert requests == ["head_object", "get_object"]


@pytest.mark.slow
def test_a_listing_is_not_believed_for_longer_than_a_query(bucket: Bucket) -> None:
    lakeside = lake_of(bucket, 7)
    lake = lakeside.scan()
    (name,) = (n for n in lakeside.data_files() if n.endswith("3-0.parquet"))
    lake.collect()

    elsewhere = type(bucket.fs)(**bucket.options, skip_instance_cache=True)
    elsewhere.pipe_file(f"{bucket.name}/lake/{name}", b"of somebody else")

    assert bucket.fs.info(f"{bucket.name}/lake/{name}")["size"] == 16


@pytest.mark.slow
def test_a_file_that_came_after_a_listing_is_there(bucket: Bucket) -> None:
    """A compaction lists the folder and then has a sync's new marker."""
    lakeside = Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs)
    elsewhere = Lakeside(
        lakeside.url, {**bucket.options, "skip_instance_cache": True}, bucket.fs
    )
    elsewhere.put("1", orders(1), day=1)
    place = Place.open(lakeside.root(), bucket.options)

    place.entries()
    elsewhere.put("2", orders(2), day=2)
    with place.parquet("2-0.parquet") as file:
        assert file.metadata.num_rows == orders(2).num_rows

    place.files()
    elsewhere.put("1", orders(1).slice(0, 1), day=1)
    with place.parquet("1-0.parquet") as file:
        assert file.read().num_rows == 1

    bucket.fs.ls(place.path)  # what the program lists by itself is kept
    elsewhere.put("3", orders(3), day=3)
    with place.parquet("3-0.parquet") as file:
        assert file.metadata.num_rows == orders(3).num_rows


@pytest.mark.slow
@pytest.mark.parametrize("brought", [False, True])
def test_a_file_that_is_replaced_in_its_place_is_read_anew(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, *, brought: bool
) -> None:
    """After the listing, or after its footer was read."""
    monkeypatch.setattr(ranges, "NEAR", 0)
    monkeypatch.setattr(ranges, "END", 100 if brought else 1 << 20)
    lakeside = lake_of(bucket, 7)
    # A client of its own: nobody tells ours what became of its listing
    options = {**bucket.options, "skip_instance_cache": True}
    elsewhere = Lakeside(lakeside.url, options, bucket.fs)
    opens = reading.open_piece
    replaced: list[str] = []

    def late(piece: Any, wanted: Wanted) -> pq.ParquetFile:
        file = opens(piece, wanted) if brought else None
        if piece.path.endswith("3-0.parquet") and not replaced:
            replaced.append(piece.path)
            # the same rows in a file of another size, at the same place
            elsewhere.put(
                "3",
                orders(3),
                day=3,
                partition_by=["purchase-date:day"],
                said="more",
            )
        return file or opens(piece, wanted)

    monkeypatch.setattr(groups, "open_piece", late)
    lake = lakeside.scan()

    assert rows_of(lake.collect()) == rows_of_table(*map(orders, range(7)))
    assert len(replaced) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("fit", "ahead"), [(100, 8), (4.5, 4), (0, 2)])
def test_groups_are_read_ahead_as_far_as_they_fit(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, fit: float, ahead: int
) -> None:
    lake = lake_of(bucket, 14).scan()
    begins = groups._begun
    begun: list[Any] = []
    waiting: list[int] = []
    sizes: list[int] = []

    def counted(pool: Any, group: Any, wanted: Wanted) -> Any:
        begun.append(group)
        return begins(pool, group, wanted)

    def weighed(tables: Iterator[list[pa.Table]]) -> Iterator[list[pa.Table]]:
        for together in tables:
            sizes.append(sum(table.nbytes for table in together))
            yield together

    def watched(pieces: Any, wanted: Wanted, *, hurried: bool) -> Iterator[Any]:
        found = groups.read_groups(pieces, wanted, hurried=hurried)
        for number, (group, tables) in enumerate(found):
            waiting.append(len(begun) - number - 1)
            yield group, weighed(tables)

    monkeypatch.setattr(groups, "GROUP_ROWS", 6)
    monkeypatch.setattr(groups, "_begun", counted)
    monkeypatch.setattr(scan, "read_groups", watched)
    expected = lake.collect()
    monkeypatch.setattr(groups, "AHEAD_BYTES", int(fit * max(sizes)))
    begun.clear()
    waiting.clear()

    assert lake.collect().equals(expected)
    assert len(begun) == 14
    assert (waiting[0], max(waiting)) == (2, ahead)
