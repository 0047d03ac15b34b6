"""A note that a store carries out late hides nothing that has counted for long."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import pytest

import spreports as spr
from spreports.errors import SinkError
from spreports.lake.care import clear_killed, take_away
from spreports.lake.place import Place
from spreports.lake.state import read_rest, read_state
from spreports.load.marker import Marker, intent_bytes
from spreports.load.remote import RemoteTarget
from tests.lake.lakes import DAY, ORDERS, Lakeside, orders, rows_of, rows_of_table
from tests.load.conftest import memory

__all__ = ["memory"]

BY = ["sku"]


def lake_of(lakeside: Lakeside) -> spr.Lake:
    return spr.Lake(lakeside.url, storage_options=lakeside.options)


def place_of(lakeside: Lakeside) -> Place:
    return Place.open(lakeside.root(), lakeside.options)


def land_note(lakeside: Lakeside, stem: str) -> str:
    """Have the note of a sink that ended well land once more."""
    name = f"_spreports/{ORDERS}/{stem}"
    marker = lakeside.bytes_of(f"{name}.json")
    paths = [file["path"] for file in json.loads(marker)["files"]]
    lakeside.overwrite(f"{name}.intent", intent_bytes(paths, marker))
    return f"{name}.intent"


def fill(lakeside: Lakeside, days: int = 3) -> list[tuple[Any, ...]]:
    for day in range(days):
        lakeside.put(str(day), orders(day), day=day, partition_by=BY)
    return rows_of_table(*map(orders, range(days)))


def compacted(lakeside: Lakeside) -> str:
    """Compact what is there; return the stem."""
    assert lake_of(lakeside).compact().reports
    names = [name.rpartition("/")[2] for name in lakeside.files()]
    (stem,) = [n[:-5] for n in names if n.startswith("compact-") and n.endswith("json")]
    return stem


def read(lakeside: Lakeside) -> list[tuple[Any, ...]]:
    return rows_of(lakeside.scan().collect())


@pytest.mark.slow
def test_a_late_note_hides_no_report_and_goes_with_the_next_care(
    lakeside: Lakeside,
) -> None:
    rows = fill(lakeside)
    note = land_note(lakeside, "1")

    assert read(lakeside) == rows
    (problem,) = lake_of(lakeside).check().problems
    assert (problem.kind, problem.path[-9:]) == ("leftover", "/1.intent")
    assert clear_killed(place_of(lakeside), ["1"]) == 0

    assert note not in lakeside.files()
    assert read(lakeside) == rows
    assert lake_of(lakeside).check(deep=True)


@pytest.mark.slow
def test_a_late_note_of_a_compaction_costs_no_row(lakeside: Lakeside) -> None:
    rows = fill(lakeside)
    stem = compacted(lakeside)
    files = lakeside.data_files()
    land_note(lakeside, stem)

    assert read(lakeside) == rows
    assert lake_of(lakeside).compact().cleared == 0

    assert lakeside.data_files() == files
    assert read(lakeside) == rows
    assert lake_of(lakeside).check(deep=True)


@pytest.mark.slow
def test_a_hidden_compaction_that_lacks_a_file_is_not_taken_away(
    lakeside: Lakeside,
) -> None:
    fill(lakeside)
    land_note(lakeside, compacted(lakeside))
    first, *others = lakeside.data_files()
    lakeside.remove(first)

    assert lake_of(lakeside).compact().cleared == 0

    assert lakeside.data_files() == others


@pytest.mark.slow
def test_a_compaction_that_was_killed_behind_its_marker_is_ended(
    lakeside: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fill(lakeside)
    with monkeypatch.context() as patched:
        # Nothing of what is old is taken away
        patched.setattr("spreports.lake.rewrite.take_away", lambda *_: None)
        land_note(lakeside, compacted(lakeside))
    assert len(lakeside.data_files()) == 12
    assert read(lakeside) == rows

    lake_of(lakeside).compact()

    assert len(lakeside.data_files()) == 3
    assert read(lakeside) == rows
    assert lake_of(lakeside).check(deep=True)


def test_a_late_note_of_another_marker_hides_it(shore: Lakeside) -> None:
    shore.put("9", orders(1), day=1, version="older")
    note = land_note(shore, "9")
    late = shore.bytes_of(note)
    shore.remove(note)
    shore.put("9", orders(1), day=1)
    shore.overwrite(note, late)

    assert not read_state(place_of(shore)).holdings


def test_a_report_beside_a_note_does_not_count_with_a_file_of_another_version(
    lakeside: Lakeside,
) -> None:
    fill(lakeside)
    land_note(lakeside, "1")
    first = next(name for name in lakeside.data_files() if "/1-" in name)
    lakeside.overwrite(first, lakeside.bytes_of(first) + b"and more")

    assert list(read_state(place_of(lakeside)).unfinished) == ["1"]
    assert read(lakeside) == rows_of_table(orders(0), orders(2))


@pytest.mark.slow
def test_what_a_late_note_is_beside_is_purged_with_the_rest(
    lakeside: Lakeside,
) -> None:
    fill(lakeside)
    land_note(lakeside, "0")

    assert lake_of(lakeside).purge(date(2026, 10, 2)).rows == 6

    assert read(lakeside) == rows_of_table(orders(1), orders(2))
    assert lake_of(lakeside).check(deep=True)


@pytest.mark.slow
def test_a_report_behind_a_compaction_with_a_late_note_is_not_written_again(
    lakeside: Lakeside,
) -> None:
    rows = fill(lakeside)
    land_note(lakeside, compacted(lakeside))
    files = lakeside.data_files()

    lakeside.put("1", orders(1), day=1, partition_by=BY)

    assert lakeside.data_files() == files
    assert read(lakeside) == rows


def test_days_that_came_otherwise_are_known_where_their_marker_is_not_read(
    lakeside: Lakeside,
) -> None:
    until = (DAY + timedelta(days=3)).isoformat()
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    lakeside.put("10", orders(1, 6), day=0, partition_by=BY, data_end_time=until)
    land_note(lakeside, "9")

    state = read_rest(place_of(lakeside), {"10"})[1]

    assert list(state.unfinished) == ["9"]
    assert not state.holdings


@pytest.mark.parametrize("sinks", [True, False])
def test_nothing_is_taken_away_whose_note_is_gone_or_a_sinks_by_now(
    lakeside: Lakeside, *, sinks: bool
) -> None:
    fill(lakeside)
    marker = lakeside.bytes_of(f"_spreports/{ORDERS}/1.json")
    paths = [file["path"] for file in json.loads(marker)["files"]]
    # The note of its removal was there; or its marker was all that was there of it
    digest = hashlib.sha256(marker).hexdigest() if sinks else None
    if sinks:
        note = intent_bytes(paths, b"the marker of a newer version")
        lakeside.overwrite(f"_spreports/{ORDERS}/1.intent", note)
    before = lakeside.files()

    take_away(place_of(lakeside), "1", paths, digest)

    assert lakeside.files() == before


@pytest.mark.parametrize("step", ["drop", "settle"])
def test_a_report_that_is_sunk_anew_while_it_is_taken_away_stays(
    memory: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    lakeside = Lakeside("memory://shore/lake", {}, memory)
    rows = fill(lakeside)
    marker = lakeside.bytes_of(f"_spreports/{ORDERS}/1.json")
    paths = [file["path"] for file in json.loads(marker)["files"]]
    work = getattr(RemoteTarget, step)

    def overtaken(target: RemoteTarget, *arguments: str) -> None:
        monkeypatch.undo()
        work(target, *arguments)
        lakeside.put("1", orders(1), day=1, partition_by=BY)

    monkeypatch.setattr(RemoteTarget, step, overtaken)
    take_away(place_of(lakeside), "1", paths, hashlib.sha256(marker).hexdigest())

    assert read(lakeside) == rows
    assert lake_of(lakeside).check(deep=True)


def test_files_beside_a_report_are_left_to_a_sink_that_has_begun_meanwhile(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakeside = Lakeside("memory://shore/lake", {}, memory)
    fill(lakeside)
    marker = lakeside.bytes_of(f"_spreports/{ORDERS}/1.json")
    own = [file["path"] for file in json.loads(marker)["files"]]
    first, second = (f"sku={letter}/1-0.parquet" for letter in "xy")
    for path in (first, second):
        lakeside.overwrite(f"{ORDERS}/{path}", b"of a sink that was killed")
    note = land_note(lakeside, "1")
    lakeside.overwrite(note, intent_bytes([*own, first, second], marker))
    drop, anothers = RemoteTarget.drop, intent_bytes([*own, second])

    def begun(target: RemoteTarget, path: str) -> None:
        drop(target, path)
        lakeside.overwrite(note, anothers)

    monkeypatch.setattr(RemoteTarget, "drop", begun)
    clear_killed(place_of(lakeside), ["1"])

    assert lakeside.bytes_of(note) == anothers
    assert f"{ORDERS}/{second}" in lakeside.files()


@pytest.mark.parametrize("taken", [None, "marker", "file"])
def test_who_sees_all_of_a_report_ends_its_note_and_undoes_nothing(
    memory: Any, monkeypatch: pytest.MonkeyPatch, *, taken: str | None
) -> None:
    lakeside = Lakeside("memory://shore/lake", {}, memory)
    write = RemoteTarget.write_state

    def seen(target: RemoteTarget, name: str, data: bytes) -> None:
        write(target, name, data)
        if name == "1.json":
            monkeypatch.undo()
            clear_killed(place_of(lakeside), ["1"])
            if taken == "marker":
                lakeside.remove(f"_spreports/{ORDERS}/{name}")
            elif taken == "file":
                lakeside.remove(lakeside.data_files()[-1])

    monkeypatch.setattr(RemoteTarget, "write_state", seen)
    if taken is None:
        fill(lakeside)
        assert read(lakeside) == rows_of_table(*map(orders, range(3)))
    else:
        with pytest.raises(SinkError, match="were taken away: run again"):
            fill(lakeside)
        assert not [name for name in lakeside.files() if "/1" in name]


@pytest.mark.parametrize(
    ("known", "parsed"), [((), 4), (["3"], 3 + 4)], ids=["none", "one"]
)
def test_however_many_late_notes_there_are_each_marker_is_parsed_once_a_look(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, known: list[str], parsed: int
) -> None:
    fill(shore, days=4)
    for stem in ("0", "1", "2"):
        land_note(shore, stem)
    stems: list[str] = []
    parse = Marker.from_bytes

    def counted(stem: str, data: bytes) -> Marker:
        stems.append(stem)
        return parse(stem, data)

    monkeypatch.setattr(Marker, "from_bytes", counted)

    # Where some are known, all of them are read once more: for what came too late
    _, state = read_rest(place_of(shore), known)

    assert state.noted == ("0", "1", "2")
    assert len(stems) == parsed
