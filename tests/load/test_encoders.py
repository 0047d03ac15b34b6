"""Files are written side by side, and one that fails takes all of them back."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spreports.errors import SinkError
from spreports.load import encoders as load_encoders
from spreports.load.codes import Codes
from spreports.load.dictionaries import Dictionaries
from spreports.load.encoders import Encoders
from spreports.load.parquet import sink
from spreports.load.rowgroups import abandon
from tests.load.rows import orders, reader


def test_columns_that_parquet_cannot_hold_are_an_error_and_nothing_is_visible(
    tmp_path: Path,
) -> None:
    spans = pa.nulls(100, pa.month_day_nano_interval())
    table = pa.table({"k": [f"{i % 9}" for i in range(100)], "span": spans})

    with pytest.raises(SinkError, match="as Parquet"):
        sink(
            reader(table),
            tmp_path / "lake",
            stem="7",
            partition_by=["k"],
            budget=1_000,
            max_open=2,
        )

    assert list(tmp_path.rglob("*.parquet")) == []


@pytest.mark.parametrize("step", ["coded", "whole"])
@pytest.mark.parametrize("by", [[], ["sku"]])
def test_what_arrow_cannot_put_together_is_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, by: list[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise pa.ArrowInvalid("a buyer's name")

    monkeypatch.setattr(Codes if by else Dictionaries, step, refuse)

    with pytest.raises(SinkError, match="ArrowInvalid") as caught:
        sink(reader(orders(10)), tmp_path / "lake", stem="7", partition_by=by)

    assert "buyer" not in f"{caught.value} {caught.value.__cause__}"
    assert list(tmp_path.rglob("*.parquet")) == []


def test_row_groups_of_a_file_keep_their_order_and_files_are_closed_by_rows_alone(
    tmp_path: Path,
) -> None:
    table = orders(10)
    encoders = Encoders(
        tmp_path,
        "7",
        table.schema,
        note={},
        queue_bytes=1 << 20,
        threads=2,
        max_open=2,
        written=lambda *_: None,
    )
    for start, folder in enumerate(["a", "b", "a", "c", "a", "b", "a"]):
        each = partial(Given, table.slice(start, 1))
        encoders.encode(folder, 100, each, side_by_side=start % 3 == 0)
    parts = encoders.finish(at_least_one=True)

    rows = {part.path: pq.read_table(part.local)["n"].to_pylist() for part in parts}
    assert rows == {
        "a/7-0.parquet": [0, 2, 4, 6],
        "b/7-0.parquet": [1],
        "b/7-1.parquet": [5],
        "c/7-0.parquet": [3],
    }
    assert encoders.queued == 0


def test_row_groups_that_come_side_by_side_are_encoded_at_the_same_time(
    tmp_path: Path,
) -> None:
    both_are_here = threading.Barrier(2, timeout=60)

    class Met(Given):
        def __enter__(self) -> pa.Table:
            both_are_here.wait()
            return super().__enter__()

    encoders = two_threads(tmp_path)
    for folder in "abcd":
        encoders.encode(folder, 100, partial(Met, orders(10)), side_by_side=True)

    assert [part.rows for part in encoders.finish(at_least_one=False)] == [10] * 4


def test_row_groups_that_come_one_by_one_have_one_thread_on_two_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_encoders, "cores", lambda: 2)
    threads = set()

    class Seen(Given):
        def __enter__(self) -> pa.Table:
            threads.add(threading.get_ident())
            return super().__enter__()

    encoders = two_threads(tmp_path)
    for folder in "abcdef":
        encoders.encode(folder, 100, partial(Seen, orders(10)), side_by_side=False)

    assert [part.rows for part in encoders.finish(at_least_one=False)] == [10] * 6
    assert len(threads) == 1


def test_more_cores_encode_what_one_thread_is_behind_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_encoders, "cores", lambda: 3)
    third_is_here = threading.Event()

    class First(Given):
        def __enter__(self) -> pa.Table:
            assert third_is_here.wait(60)
            return super().__enter__()

    class Third(Given):
        def __enter__(self) -> pa.Table:
            third_is_here.set()
            return super().__enter__()

    encoders = two_threads(tmp_path)
    for folder, kind in zip("abc", [First, Given, Third], strict=True):
        encoders.encode(folder, 100, partial(kind, orders(10)), side_by_side=False)

    assert [part.rows for part in encoders.finish(at_least_one=False)] == [10] * 3


def test_an_interrupt_while_a_thread_starts_closes_no_file_under_its_hands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, begun, closed = orders(10), threading.Event(), threading.Event()
    seen: list[bool] = []

    class Slow(Given):
        def __enter__(self) -> pa.Table:
            begun.set()
            seen.append(closed.wait(0.3))
            return super().__enter__()

    def watched(writer: pq.ParquetWriter) -> None:
        closed.set()
        abandon(writer)

    monkeypatch.setattr(load_encoders, "abandon", watched)
    encoders = Encoders(
        tmp_path,
        "7",
        table.schema,
        note={},
        queue_bytes=1 << 20,
        threads=1,
        max_open=2,
        written=lambda *_: None,
    )
    encoders.encode("a", 100, partial(Slow, table), side_by_side=False)
    begun.wait(600)
    # as Ctrl-C inside ThreadPoolExecutor.submit leaves it: a thread not noted
    monkeypatch.setattr(encoders._one, "_threads", set())

    encoders.abort()

    assert seen == [False]
    assert closed.is_set()


def two_threads(home: Path) -> Encoders:
    """Return encoders for files of `orders`."""
    return Encoders(
        home,
        "7",
        orders(1).schema,
        note={},
        queue_bytes=1 << 20,
        threads=2,
        max_open=9,
        written=lambda *_: None,
    )


class Given:
    """One table, as long as it is needed."""

    def __init__(self, table: pa.Table, _: bool) -> None:
        self.table = table

    def __enter__(self) -> pa.Table:
        return self.table

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""
