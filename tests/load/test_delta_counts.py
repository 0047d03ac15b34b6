"""Rows of a Delta table by some columns: a file that is known is not read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from spreports.errors import SinkError
from spreports.load.delta_counts import FileCounts, Groups

ODD = ["a b", "ü%20", "x/y", "=&?#", "plain"]


def table_of(folder: Path) -> str:
    ids = ["1"] * 5 + ["2"] * 5
    rows = pa.table({"place": [*ODD, *ODD], "id": ids, "n": range(10)})
    write_deltalake(folder, rows, partition_by=["place"])
    return str(folder)


def counted(url: str, known: Mapping[str, Groups]) -> tuple[Groups, FileCounts]:
    counts = FileCounts(known)
    return counts.look(DeltaTable(url), ["id"], url, {}), counts


def test_files_that_are_known_are_not_read_and_only_asked_columns_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = table_of(tmp_path / "table")
    schemas: list[list[str]] = []
    made = DeltaTable.to_pyarrow_dataset

    def noted(table: DeltaTable, schema: pa.Schema) -> Any:
        schemas.append(schema.names)
        return made(table, schema=schema)

    monkeypatch.setattr(DeltaTable, "to_pyarrow_dataset", noted)
    first, looked = counted(url, {})
    again, known = counted(url, {each: {("9",): 1} for each in looked.there})
    new = pa.table({"place": ["new"], "id": ["3"], "n": [3]})
    write_deltalake(url, new, mode="append")
    later, _ = counted(url, looked.there)

    assert first == {("1",): 5, ("2",): 5}
    assert again == {("9",): len(known.there)} == {("9",): len(ODD)}
    assert later == {**first, ("3",): 1}
    assert schemas == [["id", "place"]] * 3


def test_a_known_file_that_is_gone_is_an_error_and_not_counted(tmp_path: Path) -> None:
    url = table_of(tmp_path / "table")
    _, looked = counted(url, {})
    next((tmp_path / "table").glob("place=plain/*.parquet")).unlink()

    with pytest.raises(SinkError, match=r"place=plain|No such file|not exist"):
        counted(url, looked.there)


def test_a_table_of_whose_files_a_part_may_count_is_refused_though_all_are_known(
    tmp_path: Path,
) -> None:
    url = table_of(tmp_path / "table")
    _, looked = counted(url, {})
    newer = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    commit = tmp_path / "table" / "_delta_log" / f"{1:020}.json"
    commit.write_text(json.dumps({"protocol": newer}) + "\n")

    with pytest.raises(SinkError, match="deletionVectors"):
        counted(url, looked.there)
