"""Token buckets: how often an operation may be called.

A call that is refused takes nothing from the bucket. Others may use the same buckets:
the seller's other applications, or another machine of ours.
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
    others: float = 0.0
    others_due: float = 0.0

    def take(self, now: float) -> bool:
        """Let the others take what they want until now; then take one, if there is."""
        while self.others and self.others_due <= now:
            self._flow(self.others_due)
            self.tokens -= self.tokens >= 1.0 - ROUNDING
            self.others_due += 1.0 / self.others
        self._flow(now)
        if self.tokens < 1.0 - ROUNDING:
            return False
        self.tokens -= 1.0
        return True

    def _flow(self, now: float) -> None:
        """Let in what has come by `now`."""
        came = max(0.0, now - self.updated) * self.rate
        self.tokens = min(float(self.burst), self.tokens + came)
        self.updated = max(self.updated, now)


class UsagePlans:
    """One bucket per operation, on the simulator's clock.

    Parameters
    ----------
    clock : Clock
    plans : mapping of str to (float, int)
        Operation to rate (requests per second) and burst (requests).
    enforced : bool
        False: rates are named in the header, but nothing is refused.
    others : mapping of str to float
        What somebody else uses of an operation's rate, as a share of it.
    """

    def __init__(
        self,
        clock: Clock,
        plans: Mapping[str, tuple[float, int]],
        *,
        enforced: bool = True,
        others: Mapping[str, float] | None = None,
    ) -> None:
        self._clock = clock
        self._enforced = enforced
        self._lock = threading.Lock()
        began = clock.monotonic()
        self._buckets = {
            operation: _Bucket(
                rate=rate,
                burst=burst,
                tokens=float(burst),
                updated=began,
                others=(others or {}).get(operation, 0.0) * rate,
                others_due=began,
            )
            for operation, (rate, burst) in plans.items()
        }

    def take(self, operation: str) -> bool:
        """Take one token; False where the bucket is empty."""
        bucket = self._buckets.get(operation)
        if bucket is None or not self._enforced:
            return True
        with self._lock:
            return bucket.take(self._clock.monotonic())

    def rate_header(self, operation: str) -> str | None:
        """Return ``x-amzn-RateLimit-Limit``, or None for what has no plan."""
        bucket = self._buckets.get(operation)
        return None if bucket is None else str(bucket.rate)
