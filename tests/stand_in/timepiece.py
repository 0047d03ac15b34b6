"""Time that waits for nobody: a sleep moves it on, sockets go by the machine's."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Timepiece:
    """The machine's clock, put forward by each sleep instead of waiting for it."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def seconds(self) -> float:
        return time.monotonic() + self._ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def skip(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._ahead += max(0.0, seconds)
