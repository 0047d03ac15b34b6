"""What a report needs of its client: the API, the store, the ledger, the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from spreports.api.operations import ReportsAPI
from spreports.clock import Clock
from spreports.ledger import Ledger
from spreports.load.store import Store


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
    clock : Clock
    loopback : bool
        Whether report documents may come from this machine (the simulator).
    private : set of str
        Restricted documents that are staged; they are deleted with the client.
    """

    api: ReportsAPI
    store: Store
    ledger: Ledger
    account: str
    clock: Clock
    loopback: bool
    private: set[str] = field(default_factory=set)
