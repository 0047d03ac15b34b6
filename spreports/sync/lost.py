"""A lake that is not where its ledger knows it: deleted, moved, or not mounted.

The next run would bring what is new, and nothing would ever bring the rest. It is told
apart from a lake that was purged by the day up to which that was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from spreports.errors import SinkError
from spreports.lake.place import Place
from spreports.lake.purge import purged_before
from spreports.lake.roots import is_delta
from spreports.lake.state import read_state
from spreports.ledger import LakeWindow, WindowState
from spreports.load.target import shown
from spreports.reports.naming import file_stem
from spreports.sync.roots import table_root
from spreports.sync.stream import Stream

__all__ = ["insist_on_lake", "lost_windows"]


def lost_windows(
    stream: Stream,
    known: Sequence[LakeWindow],
    to: str,
    storage_options: Mapping[str, Any] | None,
    *,
    delta: bool,
) -> tuple[LakeWindow, ...]:
    """Return the windows that should be in a lake which has not one of them.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        By the ledger.
    to : str
    storage_options : mapping or None
    delta : bool
        Whether it is a lake of Delta tables: one that is there is believed.

    Returns
    -------
    tuple of LakeWindow
        Committed ones with rows; empty where the lake has any of them.

    Raises
    ------
    SinkError
        The lake cannot be read.
    """
    held = [w for w in known if w.state == WindowState.COMMITTED and w.rows]
    for root in sorted({root for w in held for root in _roots(stream, w, to)}):
        place = Place.open(root, storage_options)
        if delta:
            there = is_delta(place)
        else:
            held = _not_purged(held, place)
            there = _has_any(place, held)
        if there:
            return ()
    return tuple(held)


def insist_on_lake(stream: Stream, lost: Sequence[LakeWindow], to: str) -> None:
    """Raise a SinkError where windows are lost: say which, and the ways out."""
    if not lost:
        return
    name = shown(f"{to.rstrip('/')}/{stream.entry.report_type}")
    rows = sum(window.rows for window in lost)
    names = sorted(window.name for window in lost)
    spoken = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    raise SinkError(
        f"{name} has none of the {rows} rows of {stream.label} that the ledger knows"
        f" there ({spoken}): was it deleted or moved, or is its disk not mounted? To"
        " fill it anew from the feed's `since` on, sync with refill=True (--refill)",
        url=name,
    )


def _roots(stream: Stream, window: LakeWindow, to: str) -> Iterator[str]:
    """Yield the data roots that have rows of a window."""
    several = len(window.tables) > 1
    for table, has in window.tables.items():
        if has.rows:
            folder = table if several else None
            yield table_root(to, stream.entry.report_type, folder)


def _not_purged(windows: Iterable[LakeWindow], place: Place) -> list[LakeWindow]:
    """Leave out what a purge may have taken away."""
    day = purged_before(place)
    if day is None:
        return list(windows)
    limit = datetime.combine(day, time(), UTC)
    return [w for w in windows if w.end is None or w.end > limit]


def _has_any(place: Place, windows: Sequence[LakeWindow]) -> bool:
    """Whether a data root has one of the windows' reports.

    Only where none has a marker of its own are all markers read: a compaction may hold
    them.
    """
    stems = {file_stem(str(window.report_id)) for window in windows}
    names = place.state.entries()
    if any(f"{stem}.json" in names for stem in stems):
        return True
    return bool(names) and any(
        held.report.stem in stems for held in read_state(place).holdings
    )
