"""Usage plans kept on our side: book a slot, sleep until it, learn the real rate.

Quota is the scarce thing, so a call that Amazon would refuse is not sent. One bucket
per operation, whose state lives in memory or in a file shared by processes.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol, TypeVar

from spreports.api.bucket import Bucket, book, drain, known, rerate, wait_for_slot
from spreports.api.times import write_time
from spreports.api.usage_plans import USAGE_PLANS, UsagePlan
from spreports.clock import Clock, SystemClock, wait_for
from spreports.errors import ThrottledError
from spreports.forks import PerProcess

__all__ = ["Buckets", "MemoryBuckets", "Throttle"]

T = TypeVar("T")

# A header outside these multiples of the reference's rate is taken for its limit.
LOWEST, HIGHEST = 0.1, 10.0
# Of a Retry-After: Amazon's slowest operation has a slot a minute.
LONGEST_PENALTY = 3600.0


class Buckets(Protocol):
    """Where bucket states live: memory here, a file shared by processes elsewhere."""

    def now(self) -> float:
        """Return the time in which ``full_at`` is counted, in seconds."""
        ...

    def change(
        self, operation: str, step: Callable[[Bucket | None, float], tuple[Bucket, T]]
    ) -> T:
        """Replace one state by ``step(state, now)``, as one indivisible step.

        `step` gets None for an operation that was never asked.
        """
        ...


class MemoryBuckets:
    """Bucket states of this process, safe among threads.

    Parameters
    ----------
    clock : Clock
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._states: dict[str, Bucket] = {}

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    def change(
        self, operation: str, step: Callable[[Bucket | None, float], tuple[Bucket, T]]
    ) -> T:
        """Replace one state by ``step(state, now)`` under the lock."""
        with self._lock():
            state, result = step(self._states.get(operation), self.now())
            self._states[operation] = state
        return result


