"""Delta tells no column from another by case: one column, in the table's spelling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from spreports.load.delta import sink_delta
from spreports.load.delta_reading import count_by
from spreports.load.delta_report import DeltaReport
from spreports.load.delta_tables import Tables
from spreports.load.target import refusals
from tests.load.delta_writer import report


def made(name: str, columns: dict[str, Any], **constants: Any) -> DeltaReport:
    table = pa.table(columns)
    return DeltaReport(
        name=name,
        window=f"w{name}",
        constants={key: pa.scalar(value) for key, value in constants.items()},
        open=lambda _: table.to_reader(),
    )


def test_a_column_whose_case_changed_lands_in_the_column_that_is_there(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([made("1", {"n": [1], "sku": ["a"]})], url, partition_by=["sku"])

    sink_delta([made("2", {"N": [2], "SKU": ["b"], "Ä": [1]})], url)
    # And of two documents in one commit, the first one's spelling
    both = [made("3", {"n": [3], "ä": [2], "New": ["x"]}), made("4", {"NEW": ["y"]})]
    sink_delta(both, url)

    frame = pl.read_delta(url).sort("n", nulls_last=True)
    assert set(frame.columns) == {"n", "sku", "Ä", "New", "report_window"}
    assert frame["n"].to_list() == [1, 2, 3, None]
    assert frame["sku"].to_list() == ["a", "b", None, None]
    assert frame["Ä"].to_list() == [None, 1, 2, None]
    assert frame["New"].to_list() == [None, None, "x", "y"]


def test_a_column_in_another_case_and_of_another_type_is_an_error_that_names_both(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([made("1", {"quantity": [1]})], url)

    with pytest.raises(
        spr.SinkError,
        match="'QUANTITY' is string now, and int64 as 'quantity' in the table: write",
    ):
        sink_delta([made("2", {"QUANTITY": ["two"]})], url)

    assert pl.read_delta(url)["quantity"].to_list() == [1]


def test_two_columns_that_differ_only_by_case_are_an_error_that_names_both(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")

    with pytest.raises(spr.SinkError, match="'sku' and 'SKU' differ only by case"):
        sink_delta([made("1", {"sku": ["a"], "SKU": ["b"]})], url)

    assert not deltalake.DeltaTable.is_deltatable(url)


def test_a_constant_makes_way_for_a_column_in_another_case(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    plain = made("1", {"n": [1]}, date="constant", report_id="1")
    sink_delta([plain, made("2", {"n": [2], "Date": ["own"]}, date="c")], url)

    # Also where an earlier document had the column
    sink_delta([made("3", {"n": [3]}, date="constant", report_id="3")], url)

    frame = pl.read_delta(url).sort("n")
    assert "date" not in frame.columns
    assert frame["Date"].to_list() == [None, "own", None]
    assert frame["report_id"].to_list() == ["1", None, "3"]


def test_no_column_stands_for_the_one_that_tells_versions_apart(tmp_path: Path) -> None:
    url = str(tmp_path / "table")

    for name in ("report_window", "Report_Window"):
        with pytest.raises(spr.SinkError, match="is called 'report_window', by which"):
            sink_delta([made("1", {"n": [1], name: ["x"]})], url)


def test_a_table_is_counted_by_its_own_columns_or_refused_with_their_names(
    tmp_path: Path,
) -> None:
    url, alien = str(tmp_path / "table"), str(tmp_path / "alien")
    sink_delta([made("1", {"n": [1], "Report_ID": ["x"]}, report_id="1")], url)
    deltalake.write_deltalake(alien, pa.table({"n": [1]}))

    assert count_by(Tables(None), url, ("n",)) == {(1,): 1}
    assert count_by(Tables(None), url, ("report_id",)) == {}
    with pytest.raises(spr.SinkError, match="has no column 'report_id'"):
        count_by(Tables(None), alien, ("n", "report_id"))


def test_what_delta_says_of_columns_is_said_and_of_cells_is_not(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    parts = pa.array([{"x": 1, "X": 2}])

    with pytest.raises(spr.SinkError, match=r"'[xX]' is there twice, but for case$"):
        sink_delta([report("1", [1], parts=parts)], url)
    sink_delta([made("1", {"n": [1]})], url)
    cell = "Cast error: Cannot cast string 'SECRET' to value of Int64 type"
    with (
        pytest.raises(spr.SinkError, match=r"cannot write .*table: Exception$"),
        refusals(url, {}, "write"),
    ):
        raise Exception(cell)  # noqa: TRY002 - what deltalake raises
    more = pa.table({"n": [1], "b": [1]})
    with (
        pytest.raises(spr.SinkError, match=r"the table has no column 'b'$"),
        refusals(url, {}, "write"),
    ):
        deltalake.write_deltalake(url, more, mode="append")
