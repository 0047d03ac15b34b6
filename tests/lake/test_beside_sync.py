"""A sink at every step of a compaction: nothing is lost, nothing doubled."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pytest

import spreports as spr
from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.load.local import LocalTarget
from spreports.load.remote import RemoteTarget
from spreports.load.removal import is_removal
from tests.lake.lakes import Lakeside, orders, rows_of, rows_of_table
from tests.load.conftest import memory

__all__ = ["memory"]

BY = ["sku"]
STEPS = ("read_state", "write_state", "put", "drop", "settle", "remove_state")
SHORT = os.environ.get("SPREPORTS_SLOW") == "short"


class Beside:
    """Begins a sink at the n-th step of what is done in this thread.

    The sink rests at its own m-th step until that is done (0: at none). Who waits for
    a lock of the other is not waited for.
    """

    def __init__(self, nth: int, rests: int, sink: Callable[[], object]) -> None:
        self._nth, self._rests = nth, rests
        self._thread = threading.Thread(target=self._whole, args=(sink,))
        self._mine = threading.get_ident()
        self._is_locked = {True: False, False: False}  # by whether it is ours
        self._sink_rests = threading.Event()  # or has ended
        self._care_rests = threading.Event()
        self._sink_steps = self.passed = 0
        self._error: Exception | None = None

    def _whole(self, sink: Callable[[], object]) -> None:
        try:
            sink()
        except Exception as exc:  # noqa: BLE001 - raised again in the test's thread
            self._error = exc
        finally:
            self._sink_rests.set()

    def put_into(self, target: type, patch: pytest.MonkeyPatch) -> None:
        for name in STEPS:
            patch.setattr(target, name, self._step(getattr(target, name), name))
        alone = target.alone  # type: ignore[attr-defined] # of both kinds of OpenTarget

        @contextlib.contextmanager
        def watched(this: Any) -> Iterator[bool]:
            mine = threading.get_ident() == self._mine
            if mine and self._is_locked[False]:
                self._care_rests.set()
            with alone(this) as sure:
                self._is_locked[mine] = sure
                yield sure
                self._is_locked[mine] = False

        patch.setattr(target, "alone", watched)

    def _step(self, work: Callable[..., Any], name: str) -> Callable[..., Any]:
        def step(this: Any, *arguments: Any) -> Any:
            self._reached()
            answer = work(this, *arguments)
            self._reached()
            return answer

        return step

    def _reached(self) -> None:
        if threading.get_ident() == self._mine:
            self.passed += 1
            if self.passed == self._nth:
                self._thread.start()
                if not self._is_locked[True]:
                    self._sink_rests.wait()
            return
        self._sink_steps += 1
        if self._sink_steps == self._rests:
            self._sink_rests.set()
            self._care_rests.wait(5)  # it may have come to the lock before us

    def end(self) -> None:
        self._care_rests.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error


def interleaved(
    lake: Lakeside,
    nth: int,
    care: Callable[[spr.Lake], object],
    *,
    again: bool,
    rests: int = 0,
    target: type = LocalTarget,
    sunk_again: bool = False,
) -> int:
    """Compact a lake with a sink at its n-th step; return how many steps it has.

    `sunk_again`: a compaction holds older rows of that report; the sink is as those.
    """
    for number in range(3):
        lake.put(str(100 + number), orders(number, 6), day=number, partition_by=BY)
    lake.put("200", orders(0, 7), day=0, created=5, partition_by=BY)
    if sunk_again:
        lake.put("101", orders(1, 6), day=1, partition_by=BY, version="newer")
        spr.Lake(lake.url, storage_options=lake.options).compact()
        lake.put("101", orders(1, 6), day=1)

    def sink() -> None:
        if again:  # the same report and files, with another marker
            rows = orders(1, 6)
            lake.put("101", rows, day=1, partition_by=BY, version="newer")
        else:
            lake.put("300", orders(1, 4), day=1, created=9, partition_by=BY)

    beside = Beside(nth, rests, sink)
    with pytest.MonkeyPatch.context() as patch:
        beside.put_into(target, patch)
        care(spr.Lake(lake.url, storage_options=lake.options))
        beside.end()
    if beside.passed < nth:
        return beside.passed

    newest = [orders(0, 7), orders(1, 6 if again else 4), orders(2, 6)]
    assert rows_of(lake.scan(latest=True).collect()) == rows_of_table(*newest), nth
    spr.Lake(lake.url).compact(drop_superseded=True)
    assert rows_of(lake.scan().collect()) == rows_of_table(*newest), nth
    left = spr.Lake(lake.url).check(deep=True).problems
    # Files that nobody reads may stay where there are no locks
    allowed = set() if target is LocalTarget else {"orphan", "leftover"}
    assert {problem.kind for problem in left} <= allowed, (nth, left)
    return beside.passed


def compact(lake: spr.Lake) -> object:
    return lake.compact()


def compact_and_drop(lake: spr.Lake) -> object:
    return lake.compact(drop_superseded=True)


def at_steps(
    folder: Path,
    steps: range,
    care: Callable[[spr.Lake], object],
    *,
    again: bool,
    rests: int = 0,
) -> None:
    for nth in steps:
        lake = Lakeside(str(folder / str(nth)), {}, fsspec.filesystem("file"))
        if interleaved(lake, nth, care, again=again, rests=rests) < nth:
            return
    pytest.fail("a compaction has more steps than were tried")


@pytest.mark.parametrize("again", [True, False])
def test_a_sink_at_some_steps_of_a_compaction_is_not_lost(
    tmp_path: Path, *, again: bool
) -> None:
    at_steps(tmp_path, range(1, 1000, 37), compact, again=again)


# The sink has begun, and rests, while files of its report are taken away
@pytest.mark.parametrize(("nth", "rests"), [(27, 13), (61, 10), (74, 14), (100, 17)])
def test_a_compaction_within_a_sink_takes_none_of_its_files(
    tmp_path: Path, nth: int, rests: int
) -> None:
    lake = Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))

    assert interleaved(lake, nth, compact, again=True, rests=rests) >= nth


@pytest.mark.slow
@pytest.mark.parametrize("rests", [4, 18] if SHORT else range(1, 24))
def test_a_compaction_within_any_step_of_a_sink_takes_none_of_its_files(
    tmp_path: Path, rests: int
) -> None:
    steps = range(1, 1000, 17 if SHORT else 3)
    at_steps(tmp_path, steps, compact, again=True, rests=rests)


@pytest.mark.slow
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("care", [compact, compact_and_drop])
def test_a_sink_at_every_step_of_a_compaction_is_not_lost(
    tmp_path: Path, care: Callable[[spr.Lake], object], *, again: bool
) -> None:
    at_steps(tmp_path, range(1, 1000, 17 if SHORT else 1), care, again=again)


@pytest.mark.slow
@pytest.mark.parametrize("again", [True, False])
def test_a_sink_beside_a_compaction_without_locks_is_not_lost(
    memory: Any, *, again: bool
) -> None:
    for nth in (2, 17, 41, 60, 61, 73, 94, 1000):
        lake = Lakeside(f"memory://shore/beside-{again}-{nth}", {}, memory)
        passed = interleaved(lake, nth, compact, again=again, target=RemoteTarget)
        if passed < nth:
            return


@pytest.mark.slow
@pytest.mark.parametrize("is_local", [True, False])
def test_a_sink_beside_the_end_of_its_older_rows_is_not_lost(
    tmp_path: Path, memory: Any, *, is_local: bool
) -> None:
    for nth in range(1, 1000, 23):
        lake = Lakeside(f"memory://shore/ended-{nth}", {}, memory)
        if is_local:
            lake = Lakeside(str(tmp_path / str(nth)), {}, fsspec.filesystem("file"))
        passed = interleaved(
            lake,
            nth,
            compact,
            again=True,
            target=LocalTarget if is_local else RemoteTarget,
            sunk_again=True,
        )
        if passed < nth:
            return
    pytest.fail("a compaction has more steps than were tried")


def test_a_report_sunk_anew_after_the_first_look_at_its_marker_is_not_taken_away(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lakeside("memory://shore/looks", {}, memory)
    for number in (0, 1):
        lake.put(str(number), orders(number), day=number, partition_by=BY)
    write = RemoteTarget.write_state
    sunk: list[str] = []

    def late(target: RemoteTarget, name: str, data: bytes) -> None:
        if name == "1.intent" and is_removal(data) and not sunk:
            sunk.append(name)
            lake.put("1", orders(1, 6, 100), day=1, partition_by=BY)
        write(target, name, data)

    monkeypatch.setattr(RemoteTarget, "write_state", late)
    spr.Lake(lake.url).compact()

    assert sunk == ["1.intent"]
    newest = rows_of_table(orders(0), orders(1, 6, 100))
    assert rows_of(lake.scan().collect()) == newest


def test_a_look_during_which_a_compaction_came_and_went_is_of_one_moment(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (0, 1):
        shore.put(str(number), orders(number), day=number, partition_by=BY)
    root, read = Place.open(shore.root()), Place.read

    def behind(place: Place, names: Sequence[str]) -> dict[str, bytes]:
        found = read(place, names)
        monkeypatch.undo()
        assert spr.Lake(shore.url).compact().reports == 2
        return found

    monkeypatch.setattr(Place, "read", behind)
    state = read_state(root)

    files = [file for marker in state.markers.values() for file in marker.files]
    assert [root.size(file.path) for file in files] == [file.bytes for file in files]
    assert sum(file.rows for file in files) == 12
