"""Count what a request costs under Amazon's usage plans, without asking anybody.

The bottleneck is whichever operation needs longest after its burst: as a rule
getReportDocument, about one a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from spreports.api.usage_plans import USAGE_PLANS
from spreports.plan.windows import Window

# What a report takes at Amazon before it is DONE. Seen in practice: tens of seconds
# to a few minutes; only an estimate, and said to be one wherever it is shown.
TYPICAL_PROCESSING = timedelta(seconds=90)
# How often a report of that length is polled (lifecycle.POLL_*).
TYPICAL_POLLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a request will do: windows, calls, bottleneck, estimated time.

    Attributes
    ----------
    report_type : str
    windows : tuple of Window
        One for each report; empty where the report type takes no dates.
    reports : int
        Reports in all (windows x marketplaces, where asked per marketplace).
    adopted : int
        Reports that our ledger already has, and that are not created again.
    stored : int
        Report documents that are already in the store, and not downloaded again.
    calls : mapping of str to int
        Calls by operation; those of getReport are an estimate.
    bottleneck : str or None
        The operation that decides how long it takes; None where nothing is asked.
    eta : timedelta
        Estimated time, with full buckets and a typical processing time.
    """

    report_type: str
    windows: tuple[Window, ...]
    reports: int
    adopted: int
    stored: int
    calls: Mapping[str, int]
    bottleneck: str | None
    eta: timedelta

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "reportType": self.report_type,
            "windows": [[w.start.isoformat(), w.end.isoformat()] for w in self.windows],
            "reports": self.reports,
            "adopted": self.adopted,
            "stored": self.stored,
            "calls": dict(self.calls),
            "bottleneck": self.bottleneck,
            "etaSeconds": round(self.eta.total_seconds()),
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
        rows.append(("estimated time", f"about {_words(self.eta)}"))
        return rows

    def __str__(self) -> str:
        width = max(len(label) for label, _ in self._rows())
        return "\n".join(f"{label:<{width}}  {text}" for label, text in self._rows())

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for label, text in self._rows()
        )
        return f"<table>{cells}</table>"


def plan(
    report_type: str,
    windows: Sequence[Window],
    *,
    reports: int,
    adopted: int = 0,
    stored: int = 0,
    restricted: bool = False,
) -> Plan:
    """Count calls and time for `reports` reports.

    Parameters
    ----------
    report_type : str
    windows : sequence of Window
    reports, adopted, stored : int
        In all; already known to the ledger; documents already in the store.
    restricted : bool
        Whether each document needs a restricted data token first.

    Returns
    -------
    Plan

    Source: Reports API v2021-06-30, Usage Plan of each operation.
    """
    documents = reports - stored
    calls = {
        "createReport": reports - adopted,
        "getReport": TYPICAL_POLLS * (reports - adopted) + max(0, adopted - stored),
        "createRestrictedDataToken": documents if restricted else 0,
        "getReportDocument": documents,
    }
    calls = {name: n for name, n in calls.items() if n}
    # Polls of getReport pace themselves, far below what its plan allows.
    waits = {name: _wait(name, n) for name, n in calls.items() if name != "getReport"}
    # Equal waits: the later operation of the flow is the one that people feel.
    bottleneck = max(reversed(waits), key=waits.__getitem__) if waits else None
    eta = timedelta(seconds=waits[bottleneck]) if bottleneck else timedelta()
    if reports > adopted:
        eta += TYPICAL_PROCESSING
    return Plan(
        report_type=report_type,
        windows=tuple(windows),
        reports=reports,
        adopted=adopted,
        stored=stored,
        calls=calls,
        bottleneck=bottleneck,
        eta=eta,
    )


def _wait(operation: str, calls: int) -> float:
    """Return the seconds that `calls` wait for the bucket, full at the start."""
    usage = USAGE_PLANS[operation]
    return max(0, calls - usage.burst) / usage.rate


def _words(span: timedelta) -> str:
    """Write a duration the way people say it."""
    minutes = span.total_seconds() / 60
    if minutes < 1.5:
        return f"{max(1, round(span.total_seconds()))} seconds"
    return f"{round(minutes)} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
