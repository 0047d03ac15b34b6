"""Two runs at once on one feed of one lake: the second says who is busy, and goes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.cli.exits import exit_code
from spreports.owner import mark
from spreports.simulator import Simulator
from spreports.sync.busy import alone
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
HOLDER = """
import sys, time
from pathlib import Path
from spreports.clock import SystemClock
from spreports.sync.busy import alone
with alone(Path(sys.argv[1]), [("lake orders", "orders")], SystemClock()):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_free_again_once_its_holder_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        with (
            pytest.raises(
                spr.BusyError, match=rf"process {holder.pid} on host"
            ) as told,
            alone(tmp_path, [("lake orders", "orders")], ManualClock(NOW)),
        ):
            pytest.fail("two have the lock")
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()

    assert told.value.owner is not None
    assert told.value.since is not None
    with alone(tmp_path, [("lake orders", "orders")], ManualClock(NOW)):
        pass


class AsOthersWork(ManualClock):
    """A clock whose sleeper wakes when something has happened."""

    def __init__(self, happened: threading.Event) -> None:
        super().__init__(NOW)
        self._happened = happened

    def sleep(self, seconds: float) -> None:
        self._happened.wait(600)
        super().sleep(seconds)


def test_of_two_that_come_at_once_the_second_still_says_who_was_first(
    tmp_path: Path,
) -> None:
    refused: list[spr.BusyError] = []
    for attempt in range(30):
        at_once = threading.Barrier(2)
        held, told = threading.Event(), threading.Event()

        def come(
            folder: Path = tmp_path / str(attempt),
            at_once: threading.Barrier = at_once,
            held: threading.Event = held,
            told: threading.Event = told,
        ) -> None:
            at_once.wait(600)
            try:
                with alone(folder, [("lake orders", "orders")], AsOthersWork(held)):
                    held.set()
                    told.wait(600)
            except spr.BusyError as exc:
                refused.append(exc)
                told.set()

        threads = [threading.Thread(target=come) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [(each.owner, each.since) for each in refused] == [(mark(), NOW)] * 30


def test_who_meets_one_busy_feed_gives_back_the_others(tmp_path: Path) -> None:
    with alone(tmp_path, [("b", "b")], ManualClock(NOW)):
        with (
            pytest.raises(spr.BusyError, match=r"^b of this lake is busy"),
            alone(tmp_path, [("a", "a"), ("b", "b")], ManualClock(NOW)),
        ):
            pytest.fail("two have the lock")
        with alone(tmp_path, [("a", "a")], ManualClock(NOW)):
            pass


def test_a_run_beside_another_asks_for_nothing(
    client: spr.Client, simulator: Simulator, lake: str, home: Path
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09")
    name = f"{lake}\n{client._stream(feed).key}"

    with (
        alone(home / "lakes", [(name, "orders")], ManualClock(NOW)),
        pytest.raises(spr.BusyError) as told,
    ):
        client.sync([feed], lake)

    assert told.value.owner == mark()
    assert told.value.since == NOW
    assert simulator.requests == []
    assert client.sync([feed], lake).windows == 1


def test_other_feeds_and_other_lakes_are_not_busy(
    client: spr.Client, lake: str, home: Path
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09")
    name = f"{lake}\n{client._stream(feed).key}"

    with alone(home / "lakes", [(name, "orders")], ManualClock(NOW)):
        other = spr.Feed("orders", marketplaces=["FR"], since="2026-11-09")
        assert client.sync([other], lake).windows == 1
        assert client.sync([feed], f"{lake}-other").windows == 1


def test_a_lock_that_cannot_be_taken_is_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    class Full(sqlite3.Connection):
        def execute(self, *_: Any) -> sqlite3.Cursor:
            raise full

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Full))
    with (
        pytest.raises(spr.ConfigError, match=r"disk is full\); .*make room") as told,
        alone(tmp_path, [("a", "a")], ManualClock(NOW)),
    ):
        pass
    assert exit_code(told.value) == 1


def test_who_does_not_sign_is_looked_for_on_the_clock_for_five_seconds(
    tmp_path: Path,
) -> None:
    clock = ManualClock(NOW)
    with alone(tmp_path, [("a", "a")], clock):
        (holder,) = tmp_path.glob("*.holder")
        holder.unlink()

        with (
            pytest.raises(spr.BusyError, match="another run keeps it") as told,
            alone(tmp_path, [("a", "a")], clock),
        ):
            pytest.fail("two have the lock")

    assert (told.value.owner, told.value.since) == (None, None)
    assert sum(clock.slept) == pytest.approx(5)


def test_a_damaged_lock_is_named_and_may_be_removed(
    client: spr.Client, lake: str, home: Path
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09")
    client.sync([feed], lake)
    (lock,) = (home / "lakes").glob("*.lock")
    lock.write_bytes(b"x" * 5000)

    with pytest.raises(spr.ConfigError, match=r"not a database.*remove it once no oth"):
        client.sync([feed], lake)

    lock.unlink()
    assert client.sync([feed], lake).failed == ()


def test_a_lock_whose_mode_cannot_be_set_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    class Told(sqlite3.Connection):
        def close(self) -> None:
            closed.append(True)
            super().close()

    def refuse(path: Path, _: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Told))
    monkeypatch.setattr(Path, "chmod", refuse)
    with (
        pytest.raises(spr.ConfigError, match="cannot be made"),
        alone(tmp_path, [("a", "a")], ManualClock(NOW)),
    ):
        pytest.fail("it was taken")

    assert closed == [True]
