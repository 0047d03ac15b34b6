"""The sellers of a simulator: each with reports and buckets of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from spreports.clock import Clock
from spreports.simulator.faults import FaultScript
from spreports.simulator.journal import Journal
from spreports.simulator.lifecycle import Delays
from spreports.simulator.operations import Operations
from spreports.simulator.paging import Pager
from spreports.simulator.report_types import catalogued_cooldowns
from spreports.simulator.reports import ReportBook
from spreports.simulator.shelf import DocumentShelf
from spreports.simulator.usage_plans import DEFAULT_PLANS, UsagePlans
from spreports.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """What belongs to one seller."""

    book: ReportBook
    plans: UsagePlans
    operations: Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for every seller alike; see the parameters of `Simulator`."""

    clock: Clock
    delays: Delays
    faults: FaultScript
    shelf: DocumentShelf
    journal: Journal
    fatal: Mapping[str, str]
    cooldowns: bool | Mapping[str, float]
    first_day: date
    world: World | None
    strict_requests: bool
    usage_plans: bool | Mapping[str, tuple[float, int]]
    others: Mapping[str, float]
    page_token_lifetime: float
    region: str | None
    no_role_for: frozenset[str]

    def new_seller(self) -> Seller:
        """Return a seller with full buckets and no reports."""
        plans, cooldowns = dict(DEFAULT_PLANS), self.cooldowns
        if isinstance(self.usage_plans, Mapping):
            plans.update(self.usage_plans)
        if isinstance(cooldowns, bool):
            cooldowns = catalogued_cooldowns() if cooldowns else {}
        book = ReportBook(
            self.clock,
            self.delays,
            self.faults,
            self.shelf,
            fatal=self.fatal,
            cooldowns=cooldowns,
            first_day=self.first_day,
            world=self.world,
            strict_requests=self.strict_requests,
        )
        return Seller(
            book=book,
            plans=UsagePlans(
                self.clock,
                plans,
                enforced=self.usage_plans is not False,
                others=self.others,
            ),
            operations=Operations(
                self.clock,
                book,
                Pager(self.clock, self.page_token_lifetime),
                self.journal,
                region=self.region,
                no_role_for=self.no_role_for,
                presign=self.shelf.presign,
            ),
        )


class Sellers:
    """All sellers, by the refresh token that they log in with.

    Parameters
    ----------
    rules : Rules
    apart : bool
        Whether each refresh token is a seller of its own; else all are the one.
    """

    def __init__(self, rules: Rules, *, apart: bool) -> None:
        self._rules = rules
        self._apart = apart
        self._lock = threading.Lock()
        self._known: dict[str, Seller] = {}

    def of(self, refresh_token: str) -> Seller:
        """Return a seller; a new one has full buckets and no reports."""
        name = refresh_token if self._apart else ""
        with self._lock:
            if name not in self._known:
                self._known[name] = self._rules.new_seller()
            return self._known[name]
