"""A clock that runs faster than the machine's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class HurriedClock:
    """Time that runs `speed` times faster, from the moment of its making.

    Parameters
    ----------
    speed : float
        Simulated seconds in one real second.
    """

    def __init__(self, speed: float = 60.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed is {speed}; it must be above 0")
        self.speed = speed
        self._began = time.monotonic()
        self._date = datetime.now(UTC)

    def monotonic(self) -> float:
        """Return simulated seconds that never go back."""
        return (time.monotonic() - self._began) * self.speed

    def now(self) -> datetime:
        """Return the simulated date, aware, in UTC."""
        return self._date + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass."""
        time.sleep(max(0.0, seconds) / self.speed)

    def wait_for(
        self,
        condition: threading.Condition,
        predicate: Callable[[], bool],
        seconds: float | None,
    ) -> bool:
        """Wait on a held condition until `predicate` holds, for `seconds` at most."""
        real = None if seconds is None else max(0.0, seconds) / self.speed
        return condition.wait_for(predicate, real)
