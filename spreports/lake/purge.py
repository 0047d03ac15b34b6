"""Take old reports out of a lake, by their windows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from spreports.catalog import Catalogue
from spreports.facts import read_catalogue
from spreports.lake.care import cleared, opened
from spreports.lake.compact import without
from spreports.lake.contents import LakeReport
from spreports.lake.holding import Holding
from spreports.lake.place import Place
from spreports.lake.purge_note import note_purge, purged_before, window_end
from spreports.lake.state import RootState, read_rest, read_state

__all__ = ["Purged", "purge_root", "purge_tables", "utc_day"]


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge took away.

    Attributes
    ----------
    reports : tuple of LakeReport
        What was taken away, but for the older versions that a bucket with versioning
        or Object Lock keeps (see `spr.Lake`). The store and the ledger of the machine
        that loaded them may hold their documents still. Its folders ``documents`` and
        ``staged`` below SPREPORTS_HOME may be deleted while no client is open: what is
        asked for again comes from Amazon.
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


def purge_tables(roots: Sequence[Place], before: date, *, dry_run: bool) -> Purged:
    """Take old reports out of all tables of one type.

    Of a report that a sync is landing some may have it and others not yet: what was
    taken out of one does not come to another, whose note is as late.

    Parameters
    ----------
    roots : sequence of Place
    before, dry_run
        See `purge_root`.

    Returns
    -------
    Purged

    Raises
    ------
    SinkError
        As `purge_root`.
    """
    done = Purged((), 0, 0, 0, 0)
    for root in roots:
        done = done.plus(purge_root(root, before, dry_run=dry_run))
    if dry_run or len(roots) == 1:
        return done
    notes = [purged_before(root) for root in roots]
    ends = [note.end for note in notes if note is not None and not note.is_day]
    if not ends:
        return done
    # An earlier purge may have gone further, and have been killed between them
    last = min(max(ends), datetime.combine(before, time(), UTC))
    for root, note in zip(roots, notes, strict=True):
        if note is None or note.end < last:
            with opened(root) as target:
                note_purge(root, target, last)
            state = read_state(root)
            there = (*state.holdings, *state.hidden)
            late = _ended(there, last, read_catalogue(os.environ))
            done = done.plus(_without(root, state, late))
    return done


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

    def straddles(held: Holding) -> bool:
        start, end = held.report.dates[0], window_end(held.report, catalogue)
        return start is not None and end is not None and start < limit < end

    stays = Purged(
        reports=(),
        rows=0,
        files=0,
        straddling=sum(map(straddles, state.holdings)),
        undated=sum(held.report.dates[1] is None for held in state.holdings),
    )
    there = (*state.holdings, *state.hidden)
    old = _ended(there, limit, catalogue)
    if dry_run or not old:
        return stays.plus(_without(root, state, old, dry_run=True))
    ends = (window_end(each.report, catalogue) for each in there)
    # Days of which nothing had come are not purged: they may be yet to come
    last = min(limit, max(end for end in ends if end is not None))
    with opened(root) as target:
        note_purge(root, target, last)
    done = stays.plus(_without(root, state, old))
    # A sync may have landed what it had last looked for a note of before there was one
    seen = state.markers.keys() - {each.marker for each in old}
    now = read_rest(root, seen)[1]
    late = _ended((*now.holdings, *now.hidden), last, catalogue)
    return done.plus(_without(root, now, late))


def _ended(
    holdings: Iterable[Holding], limit: datetime, catalogue: Catalogue
) -> list[Holding]:
    """Return what is of windows that ended by then."""
    ends = ((held, window_end(held.report, catalogue)) for held in holdings)
    return [held for held, end in ends if end is not None and end <= limit]


def _without(
    root: Place, state: RootState, old: Sequence[Holding], *, dry_run: bool = False
) -> Purged:
    """Take old reports away, and say which counted."""
    dropped = {held.report.stem for held in old}
    files_before, files_after = without(root, state, dropped, dry_run=dry_run)
    taken = [held.report for held in state.holdings if held.report.stem in dropped]
    return Purged(
        reports=tuple(taken),
        rows=sum(report.rows for report in taken),
        files=files_before - files_after,
        straddling=0,
        undated=0,
    )
