"""What a report needs of its client: the API, the store, the ledger, the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock, RLock

from spreports.api.operations import ReportsAPI
from spreports.api.throttle import Throttle
from spreports.clock import StoppableClock
from spreports.ledger import Ledger
from spreports.load.store import Store
from spreports.quota import CoolDowns
from spreports.reports.notices import Watch

# Seconds between clocks up to which they count as the same: answers take a while.
LEAST_SKEW = 30.0


class Locks:
    """A lock for each name, made when it is first asked for."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._locks: dict[str, RLock] = {}

    def of(self, name: str) -> RLock:
        """Return the one lock of a name."""
        with self._guard:
            return self._locks.setdefault(name, RLock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One account at one Amazon, and where its bytes are kept.

    Attributes
    ----------
    api : ReportsAPI
    store : Store
    ledger : Ledger
    account : str
        Fingerprint of the credentials; names folders and rows.
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
        Restricted documents that are here; they are deleted with the client.
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
    private: set[str] = field(default_factory=set)

    def seconds_ahead(self) -> float:
        """Return how far our clock is ahead of Amazon's, where that matters."""
        skew = self.api.clock_skew or 0.0
        return skew if abs(skew) > LEAST_SKEW else 0.0
