"""The reports that schedules have made."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape

from spreports.api.models import ProcessingStatus, Report
from spreports.catalog import ReportType
from spreports.catalog.periods import counts_last_day, end_of_rows
from spreports.ledger import LakeWindows
from spreports.overlaps import TOLERANCE, overlapping
from spreports.plan.windows import Window
from spreports.reports.reports import Reports
from spreports.reports.request import ReportRequest

__all__ = ["Harvest", "scheduled", "warn_of_fatal", "warn_of_feeds", "warn_of_overlaps"]

logger = logging.getLogger("spreports.schedules")

# So many windows are named in a warning
SHOWN = 8


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
    """Sort out the finished reports that schedules made, each once.

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
        (
            r
            for r in found
            if r.report_schedule_id and r.processing_status == ProcessingStatus.DONE
        ),
        key=lambda r: r.created_time,
    )
    # Intervals before documents: the other way round an older report, dropped for its
    # document's sake, could lose its interval to one that is dropped as well.
    intervals = {_interval(r): r for r in newest_last}
    documents = {r.report_document_id or r.report_id: r for r in intervals.values()}
    by_type: dict[str, list[Report]] = {}
    for report in sorted(documents.values(), key=lambda r: r.created_time):
        by_type.setdefault(report.report_type, []).append(report)
    return {name: tuple(reports) for name, reports in by_type.items()}


def warn_of_fatal(found: Iterable[Report]) -> None:
    """Warn, once a report type, of intervals whose report is FATAL.

    Parameters
    ----------
    found : iterable of Report
        Any reports, the finished ones among them.
    """
    by_status: dict[str, dict[tuple[object, ...], Report]] = {}
    for report in sorted(found, key=lambda r: r.created_time):
        if report.report_schedule_id:
            alike = by_status.setdefault(str(report.processing_status), {})
            alike[_interval(report)] = report
    done = by_status.get(ProcessingStatus.DONE, {})
    by_type: dict[str, list[str]] = {}
    for interval, report in by_status.get(ProcessingStatus.FATAL, {}).items():
        if interval not in done:
            told = f"{_window(report) or 'without dates'} (report {report.report_id})"
            by_type.setdefault(report.report_type, []).append(told)
    for name, windows in by_type.items():
        more = f" and {len(windows) - SHOWN} more" if len(windows) > SHOWN else ""
        logger.warning(
            "%s: reports of schedules are FATAL, so that what they would hold is not "
            "in the harvest: %s%s; ask for these dates, if the type can be asked for",
            name,
            ", ".join(windows[:SHOWN]),
            more,
        )


def warn_of_overlaps(reports: Iterable[Report], entry: ReportType) -> None:
    """Warn of reports that share time and a marketplace, and so may share rows.

    One warning for each two schedules, or one of itself, with the first such reports
    of theirs: of a daily and a quarter-hourly one there could be thousands.

    Parameters
    ----------
    reports : iterable of Report
        Of one report type, made by schedules.
    entry : ReportType
    """
    # To leave out one of two that share a day is to lose the other day of it
    by_days = counts_last_day(entry)
    way = (
        "reports of this type hold whole UTC days, so let schedules begin at midnight "
        "UTC, with a period of whole days, and ask for these days anew"
        if by_days
        else "read with metadata=True and keep one report_id of them"
    )
    pairs: dict[frozenset[str | None], list[tuple[Report, Report]]] = {}
    for pair in _overlapping(reports, entry):
        schedules = frozenset(report.report_schedule_id for report in pair)
        pairs.setdefault(schedules, []).append(pair)
    for names, alike in pairs.items():
        first, second = alike[0]
        logger.warning(
            "%s: reports %s (%s) and %s (%s) overlap (such pairs of %s: %d), so that "
            "rows may be there twice; %s",
            first.report_type,
            first.report_id,
            _window(first),
            second.report_id,
            _window(second),
            "these two schedules" if len(names) > 1 else "this schedule",
            len(alike),
            way,
        )


def warn_of_feeds(
    reports: Sequence[Report], entry: ReportType, account: str, known: LakeWindows
) -> None:
    """Warn, once a feed, of reports whose time a lake has rows of by ``client.sync``.

    In that lake these would be no versions of the feed's, but beside them. Only feeds
    that this store keeps are known here.

    Parameters
    ----------
    reports : sequence of Report
        Of one report type, made by schedules.
    entry : ReportType
    account : str
    known : LakeWindows
        Of the ledger.
    """
    spans = [
        (w.start, end_of_rows(entry, {}, w.start, w.end, r.created_time), r)
        for r in reports
        if (w := _window(r))
    ]
    if not spans or not entry.requestable or entry.period == "none":
        return  # Amazon makes one by itself, or it has no time of its own
    since = min(start for start, _, _ in spans)
    places = {place for report in reports for place in report.marketplace_ids}
    for lake, feed in known.lakes():
        said = json.loads(feed)
        if (said["account"], said["reportType"]) != (account, entry.report_type):
            continue
        if places.isdisjoint(said["marketplaceIds"]):
            continue
        asked = [
            ReportRequest(
                entry=entry,
                marketplace_ids=tuple(said["marketplaceIds"]),
                options=json.loads(said["reportOptions"]),
                window=Window(w.start, w.end) if w.start and w.end else None,
            )
            for w in known.of(lake, feed)
            if w.rows and (w.end is None or w.end > since)
        ]
        beside = [
            report
            for start, end, report in spans
            if {*said["marketplaceIds"]} & {*report.marketplace_ids}
            and any(_is_beside(report, start, end, request) for request in asked)
        ]
        if beside:
            logger.warning(
                "%s: of %d reports (%s, say) client.sync has brought the same time into"
                " %s in windows of its own: sunk into that lake, rows may be there"
                " twice; keep the harvest in a folder of its own",
                entry.report_type,
                len(beside),
                _window(beside[0]),
                lake,
            )


def _is_beside(
    report: Report, start: datetime, end: datetime, asked: ReportRequest
) -> bool:
    """Tell whether a report shares time with a feed's and is no version of it.

    A feed's snapshots have no dates, and may show what any report shows.
    """
    window = asked.window
    if window is None:
        return True
    if min(end, window.end) - max(start, window.start) <= TOLERANCE:
        return False
    return bool(asked.options) or not asked.describes(report)


def _overlapping(
    reports: Iterable[Report], entry: ReportType
) -> Iterator[tuple[Report, Report]]:
    """Yield each two reports that share time and a marketplace."""
    known = (
        (w.start, end_of_rows(entry, {}, w.start, w.end, r.created_time), r)
        for r in reports
        if (w := _window(r))
    )
    for report, others in overlapping(known):
        places = set(report.marketplace_ids)
        yield from ((r, report) for r in others if places & {*r.marketplace_ids})


def _window(report: Report) -> Window | None:
    """Return what a report covers; None where Amazon does not say."""
    start, end = report.data_start_time, report.data_end_time
    return Window(start, end) if start and end else None


def _interval(report: Report) -> tuple[object, ...]:
    """Return what a report covers; itself where Amazon does not say."""
    start, end = report.data_start_time, report.data_end_time
    places = frozenset(report.marketplace_ids)
    if start is None or end is None:
        return (report.report_id,)
    return report.report_type, places, start, end
