"""Small files of many reports into good ones, while others read.

The reports of a month share a compaction: one file a folder, and one marker that says
whose rows are where. Writing that marker is the moment in which the new files count and
the old ones no longer do; what is old is taken away only then. A run that is killed
before leaves the old files in force, one killed after leaves them to be cleared away by
the next.

A sync may run beside it. What it writes meanwhile stays: a report that was written
anew is not the one whose marker the compaction names, and what is taken away is held
against its marker once more, on local disks with other writers kept out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spreports.lake.care import cleared, insist_on_files, take_away
from spreports.lake.contents import newest
from spreports.lake.holding import Holding, by_marker
from spreports.lake.place import Place
from spreports.lake.rewrite import rewrite
from spreports.lake.state import RootState, read_state

__all__ = ["GOOD_SIZE", "Compacted", "compact_root", "only", "tidied", "without"]

# Above this a file is left as it is: row groups are full, and footers do not matter
GOOD_SIZE = 64 << 20


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did.

    Attributes
    ----------
    files_before, files_after : int
        Of the reports that were touched.
    reports : int
        Whose files were put together.
    superseded : int
        Older versions that were dropped.
    cleared : int
        Files that an earlier run had left behind, or that held rows of reports that
        were written anew since.
    """

    files_before: int = 0
    files_after: int = 0
    reports: int = 0
    superseded: int = 0
    cleared: int = 0

    def plus(self, other: Compacted) -> Compacted:
        """Add the counts of two data roots."""
        return Compacted(
            self.files_before + other.files_before,
            self.files_after + other.files_after,
            self.reports + other.reports,
            self.superseded + other.superseded,
            self.cleared + other.cleared,
        )


def compact_root(
    root: Place, *, drop_superseded: bool, good_size: int = GOOD_SIZE
) -> Compacted:
    """Compact one data root.

    Parameters
    ----------
    root : Place
    drop_superseded : bool
        Leave out the versions of a window that are not its newest; where that has no
        rows, the newest one with rows stays: Amazon never says why there are none.
    good_size : int, bytes
        Files of this size or more are left as they are.

    Returns
    -------
    Compacted

    Raises
    ------
    SinkError
        A file is damaged or the target refused; what was committed still is.
    """
    state, files = tidied(root)
    done = Compacted(cleared=files)
    reports = [held.report for held in state.holdings]
    full = newest(report for report in reports if report.rows)
    kept = {r.stem for r in (*newest(reports).values(), *full.values())}
    dropped = {r.stem for r in reports if drop_superseded and r.stem not in kept}
    for group in _groups(state):
        done = done.plus(_compact(root, state, group, dropped, good_size))
    return done


def without(
    root: Place, state: RootState, dropped: set[str], *, dry_run: bool = False
) -> tuple[int, int]:
    """Take reports away, out of compactions too; return files before and after.

    Parameters
    ----------
    root : Place
    state : RootState
        With nothing to be cleared away.
    dropped : set of str
        Stems of reports.
    dry_run : bool
        Only count.
    """
    before = after = 0
    counting, hidden = by_marker(state.holdings), by_marker(state.hidden)
    for stem, marker in state.markers.items():
        inside = counting.get(stem, [])
        there = (*inside, *hidden.get(stem, ()))
        if not any(held.report.stem in dropped for held in there):
            continue
        before += len(marker.files)
        kept = [held for held in inside if held.report.stem not in dropped]
        after += len(_folders(kept)) if dry_run else only(root, state, stem, kept)
    return before, after


def tidied(root: Place) -> tuple[RootState, int]:
    """Take away what earlier runs left, and rows that were written anew since.

    Those lie in compactions still: who lists the files reads them beside the new ones,
    and nobody would find them to protect.

    Parameters
    ----------
    root : Place

    Returns
    -------
    RootState
        Without `RootState.hidden`, save what a sink has written anew meanwhile.
    int
        Files that were taken away.

    Raises
    ------
    SinkError
        What was written anew, or a compaction, lacks a file, or the target refused;
        what counted still does.
    """
    state, files = cleared(root)
    stale = {held.marker for held in state.hidden}
    anew = {held.report.stem for held in state.hidden}
    now = [held.marker for held in state.holdings if held.report.stem in anew]
    insist_on_files(root, state, dict.fromkeys(now))
    # Of two compactions that hold a report the first by name counts, and a new one has
    # a new name: so it is made when no later one holds what it holds
    counting = by_marker(state.holdings) if stale else {}
    for stem in sorted(stale, reverse=True):
        only(root, state, stem, counting.get(stem, []))
        files += len(state.markers[stem].files)
    return (read_state(root) if stale else state), files


def only(root: Place, state: RootState, stem: str, kept: Sequence[Holding]) -> int:
    """Leave only these reports of a marker; return in how many files they are."""
    if kept:
        return rewrite(root, state, kept, [stem])
    paths = [file.path for file in state.markers[stem].files]
    take_away(root, stem, paths, state.digests[stem])
    return 0


def _groups(state: RootState) -> Iterator[list[Holding]]:
    """Yield the reports that may share a compaction, by month of their windows.

    Only the same columns and folders come together: nothing is converted, so nothing
    can be lost, and what was compacted once is not written again every night.
    """
    found: dict[object, list[Holding]] = {}
    for held in state.holdings:
        start = held.report.data_start_time or held.report.created_time
        month = start.strftime("%Y-%m") if start else ""
        key = (held.report.report_type, held.schema, held.partition_by, month)
        found.setdefault(key, []).append(held)
    yield from found.values()


def _folders(kept: Sequence[Holding]) -> set[str]:
    """Return the folders that a compaction would have a file in."""
    return {span.path.rpartition("/")[0] for held in kept for span in held.spans}


def _compact(
    root: Place,
    state: RootState,
    group: Sequence[Holding],
    dropped: set[str],
    good_size: int,
) -> Compacted:
    """Compact one group, where it makes fewer files."""
    small = {
        stem: state.markers[stem].files
        for stem in dict.fromkeys(held.marker for held in group)
        if all(file.bytes < good_size for file in state.markers[stem].files)
    }
    kept = [
        held
        for held in group
        if held.marker in small and held.report.stem not in dropped
    ]
    gone = {held.report.stem for held in group} & dropped
    before = sum(len(files) for files in small.values())
    after = len(_folders(kept))
    done = Compacted(superseded=len(gone))
    if kept and after < before:
        rewrite(root, state, kept, list(small))
        done = done.plus(Compacted(before, after, len(kept)))
        gone = {h.report.stem for h in group if h.marker not in small} & dropped
    if gone:
        done = done.plus(Compacted(*without(root, state, gone)))
    return done
