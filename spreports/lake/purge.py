"""Take old reports out of a lake, by their windows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from spreports.facts import read_catalogue
from spreports.lake.care import cleared, opened
from spreports.lake.compact import without
from spreports.lake.contents import LakeReport
from spreports.lake.holding import Holding
from spreports.lake.place import Place
from spreports.lake.purge_note import note_purge, window_end
from spreports.lake.state import read_state

__all__ = ["Purged", "purge_root", "utc_day"]


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge took away.

    Attributes
    ----------
    reports : tuple of LakeReport
        What was taken away. The store and the ledger of the machine that loaded them
        may hold their documents still: `Store.forget`, or ``rm`` in SPREPORTS_HOME.
    rows : int
    files : int
        Fewer than before.
    straddling : int
        Reports that begin before the date and end after it, which stay.
    undated : int
        Reports of the present, without dates, which stay.
    """

    reports: tuple[LakeReport, ...]
    rows: int
    files: int
    straddling: int
    undated: int

    def plus(self, other: Purged) -> Purged:
        """Add what was taken out of two data roots."""
        return Purged(
            self.reports + other.reports,
            self.rows + other.rows,
            self.files + other.files,
            self.straddling + other.straddling,
            self.undated + other.undated,
        )


def utc_day(before: object) -> date:
    """Read the day that a purge spares, and all behind it.

    Parameters
    ----------
    before : date or aware datetime
        A datetime is the UTC day that it falls on: what ends later that day stays.

    Returns
    -------
    date
        UTC.

    Raises
    ------
    TypeError
        Something else.
    ValueError
        A datetime without a time zone, or outside the years 1 to 9999 in UTC.
    """
    if not isinstance(before, date):
        raise TypeError(
            f"before={before!r} is no date: give one, such as datetime.date(2026, 10, "
            "1), or a datetime with a time zone"
        )
    if not isinstance(before, datetime):
        return before
    if before.utcoffset() is None:
        raise ValueError(
            f"before={before!r} has no time zone; say which one: "
            "before=datetime(..., tzinfo=UTC), or give a date, which is a day in UTC"
        )
    try:
        return before.astimezone(UTC).date()
    except OverflowError:
        raise ValueError(
            f"before={before!r} is outside the years 1 to 9999 in UTC"
        ) from None


def purge_root(root: Place, before: date, *, dry_run: bool) -> Purged:
    """Take away the reports whose windows end on or before the start of a day.

    Parameters
    ----------
    root : Place
    before : date
        UTC.
    dry_run : bool
        Only say what would be taken away.

    Returns
    -------
    Purged

    Raises
    ------
    SinkError
        The target refused. What is half taken away is not visible, and the next purge
        or compaction finishes it.
    """
    limit = datetime.combine(before, time(), UTC)
    state = read_state(root) if dry_run else cleared(root)[0]
    catalogue = read_catalogue(os.environ)

    def is_old(held: Holding) -> bool:
        end = window_end(held.report, catalogue)
        return end is not None and end <= limit

    def straddles(held: Holding) -> bool:
        start, end = held.report.dates[0], window_end(held.report, catalogue)
        return start is not None and end is not None and start < limit < end

    old = list(filter(is_old, state.holdings))
    hidden = list(filter(is_old, state.hidden))
    dropped = {held.report.stem for held in (*old, *hidden)}
    if dropped and not dry_run:
        all_of_them = (*state.holdings, *state.hidden)
        ends = (window_end(held.report, catalogue) for held in all_of_them)
        # Days of which nothing had come are not purged: they may be yet to come
        last = min(limit, max(end for end in ends if end is not None))
        with opened(root) as target:
            note_purge(root, target, last)
    files_before, files_after = without(root, state, dropped, dry_run=dry_run)
    return Purged(
        reports=tuple(held.report for held in old),
        rows=sum(held.report.rows for held in old),
        files=files_before - files_after,
        straddling=sum(map(straddles, state.holdings)),
        undated=sum(held.report.dates[1] is None for held in state.holdings),
    )
