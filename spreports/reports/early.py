"""Windows that end in Amazon's future, since our clock is ahead of Amazon's.

Amazon refuses them. They stay as they are, and so do their names in the ledger and the
dates that an error spells out: what is asked for too early is asked for a little later.
"""

from __future__ import annotations

import logging
from typing import Final

from spreports.errors import BadRequestError
from spreports.reports.connection import DATE_TELLS, MOST_AHEAD, Connection
from spreports.reports.request import ReportRequest

__all__ = ["Early"]

_REMEDY: Final = "set it by network time (NTP); spreports doctor compares them"

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
        self._warned = False
        self._sent_again: set[str] = set()

    def wait(self, request: ReportRequest, deadline: float) -> float:
        """Return the seconds that createReport has to wait; 0 where nothing is known.

        Parameters
        ----------
        request : ReportRequest
        deadline : float, seconds of ``clock.monotonic()``
            What would have to wait longer is sent: Amazon's word counts.
        """
        left = self._left(request)
        if left <= DATE_TELLS or not self._is_bearable(left, deadline):
            return 0.0
        self._warn(left)
        return left

    def wait_after(
        self, refusal: BadRequestError, request: ReportRequest, deadline: float
    ) -> float:
        """Return the seconds after which what Amazon has refused may be sent again.

        The refusal itself has told Amazon's time. It may be about something else: so
        each request is sent once more, and not twice.

        Raises
        ------
        BadRequestError
            The refusal: it is not about the time, or that cannot be waited for.
        """
        left = self._left(request) if refusal.status == 400 else 0.0
        if left <= 0 or request.key in self._sent_again:
            raise refusal
        if not self._is_bearable(left, deadline):
            clock = self._clock_words()
            refusal.hint = f"{clock}, in whose future the window ends: {_REMEDY}"
            refusal.hopeless = True
            raise refusal
        self._sent_again.add(request.key)
        self._warn(left)
        return left

    def _warn(self, seconds: float) -> None:
        """Say once in a run why it waits."""
        if not self._warned:
            self._warned = True
            logger.warning(
                "%s: a window that ends in Amazon's future is asked for in %.0f s; %s",
                self._clock_words(),
                seconds,
                _REMEDY,
            )

    def _clock_words(self) -> str:
        ahead = self._connection.api.clock_skew or 0.0
        return f"this machine's clock is {ahead:.0f} s ahead of Amazon's"

    def _left(self, request: ReportRequest) -> float:
        """Return the seconds until Amazon is there, by the last answer that told."""
        end, ahead = request.data_end_time, self._connection.api.clock_skew or 0.0
        if end is None or ahead <= 0:
            return 0.0
        return max(0.0, (end - self._clock.now()).total_seconds() + ahead)

    def _is_bearable(self, seconds: float, deadline: float) -> bool:
        return seconds <= MOST_AHEAD and self._clock.monotonic() + seconds < deadline
