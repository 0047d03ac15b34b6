"""Who tells that reports are finished, and how far to rely on it.

Polls are the ground: they go on whatever a queue says, put off while it is relied on,
at their own pace while it is silent or down.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from spreports.api.models import Report
from spreports.clock import Clock
from spreports.errors import APIError

__all__ = ["Notices", "Watch"]

logger = logging.getLogger("spreports.reports")

# Seconds that a poll is put off while notifications are relied upon. Reports take about
# 90 seconds, so most are told of first, and a lost notification costs two minutes, or
# three, with the interval that grows to one. More would spare little, even where a
# queue has proven good: a report that takes an hour is polled some 25 times, and
# getReport allows 120 calls a minute.
PATIENCE = 120.0
# Seconds that one listening lasts: reports created meanwhile are not listened for.
LISTENING = 5.0
# Seconds until a queue that is down is tried again.
DOWN_FOR = 60.0
# A notification may be this much later than the report itself.
LATE_BY = timedelta(seconds=20)


class Notices(Protocol):
    """Something that is told when reports finish, such as `SQSQueue`."""

    def finished(self, report_ids: Collection[str], timeout: float) -> set[str]:
        """Return which of these reports may have finished, waiting for a first one.

        A report that is not named may have finished as well; one that is, may not:
        getReport has the last word.

        Parameters
        ----------
        report_ids : collection of str
        timeout : float, seconds of real time

        Raises
        ------
        APIError
            Nobody can be listened to now.
        """
        ...


class Watch:
    """Listens to notices, and decides how patient polls may be.

    Parameters
    ----------
    notices : Notices or None
        None: polls alone.
    clock : Clock
    """

    def __init__(self, notices: Notices | None, clock: Clock) -> None:
        self._notices = notices
        self._clock = clock
        self._relied_on = notices is not None
        self._down_until = float("-inf")

    @property
    def listens(self) -> bool:
        """Whether there is anybody to listen to."""
        return self._notices is not None

    def patience(self) -> float:
        """Return the seconds that polls are put off: 0 where nothing is relied on.

        The queue is relied on until it is down or misses a report, and again as soon
        as it tells of one.
        """
        return PATIENCE if self._relied_on else 0.0

    def listen(self, report_ids: Collection[str]) -> set[str]:
        """Return which of these reports are told to be finished, within seconds.

        A queue that is down is tried again after a minute; meanwhile nothing is relied
        upon. Never raises for it.

        Parameters
        ----------
        report_ids : collection of str

        Returns
        -------
        set of str
        """
        if self._notices is None:
            return set()
        down = self._down_until - self._clock.monotonic()
        if down > 0:
            self._clock.sleep(down)
        try:
            told = self._notices.finished(report_ids, LISTENING)
        except APIError as exc:
            if self._relied_on:
                logger.warning("polling instead: %s", exc)
            self._relied_on = False
            self._down_until = self._clock.monotonic() + DOWN_FOR
            return set()
        if told:
            self._relied_on = True
        return told

    def polled(self, report: Report) -> None:
        """Take in what a poll saw of a report of which nobody had told.

        Parameters
        ----------
        report : Report
        """
        ended = report.processing_end_time
        if not report.is_terminal or ended is None or not self._relied_on:
            return
        if self._clock.now() - ended > LATE_BY:
            self._relied_on = False
            logger.warning(
                "no notification of report %s came; polling until another one comes",
                report.report_id,
            )
