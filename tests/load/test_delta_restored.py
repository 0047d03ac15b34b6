"""What a RESTORE took back of a Delta table is not there; what was deleted is known."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import deltalake
import polars as pl
import pyarrow as pa
import pytest

from spreports.arrays import array_of
from spreports.errors import SinkError
from spreports.load.delta import sink_delta
from spreports.load.delta_report import DeltaReport
from spreports.load.delta_restored import taken_back
from tests.load.delta_writer import MADE, report
from tests.load.lake import Bucket

Restore = Callable[[deltalake.DeltaTable, int], object]


def numbers(url: str) -> list[int]:
    return sorted(pl.read_delta(url)["n"].to_list())


def reports(ids: frozenset[str]) -> list[str]:
    name = "spreports/report/"
    return sorted(i.removeprefix(name) for i in ids if i.startswith(name))


def begun(url: str, *names: str) -> int:
    """Sink reports of one row each, one commit each; return the first one's version."""
    sink_delta([report(names[0], [int(names[0])])], url)
    version = deltalake.DeltaTable(url).version()
    for name in names[1:]:
        sink_delta([report(name, [int(name)])], url)
    return version


def by_number(table: deltalake.DeltaTable, version: int) -> object:
    return table.restore(version)


def by_time(table: deltalake.DeltaTable, version: int) -> object:
    # Half way to the next commit: a version counts from when its file was written, and
    # the file system's clock may stand some milliseconds before or behind
    made = {entry["version"]: entry["timestamp"] for entry in table.history()}
    between = (made[version] + made[version + 1]) / 2
    return table.restore(datetime.fromtimestamp(between / 1000, UTC))


def _note(table: deltalake.DeltaTable, told: dict[str, object]) -> None:
    """Have the newest commit tell what it was asked by."""
    log = Path(table.table_uri.removeprefix("file://"), "_delta_log")
    commit = max(log.glob("*.json"))
    lines = [json.loads(text) for text in commit.read_text().splitlines()]
    for info in (line["commitInfo"] for line in lines if "commitInfo" in line):
        info["operationParameters"] = told
    commit.write_text("".join(json.dumps(line) + "\n" for line in lines))


def as_spark(table: deltalake.DeltaTable, version: int) -> object:
    """As Spark notes one by its time: a text, in whatever zone its session had."""
    by_time(table, version)
    _note(table, {"version": None, "timestamp": "2026-11-10 03:00:00.0"})
    return None


def by_its_very_time(table: deltalake.DeltaTable, version: int) -> object:
    """By the time that the commit itself tells."""
    table.restore(version)
    made = {entry["version"]: entry["timestamp"] for entry in table.history()}
    _note(table, {"datetime": made[version]})
    return None


@pytest.mark.parametrize("restore", [by_number, by_time, by_its_very_time, as_spark])
def test_reports_that_a_restore_took_back_are_written_again(
    tmp_path: Path, *, restore: Restore
) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")

    restore(deltalake.DeltaTable(url), first)

    assert (numbers(url), reports(taken_back(url, None).ids)) == ([1], ["2", "3"])
    again = sink_delta([report(name, [int(name)]) for name in "123"], url)
    assert [result.rows for result in again] == [0, 1, 1]
    assert numbers(url) == [1, 2, 3]
    assert taken_back(url, None).ids == frozenset()


