"""The reports that schedules have made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from spreports.api.models import Report
from spreports.reports.reports import Reports

__all__ = ["Harvest", "scheduled"]


class Harvest(Mapping[str, Reports]):
    """Reports by report type, each with all ways out.

    Made by ``client.schedules.harvest()``.

    Parameters
    ----------
    reports : mapping of str to Reports
        By Amazon's value of the report type.
    """

    def __init__(self, reports: Mapping[str, Reports]) -> None:
        self._reports = dict(reports)

    def __getitem__(self, report_type: str) -> Reports:
        return self._reports[report_type]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reports)

    def __len__(self) -> int:
        return len(self._reports)

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}: {len(each)}" for name, each in self.items())
        return f"Harvest({counts or 'nothing'})"

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(name)}</td>"
            f"<td>{len(each)}</td></tr>"
            for name, each in self.items()
        )
        return f"<table><tr><th>report type</th><th>reports</th></tr>{rows}</table>"


def scheduled(found: Iterable[Report]) -> dict[str, tuple[Report, ...]]:
    """Sort out the reports that schedules made, each once.

    A schedule that was replaced or cancelled since is gone from Amazon's list, but its
    reports still name it. Of two reports of the same type, marketplaces and interval
    the newer one counts: the first schedule had been replaced by the second.

    Parameters
    ----------
    found : iterable of Report
        Any reports.

    Returns
    -------
    dict of str to tuple of Report
        By report type, the oldest first.
    """
    newest_last = sorted(
        (r for r in found if r.report_schedule_id), key=lambda r: r.created_time
    )
    # Intervals before documents: the other way round an older report, dropped for its
    # document's sake, could lose its interval to one that is dropped as well.
    intervals = {_interval(r): r for r in newest_last}
    documents = {r.report_document_id or r.report_id: r for r in intervals.values()}
    by_type: dict[str, list[Report]] = {}
    for report in sorted(documents.values(), key=lambda r: r.created_time):
        by_type.setdefault(report.report_type, []).append(report)
    return {name: tuple(reports) for name, reports in by_type.items()}


def _interval(report: Report) -> tuple[object, ...]:
    """Return what a report covers; itself where Amazon does not say."""
    start, end = report.data_start_time, report.data_end_time
    places = frozenset(report.marketplace_ids)
    if start is None or end is None:
        return (report.report_id,)
    return report.report_type, places, start, end
