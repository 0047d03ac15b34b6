"""A clock that jumps: when everybody sleeps, it is the next sleeper's time at once.

Hours of waiting for quota take as long as the work in between. Nothing is scaled, so
nothing depends on how fast the machine is, and the same run takes the same simulated
time again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

# The library's own threads are known by their names; the simulator's only answer, and
# those beside a download have nothing to do where that one waits.
OURS, SERVING, BESIDE = "spreports-", "spreports-simulator", "spreports-beside-"
# Real seconds after which it looks again: a thread that ends tells nobody.
LOOK_AGAIN = 0.02


@dataclass(eq=False, slots=True)
class _Waiter:
    """A thread that waits, and what for."""

    condition: threading.Condition
    predicate: Callable[[], bool]
    until: float | None


class JumpingClock:
    """Time that stands still while anybody works; a context manager.

    Whoever works: the thread that made the clock, those that `enrol`, and the library's
    own. While one of them waits for something else than this clock, such as the end of
    another thread, it says so with `away`.

    Parameters
    ----------
    start : datetime, aware, optional
        1 November 2026 unless given: a run is the same on every day.
    jitter : callable, optional
        Gives the seconds by which a sleeper oversleeps.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._start = start or datetime(2026, 11, 1, tzinfo=UTC)
        self._jitter = jitter or (lambda: 0.0)
        self._seconds = 0.0
        self._look = threading.Condition()
        self._looks = 0
        self._waiting: dict[threading.Thread, _Waiter] = {}
        self._away: set[threading.Thread] = set()
        self._enrolled = {threading.current_thread()}
        self._closed = False
        self._jumper = threading.Thread(
            target=self._jump_for_ever, name=f"{SERVING}-clock", daemon=True
        )

    def __enter__(self) -> Self:
        self._jumper.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._look:
            self._closed = True
            self._look.notify_all()
        self._jumper.join()

    def monotonic(self) -> float:
        """Return simulated seconds that never go back."""
        return self._seconds

    def now(self) -> datetime:
        """Return the simulated date, aware, in UTC."""
        return self._start + timedelta(seconds=self._seconds)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass."""
        condition = threading.Condition()
        with condition:
            self.wait_for(condition, lambda: False, seconds)

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        seconds: float | None,
    ) -> bool:
        """Wait on a held condition until `predicate` holds, for `seconds` at most."""
        until = None
        if seconds is not None:
            if seconds <= 0:
                return predicate()
            until = self._seconds + seconds + self._jitter()
        me = threading.current_thread()

        def over() -> bool:
            return predicate() or (until is not None and self._seconds >= until)

        if not over():
            with self._look:
                self._waiting[me] = _Waiter(condition, over, until)
                self._looks += 1
                self._look.notify_all()
            try:
                condition.wait_for(over)
            finally:
                with self._look:
                    del self._waiting[me]
        return predicate()

    def enrol(self) -> None:
        """Count the calling thread among those that work."""
        with self._look:
            self._enrolled.add(threading.current_thread())

    @contextmanager
    def away(self) -> Iterator[None]:
        """Do not wait for the calling thread."""
        me = threading.current_thread()
        with self._look:
            self._away.add(me)
            self._look.notify_all()
        try:
            yield
        finally:
            with self._look:
                self._away.discard(me)

    def idle_until(self) -> float | None:
        """Return when the next sleeper wakes if nobody works; None: somebody does.

        Returns
        -------
        float or None, seconds
            Infinite where everybody waits for each other, or for somebody elsewhere.
        """
        with self._look:
            workers = {t for t in threading.enumerate() if self._works(t)}
            if not workers <= self._waiting.keys():
                return None
            waiters = [self._waiting[t] for t in workers]
            if any(waiter.predicate() for waiter in waiters):
                return None  # it only has not woken up yet
            times = (waiter.until for waiter in waiters if waiter.until is not None)
            return min(times, default=float("inf"))

    def jump(self, seconds: float) -> None:
        """Set the time, never back, and wake those whose time has come."""
        with self._look:
            self._seconds = max(self._seconds, seconds)
            due = {
                waiter.condition
                for waiter in self._waiting.values()
                if waiter.until is not None and waiter.until <= self._seconds
            }
        for condition in due:
            with condition:
                condition.notify_all()

    def _works(self, thread: threading.Thread) -> bool:
        """Whether time has to wait for a thread."""
        if thread in self._away or thread.name.startswith((SERVING, BESIDE)):
            return False
        return thread in self._enrolled or thread.name.startswith(OURS)

    def _jump_for_ever(self) -> None:
        """Jump whenever nobody works."""
        while True:
            with self._look:
                if not self._looks:
                    self._look.wait(LOOK_AGAIN)
                if self._closed:
                    return
                self._looks = 0
            until = self.idle_until()
            if until is not None:
                self.step(until)

    def step(self, until: float) -> None:
        """Go on to the next sleeper's time; a clock that is shared asks the others."""
        if until < float("inf"):
            self.jump(until)
