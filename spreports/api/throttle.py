"""Usage plans kept on our side: book a slot, sleep until it, learn the real rate.

Quota is the scarce thing, so a call that Amazon would refuse is not sent. One bucket
per operation, by the generic cell rate algorithm: its whole state is one time and one
rate, which a file shared by processes can hold as well as memory can.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeVar

from spreports.api.times import write_time
from spreports.api.usage_plans import USAGE_PLANS, UsagePlan
from spreports.clock import Clock, SystemClock
from spreports.errors import ThrottledError

__all__ = [
    "Bucket",
    "Buckets",
    "MemoryBuckets",
    "Throttle",
    "book",
    "drain",
    "rerate",
]

T = TypeVar("T")

# Amazon's clock and ours tick apart and answers overtake one another; this much less
# than the plan allows keeps a steady stream free of refusals.
RATE_MARGIN = 0.98
BURST_MARGIN = 1

# A header outside these multiples of the reference's rate is taken for its limit.
LOWEST, HIGHEST = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """The state of one operation's bucket.

    Attributes
    ----------
    full_at : float, seconds
        When the bucket would be full again if nobody asked any more; in the past for a
        full one. (The theoretical arrival time of the algorithm.)
    rate : float, requests per second
        As last learned; the margin is not in it.
    """

    full_at: float
    rate: float


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
        self._lock = threading.Lock()
        self._states: dict[str, Bucket] = {}

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._clock.monotonic()

    def change(
        self, operation: str, step: Callable[[Bucket | None, float], tuple[Bucket, T]]
    ) -> T:
        """Replace one state by ``step(state, now)`` under the lock."""
        with self._lock:
            state, result = step(self._states.get(operation), self.now())
            self._states[operation] = state
        return result


def book(state: Bucket, now: float, plan: UsagePlan) -> tuple[Bucket, float]:
    """Book the next free slot.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    plan : UsagePlan
        Gives the burst; the rate is the state's.

    Returns
    -------
    tuple of Bucket and float
        The new state, and the seconds to wait until the slot; 0 while the burst lasts.
        Slots are handed out in order, so whoever books first goes first.
    """
    interval = _interval(state.rate)
    start = max(state.full_at, now)
    wait = start - (_burst(plan) - 1) * interval - now
    # Less than a microsecond is what rounding leaves, not a wait
    return replace(state, full_at=start + interval), wait if wait > 1e-6 else 0.0


def drain(
    state: Bucket, now: float, plan: UsagePlan, at_least: float = 0.0
) -> tuple[Bucket, float]:
    """Empty a bucket after Amazon has refused a request.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    plan : UsagePlan
    at_least : float, seconds
        A Retry-After.

    Returns
    -------
    tuple of Bucket and float
        The new state, and the least seconds until its next slot: one interval.
    """
    interval = _interval(state.rate)
    wait = max(interval, at_least)
    empty = now + wait + (_burst(plan) - 1) * interval
    return replace(state, full_at=max(state.full_at, empty)), wait


def rerate(state: Bucket, now: float, rate: float) -> Bucket:
    """Change a bucket's rate; the debt keeps its number of requests, not of seconds.

    Parameters
    ----------
    state : Bucket
    now : float, seconds
    rate : float, requests per second

    Returns
    -------
    Bucket
        A spent burst stays spent when the rate falls.
    """
    debt = max(0.0, state.full_at - now) * state.rate
    return Bucket(full_at=now + debt / rate, rate=rate)


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
        patience = deadline - self._clock.monotonic()

        def step(state: Bucket | None, now: float) -> tuple[Bucket, float]:
            before = state or Bucket(now, plan.rate)
            after, wait = book(before, now, plan)
            return (after if wait <= patience else before), wait

        wait = self._buckets.change(operation, step)
        if wait > patience:
            free = write_time(
                (self._clock.now() + timedelta(seconds=wait)).replace(microsecond=0)
            )
            raise ThrottledError(
                f"{operation}: its quota returns in {wait:.0f} s (at {free}), which is "
                f"after this call's deadline; call again then, or allow more time",
                operation=operation,
            )
        if wait > 0:
            self._clock.sleep(wait)
        return wait

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
            before = state or Bucket(now, plan.rate)
            return (before if before.rate == rate else rerate(before, now, rate)), None

        self._buckets.change(operation, step)

    def exhausted(self, operation: str, retry_after: float | None = None) -> float:
        """Empty the bucket: Amazon answered 429, so others have used the quota too.

        Parameters
        ----------
        operation : str
        retry_after : float or None, seconds
            Honoured as a minimum.

        Returns
        -------
        float, seconds
            The least time until the next slot, ``1 / rate`` or more.
        """
        plan = USAGE_PLANS[operation]

        def step(state: Bucket | None, now: float) -> tuple[Bucket, float]:
            before = state or Bucket(now, plan.rate)
            return drain(before, now, plan, retry_after or 0.0)

        return self._buckets.change(operation, step)


def _interval(rate: float) -> float:
    """Seconds between two requests of a steady stream."""
    return 1.0 / (rate * RATE_MARGIN)


def _burst(plan: UsagePlan) -> int:
    """Requests that may go out at once from a full bucket."""
    return max(1, plan.burst - BURST_MARGIN)


def _rate(header: str | None, plan: UsagePlan) -> float | None:
    """Read the header; None where it says nothing that can be believed."""
    try:
        rate = float(header or "")
    except ValueError:
        return None
    if not math.isfinite(rate) or rate <= 0:
        return None
    return min(max(rate, plan.rate * LOWEST), plan.rate * HIGHEST)
