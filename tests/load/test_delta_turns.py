"""Writers that take turns: none commits in view of less than what is there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import deltalake
import polars as pl
import pytest

from spreports.load.delta import sink_delta
from spreports.load.delta_reading import commits_of
from spreports.load.delta_report import DeltaReport, TurnLostError
from spreports.load.delta_seen import is_as_seen, seen_of
from spreports.load.delta_tables import Tables
from tests.load.delta_writer import MADE, report

if TYPE_CHECKING:
    import pyarrow as pa

FEED = "a feed"


def turned(name: str, numbers: range, *, seen: int) -> DeltaReport:
    return replace(report(name, numbers), turn=(FEED, seen))


def test_a_writer_that_has_not_seen_all_commits_of_the_others_is_refused(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    for seen in range(2):
        assert commits_of(Tables(None), url, FEED)[0] == seen
        sink_delta([turned(str(seen), range(seen, seen + 1), seen=seen)], url)
    with pytest.raises(TurnLostError, match="others have written to it meanwhile"):
        sink_delta([turned("late", range(5, 6), seen=1)], url)
    # What is there already, and what takes no turns, waits for nobody
    again = sink_delta([turned("0", range(1), seen=0)], url)
    sink_delta([report("free", range(2, 3)), turned("2", range(3, 4), seen=2)], url)

    assert [result.rows for result in again] == [0]
    assert commits_of(Tables(None), url, FEED)[0] == 3
    assert sorted(pl.read_delta(url)["n"].to_list()) == [0, 1, 2, 3]


def test_of_two_commits_in_view_of_the_same_one_is_refused(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    sink_delta([turned("first", range(1), seen=0)], url)
    mine, opened = turned("mine", range(1, 2), seen=1), 0

    def overtaken(texts: frozenset[str]) -> pa.RecordBatchReader:
        nonlocal opened
        opened += 1
        if opened == 1:  # for its columns: the table was looked at before
            sink_delta([turned("other", range(2, 3), seen=1)], url)
        return mine.open(texts)

    with pytest.raises(TurnLostError):
        sink_delta([replace(mine, open=overtaken)], url)

    assert opened == 2  # and written once, but its commit failed
    assert sorted(pl.read_delta(url)["n"].to_list()) == [0, 2]


def test_a_newer_version_waits_for_nobody_but_where_others_than_sinks_have_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("old", range(3), window="w")], url)
    _, seen = commits_of(Tables(None), url, FEED)
    later = MADE + timedelta(days=1)

    def newer(name: str, days: int) -> DeltaReport:
        made = MADE + timedelta(days=days)
        return replace(report(name, range(3), window="w", made=made), seen=seen)

    sink_delta([report("beside", range(3, 5), made=later)], url)
    assert sink_delta([newer("new", 1)], url)[0].rows == 3
    with monkeypatch.context() as patch:  # what was read or is ours is not read again
        patch.setattr("spreports.load.delta_seen.log_files", None)
        assert sink_delta([newer("newer", 2)], url)[0].rows == 3
    deltalake.DeltaTable(url).restore(1)
    with pytest.raises(TurnLostError, match="others have written to it meanwhile"):
        sink_delta([newer("newest", 3)], url)

    assert pl.read_delta(url)["report_id"].unique().to_list() == ["old"]


def test_a_commit_that_is_gone_from_the_log_is_not_taken_for_a_sinks(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("old", range(3), window="w")], url)
    _, seen = commits_of(Tables(None), url, FEED)
    table = deltalake.DeltaTable(url)
    table.delete("n = 0")
    sink_delta([report("beside", range(3, 5))], url)
    deltalake.DeltaTable(url).create_checkpoint()
    (tmp_path / f"table/_delta_log/{table.version():020}.json").unlink()

    newer = report("new", range(3), window="w", made=MADE + timedelta(days=1))
    with pytest.raises(TurnLostError, match="others have written to it meanwhile"):
        sink_delta([replace(newer, seen=seen)], url)


@pytest.mark.parametrize("how", ["nothing", "set back", "anew"])
def test_a_table_that_was_set_back_or_made_anew_is_not_as_it_was_seen(
    tmp_path: Path, how: str
) -> None:
    url = str(tmp_path / "table")
    for name in "12":
        sink_delta([report(name, [int(name)])], url)
    seen = seen_of(deltalake.DeltaTable(url))
    if how == "set back":
        (tmp_path / "table" / "_delta_log" / f"{seen.version:020}.json").unlink()
    elif how == "anew":
        shutil.rmtree(url)
        for name in "12":
            sink_delta([report(name, [int(name)])], url)

    assert is_as_seen(deltalake.DeltaTable(url), seen, url, {}) is (how == "nothing")
    assert not is_as_seen(None, seen, url, {})
