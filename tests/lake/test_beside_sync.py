"""A sink at every step of a compaction: nothing is lost, nothing doubled."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

import spreports as spr
from spreports.load.local import LocalTarget
from spreports.load.remote import RemoteTarget
from tests.lake.lakes import Lakeside, orders, rows_of, rows_of_table
from tests.load.conftest import memory

__all__ = ["memory"]

BY = ["sku"]
STEPS = ("read_state", "write_state", "put", "drop", "settle", "remove_state")
SHORT = os.environ.get("SPREPORTS_SLOW") == "short"


class Beside:
    """Runs a sink at the n-th step of what is done in this thread.

    Where that holds the lock, the sink is begun and ends after it.
    """

    def __init__(self, nth: int, sink: Callable[[], object], *, unsafe: str) -> None:
        self._nth, self._unsafe = nth, unsafe
        self._thread = threading.Thread(target=sink)
        self._mine = threading.get_ident()
        self._is_locked = False
        self.passed = 0

    def put_into(self, target: type, patch: pytest.MonkeyPatch) -> None:
        for name in STEPS:
            patch.setattr(target, name, self._step(getattr(target, name), name))
        alone = target.alone  # type: ignore[attr-defined] # of both kinds of Target

        @contextlib.contextmanager
        def watched(this: Any) -> Iterator[bool]:
            with alone(this) as sure:
                mine = threading.get_ident() == self._mine
                if mine:
                    self._is_locked = sure
                yield sure
            if mine:
                self._is_locked = False

        patch.setattr(target, "alone", watched)

    def _step(self, work: Callable[..., Any], name: str) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if name != self._unsafe:
                self._reached()
            answer = work(*arguments)
            self._reached()
            return answer

        return step

    def _reached(self) -> None:
        if threading.get_ident() != self._mine:
            return
        self.passed += 1
        if self.passed == self._nth:
            self._thread.start()
            if not self._is_locked:
                self._thread.join()

    def end(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()


def interleaved(
    lake: Lakeside,
    nth: int,
    care: Callable[[spr.Lake], object],
    *,
    again: bool,
    target: type = LocalTarget,
) -> int:
    """Compact a lake with a sink at its n-th step; return how many steps it has."""
    for number in range(3):
        lake.put(str(100 + number), orders(number, 6), day=number, partition_by=BY)
    lake.put("200", orders(0, 7), day=0, created=5, partition_by=BY)

    def sink() -> None:
        if again:  # the same report and files, with another marker
            rows = orders(1, 6)
            lake.put("101", rows, day=1, partition_by=BY, version="newer")
        else:
            lake.put("300", orders(1, 4), day=1, created=9, partition_by=BY)

    # Between a look and the deletion nothing can be done where there are no locks
    beside = Beside(nth, sink, unsafe="" if target is LocalTarget else "drop")
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
) -> None:
    for nth in steps:
        lake = Lakeside(str(folder / str(nth)), {}, fsspec.filesystem("file"))
        if interleaved(lake, nth, care, again=again) < nth:
            return
    pytest.fail("a compaction has more steps than were tried")


@pytest.mark.parametrize("again", [True, False])
def test_a_sink_at_some_steps_of_a_compaction_is_not_lost(
    tmp_path: Path, *, again: bool
) -> None:
    at_steps(tmp_path, range(1, 1000, 23), compact, again=again)


@pytest.mark.slow
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("care", [compact, compact_and_drop])
def test_a_sink_at_every_step_of_a_compaction_is_not_lost(
    tmp_path: Path, care: Callable[[spr.Lake], object], *, again: bool
) -> None:
    at_steps(tmp_path, range(1, 1000, 5 if SHORT else 1), care, again=again)


@pytest.mark.parametrize("again", [True, False])
def test_a_sink_beside_a_compaction_without_locks_is_not_lost(
    memory: Any, *, again: bool
) -> None:
    for nth in range(2, 1000, 13):
        lake = Lakeside(f"memory://shore/beside-{again}-{nth}", {}, memory)
        passed = interleaved(lake, nth, compact, again=again, target=RemoteTarget)
        if passed < nth:
            return
