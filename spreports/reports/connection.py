"""What a report needs of its client: the API, the store, the ledger, the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import NoReturn

from spreports.api.operations import NOT_PICKLED, ReportsAPI
from spreports.api.throttle import Throttle
from spreports.clock import StoppableClock
from spreports.forks import PerProcess
from spreports.ledger import Ledger
from spreports.load.store import Store
from spreports.quota import CoolDowns
from spreports.reports.notices import Watch

__all__ = ["DATE_TELLS", "MOST_AHEAD", "Connection"]

# Seconds between clocks up to which they count as the same: answers take a while.
LEAST_SKEW = 30.0
# Date has whole seconds, and answers take a while: an end that is now may seem to lie
# in Amazon's future by so many.
DATE_TELLS = 2.0
# An hour is what summer time makes. A clock that is farther ahead is not made up for.
MOST_AHEAD = 3600.0 + DATE_TELLS


class Locks:
    """A lock for each name, made when first asked for; a forked child's are free."""

    def __init__(self) -> None:
        self._locks = PerProcess(dict[str, RLock])

    def of(self, name: str) -> RLock:
        """Return the one lock of a name."""
        # Indivisible: threads that come at the same time get the same one
        return self._locks().setdefault(name, RLock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One account at one Amazon, and where its bytes are kept.

    Attributes
    ----------
    api : ReportsAPI
    store : Store
    ledger : Ledger
    account : str
        Fingerprint of the credentials, or SPREPORTS_ACCOUNT; names folders and rows.
    clock : StoppableClock
        Closing it wakes whoever sleeps.
    throttle : Throttle
        The account's buckets, which `api` draws on.
    cooldowns : CoolDowns
        When report types may be asked for again.
    watch : Watch
        Listens to notifications of finished reports, where there are any.
    loopback : bool
        Whether report documents may come from this machine (the simulator).
    locks : Locks
        One for each document, so that threads fetch it once.
    private : set of str
        Restricted documents that this process fetched; they are deleted with the
        client. A forked child leaves its parent's alone.
    """

    api: ReportsAPI
    store: Store
    ledger: Ledger
    account: str
    clock: StoppableClock
    throttle: Throttle
    cooldowns: CoolDowns
    watch: Watch
    loopback: bool
    locks: Locks = field(default_factory=Locks)
    _private: PerProcess[set[str]] = field(
        default_factory=lambda: PerProcess(set[str]), init=False
    )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(NOT_PICKLED)

    @property
    def private(self) -> set[str]:
        """Of this process, to be added to and taken from."""
        return self._private()

    def seconds_ahead(self) -> float:
        """Return how far our clock is ahead of Amazon's, where that matters."""
        skew = self.api.clock_skew or 0.0
        return skew if abs(skew) > LEAST_SKEW else 0.0

    def now(self) -> datetime:
        """Return Amazon's time where our clock is known to be ahead; else our own."""
        skew = self.api.clock_skew or 0.0
        ahead = skew if DATE_TELLS <= skew <= MOST_AHEAD else 0.0
        return self.clock.now() - timedelta(seconds=ahead)
