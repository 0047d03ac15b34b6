"""Plans of several accounts side by side: each has buckets of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from spreports.plan.plan import Plan, html_table, in_words, text_table, time_rows

__all__ = ["Plans"]


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans of several accounts: calls add up, times run side by side.

    Parameters
    ----------
    accounts : mapping of str to Plan
        By the account's name; not empty.

    Raises
    ------
    ValueError
        Not one account.
    TypeError
        No mapping of names to plans.
    """

    accounts: Mapping[str, Plan]

    def __post_init__(self) -> None:
        given: object = self.accounts  # by callers who do not check types
        if not isinstance(given, Mapping) or not all(
            isinstance(name, str) and isinstance(plan, Plan)
            for name, plan in given.items()
        ):
            raise TypeError(
                "Plans takes a mapping of accounts' names to their plans, such as "
                '{"default": reports.plan()}'
            )
        if not self.accounts:
            raise ValueError("Plans needs the plan of one account at least")

    @property
    def slowest(self) -> str:
        """Name of the account that takes longest."""
        return max(self.accounts, key=lambda name: self.accounts[name].eta)

    @property
    def bottleneck(self) -> str | None:
        """What holds up the slowest account; None where nothing is asked."""
        return self.accounts[self.slowest].bottleneck

    @property
    def eta(self) -> timedelta:
        """Estimated time: that of the slowest account."""
        return self.accounts[self.slowest].eta

    @property
    def ready_time(self) -> datetime | None:
        """When all of it would be done, aware UTC."""
        return self.accounts[self.slowest].ready_time

    @property
    def reports(self) -> int:
        """Reports of all accounts."""
        return sum(plan.reports for plan in self.accounts.values())

    @property
    def calls(self) -> Mapping[str, int]:
        """Calls of all accounts, by operation."""
        total: dict[str, int] = {}
        for plan in self.accounts.values():
            for name, count in plan.calls.items():
                total[name] = total.get(name, 0) + count
        return total

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        ready = self.ready_time
        return {
            "accounts": {name: p.to_dict() for name, p in self.accounts.items()},
            "reports": self.reports,
            "calls": dict(self.calls),
            "slowest": self.slowest,
            "bottleneck": self.bottleneck,
            "etaSeconds": round(self.eta.total_seconds()),
            "readyTime": ready and ready.isoformat(),
        }

    def _rows(self) -> list[tuple[str, str]]:
        """Return label and text of each line shown."""
        rows = []
        for name, plan in self.accounts.items():
            held_up = plan.bottleneck or "nothing: Amazon is not asked"
            rows.append(
                (
                    name,
                    f"{plan.reports} reports, about {in_words(plan.eta)}, "
                    f"held up by {held_up}",
                )
            )
        rows += [(f"calls of {name}", str(n)) for name, n in self.calls.items()]
        rows.append(("slowest account", self.slowest))
        return [*rows, *time_rows(self.eta, self.ready_time)]

    def __str__(self) -> str:
        return text_table(self._rows())

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        return html_table(self._rows())
