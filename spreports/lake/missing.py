"""Take away markers that lack files, so that what they name can be written anew.

A table's folder was deleted by hand, or a rule of the bucket took away what is old. The
marker hides that its rows are gone from who writes, and stops who reads.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from spreports.at_work import SIDE_BY_SIDE, at_work
from spreports.errors import SinkError
from spreports.lake.compact import only
from spreports.lake.holding import Holding, by_marker
from spreports.lake.place import Place
from spreports.lake.state import RootState, read_state

__all__ = ["take_away_missing"]

# How often files may go meanwhile
LOOKS = 20


def take_away_missing(root: Place, reports: Collection[str]) -> None:
    """Take away the markers of some reports that lack files, with what is left of them.

    Of a compaction stays what is whole of it, as a new one. Its marker hides others:
    they are looked at in turn.

    Parameters
    ----------
    root : Place
    reports : collection of str
        Stems of reports. What else shares a compaction with them, and is gone, goes.

    Raises
    ------
    SinkError
        The target refused, or others write here; what is whole counts still, and the
        next run goes on.
    """
    for _ in range(LOOKS):
        state = read_state(root)
        broken = _broken(root, state, reports)
        if not broken:
            return
        # While one lacks files of which the sources are there, no other is written anew
        order = sorted(broken, key=lambda stem: (stem not in state.replacing, stem))
        _take(root, state, [stem for stem in order if not broken[stem]])
        for stem in order:
            if broken[stem]:
                only(root, state, stem, broken[stem])
    raise SinkError(
        f"{root.name}: files go faster than their markers; try again", url=root.name
    )


def _broken(
    root: Place, state: RootState, reports: Collection[str]
) -> dict[str, list[Holding]]:
    """Return the markers that lack files, each with the reports that it has whole."""
    there = set(root.names())
    named = [h for h in (*state.holdings, *state.hidden) if h.report.stem in reports]
    counting = by_marker(state.holdings)
    broken = {}
    for stem in dict.fromkeys(held.marker for held in named):
        paths = [file.path for file in state.markers[stem].files]
        gone = {path for path in paths if path not in there}
        # A listing is not of one moment
        if not any(root.size(path) is None for path in sorted(gone)):
            continue
        broken[stem] = [
            held
            for held in counting.get(stem, ())
            if not any(span.path in gone for span in held.spans)
        ]
    return broken


def _take(root: Place, state: RootState, stems: Sequence[str]) -> None:
    """Take away markers of which nothing is whole, on object stores side by side."""

    def take(stem: str) -> None:
        only(root, state, stem, [])

    for _ in at_work(take, stems, threads=1 if root.is_local else SIDE_BY_SIDE):
        pass
