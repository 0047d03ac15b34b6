"""Reports beside a note that hides them: whether they count all the same."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing

from spreports.at_work import SIDE_BY_SIDE, at_work
from spreports.facts import read_catalogue
from spreports.lake.contents import LakeReport, report_of
from spreports.lake.holding import Holding
from spreports.lake.place import Place
from spreports.lake.purge_note import is_purged, window_end
from spreports.load.marker import Marker

__all__ = ["all_purged", "is_late", "is_whole"]


def is_whole(place: Place, marker: Marker) -> bool:
    """Say whether the files of a marker are there, with as many bytes as it says.

    Raises
    ------
    SinkError
        The file system refused.
    """
    paths = (file.path for file in marker.files)
    with closing(at_work(place.size, paths, threads=SIDE_BY_SIDE)) as sizes:
        there = zip(marker.files, sizes, strict=True)
        return all(file.bytes == size for file, size in there)


def all_purged(place: Place, reports: Iterable[LakeReport]) -> bool:
    """Say whether the days of all of these reports were purged.

    Raises
    ------
    SinkError
        The file system refused, or the note of a purge is damaged.
    """
    catalogue = read_catalogue(os.environ)
    ends = [window_end(report, catalogue) for report in reports]
    dated = [end for end in ends if end is not None]
    if len(dated) < len(ends):
        return False
    return not dated or is_purged(place, max(dated))


def is_late(place: Place, marker: Marker, holdings: Iterable[Holding]) -> bool:
    """Say whether a report that was hidden is not to count any more.

    Its days were purged meanwhile, or came in windows that were cut while nobody saw
    it: it would bring them back, or a second time.

    Parameters
    ----------
    place : Place
    marker : Marker
        Of a report with dates; others are never late.
    holdings : iterable of Holding
        All that counts in the root.

    Returns
    -------
    bool

    Raises
    ------
    SinkError
        The file system refused, or a marker or the note of a purge is damaged.
    """
    catalogue = read_catalogue(os.environ)
    report = report_of(marker.note, rows=0, root=place.name, stem=marker.stem)
    start, end = report.dates[0], window_end(report, catalogue)
    if report.version_of is not None or start is None or end is None:
        return False
    if is_purged(place, end):
        return True
    *feed, _, _ = report.window
    for held in holdings:
        *other, _, _ = held.report.window
        first, last = held.report.dates[0], window_end(held.report, catalogue)
        if other != feed or first is None or last is None:
            continue
        if (first, last) != (start, end) and first < end and start < last:
            return True
    return False
