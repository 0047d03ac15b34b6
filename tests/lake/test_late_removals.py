"""What a store carries out late of a taking away, or of a compaction, costs no rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

import spreports as spr
from spreports.lake.care import clear_killed, cleared, take_away
from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.load.marker import intent_bytes
from spreports.load.remote import RemoteTarget
from spreports.load.removal import is_removal, removal_note
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of, rows_of_table
from tests.load.conftest import memory

__all__ = ["memory"]

STATE = f"_spreports/{ORDERS}"
PUT = RemoteTarget.write_state


@pytest.fixture
def store(memory: Any) -> Lakeside:
    """An object store: nobody can be kept out of it."""
    return Lakeside("memory://shore/lake", {}, memory)


def lake_of(store: Lakeside) -> spr.Lake:
    return spr.Lake(store.url)


def place_of(store: Lakeside) -> Place:
    return Place.open(store.root())


def fill(store: Lakeside, days: int = 3) -> list[tuple[Any, ...]]:
    for day in range(days):
        store.put(str(day), orders(day), day=day)
    return rows_of_table(*map(orders, range(days)))


def read(store: Lakeside) -> list[tuple[Any, ...]]:
    return rows_of(store.scan().collect())


def markers(store: Lakeside) -> list[str]:
    """The stems of compactions that have a marker."""
    names = [name.rpartition("/")[2] for name in store.files()]
    return [n[:-5] for n in names if n.startswith("compact-") and n.endswith(".json")]


def tomorrow() -> float:
    return time.time() + 86_460.0


@contextmanager
def kept(*, lost: str = "") -> Iterator[dict[str, bytes]]:
    """Keep what is first written into each state file; `lost` of compactions fail."""
    said: dict[str, bytes] = {}

    def put(target: RemoteTarget, name: str, data: bytes) -> None:
        said.setdefault(name, data)
        if lost and name.startswith("compact-") and name.endswith(lost):
            raise spr.SinkError("no answer")
        PUT(target, name, data)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RemoteTarget, "write_state", put)
        yield said


def given_up(store: Lakeside) -> Callable[[], None]:
    """Give up a compaction at its marker, and clear it; return what has that land."""
    with kept(lost=".json") as said, pytest.raises(spr.SinkError):
        lake_of(store).compact()
    (stem,) = [each[:-5] for each in said if each.endswith(".json")]
    assert cleared(place_of(store))[1] == 1
    return lambda: store.overwrite(f"{STATE}/{stem}.json", said[f"{stem}.json"])


def killed_sink(store: Lakeside, report: str, day: int) -> None:
    """Leave what a sink does that is killed before its marker."""
    store.put(report, orders(day), day=day)
    name = f"{STATE}/{report}"
    marker = store.bytes_of(f"{name}.json")
    paths = [file["path"] for file in json.loads(marker)["files"]]
    told = {**json.loads(intent_bytes(paths, marker)), "owner": "00000000-1-1"}
    store.overwrite(f"{name}.intent", json.dumps(told).encode())
    store.remove(f"{name}.json")


def test_a_late_removal_of_a_stopped_compaction_hides_not_the_one_made_again(
    store: Lakeside,
) -> None:
    rows = fill(store)
    with kept(lost=".json"), pytest.raises(spr.SinkError):
        lake_of(store).compact()
    with kept() as said:
        lake_of(store).compact()
    (name,) = [n for n, d in said.items() if n.startswith("compact-") and is_removal(d)]
    assert markers(store) == [name.removesuffix(".intent")]
    files = store.data_files()
    store.overwrite(f"{STATE}/{name}", said[name])

    assert read(store) == rows
    (problem,) = lake_of(store).check().problems
    assert (problem.kind, problem.path[-7:]) == ("leftover", ".intent")
    store.put("1", orders(1), day=1)
    assert lake_of(store).compact().cleared == 0

    assert (read(store), store.data_files()) == (rows, files)
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("care", ["compact", "purge", "sync"])
def test_a_late_removal_of_a_killed_sink_hides_not_the_report_that_came_since(
    store: Lakeside, care: str
) -> None:
    fill(store)
    killed_sink(store, "9", 5)
    with kept() as said:
        assert clear_killed(place_of(store), ["9"], now=tomorrow) == 1
    store.put("9", orders(5), day=5)
    rows = rows_of_table(*map(orders, (0, 1, 2, 5)))
    store.overwrite(f"{STATE}/9.intent", said["9.intent"])
    assert read(store) == rows

    if care == "compact":
        lake_of(store).compact()
    elif care == "purge":
        lake_of(store).purge(date(2026, 9, 1))
    else:
        assert clear_killed(place_of(store), read_state(place_of(store)).noted) == 0

    assert read(store) == rows
    assert lake_of(store).check(deep=True)


def test_what_a_removal_was_to_take_beside_the_files_of_a_newer_marker_goes(
    store: Lakeside,
) -> None:
    rows = fill(store)
    more = f"{ORDERS}/1-1.parquet"
    store.overwrite(more, b"of before")
    paths = ["1-0.parquet", "1-1.parquet"]
    store.overwrite(f"{STATE}/1.intent", removal_note(paths, b"another"))

    assert clear_killed(place_of(store), ["1"]) == 1

    assert more not in store.files()
    assert read(store) == rows
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("files", ["whole", "gone"])
@pytest.mark.parametrize("report", ["1", "compaction"])
def test_a_removal_hides_what_it_names_and_is_ended_by_the_next_care(
    store: Lakeside, report: str, files: str
) -> None:
    fill(store)
    if report == "compaction":
        lake_of(store).compact()
        (report,) = markers(store)
    marker = store.bytes_of(f"{STATE}/{report}.json")
    store.overwrite(
        f"{STATE}/{report}.intent", removal_note([f"{report}-0.parquet"], marker)
    )
    if files == "gone":
        store.remove(f"{ORDERS}/{report}-0.parquet")
    counts = {"0", "2"} if report == "1" else set()
    assert {h.report.stem for h in read_state(place_of(store)).holdings} == counts

    with kept() as said:
        assert lake_of(store).compact().cleared == 1

    assert f"{report}.intent" not in said  # it is there
    assert not [name for name in store.files() if f"/{report}" in name]
    assert lake_of(store).check(deep=True)


def test_what_a_removal_does_not_name_stays_hidden_where_it_lacks_files(
    store: Lakeside,
) -> None:
    fill(store)
    removal = removal_note(["1-0.parquet"], b"another")
    store.overwrite(f"{STATE}/1.intent", removal)
    store.remove(f"{ORDERS}/1-0.parquet")
    assert read(store) == rows_of_table(orders(0), orders(2))

    lake_of(store).compact()

    assert read(store) == rows_of_table(orders(0), orders(2))
    assert lake_of(store).check(deep=True)


def test_what_has_come_to_count_since_it_was_looked_at_is_not_taken_away(
    store: Lakeside,
) -> None:
    rows = fill(store)
    note = removal_note(["1-0.parquet"], None)
    store.overwrite(f"{STATE}/1.intent", note)

    take_away(place_of(store), "1", ["1-0.parquet"], None)

    assert read(store) == rows


def older(paths: list[str]) -> bytes:
    """A removal as it was written before it named a marker."""
    return json.dumps({**json.loads(intent_bytes(paths)), "remove": True}).encode()


def test_an_older_removal_hides_a_report_and_is_ended(store: Lakeside) -> None:
    fill(store)
    store.overwrite(f"{STATE}/1.intent", older(["1-0.parquet"]))
    assert read(store) == rows_of_table(orders(0), orders(2))

    lake_of(store).compact()

    assert read(store) == rows_of_table(orders(0), orders(2))
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("whole", [True, False])
def test_an_older_removal_of_a_compaction_is_ended_where_it_was_begun(
    store: Lakeside, *, whole: bool
) -> None:
    rows = fill(store)
    lake_of(store).compact()
    (stem,) = markers(store)
    store.overwrite(f"{STATE}/{stem}.intent", older([f"{stem}-0.parquet"]))
    if not whole:
        store.remove(f"{ORDERS}/{stem}-0.parquet")

    lake_of(store).compact()

    assert bool(store.data_files()) == whole
    if whole:
        assert read(store) == rows
    assert lake_of(store).check(deep=True)


def test_an_older_purge_of_a_compaction_stays_and_is_ended(store: Lakeside) -> None:
    fill(store)
    lake_of(store).compact()
    (stem,) = markers(store)
    store.put("late", orders(40), day=40)
    store.overwrite(f"{STATE}/purged", b"2026-10-10T00:00:00+00:00\n")
    store.overwrite(f"{STATE}/{stem}.intent", older([f"{stem}-0.parquet"]))
    assert read(store) == rows_of_table(orders(40))

    lake_of(store).compact()

    assert read(store) == rows_of_table(orders(40))
    assert len(store.data_files()) == 1
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("care", ["compact", "purge"])
def test_a_marker_of_a_compaction_that_lands_once_its_files_were_cleared_says_nothing(
    store: Lakeside, care: str
) -> None:
    rows = fill(store)
    lake_of(store).compact()
    with kept(lost=".json") as said, pytest.raises(spr.SinkError):
        lake_of(store).purge(date(2026, 10, 2))
    assert lake_of(store).compact().cleared == 1
    (name,) = [each for each in said if each.endswith(".json")]
    store.overwrite(f"{STATE}/{name}", said[name])

    assert read(store) == rows
    assert {p.kind for p in lake_of(store).check().problems} == {"leftover"}
    if care == "compact":
        lake_of(store).compact()
    else:
        assert lake_of(store).purge(date(2026, 10, 2)).rows == 6

    assert read(store) == (rows if care == "compact" else rows[6:])
    assert lake_of(store).check(deep=True)


def test_such_a_marker_says_nothing_where_another_compaction_holds_its_rows(
    store: Lakeside,
) -> None:
    for number in range(4):
        # The first by name would count: each has names of its own
        kind = f"GET_UNHEARD_OF_{number}"
        state = f"_spreports/{kind}"
        for day in (0, 1):
            store.put(str(day), orders(day), day=day, report_type=kind)
        with kept(lost=".json") as said, pytest.raises(spr.SinkError):
            lake_of(store).compact(kind)
        store.put("2", orders(2), day=2, report_type=kind)
        lake_of(store).compact(kind)
        (name,) = [each for each in said if each.endswith(".json")]
        store.overwrite(f"{state}/{name}", said[name])

        for _ in range(2):
            rows = rows_of(store.scan(kind).collect())
            assert rows == rows_of_table(*map(orders, range(3)))
            lake_of(store).compact(kind)
        assert lake_of(store).check(deep=True)


def test_such_a_marker_says_nothing_where_some_of_its_days_were_purged_since(
    store: Lakeside,
) -> None:
    rows = fill(store)
    land = given_up(store)
    lake_of(store).purge(date(2026, 10, 2))
    land()

    assert read(store) == rows[6:]
    lake_of(store).compact()
    assert read(store) == rows[6:]
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("dates", [{}, {"data_start_time": "", "data_end_time": ""}])
def test_such_a_marker_says_what_is_missing_where_a_source_went_unpurged(
    store: Lakeside, dates: dict[str, str]
) -> None:
    for day in (0, 1, 2):
        # Of one month, dated or by when they were made
        how = dates if day else {}
        store.put(str(day), orders(day), day=day, **how)  # type: ignore[arg-type]  # a mix
    with kept(lost=".json") as said, pytest.raises(spr.SinkError):
        lake_of(store).compact()
    lake_of(store).purge(date(2026, 10, 2))
    (name,) = [each for each in said if each.endswith(".json")]
    store.overwrite(f"{STATE}/{name}", said[name])
    store.remove(f"{STATE}/1.json")

    assert name.removesuffix(".json") in read_state(place_of(store)).markers
    assert "missing" in {p.kind for p in lake_of(store).check().problems}


def test_a_compaction_that_lacks_files_says_so_where_its_rows_are_nowhere_else(
    store: Lakeside,
) -> None:
    fill(store)
    lake_of(store).compact()
    (stem,) = markers(store)
    store.remove(f"{ORDERS}/{stem}-0.parquet")

    assert stem in read_state(place_of(store)).markers
    assert {p.kind for p in lake_of(store).check().problems} == {"missing"}


def test_such_a_marker_says_nothing_behind_a_chain_of_compactions(
    store: Lakeside,
) -> None:
    fill(store, 2)
    lake_of(store).compact()
    store.put("2", orders(2), day=2)
    land = given_up(store)
    for day in (3, 4):
        lake_of(store).compact()
        store.put(str(day), orders(day), day=day)
    lake_of(store).compact()

    land()

    rows = rows_of_table(*map(orders, range(5)))
    assert read(store) == rows
    lake_of(store).compact()
    assert read(store) == rows
    assert lake_of(store).check(deep=True)


def test_two_such_markers_say_nothing_where_one_of_their_sources_was_purged(
    store: Lakeside,
) -> None:
    rows = fill(store)
    first = given_up(store)
    store.put("3", orders(3), day=3)
    second = given_up(store)
    lake_of(store).purge(date(2026, 10, 2))
    rows = rows_of_table(*map(orders, range(4)))[6:]

    first()
    second()

    assert read(store) == rows
    lake_of(store).compact()
    assert read(store) == rows
    assert lake_of(store).check(deep=True)


@pytest.mark.parametrize("is_same", [True, False])
def test_such_a_marker_says_nothing_of_a_source_that_was_sunk_anew(
    store: Lakeside, *, is_same: bool
) -> None:
    fill(store)
    land = given_up(store)
    if not is_same:
        store.remove(f"{STATE}/1.json")
    other = {} if is_same else {"account": "account-2", "report_document_id": "other"}
    store.put("1", orders(7), day=1, created=5, **other)

    land()

    if is_same:
        rows = rows_of_table(orders(0), orders(7), orders(2))
        assert read(store) == rows
        lake_of(store).compact()
        assert read(store) == rows
        assert lake_of(store).check(deep=True)
    else:
        assert "missing" in {p.kind for p in lake_of(store).check().problems}


def test_a_compaction_that_stands_alone_takes_no_look_at_its_files(
    store: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    lake_of(store).compact()
    looked: list[str] = []
    monkeypatch.setattr(Place, "size", lambda _, path: looked.append(path))

    state = read_state(place_of(store))

    assert (len(state.holdings), len(state.compactions), looked) == (3, 1, [])
