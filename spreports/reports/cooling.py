"""The cool-down of a report type, from one request's side.

It begins as createReport goes out: whoever is killed while waiting for quota has begun
none, and whoever may have had a report made has. Amazon counts from when it makes the
report, which may be a while later: at the latest when the answer is here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from spreports.api.times import write_time
from spreports.errors import SPReportsError, ThrottledError
from spreports.reports.connection import Connection
from spreports.reports.ticket import Awaits, Ticket

__all__ = ["CoolDown", "CoolingDownError", "OvertakenError"]


# Amazon tells its times in whole seconds
_MARGIN: Final = 2.0


class CoolDown:
    """What one request has begun of its type's cool-down, if the type has one.

    Parameters
    ----------
    connection : Connection
    ticket : Ticket
        Told what its createReport waits for.
    """

    def __init__(self, connection: Connection, ticket: Ticket) -> None:
        request = ticket.request
        self._ticket = ticket
        self._cooldowns = connection.cooldowns
        self._clock = connection.clock
        self._name = request.entry.report_type
        self._seconds = request.entry.cooldown_seconds
        self._places = request.marketplace_ids
        self._out = self._kept = False
        self._free_at: float | None = None  # of what was begun

    def wait(self, deadline: float) -> float:
        """Return the seconds that are left of one that runs.

        Raises
        ------
        CoolingDownError
            It ends after the deadline, in seconds of ``clock.monotonic()``.
        """
        if not self._seconds:
            return 0.0
        wait = self._cooldowns.wait_for(self._name, self._places)
        if wait > 0 and self._clock.monotonic() + wait > deadline:
            free = self._clock.now() + timedelta(seconds=wait)
            raise CoolingDownError(
                f"{self._name}: Amazon makes a new one every "
                f"{self._seconds / 60:.0f} minutes at most; it may be asked "
                f"for again at {write_time(free.replace(microsecond=0))}, which is "
                "after this call's deadline; call again then, or allow more time",
                operation="createReport",
            )
        return wait

    def goes_out(self) -> None:
        """Begin it: createReport is sent next.

        Raises
        ------
        OvertakenError
            Somebody else has begun it meanwhile.
        """
        if self._seconds and self._free_at is None:
            seconds = self._seconds + _MARGIN
            if self._cooldowns.claim(self._name, self._places, seconds) > 0:
                raise OvertakenError(self._name)
            self._free_at = self._clock.now().timestamp() + seconds
        self._out = True
        self._ticket.awaits = Awaits.ANSWER

    def came_to_nothing(self) -> None:
        """End what was begun: no report was made."""
        if self._kept:
            return
        self._out = False
        self._ticket.awaits = Awaits.SLOT
        if self._free_at is not None:
            self._cooldowns.release(self._name, self._places, self._free_at)
            self._free_at = None

    def keep(self) -> None:
        """Let what was begun go on: what has gone out may have made a report."""
        self._kept = self._out
        if self._out:
            self.made()

    def made(self) -> None:
        """Have it last from now on: the report was made before now."""
        if self._seconds:
            free_at = self._clock.now().timestamp() + self._seconds + _MARGIN
            self._cooldowns.seen(self._name, self._places, free_at)


class CoolingDownError(ThrottledError):
    """A report type may not be asked for again before the deadline."""


class OvertakenError(SPReportsError):
    """While quota was waited for, somebody else has asked for a report of the type."""
