"""Token buckets: how often an operation may be called.

A call that is refused takes nothing from the bucket.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from spreports.clock import Clock

# Source: Reports API v2021-06-30, Usage Plan of each operation; Tokens API v2021-03-01.
DEFAULT_PLANS: Mapping[str, tuple[float, int]] = {
    "getReports": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportSchedules": (0.0222, 10),
    "createReportSchedule": (0.0222, 10),
    "getReportSchedule": (0.0222, 10),
    "cancelReportSchedule": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createRestrictedDataToken": (1.0, 10),
}
# A caller who waits exactly 1 / rate seconds must not be refused for a rounding error.
ROUNDING = 1e-6


@dataclass(slots=True)
class _Bucket:
    """Tokens at a moment; full at the start."""

    rate: float
    burst: int
    tokens: float
    updated: float


class UsagePlans:
    """One bucket per operation, on the simulator's clock.

    Parameters
    ----------
    clock : Clock
    plans : mapping of str to (float, int)
        Operation to rate (requests per second) and burst (requests).
    enforced : bool
        False: rates are named in the header, but nothing is refused.
    """

    def __init__(
        self,
        clock: Clock,
        plans: Mapping[str, tuple[float, int]],
        *,
        enforced: bool = True,
    ) -> None:
        self._clock = clock
        self._enforced = enforced
        self._lock = threading.Lock()
        began = clock.monotonic()
        self._buckets = {
            operation: _Bucket(rate, burst, float(burst), began)
            for operation, (rate, burst) in plans.items()
        }

    def take(self, operation: str) -> bool:
        """Take one token; False where the bucket is empty."""
        bucket = self._buckets.get(operation)
        if bucket is None or not self._enforced:
            return True
        with self._lock:
            now = self._clock.monotonic()
            filled = bucket.tokens + (now - bucket.updated) * bucket.rate
            bucket.tokens = min(float(bucket.burst), filled)
            bucket.updated = now
            if bucket.tokens < 1.0 - ROUNDING:
                return False
            bucket.tokens -= 1.0
            return True

    def rate_header(self, operation: str) -> str | None:
        """Return ``x-amzn-RateLimit-Limit``, or None for what has no plan."""
        bucket = self._buckets.get(operation)
        return None if bucket is None else str(bucket.rate)
