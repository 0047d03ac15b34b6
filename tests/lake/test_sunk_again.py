"""Reports that are sunk again after a compaction: nothing of their older rows stays."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.lake import compact
from spreports.lake.care import take_away
from spreports.lake.place import Place
from spreports.lake.rewrite import rewrite
from spreports.lake.state import read_state
from spreports.load import local
from spreports.load.marker import Marker, intent_bytes
from spreports.load.part_file import PartFile
from spreports.load.publish import publish
from spreports.load.remote import RemoteTarget
from spreports.load.target import OpenTarget
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of, rows_of_table
from tests.load.lake import Bucket


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


def listed(shore: Lakeside) -> list[pa.Table]:
    """The files as one reads them who lists the folder."""
    names = shore.data_files()
    return [pq.ParquetFile(io.BytesIO(shore.bytes_of(n))).read() for n in names]


def sunk_again(shore: Lakeside, days: int) -> None:
    """Compact two reports, and sink so many of them again, with other folders."""
    for day in (0, 1):
        shore.put(str(day), orders(day), day=day)
    lake_of(shore).compact()
    for day in range(days):
        shore.put(str(day), orders(day), day=day, partition_by=["marketplace"])


@pytest.mark.parametrize("days", [1, 2])
def test_a_compaction_leaves_no_older_rows_of_what_was_sunk_again(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)
    everything = rows_of_table(orders(0), orders(1))
    lake = lake_of(shore)

    (problem,) = lake.check().problems
    assert problem.kind == "leftover"
    assert problem.told.startswith(f"{6 * days} rows were written anew since")
    assert lake.compact(drop_superseded=True).cleared == 1

    assert rows_of(shore.scan().collect()) == everything
    assert sum(table.num_rows for table in listed(shore)) == 12
    assert lake.check(deep=True), lake.check().problems
    again = lake.compact()
    assert again == type(again)()


@pytest.mark.parametrize("days", [1, 2])
def test_protect_leaves_nothing_in_clear_of_what_was_sunk_again(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)

    assert lake_of(shore).protect(["amazon-order-id"])[0] == 2

    tables = listed(shore)
    assert not [t for t in tables if "amazon-order-id" in t.column_names]
    assert sum(table.num_rows for table in tables) == 12
    assert lake_of(shore).check(deep=True)


@pytest.mark.slow
def test_older_rows_in_one_compaction_never_count_for_newer_ones_in_another(
    shore: Lakeside,
) -> None:
    for number in range(4):
        # Each pair of compactions has names of its own, and the first by name counts
        kind = f"GET_UNHEARD_OF_{number}"
        for day, first in ((0, 0), (1, 0), (0, 100), (2, 0)):
            by = [] if first == 0 and day < 2 else ["sku"]
            rows = orders(day, 6, first)
            shore.put(str(day), rows, day=day, report_type=kind, partition_by=by)
            if day == 1:
                lake_of(shore).compact(kind)

        lake_of(shore).compact(kind)

        rows_now = rows_of(shore.scan(kind).collect())
        assert rows_now == rows_of_table(orders(0, 6, 100), orders(1), orders(2))


def two_that_hold_a_report(shore: Lakeside, kind: str) -> None:
    """Compact older rows of a report, and newer ones beside, as two hosts may at once.

    Each of the two has another report that was sunk again since.
    """

    def put(day: int, *, first: int = 0, by: Sequence[str] = ("sku",)) -> None:
        rows = orders(day, 6, first)
        shore.put(str(day), rows, day=day, report_type=kind, partition_by=by)

    put(0, by=[])
    put(1, by=[])
    lake_of(shore).compact(kind)
    put(0, first=100)
    put(2)
    root = Place.open(shore.root(kind), shore.options)
    state = read_state(root)
    both = [held for held in state.holdings if held.partition_by]
    rewrite(root, state, both, [held.marker for held in both])
    put(1, by=["marketplace"])
    put(2, by=["marketplace"])


@pytest.mark.slow
def test_newer_rows_count_while_two_compactions_that_hold_older_ones_are_tidied(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rows_of_table(orders(0, 6, 100), orders(1), orders(2))
    only = compact.only

    def killed(*what: Any) -> int:
        only(*what)
        raise KeyboardInterrupt

    seen = 0
    for number in range(6):
        # Each pair of compactions has names of its own, and the first by name counts
        kind = f"GET_UNHEARD_OF_{number}"
        two_that_hold_a_report(shore, kind)
        if rows_of(shore.scan(kind).collect()) != expected:
            continue
        with monkeypatch.context() as patch:
            patch.setattr(compact, "only", killed)
            with pytest.raises(KeyboardInterrupt):
                lake_of(shore).compact(kind)
        assert rows_of(shore.scan(kind).collect()) == expected
        lake_of(shore).compact(kind)
        assert rows_of(shore.scan(kind).collect()) == expected
        seen += 1
    assert seen


@pytest.mark.parametrize("days", [1, 2])
def test_older_rows_stay_where_the_newer_are_not_there(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)
    before = shore.data_files()
    newer = next(name for name in before if "marketplace=" in name)
    shore.remove(newer)

    for care in (lake_of(shore).compact, lambda: lake_of(shore).protect(["sku"])):
        with pytest.raises(spr.SinkError, match=r"nothing was taken away.*is deleted"):
            care()

    assert shore.data_files() == [name for name in before if name != newer]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("step", ["rewrite.settled", "compact.take_away"])
def test_a_report_sunk_as_at_first_beside_a_killed_compaction_is_not_lost(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, days: int, step: str
) -> None:
    sunk_again(shore, days)
    everything = rows_of_table(orders(0), orders(1))
    with monkeypatch.context() as patched:
        patched.setattr(f"spreports.lake.{step}", _killed)
        try:
            lake_of(shore).compact()
        except KeyboardInterrupt:
            assert rows_of(shore.scan().collect()) == everything
    shore.put("0", orders(0), day=0)
    assert rows_of(shore.scan().collect()) == everything

    lake_of(shore).compact()

    assert rows_of(shore.scan().collect()) == everything
    assert sum(table.num_rows for table in listed(shore)) == 12
    assert lake_of(shore).check(deep=True)


def compacted(shore: Lakeside) -> None:
    for day in (0, 1):
        shore.put(str(day), orders(day), day=day)
    lake_of(shore).compact()


def test_an_unchanged_report_sunk_again_behind_a_compaction_lies_there_once(
    lakeside: Lakeside,
) -> None:
    compacted(lakeside)
    before = lakeside.files()

    again = lakeside.put("0", orders(0), day=0)

    assert (again.rows, again.files) == (6, 1)
    assert lakeside.files() == before
    assert rows_of(lakeside.scan().collect()) == rows_of_table(orders(0), orders(1))
    assert lake_of(lakeside).check(deep=True)


@pytest.mark.slow
def test_a_compaction_of_another_host_is_seen_though_the_markers_were_listed_before(
    bucket: Bucket,
) -> None:
    url = f"s3://{bucket.name}/lake"
    options = {**bucket.options, "skip_instance_cache": True}
    other = Lakeside(url, options, fsspec.filesystem("s3", **options))
    for day in (0, 1):
        other.put(str(day), orders(day), day=day)
    assert len(bucket.fs.ls(f"{bucket.name}/lake/_spreports/{ORDERS}")) == 2
    lake_of(other).compact()
    before = other.files()

    Lakeside(url, bucket.options, bucket.fs).put("0", orders(0), day=0)

    assert other.files() == before


@pytest.mark.slow
def test_an_unchanged_report_sunk_again_brings_nothing_back_in_clear(
    lakeside: Lakeside,
) -> None:
    for day in (0, 1):
        lakeside.put(str(day), orders(day), day=day)
    lake_of(lakeside).protect(["amazon-order-id"])
    lake_of(lakeside).compact()

    for day in (0, 1):
        lakeside.put(str(day), orders(day), day=day)

    tables = listed(lakeside)
    assert not [t for t in tables if "amazon-order-id" in t.column_names]
    assert sum(table.num_rows for table in tables) == 12
    assert lakeside.scan().collect().height == 12


def test_a_restated_report_replaces_what_a_compaction_holds_of_it(
    shore: Lakeside,
) -> None:
    compacted(shore)

    shore.put("0", orders(0, 6, 100), day=0)
    restated = rows_of_table(orders(0, 6, 100), orders(1))
    assert rows_of(shore.scan().collect()) == restated

    shore.put("0", orders(0), day=0)
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))
    lake_of(shore).compact()
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))
    assert sum(table.num_rows for table in listed(shore)) == 12


def test_a_purged_report_comes_back_when_it_is_sunk_again(shore: Lakeside) -> None:
    compacted(shore)
    lake_of(shore).purge(date(2026, 10, 2))
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(1))

    shore.put("0", orders(0), day=0)

    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))
    assert sum(table.num_rows for table in listed(shore)) == 12


def test_a_report_is_written_again_where_the_compaction_lacks_its_file(
    shore: Lakeside,
) -> None:
    compacted(shore)
    (name,) = shore.data_files()
    shore.remove(name)

    shore.put("0", orders(0), day=0)

    assert sum(table.num_rows for table in listed(shore)) == 6


def test_a_report_is_written_again_where_what_held_it_was_replaced(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted(shore)
    shore.put("1", orders(1, 6, 100), day=1)
    with monkeypatch.context() as patched:  # as if killed before the last step
        patched.setattr("spreports.lake.rewrite.take_away", not_of_compactions)
        lake_of(shore).compact(drop_superseded=True)
    own = Path(shore.url, "_spreports", ORDERS)
    assert not (own / "1.json").exists()
    assert len(list(own.glob("compact-*.json"))) > 1

    shore.put("1", orders(1), day=1)

    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))


def not_of_compactions(place: Place, stem: str, *more: Any) -> None:
    if not stem.startswith("compact-"):
        take_away(place, stem, *more)


def test_nothing_is_taken_away_where_a_new_compaction_has_lost_a_file(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (0, 1):
        shore.put(str(day), orders(day), day=day)
    before = shore.data_files()

    def lost(target: OpenTarget, parts: Sequence[PartFile], marker: Marker) -> None:
        publish(target, parts, marker)
        shore.remove(f"{ORDERS}/{marker.files[0].path}")

    monkeypatch.setattr("spreports.lake.rewrite.publish", lost)
    with pytest.raises(spr.SinkError, match="nothing was taken away"):
        lake_of(shore).compact()

    assert shore.data_files() == before
    shore.remove(next(n for n in shore.files() if "compact-" in n))
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))


def test_no_file_is_taken_from_a_sink_that_runs_and_does_not_see_it(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compaction holds the older rows; the newer are written meanwhile."""
    shore = Lakeside("memory://shore/lake", {}, memory)
    compacted(shore)
    written, going_on = threading.Event(), threading.Event()
    told: list[object] = []

    def restate() -> None:
        try:
            told.append(shore.put("0", orders(0, 7), day=0, partition_by=["sku"]))
        except spr.SinkError as exc:
            told.append(exc)

    running = threading.Thread(target=restate)
    write, remove = RemoteTarget.write_state, RemoteTarget.remove_state

    def waiting(target: RemoteTarget, name: str, data: bytes) -> None:
        if name == "0.json" and threading.current_thread() is running:
            written.set()
            going_on.wait(600)
        write(target, name, data)

    def overtaken(target: RemoteTarget, name: str) -> None:
        if name == "0.intent" and threading.current_thread() is not running:
            going_on.set()
            running.join(600)
        remove(target, name)

    monkeypatch.setattr(RemoteTarget, "write_state", waiting)
    monkeypatch.setattr(RemoteTarget, "remove_state", overtaken)
    running.start()
    written.wait(600)
    shore.put("0", orders(0), day=0)

    assert "taken away: run again" in str(told)
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))


