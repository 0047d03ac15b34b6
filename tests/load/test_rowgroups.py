"""First rows choose how columns are written, and open files cost little memory."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spreports.load.encoding import Encoding, choose_encoding
from spreports.load.parquet import sink
from spreports.load.rowgroups import STEP_ROWS, in_steps, open_writer
from tests.load.rows import reader

ROWS = 20_000


def texts() -> pa.Table:
    """Give texts that go up, down, nearly up, or anyhow; few over and over; or none."""
    up = [f"{n:08}" for n in range(ROWS)]
    anyhow = random.Random(1).sample(up, ROWS)  # noqa: S311 - no secret
    nearly = [cell if n % 10 else anyhow[n] for n, cell in enumerate(up)]
    gaps = [cell if n % 2 else None for n, cell in enumerate(up)]
    columns = {
        "up": up,
        "down": up[::-1],
        "nearly": nearly,
        "gaps": gaps,
        "anyhow": anyhow,
        "few": ["a", "b"] * (ROWS // 2),
        "none": [None] * ROWS,
    }
    return pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()})


def test_only_texts_in_some_order_have_statistics() -> None:
    chosen = choose_encoding(texts())

    assert chosen.bare == ("anyhow", "few")
    assert chosen.dictionary == ("few", "none")


def test_a_file_can_be_skipped_by_an_ordered_column_alone(tmp_path: Path) -> None:
    sink(reader(texts()), tmp_path / "lake" / "rows", stem="1")

    (path,) = tmp_path.rglob("*.parquet")
    group = pq.ParquetFile(path).metadata.row_group(0)
    known = {
        column.path_in_schema: column.statistics
        for column in map(group.column, range(group.num_columns))
    }
    assert (known["up"].min, known["up"].max) == ("00000000", f"{ROWS - 1:08}")
    assert known["anyhow"] is None


def amounts(rows: int) -> pa.Table:
    """Give decimals and instants, in two pieces."""
    values = [Decimal(n % 7) for n in range(rows)]
    instants = [datetime(2026, 1, 1, tzinfo=UTC)] * rows
    table = pa.table(
        {
            "price": pa.array(values, pa.decimal128(38, 6)),
            "at": pa.array(instants, pa.timestamp("us", "UTC")),
            "flag": [True] * rows,  # what the last column takes is kept, too
        }
    )
    return pa.concat_tables([table.slice(0, 10), table.slice(10)])


@pytest.mark.parametrize("rows", [0, 11, STEP_ROWS, 3 * STEP_ROWS + 1])
def test_rows_in_steps_are_the_same_rows(rows: int) -> None:
    table = amounts(max(rows, 11)).slice(0, rows)
    steps = in_steps(table)

    assert steps.schema == table.schema
    assert steps.equals(table)
    for name in ("price", "at"):
        assert all(len(chunk) <= STEP_ROWS for chunk in steps[name].chunks)


def kept(table: pa.Table, folder: Path) -> int:
    """Return what each of ten files keeps that are open behind a row group."""
    folder.mkdir()
    before = pa.total_allocated_bytes()
    writers = [
        open_writer(folder / str(n), table.schema, note={}, encoding=Encoding())
        for n in range(10)
    ]
    for writer in writers:
        writer.write_table(table, row_group_size=table.num_rows)
    bytes_kept = pa.total_allocated_bytes() - before
    for writer in writers:
        writer.close()
    return int(bytes_kept) // len(writers)


def test_an_open_file_keeps_less_of_rows_in_steps(tmp_path: Path) -> None:
    table = amounts(65_536)

    whole, steps = kept(table, tmp_path / "a"), kept(in_steps(table), tmp_path / "b")

    assert steps < whole / 2