@dataclass(frozen=True, slots=True)
class _Lines:
    """Who waits for a slot, by operation; a forked child's lines are empty."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    of: dict[str, deque[object]] = field(default_factory=dict)


class Throttle:
    """One account's buckets: `acquire` before a request, `learn` after its answer.

    Parameters
    ----------
    clock : Clock
    buckets : Buckets, optional
        In memory unless given.
    """

    def __init__(
        self, clock: Clock | None = None, buckets: Buckets | None = None
    ) -> None:
        self._clock = clock or SystemClock()
        self._buckets = buckets or MemoryBuckets(self._clock)
        self._lines = PerProcess(_Lines)

    def acquire(self, operation: str, deadline: float) -> float:
        """Book a slot and sleep until it.

        Parameters
        ----------
        operation : str
            As the reference names it.
        deadline : float, seconds of ``clock.monotonic()``

        Returns
        -------
        float, seconds
            How long it slept.

        Raises
        ------
        ThrottledError
            The next slot lies beyond the deadline; nothing was booked.
        """
        plan = USAGE_PLANS[operation]
        with self._turn(operation, deadline):
            patience = deadline - self._clock.monotonic()

            def step(state: Bucket | None, now: float) -> tuple[Bucket, float]:
                before = known(state, now, plan)
                after, wait = book(before, now, plan)
                return (after if wait <= patience else before), wait

            wait = self._buckets.change(operation, step)
            if wait > patience:
                raise self._too_late(operation, wait)
            if wait > 0:
                self._clock.sleep(wait)
        return wait

    def wait_for(self, operation: str, number: int = 1) -> float:
        """Return the seconds until the `number`-th slot from now; books nothing.

        Parameters
        ----------
        operation : str
        number : int, 1 or more

        Returns
        -------
        float, seconds
            0 while the burst lasts.
        """
        plan = USAGE_PLANS[operation]

        def step(state: Bucket | None, now: float) -> tuple[Bucket, float]:
            before = known(state, now, plan)
            return before, wait_for_slot(before, now, plan, number)

        return self._buckets.change(operation, step)

    def state(self, operation: str) -> Bucket:
        """Return a bucket as it is, its times in seconds from now; books nothing.

        Parameters
        ----------
        operation : str

        Returns
        -------
        Bucket
            A full one for an operation that was never asked.
        """

        def step(state: Bucket | None, now: float) -> tuple[Bucket, Bucket]:
            before = known(state, now, USAGE_PLANS[operation])
            seen = before.refused_at
            return before, replace(
                before,
                full_at=before.full_at - now,
                refused_at=None if seen is None else seen - now,
            )

        return self._buckets.change(operation, step)

    @contextmanager
    def _turn(self, operation: str, deadline: float) -> Iterator[None]:
        """Wait for our turn among the threads of this process.

        Only the first in line books a slot in the bucket, which other processes may
        share: so they take turns with us, however many threads we are, and a process
        that is killed takes no more than one slot with it.
        """
        me = object()
        lines = self._lines()
        with lines.changed:
            line = lines.of.setdefault(operation, deque())
            line.append(me)
            ahead = len(line) - 1
        try:
            if ahead:
                self._wait_in_line(operation, ahead, lines, me, deadline)
            yield
        finally:
            with lines.changed:
                line.remove(me)
                lines.changed.notify_all()

    def _wait_in_line(
        self,
        operation: str,
        ahead: int,
        lines: _Lines,
        me: object,
        deadline: float,
    ) -> None:
        """Wait until those before us have their slots."""
        patience = deadline - self._clock.monotonic()
        least = self.wait_for(operation, ahead + 1)
        if least <= patience:
            line = lines.of[operation]
            with lines.changed:
                first = wait_for(
                    self._clock, lines.changed, lambda: line[0] is me, patience
                )
            # Somebody who was told to stop meanwhile books no slot
            self._clock.sleep(0.0)
            if first:
                return
        raise self._too_late(operation, least)

    def _too_late(self, operation: str, wait: float) -> ThrottledError:
        """Say when the quota returns."""
        free = write_time(
            (self._clock.now() + timedelta(seconds=wait)).replace(microsecond=0)
        )
        return ThrottledError(
            f"{operation}: its quota returns in {wait:.0f} s (at {free}), which is "
            f"after this call's deadline; call again then, or allow more time",
            operation=operation,
            retry_after=wait,
        )

    def learn(self, operation: str, header: str | None) -> None:
        """Take over the rate that Amazon states.

        Parameters
        ----------
        operation : str
        header : str or None, requests per second
            ``x-amzn-RateLimit-Limit``. What is absent, not a finite positive number or
            no number at all changes nothing; the rest is held within a tenth and ten
            times the reference's rate.
        """
        plan = USAGE_PLANS[operation]
        rate = _rate(header, plan)
        if rate is None:
            return

        def step(state: Bucket | None, now: float) -> tuple[Bucket, None]:
            before = known(state, now, plan)
            return (before if before.rate == rate else rerate(before, now, rate)), None

        self._buckets.change(operation, step)

    def exhausted(self, operation: str, retry_after: float | None = None) -> None:
        """Empty the bucket: Amazon answered 429, so others have used the quota too.

        Parameters
        ----------
        operation : str
        retry_after : float or None, seconds
            Honoured as a minimum, up to an hour: everybody who shares the bucket waits
            as long, so one odd header must not hold them for days.
        """
        plan = USAGE_PLANS[operation]

        def step(state: Bucket | None, now: float) -> tuple[Bucket, float]:
            before = known(state, now, plan)
            return drain(before, now, plan, min(retry_after or 0.0, LONGEST_PENALTY))

        self._buckets.change(operation, step)


def _rate(header: str | None, plan: UsagePlan) -> float | None:
    """Read the header; None where it says nothing that can be believed."""
    try:
        rate = float(header or "")
    except ValueError:
        return None
    if not math.isfinite(rate) or rate <= 0:
        return None
    return min(max(rate, plan.rate * LOWEST), plan.rate * HIGHEST)
