"""Buckets in a file, and a process that takes turns at one; it imports little."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TypeVar

from spreports.api.bucket import Bucket
from spreports.api.throttle import Throttle
from spreports.clock import Clock
from spreports.quota import QuotaFile, SharedBuckets
from tests.sync.night_clock import NightClock

FOREVER = 1e12
T = TypeVar("T")


class Shared(SharedBuckets):
    """Buckets with a connection of their own."""

    def __init__(self, path: Path, account: str, clock: Clock) -> None:
        self.file = QuotaFile(path)
        super().__init__(self.file, account, clock)

    def close(self) -> None:
        self.file.close()


class Noted(Shared):
    """Buckets that note each slot as it is booked, whenever its owner gets to run."""

    def __init__(self, path: Path, account: str, clock: Clock) -> None:
        super().__init__(path, account, clock)
        self.slots: list[float] = []

    def change(
        self, operation: str, step: Callable[[Bucket | None, float], tuple[Bucket, T]]
    ) -> T:
        def noted(state: Bucket | None, now: float) -> tuple[Bucket, T]:
            after, wait = step(state, now)
            assert isinstance(wait, float)
            self.slots.append(now + wait)
            return after, wait

        return super().change(operation, noted)


# More than the burst has, for each of them
TURNS = 20


def count(
    path: Path,
    begun: float,
    start: Barrier,
    results: multiprocessing.Queue[list[float]],
) -> None:
    clock = NightClock(begun, speed=20.0)
    buckets = Noted(path, "one", clock)
    throttle = Throttle(clock, buckets)
    start.wait(600)
    for _ in range(TURNS):
        throttle.acquire("getReport", FOREVER)
    results.put(buckets.slots)
