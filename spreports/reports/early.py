"""Windows that end in Amazon's future, since our clock is ahead of Amazon's.

Amazon refuses them. They stay as they are, and so do their names in the ledger and the
dates that an error spells out: what is asked for too early is asked for a little later.
"""

from __future__ import annotations

import logging

from spreports.errors import BadRequestError
from spreports.reports.connection import DATE_TELLS, MOST_AHEAD, Connection
from spreports.reports.request import ReportRequest

__all__ = ["Early"]

logger = logging.getLogger("spreports.reports")


class Early:
    """How long until Amazon's clock, too, has come to the end of a window.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clock = connection.clock

    def wait(self, request: ReportRequest, deadline: float) -> float:
        """Return the seconds that createReport has to wait; 0 where nothing is known.

        Parameters
        ----------
        request : ReportRequest
        deadline : float, seconds of ``clock.monotonic()``
            What would have to wait longer is sent: Amazon's word counts.
        """
        left = self._left(request)
        may_wait = left > DATE_TELLS and self._is_bearable(left, deadline)
        return left if may_wait else 0.0

    def wait_after(
        self, refusal: BadRequestError, request: ReportRequest, deadline: float
    ) -> float:
        """Return the seconds after which what Amazon has refused may be sent again.

        The refusal itself has told Amazon's time.

        Raises
        ------
        BadRequestError
            The refusal: it is not about the time, or that cannot be waited for.
        """
        left = self._left(request) if refusal.status == 400 else 0.0
        if left <= 0:
            raise refusal
        ahead = self._connection.api.clock_skew or 0.0
        clock = f"this machine's clock is {ahead:.0f} s ahead of Amazon's"
        remedy = "set it by network time (NTP); spreports doctor compares them"
        if not self._is_bearable(left, deadline):
            refusal.hint = f"{clock}, in whose future the window ends: {remedy}"
            raise refusal
        logger.warning(
            "%s: createReport is sent again in %.0f s, when Amazon has come to the "
            "window's end; %s",
            clock,
            left,
            remedy,
        )
        return left

    def _left(self, request: ReportRequest) -> float:
        """Return the seconds until Amazon is there, by the last answer that told."""
        end, ahead = request.data_end_time, self._connection.api.clock_skew or 0.0
        if end is None or ahead <= 0:
            return 0.0
        return max(0.0, (end - self._clock.now()).total_seconds() + ahead)

    def _is_bearable(self, seconds: float, deadline: float) -> bool:
        return seconds <= MOST_AHEAD and self._clock.monotonic() + seconds < deadline
