"""Runs sync in a process of its own, and has it killed at a chosen instant.

Started once: it imports everything, then forks a child for each line of JSON on stdin
and answers with a line when that child has ended. A child counts the instants that it
passes, before and after each step that others rely upon, and kills itself at the n-th;
or it is killed after some seconds, wherever it is then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import s3fs  # noqa: F401 - imported once, before the children

import spreports as spr
from spreports.api.report_operations import ReportOperations
from spreports.client.client import Client
from spreports.client.settings import Settings
from spreports.ledger import LakeWindows, Ledger
from spreports.load import local, remote, writers
from spreports.sync.run import run
from tests.sync.night_clock import NightClock

STEPS: tuple[tuple[type, str], ...] = (
    (ReportOperations, "create_report"),
    (Ledger, "intend_alone"),
    (Ledger, "created"),
    (Ledger, "seen"),
    (Ledger, "stored"),
    (LakeWindows, "put"),
    (writers.PartWriters, "finish"),
    (local.LocalTarget, "put"),
    (local.LocalTarget, "write_state"),
    (local.LocalTarget, "settle"),
    (local.LocalTarget, "remove_state"),
    (remote.RemoteTarget, "put"),
    (remote.RemoteTarget, "write_state"),
    (remote.RemoteTarget, "remove_state"),
)


INTERRUPT = {signal.SIGINT}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run finds Amazon, its store and its lake; all of it fit for JSON."""

    endpoint: str
    token_url: str
    credentials: tuple[str, str, str]
    home: str
    lake: str
    storage_options: dict[str, Any] | None
    clock: dict[str, float]
    format: str = "parquet"


def feeds() -> list[spr.Feed]:
    """Two types, three tables, windows of one day and longer ones.

    Without the cool-down of a quarter of an hour, which only makes nights longer.
    """
    traffic = replace(spr.report_type("sales_and_traffic"), cooldown_seconds=None)
    return [
        spr.Feed("orders", marketplaces=["DE"], since="2026-11-05", lookback=1),
        spr.Feed(traffic, marketplaces=["DE"], since="2026-11-09", lookback=0),
    ]


def client_of(place: Place, clock: NightClock) -> Client:
    """A client of the simulator that runs in the test's process."""
    return Client(
        Settings(
            credentials=spr.Credentials(*place.credentials),
            endpoint=place.endpoint,
            token_url=place.token_url,
            home=Path(place.home),
        ),
        clock=clock,
    )


def night(place: Place, clock: NightClock, at: Callable[[str], object]) -> Any:
    """One run, told of each step."""
    with client_of(place, clock) as client:
        streams = [client._stream(feed) for feed in feeds()]
        return run(
            client._connection,
            streams,
            place.lake,
            storage_options=place.storage_options,
            format=place.format,
            at=at,
        )


def counting(dies_at: int, dies_writing: str | None) -> Callable[[str], None]:
    """Count instants; die at one of them, or before a state file of such a name."""
    passed = 0

    def at(_: str) -> None:
        nonlocal passed
        passed += 1
        if passed == dies_at:
            die()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in STEPS:
        work = getattr(owner, name)

        def step(
            *args: Any, _work: Any = work, _name: str = name, **kwargs: Any
        ) -> Any:
            at("")
            writing = args[1] if _name == "write_state" else ""
            if dies_writing and writing.endswith(dies_writing):
                die()
            result = _work(*args, **kwargs)
            at("")
            return result

        setattr(owner, name, step)
    return at


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        place = Place(**job["place"])
        # A child is interrupted where it expects it, however slowly it begins
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                devnull = os.open(os.devnull, os.O_RDONLY)
                os.dup2(devnull, 0)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)
                at = counting(job["dies_at"], job["dies_writing"])
                night(place, NightClock(**place.clock), at)  # type: ignore[arg-type] # JSON has but one kind of number
                code = 0
                signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
            except KeyboardInterrupt:
                code = 130
            finally:
                os._exit(code)
        begun = time.monotonic()
        if job["dies_after"] is not None:
            time.sleep(job["dies_after"])
            begun = time.monotonic()
            os.kill(child, job["signal"])
        _, status = os.waitpid(child, 0)
        answer = [os.waitstatus_to_exitcode(status), time.monotonic() - begun]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
