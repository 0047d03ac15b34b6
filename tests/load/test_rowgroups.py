"""Rows are handed to a writer so that an open file keeps little memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from spreports.load.encoding import Encoding
from spreports.load.rowgroups import STEP_ROWS, in_steps, open_writer


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
    for column in steps.columns:
        assert all(len(chunk) <= STEP_ROWS for chunk in column.chunks)


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


def texts(rows: int) -> pa.Table:
    """Give texts and dictionaries of them, some null."""
    names = pa.array([None if n % 3 else f"name {n % 7}" for n in range(rows)])
    return pa.table({"name": names, "coded": names.dictionary_encode()})


@pytest.mark.parametrize("made", [amounts, texts])
def test_an_open_file_keeps_less_of_rows_in_steps(
    made: Callable[[int], pa.Table], tmp_path: Path
) -> None:
    table = made(65_536)

    whole, steps = kept(table, tmp_path / "a"), kept(in_steps(table), tmp_path / "b")

    # Beside what is converted, two bytes a row for which values are null
    assert whole - steps > 2 * (table.num_rows - STEP_ROWS) * 9 // 10
