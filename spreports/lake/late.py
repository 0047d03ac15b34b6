"""Reports that a root has done without while a killed sink's note hid them."""

from __future__ import annotations

import os

from spreports.facts import read_catalogue
from spreports.lake.contents import report_of
from spreports.lake.place import Place
from spreports.lake.purge_note import is_purged, window_end
from spreports.lake.state import read_state
from spreports.load.marker import Marker

__all__ = ["is_late"]


def is_late(place: Place, marker: Marker) -> bool:
    """Say whether a report that was hidden is not to count any more.

    Its days were purged meanwhile, or came in windows that were cut while nobody saw
    it: it would bring them back, or a second time.

    Parameters
    ----------
    place : Place
    marker : Marker
        Of a report with dates; others are never late.

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
    for held in read_state(place).holdings:
        *other, _, _ = held.report.window
        first, last = held.report.dates[0], window_end(held.report, catalogue)
        if other != feed or first is None or last is None:
            continue
        if (first, last) != (start, end) and first < end and start < last:
            return True
    return False
