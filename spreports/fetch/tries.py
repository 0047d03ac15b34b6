"""How often a download is tried again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from spreports.clock import Clock
from spreports.errors import DownloadError
from spreports.unsent import UnfetchedError

__all__ = ["Setback", "Tries"]

MAX_TRIES: Final = 8
MAX_RENEWALS: Final = 3
# getReportDocument is answered about once a minute
MAX_LASTING: Final = 1
MAX_COPIES: Final = 5
ANOTHER: Final = (
    "where it stays so, the source itself is broken: of a report, ask for a new one"
    " with reuse=False"
)
PROGRESS_BYTES: Final = 64 << 10
# Seconds
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 20.0


@dataclass(frozen=True, slots=True)
class Setback:
    """Why the document is not there yet.

    Attributes
    ----------
    reason : str
        In words, without the URL.
    refused : bool
        The URL was refused: another one may serve.
    lasting : bool
        And not for its age: that of a second one is believed.
    final : bool
        Another try would be no better.
    hopeless : bool
        Nor one of another night: it is for this machine.
    copy : bool
        A copy came to its end and was not sound.
    """

    reason: str
    refused: bool = False
    lasting: bool = False
    final: bool = False
    hopeless: bool = False
    copy: bool = False


class Tries:
    """Counts setbacks; raises when going on makes no sense, waits otherwise.

    Parameters
    ----------
    clock : Clock
        Does the waiting.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._random = random.SystemRandom()
        self._failures = 0
        self._renewals = 0
        self._copies = 0
        self._reached = 0

    def count(self, setback: Setback, reached: int) -> None:
        """Count one setback, and wait.

        Parameters
        ----------
        setback : Setback
        reached : int, bytes
            Most that was ever at hand.

        Raises
        ------
        DownloadError
            More than 8 tries or 3 refused URLs without progress, a second one that was
            not for its age, the fifth unsound copy, or a final setback.
        """
        # A host that always breaks at the same byte makes no progress, however
        # many bytes each try brings
        if reached - self._reached >= PROGRESS_BYTES:
            self._reached = reached
            self._failures = self._renewals = 0
        self._failures += 1
        self._renewals += setback.refused
        self._copies += setback.copy
        most = MAX_LASTING if setback.lasting else MAX_RENEWALS
        refused = self._renewals > most
        if (
            setback.final
            or self._failures > MAX_TRIES
            or refused
            or self._copies >= MAX_COPIES
        ):
            tried = "" if setback.final else f", after {self._failures} tries in a row"
            kind = UnfetchedError if setback.hopeless else DownloadError
            raise kind(
                f"the document did not arrive{tried}: {setback.reason}",
                refused=refused and setback.lasting,
                hint=ANOTHER if setback.copy and not setback.refused else "",
            )
        if setback.refused and self._renewals == 1:
            return
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2**self._failures)
        self._clock.sleep(self._random.uniform(FIRST_WAIT, longest))
