"""Time and sleep as a value, so that no test waits and the simulator can hurry."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, cast

from spreports.errors import ConfigError
from spreports.forks import PerProcess

__all__ = [
    "CLOSED",
    "Clock",
    "StoppableClock",
    "StoppedError",
    "SystemClock",
    "wait_for",
]

# What whoever comes after the end of a client is told.
CLOSED = "this client is closed; connect() gives a new one"
# A clock that cannot be woken sleeps this many seconds at a time, so that an end which
# somebody asks for comes within a second.
SLICE = 0.5


class Clock(Protocol):
    """What the library asks of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        ...

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class WakingClock(Clock, Protocol):
    """A clock that can also wait for somebody else's doing."""

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        seconds: float | None,
    ) -> bool:
        """Wait on a held condition until `predicate` holds, for `seconds` at most.

        Returns
        -------
        bool
            What `predicate` said last.
        """
        ...


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        time.sleep(max(0.0, seconds))


def wait_for(
    clock: Clock,
    condition: threading.Condition,
    predicate: Callable[[], bool],
    seconds: float | None,
    *,
    alone: Callable[[], bool] | None = None,
) -> bool:
    """Wait on any clock until `predicate` holds, for `seconds` at most.

    Parameters
    ----------
    clock : Clock
    condition : threading.Condition
        Held; released while waiting.
    predicate : callable
    seconds : float or None, seconds of `clock`
    alone : callable, optional
        Whether nobody is at work who could make `predicate` true: then only time can
        bring anything, and a clock that knows only sleep is asked to sleep.

    Returns
    -------
    bool
        What `predicate` said last.
    """
    # Asked once for every wait: `isinstance` of a protocol takes a hundred times longer
    if hasattr(clock, "wait_for"):
        return cast("WakingClock", clock).wait_for(condition, predicate, seconds)
    end = math.inf if seconds is None else clock.monotonic() + seconds
    while not predicate():
        left = end - clock.monotonic()
        if left <= 0:
            return False
        if alone is not None and seconds is not None and alone():
            condition.release()
            try:
                clock.sleep(min(left, SLICE))
            finally:
                condition.acquire()
        else:
            condition.wait(None if seconds is None else min(left, SLICE))
    return True


class StoppedError(ConfigError):
    """An end that was asked for: the client is closed, or nobody waits any more."""


class StoppableClock:
    """A clock whose sleepers can be woken for good.

    Parameters
    ----------
    clock : Clock
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._condition = PerProcess(threading.Condition)
        self._closed = False
        self._mine = threading.local()
        self._waited_on = PerProcess(weakref.WeakSet[threading.Condition])

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        return self._clock.monotonic()

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass.

        Raises
        ------
        StoppedError
            The clock was closed, or what this thread obeys was set.
        """
        stop: threading.Event | None = getattr(self._mine, "stop", None)

        def over() -> bool:
            return self._closed or (stop is not None and stop.is_set())

        condition = self._condition()
        with condition:
            wait_for(self._clock, condition, over, seconds, alone=lambda: True)
        self._check()
        if over():
            raise StoppedError("nobody waits for this any more")

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        seconds: float | None,
        *,
        alone: Callable[[], bool] | None = None,
    ) -> bool:
        """Wait as the function of that name.

        Raises
        ------
        StoppedError
            The clock was closed.
        """
        self._waited_on().add(condition)
        held = wait_for(
            self._clock,
            condition,
            lambda: self._closed or predicate(),
            seconds,
            alone=alone,
        )
        self._check()
        return held

    def obey(self, stop: threading.Event) -> None:
        """Let this thread's sleeps end when `stop` is set by `stop_all`."""
        self._mine.stop = stop

    def stop_all(self, stop: threading.Event) -> None:
        """Set an event, and wake whoever sleeps and obeys it."""
        condition = self._condition()
        with condition:
            stop.set()
            condition.notify_all()

    def close(self) -> None:
        """Wake every sleeper; nobody sleeps on this clock any more."""
        self._closed = True
        for condition in (self._condition(), *self._waited_on()):
            with condition:
                condition.notify_all()

    def _check(self) -> None:
        if self._closed:
            raise StoppedError(CLOSED)