def test_a_compaction_that_a_late_note_hides_is_not_told_as_done(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (0, 1):
        shore.put(str(day), orders(day), day=day)
    before = set(shore.data_files())

    def hidden(target: OpenTarget, parts: Sequence[PartFile], marker: Marker) -> None:
        publish(target, parts, marker)
        paths = [file.path for file in marker.files]
        target.write_state(f"{marker.stem}.intent", intent_bytes(paths))

    monkeypatch.setattr("spreports.lake.rewrite.publish", hidden)
    with pytest.raises(spr.SinkError, match="does not count yet; nothing was taken"):
        lake_of(shore).compact()

    assert before < set(shore.data_files())
    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0), orders(1))


# Killed at its nth step of publishing, whatever that is
CHILD = """
import os, signal, sys
from spreports.load import local
from tests.lake.lakes import Lakeside, orders

lake, nth, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
steps = 0

def counted(name):
    step = getattr(local.LocalTarget, name)
    def killed(self, *args):
        global steps
        steps += 1
        if steps == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, *args)
    setattr(local.LocalTarget, name, killed)

for name in ("write_state", "remove_state", "put", "drop", "settle", "keep"):
    counted(name)
Lakeside(lake, {}, None).put("0", orders(0, rows), day=0)
"""


def sunk_by_another(shore: Lakeside, nth: int, *, rows: int) -> bool:
    """Sink report 0 in a process that is killed at a step; tell whether it was."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", CHILD, shore.url, str(nth), str(rows)],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    return done.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL there")
def test_a_kill_at_any_step_of_the_second_sink_leaves_the_rows_once_for_a_scan(
    shore: Lakeside,
) -> None:
    compacted(shore)
    own = Path(shore.url, "_spreports", ORDERS, "0.json")
    everything = rows_of_table(orders(0), orders(1))
    nth = killed_anew = 0
    # What a killed restatement left is what the unchanged sink has to take away
    while sunk_by_another(shore, nth + 1, rows=7) and not own.exists():
        nth += 1
        assert rows_of(shore.scan().collect()) == everything
        killed_anew += sunk_by_another(shore, nth, rows=6)
        assert rows_of(shore.scan().collect()) == everything
        shore.put("0", orders(0), day=0)
        assert rows_of(shore.scan().collect()) == everything
        assert sum(table.num_rows for table in listed(shore)) == 12
        assert lake_of(shore).check(deep=True)
    assert nth >= killed_anew >= 3


def test_a_sink_lists_no_markers_where_nothing_was_ever_compacted(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    listings = []
    names = local.LocalTarget.state_names

    def counted(target: local.LocalTarget) -> list[str]:
        listings.append(target)
        return names(target)

    monkeypatch.setattr(local.LocalTarget, "state_names", counted)
    for day in (0, 1, 0):
        shore.put(str(day), orders(day), day=day)
    assert not listings
    lake_of(shore).compact()
    shore.put("0", orders(0), day=0)
    assert len(listings) == 1


def test_what_is_compacted_is_sunk_again_where_nothing_may_be_deleted(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted(shore)
    before = shore.files()

    def refused(_: local.LocalTarget, name: str) -> None:
        raise spr.SinkError(f"may not delete {name}")

    monkeypatch.setattr(local.LocalTarget, "remove_state", refused)
    assert shore.put("0", orders(0), day=0).rows == 6
    assert shore.files() == before