def test_a_later_commit_whose_clock_was_behind_hides_no_restore(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    by_time(deltalake.DeltaTable(url), first)
    sink_delta([report("4", [4])], url)
    last = deltalake.DeltaTable(url).version()
    log = tmp_path / f"table/_delta_log/{last:020}.json"
    log.write_text(re.sub(r'"timestamp":\d+', '"timestamp":1', log.read_text()))

    assert reports(taken_back(url, None).ids) == ["2", "3"]


def test_a_newer_version_that_was_taken_back_replaces_the_older_one_again(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    later = MADE + timedelta(days=1)
    sink_delta([report("1", [1], window="w")], url)
    version = deltalake.DeltaTable(url).version()
    newer = report("2", [2], window="w", made=later)
    sink_delta([newer], url)
    deltalake.DeltaTable(url).restore(version)

    sink_delta([newer], url)

    assert numbers(url) == [2]


def test_an_older_version_counts_once_the_newer_one_was_taken_back(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    versions = [
        report(f"{n}", [n], window="w", made=MADE + timedelta(hours=n))
        for n in range(1, 6)
    ]
    sink_delta([versions[1]], url)
    second = deltalake.DeltaTable(url).version()
    for each in versions[2:]:
        sink_delta([each], url)
    deltalake.DeltaTable(url).restore(second)
    assert numbers(url) == [2]

    # The first is older than what is there; the fourth and fifth are not
    results = [sink_delta([versions[n]], url)[0].rows for n in (0, 3, 2, 4, 3)]

    assert results == [0, 1, 0, 1, 0]
    assert numbers(url) == [5]


def test_an_older_version_replaces_no_newer_one_that_the_log_no_longer_tells(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")

    def version(n: int) -> DeltaReport:
        made = MADE + timedelta(hours=n)
        times = array_of([made], pa.timestamp("us", "UTC"))
        return report(f"{n}", [n], window="w", made=made, report_created_time=times)

    sink_delta([version(2)], url)
    second = deltalake.DeltaTable(url).version()
    deltalake.DeltaTable(url).create_checkpoint()
    sink_delta([version(4)], url)
    deltalake.DeltaTable(url).restore(second)
    for commit in range(second + 1):
        (tmp_path / "table" / "_delta_log" / f"{commit:020}.json").unlink()

    results = [sink_delta([version(n)], url)[0].rows for n in (1, 3)]

    assert results == [0, 1]
    assert numbers(url) == [3]


@pytest.mark.parametrize("restore", [by_number, by_time, as_spark])
def test_a_restore_to_a_version_that_the_log_has_no_more_takes_all_of_it_back(
    tmp_path: Path, restore: Restore
) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    restore(deltalake.DeltaTable(url), first)
    log = tmp_path / "table" / "_delta_log"
    deltalake.DeltaTable(url).create_checkpoint()
    for version in range(first + 1):
        (log / f"{version:020}.json").unlink()

    assert reports(taken_back(url, None).ids) == ["2", "3"]


def test_a_store_that_cannot_be_reached_tells_nothing_of_a_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    as_spark(deltalake.DeltaTable(url), first)
    load = deltalake.DeltaTable.load_as_version
    newest = deltalake.DeltaTable(url).version()

    def lost(table: deltalake.DeltaTable, version: int) -> None:
        if version < newest:
            raise ConnectionResetError
        load(table, version)

    monkeypatch.setattr(deltalake.DeltaTable, "load_as_version", lost)
    with pytest.raises(SinkError) as caught:
        taken_back(url, None)

    assert type(caught.value).__name__ == "SinkOutageError"


def test_reports_whose_rows_were_deleted_stay_away_though_others_were_restored(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    deltalake.DeltaTable(url).restore(first)
    sink_delta([report("2", [2])], url)
    deltalake.DeltaTable(url).delete("n < 3")

    assert reports(taken_back(url, None).ids) == ["3"]
    again = sink_delta([report(name, [int(name)]) for name in "123"], url)
    assert [result.rows for result in again] == [0, 0, 1]


def test_a_restore_that_was_taken_back_itself_took_nothing(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    last = deltalake.DeltaTable(url).version()

    deltalake.DeltaTable(url).restore(first)
    deltalake.DeltaTable(url).restore(last)

    assert numbers(url) == [1, 2, 3]
    assert taken_back(url, None).ids == frozenset()


@pytest.mark.parametrize("how", ["appended", "restored", "anew", "anew, and whole"])
def test_what_is_known_of_a_log_tells_as_much_as_the_whole_of_it(
    tmp_path: Path, how: str
) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3", "4")
    deltalake.DeltaTable(url).restore(first)
    sink_delta([report("5", [5])], url)
    known = taken_back(url, None)
    if how.startswith("anew"):
        shutil.rmtree(url)
        other = begun(url, *"67890", "11", "12")
        if how == "anew":
            deltalake.DeltaTable(url).restore(other)
    else:
        sink_delta([report("3", [3])], url)
    if how == "restored":
        deltalake.DeltaTable(url).restore(first + 1)

    now = taken_back(url, None, known)

    assert now == taken_back(url, None) != known
    expected = {
        "appended": ["2", "4"],
        "restored": ["3", "4", "5"],
        "anew": ["0", "11", "12", "7", "8", "9"],
        "anew, and whole": [],
    }
    assert reports(now.ids) == expected[how]


def test_what_the_log_no_longer_tells_counts_as_deleted(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2", "3")
    deltalake.DeltaTable(url).restore(first)
    deltalake.DeltaTable(url).create_checkpoint()
    for version in range(first + 2):
        (tmp_path / "table" / "_delta_log" / f"{version:020}.json").unlink()

    assert reports(taken_back(url, None).ids) == ["3"]
    assert taken_back(str(tmp_path / "none"), None).ids == frozenset()


def test_what_was_taken_back_is_told_on_s3(tmp_path: Path, bucket: Bucket) -> None:
    url = str(tmp_path / "table")
    first = begun(url, "1", "2")
    deltalake.DeltaTable(url).restore(first)
    bucket.fs.put(url, f"{bucket.url}/table", recursive=True)

    taken = taken_back(f"{bucket.url}/table", bucket.options).ids

    assert reports(taken) == ["2"]


def test_a_report_beside_one_that_is_known_is_written_on_s3(bucket: Bucket) -> None:
    url, options = f"{bucket.url}/table", bucket.options
    known, new = report("1", [1]), report("2", [2])
    sink_delta([known], url, storage_options=options)

    results = sink_delta([known, new], url, storage_options=options)

    assert [(result.rows, result.files) for result in results] == [(0, 0), (1, 1)]
