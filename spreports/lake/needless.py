"""Compactions that came too late: what they hold is elsewhere, their files nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from spreports.lake.compaction import Compaction
from spreports.lake.holding import Holding
from spreports.lake.late import all_purged, is_whole
from spreports.lake.parsed import Parsed
from spreports.lake.place import Place
from spreports.load.compacted import COMPACTED
from spreports.load.marker import Marker, conflict

__all__ = ["needless"]


def needless(
    root: Place,
    compactions: Mapping[str, Compaction],
    parsed: Parsed,
    there: Mapping[str, str],
) -> Set[str]:
    """Return the compactions that lack a file while all that they hold is elsewhere.

    A store carried out the write of such a marker once its run had given up, and its
    files were cleared. Each of its reports is in what it was made of, in a compaction
    that was made in its stead, was written anew since, or was purged. Files are asked
    for only while some of it is there: from its marker to its end.

    Parameters
    ----------
    root : Place
    compactions : mapping of str to Compaction
        Those that count, by stem.
    parsed : Parsed
        The state files.
    there : mapping of str to str
        The digests of the markers that no note hides, by stem.

    Returns
    -------
    set of str

    Raises
    ------
    SinkError
        The file system refused, or a marker is damaged.
    """
    markers: dict[str, Marker | None] = {}

    def whole(stem: str) -> Marker | None:
        if stem not in markers:
            marker = parsed.marker(stem)
            markers[stem] = marker if is_whole(root, marker) else None
        return markers[stem]

    holders: dict[tuple[str, str], list[str]] = {}
    for stem, each in compactions.items():
        for pair in each.replaces:
            holders.setdefault(pair, []).append(stem)
    late: set[str] = set()
    for stem, each in compactions.items():
        own = {(held.report.stem, held.digest): held for held in each.reports}
        instead = {old for old, digest in each.made_of if there.get(old) == digest}
        instead |= {other for pair in own for other in holders[pair]} - {stem}
        if not instead or whole(stem) is not None:
            continue
        held = {
            pair
            for marker in filter(None, map(whole, instead))
            for pair in _pairs_of(parsed, marker)
        }
        left = [own[pair] for pair in own.keys() - held]
        if all_purged(root, [h.report for h in left if not _is_anew(h, there, whole)]):
            late.add(stem)
    return late


def _pairs_of(parsed: Parsed, marker: Marker) -> Set[tuple[str, str]]:
    """Return the markers, by stem and digest, whose rows are in one's files."""
    own = {(marker.stem, parsed.digest(marker.stem))}
    if COMPACTED not in marker.note:
        return own
    return own | parsed.compaction(marker.stem).replaces


def _is_anew(
    held: Holding, there: Mapping[str, str], whole: Callable[[str], Marker | None]
) -> bool:
    """Tell whether a report was written anew, and lies whole in files of its own."""
    if held.report.stem not in there:
        return False
    marker = whole(held.report.stem)
    return marker is not None and not conflict(marker.note, held.note)
