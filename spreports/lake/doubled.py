"""Reports whose windows overlap without being the same: rows that are there twice.

Versions of one window are told apart, but of two windows nobody knows which rows of
the one are rows of the other, too. `client.sync` never cuts such; a plain sink whose
start is a duration back from now writes one at each run.
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

__all__ = ["ADVICE", "doubled", "warn_of_doubled", "window_text"]

logger = logging.getLogger("spreports.lake")

# So many windows are named in a warning
SHOWN = 4

# Windows that overlap do not hold each other: to take one out is to lose rows
ADVICE = (
    "ask for the dates anew in fixed windows (start= and end= as dates, or client.sync)"
    " into a new folder, and drop this one once everything is there; delete no single "
    "report, since its rows that no other has would be lost"
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
        of a type whose rows are those of the dates that were asked for. Every report
        that overlaps another one is in one of the two places.
    """
    alike: dict[object, list[tuple[datetime, datetime, LakeReport]]] = {}
    for report in newest(reports).values():
        start, _ = report.dates
        is_ours = report.report_id is not None and report.version_of is None
        if not is_ours or not report.rows or start is None or not report.report_type:
            continue
        entry = entry_of(report.report_type)
        end = end_of(report, entry)
        if end is not None and goes_by_dates(entry, report.options):
            *kind, _, _ = report.window
            alike.setdefault(tuple(kind), []).append((start, end, report))
    for spans in alike.values():
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
        ADVICE,
    )


def window_text(report: LakeReport, entry: ReportType) -> str:
    """Write a report's window, half-open, as start= and end= have it."""
    return f"{_short(report.dates[0])} to {_short(end_of(report, entry))}"


def _short(moment: datetime | None) -> str:
    """Write a time without what is zero in it."""
    text = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "?"
    return text.removesuffix("T00:00:00Z")
