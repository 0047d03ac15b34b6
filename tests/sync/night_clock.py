"""A clock that processes share: real time, hurried, plus whole days as a test likes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class NightClock:
    """Both sides of a socket see the same time when they have the same fields."""

    begun: float  # of time.monotonic, which all processes of a machine share
    speed: float = 60.0
    days: int = 0
    first: float = datetime(2026, 11, 10, 0, 30, tzinfo=UTC).timestamp()

    def monotonic(self) -> float:
        real = (time.monotonic() - self.begun) * self.speed
        return real + self.days * 86_400.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.first, UTC) + timedelta(
            seconds=self.monotonic()
        )

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / self.speed)
