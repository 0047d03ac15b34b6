"""Time that waits for nobody: a sleep moves it on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

# Seconds that each look takes, so that no two moments are the same
LOOK = 1e-6


class Timepiece:
    """A clock that is put forward by each sleep instead of waiting for it.

    Between two sleeps it goes by the machine's time, or `stands_still`: then every wait
    takes as long on a slow machine.
    """

    def __init__(self, *, stands_still: bool = False) -> None:
        self._began = (time.monotonic(), datetime.now(UTC))
        self._stands_still = stands_still
        self._ahead = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def seconds(self) -> float:
        return self._began[0] + self._passed()

    def now(self) -> datetime:
        return self._began[1] + timedelta(seconds=self._passed())

    def skip(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._ahead += max(0.0, seconds)

    def _passed(self) -> float:
        with self._lock:
            if self._stands_still:
                self._ahead += LOOK
                return self._ahead
            return time.monotonic() - self._began[0] + self._ahead
