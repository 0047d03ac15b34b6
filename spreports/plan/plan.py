"""Say what a request costs under Amazon's usage plans, without asking anybody.

The bottleneck is whichever operation needs longest: as a rule getReportDocument, about
one a minute; for some report types the cool-down between two reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape

from spreports.api.bucket import Bucket
from spreports.plan.estimate import CoolDownLeft, Demand, Estimate, estimate
from spreports.plan.windows import Window

__all__ = ["Plan", "html_table", "in_words", "plan", "text_table", "time_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a request will do: windows, calls, bottleneck, time.

    Plans of one account add up with ``+``: they share its buckets. Those of several
    accounts stand side by side in a `Plans`.

    Attributes
    ----------
    report_type : str
        Of several, joined by commas.
    windows : tuple of Window
        One for each report; empty where the report type takes no dates.
    reports : int
        Reports in all (windows x marketplaces, where asked per marketplace).
    adopted : int
        Reports that our ledger already has, and that are not created again.
    stored : int
        Report documents that are already in the store, and not downloaded again.
    calls : mapping of str to int
        Calls by operation; those of getReport are an estimate. Without the few of
        getReports, which look for what exists: how many depends on what Amazon lists.
    waits : mapping of str to timedelta
        Until the last call of each operation is granted, if nothing else held it up,
        and until the last report of a type with a cool-down may be asked for.
    bottleneck : str or None
        The longest of `waits`; None where nothing is asked.
    eta : timedelta
        Estimated time until the last document can be fetched, by the buckets as they
        are now, the type's cool-down, and a typical processing time.
    ready_time : datetime or None, aware UTC
        The same as a time; None where the plan was made without a clock.
    """

    report_type: str
    windows: tuple[Window, ...]
    reports: int
    adopted: int
    stored: int
    calls: Mapping[str, int]
    waits: Mapping[str, timedelta]
    bottleneck: str | None
    eta: timedelta
    ready_time: datetime | None = None
    _demands: tuple[Demand, ...] = field(default=(), repr=False)
    _states: Mapping[str, Bucket] = field(default_factory=dict, repr=False)

    def __add__(self, other: Plan) -> Plan:
        """Return the plan of both, by this one's buckets and clock."""
        if not isinstance(other, Plan):
            return NotImplemented
        now = self.ready_time and self.ready_time - self.eta
        demands = (*self._demands, *other._demands)
        names = dict.fromkeys((self.report_type, other.report_type))
        return _made(
            ", ".join(names),
            (*self.windows, *other.windows),
            demands,
            self._states,
            now,
        )

    def __radd__(self, other: int) -> Plan:
        """Return this plan where `sum` begins, with its 0."""
        return self if other == 0 else NotImplemented

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "reportType": self.report_type,
            "windows": [[w.start.isoformat(), w.end.isoformat()] for w in self.windows],
            "reports": self.reports,
            "adopted": self.adopted,
            "stored": self.stored,
            "calls": dict(self.calls),
            "waitSeconds": {
                name: round(wait.total_seconds()) for name, wait in self.waits.items()
            },
            "bottleneck": self.bottleneck,
            "etaSeconds": round(self.eta.total_seconds()),
            "readyTime": self.ready_time and self.ready_time.isoformat(),
        }

    def _rows(self) -> list[tuple[str, str]]:
        """Return label and text of each line shown."""
        rows = [("report type", self.report_type), ("reports", str(self.reports))]
        rows += [(f"window {n}", str(w)) for n, w in enumerate(self.windows, 1)]
        if self.adopted:
            rows.append(("adopted", f"{self.adopted}, not created again"))
        if self.stored:
            rows.append(("in the store", f"{self.stored}, not downloaded again"))
        rows += [(f"calls of {name}", str(n)) for name, n in self.calls.items()]
        rows.append(("bottleneck", self.bottleneck or "none: Amazon is not asked"))
        return [*rows, *time_rows(self.eta, self.ready_time)]

    def __str__(self) -> str:
        return text_table(self._rows())

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        return html_table(self._rows())


def plan(
    report_type: str,
    windows: Sequence[Window],
    *,
    reports: int,
    adopted: int = 0,
    unfinished: int = 0,
    stored: int = 0,
    restricted: bool = False,
    cooldown: CoolDownLeft | None = None,
    states: Mapping[str, Bucket] | None = None,
    now: datetime | None = None,
) -> Plan:
    """Count calls and time for `reports` reports.

    Parameters
    ----------
    report_type : str
    windows : sequence of Window
    reports, adopted, unfinished, stored : int
        In all; already known to the ledger; of those still at work; documents already
        in the store.
    restricted : bool
        Whether each document needs a restricted data token first.
    cooldown : CoolDownLeft, optional
        Of the type.
    states : mapping of str to Bucket, optional
        By operation, ``full_at`` in seconds from `now`; full buckets where left out.
    now : datetime, aware UTC, optional

    Returns
    -------
    Plan

    Source: Reports API v2021-06-30, Usage Plan of each operation.
    """
    demand = Demand(
        reports=reports,
        adopted=adopted,
        unfinished=unfinished,
        stored=stored,
        restricted=restricted,
        cooldown=cooldown,
    )
    return _made(report_type, tuple(windows), (demand,), states or {}, now)


def _made(
    report_type: str,
    windows: tuple[Window, ...],
    demands: tuple[Demand, ...],
    states: Mapping[str, Bucket],
    now: datetime | None,
) -> Plan:
    """Return the plan of all demands together."""
    found: Estimate = estimate(demands, states)
    eta = timedelta(seconds=found.seconds)
    return Plan(
        report_type=report_type,
        windows=windows,
        reports=sum(demand.reports for demand in demands),
        adopted=sum(demand.adopted for demand in demands),
        stored=sum(demand.stored for demand in demands),
        calls=found.calls,
        waits={name: timedelta(seconds=wait) for name, wait in found.waits.items()},
        bottleneck=found.bottleneck,
        eta=eta,
        ready_time=None if now is None else now + eta,
        _demands=demands,
        _states=states,
    )


def time_rows(eta: timedelta, ready_time: datetime | None) -> Iterator[tuple[str, str]]:
    """Yield the last lines of a plan: how long it takes, and when it is done."""
    yield "estimated time", f"about {in_words(eta)}"
    if ready_time is not None:
        yield "done about", f"{ready_time:%Y-%m-%d %H:%M} UTC"


def text_table(rows: Sequence[tuple[str, str]]) -> str:
    """Return lines of label and text, aligned for a terminal."""
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def html_table(rows: Sequence[tuple[str, str]]) -> str:
    """Return the same as a table for a notebook."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{escape(label)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for label, text in rows
    )
    return f"<table>{cells}</table>"


def in_words(span: timedelta) -> str:
    """Write a duration the way people say it."""
    minutes = span.total_seconds() / 60
    if minutes < 1.5:
        seconds = max(1, round(span.total_seconds()))
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{round(minutes)} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
