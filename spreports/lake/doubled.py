"""Reports whose windows overlap without being the same: rows that are there twice.

Versions of one window are told apart, but of two windows nobody knows which rows of
the one are rows of the other, too. `client.sync` never cuts such; a plain sink whose
start is a duration back from now writes one at each run. It is so whether or not a type
goes by dates: one that shows the present does it twice. And where it may show that,
a report without dates may have the rows of any with dates: those of a schedule, say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from spreports.catalog import ReportType
from spreports.catalog.periods import goes_by_dates
from spreports.lake.contents import LakeReport, newest
from spreports.lake.purge_note import end_of
from spreports.overlaps import first_overlaps

__all__ = ["advice", "doubled", "warn_of_doubled", "window_text"]

logger = logging.getLogger("spreports.lake")

# So many windows are named in a warning
SHOWN = 4

# Windows that overlap do not hold each other: to take one out is to lose rows
_ADVICE = (
    "ask for the dates anew in fixed windows (start= and end= as dates, or client.sync)"
    " into a new folder, and drop this one once everything is there; delete no single "
    "report, since its rows that no other has would be lost"
)
_PRESENT = (
    "if reports of this type show the present, let client.sync without since keep a new"
    " folder; else "
)


def doubled(
    reports: Iterable[LakeReport], entry_of: Callable[[str], ReportType]
) -> Iterator[tuple[LakeReport, LakeReport, int]]:
    """Yield each report that begins while others go on, one of them, and their number.

    Parameters
    ----------
    reports : iterable of LakeReport
        Of each window its newest version counts.
    entry_of : callable
        What is known of a type, by Amazon's value.

    Yields
    ------
    tuple of (LakeReport, LakeReport, int)
        All of the same account, type, table, marketplaces and options, with rows, and
        of a type that can be asked for. Every report that overlaps another one is in
        one of the two places. Where a type is not known to go by dates, any report with
        dates overlaps the last one without.
    """
    alike: dict[object, list[tuple[datetime, datetime, LakeReport]]] = {}
    undated: dict[object, LakeReport] = {}
    for report in newest(reports).values():
        is_ours = report.report_id is not None and report.version_of is None
        if not is_ours or not report.rows or not report.report_type:
            continue
        entry = entry_of(report.report_type)
        if not entry.requestable:
            continue
        *feed, _, _ = report.window
        kind, start, end = tuple(feed), report.dates[0], end_of(report, entry)
        if start is not None and end is not None:
            alike.setdefault(kind, []).append((start, end, report))
        elif not goes_by_dates(entry, report.options):
            undated[kind] = report
    for its_kind, spans in alike.items():
        if its_kind in undated:
            yield from ((report, undated[its_kind], 1) for _, _, report in spans)
        else:
            yield from first_overlaps(spans)


def warn_of_doubled(
    reports: Iterable[LakeReport], entry: ReportType, where: str
) -> None:
    """Warn, once, of reports of one type whose windows overlap.

    Parameters
    ----------
    reports : iterable of LakeReport
    entry : ReportType
    where : str
        The lake's name.
    """
    found: dict[tuple[str, str], LakeReport] = {}
    for report, other, _ in doubled(reports, lambda _: entry):
        found |= {(each.root, each.stem): each for each in (other, report)}
    if not found:
        return
    windows = list(dict.fromkeys(window_text(r, entry) for r in found.values()))
    more = f" and {len(windows) - SHOWN} more" if len(windows) > SHOWN else ""
    logger.warning(
        "%s: %d reports of %s are of windows that overlap and are not the same "
        "(%s%s), so that rows may be there twice: latest=True tells versions of the "
        "same window alone; %s",
        where,
        len(found),
        entry.report_type,
        ", ".join(windows[:SHOWN]),
        more,
        advice(entry),
    )


def advice(entry: ReportType) -> str:
    """Say what to do that loses no row."""
    return _ADVICE if goes_by_dates(entry) else _PRESENT + _ADVICE


def window_text(report: LakeReport, entry: ReportType) -> str:
    """Write a report's window, half-open, as start= and end= have it."""
    if report.dates == (None, None):
        return "no dates"
    return f"{_short(report.dates[0])} to {_short(end_of(report, entry))}"


def _short(moment: datetime | None) -> str:
    """Write a time without what is zero in it."""
    text = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "?"
    return text.removesuffix("T00:00:00Z")
