"""Files are written side by side, and one that fails takes all of them back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
from spreports.load.writers import PartWriters
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
    def refuse(*_: object) -> None:
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
    )
    for start, folder in enumerate(["a", "b", "a", "c", "a", "b", "a"]):
        encoders.encode(folder, 100, partial(Given, table.slice(start, 1)))
    parts = encoders.finish(at_least_one=True)

    rows = {part.path: pq.read_table(part.local)["n"].to_pylist() for part in parts}
    assert rows == {
        "a/7-0.parquet": [0, 2, 4, 6],
        "b/7-0.parquet": [1],
        "b/7-1.parquet": [5],
        "c/7-0.parquet": [3],
    }
    assert encoders.queued == 0


def test_two_row_groups_that_filled_up_are_encoded_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_are_here = threading.Barrier(2, timeout=60)
    whole = Codes.whole

    def waiting(self: Codes, tables: Sequence[pa.Table]) -> pa.Table:
        both_are_here.wait()
        return whole(self, tables)

    monkeypatch.setattr(Codes, "whole", waiting)
    table = orders(4_000)
    writers = PartWriters(
        tmp_path,
        "7",
        table.schema,
        note={},
        budget=600_000,
        row_group_rows=1 << 30,  # they fill up by their bytes
        one_folder=False,
        max_open=9,
    )
    rows, _ = writers.coded(table)
    for start in range(0, 4_000, 100):
        for folder in ("a", "b"):
            writers.add(folder, rows.slice(start, 100), 100)
    parts = writers.finish(at_least_one=False)

    assert [part.rows for part in parts] == [4_000, 4_000]
    groups = {pq.ParquetFile(part.local).metadata.num_row_groups for part in parts}
    assert groups == {4}


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
        tmp_path, "7", table.schema, note={}, queue_bytes=1 << 20, threads=1, max_open=2
    )
    encoders.encode("a", 100, partial(Slow, table))
    begun.wait(600)
    # as Ctrl-C inside ThreadPoolExecutor.submit leaves it: a thread not noted
    monkeypatch.setattr(encoders._pool, "_threads", set())

    encoders.abort()

    assert seen == [False]
    assert closed.is_set()


class Given:
    """One table, as long as it is needed."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __enter__(self) -> pa.Table:
        return self.table

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""
