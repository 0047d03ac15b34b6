"""Which markers of a lake were read, and whose reports they hold.

A marker never changes what it says of a report, so that each is read once, and a
listing tells what other hosts have brought since.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["MARKERS_SCHEMA", "LakeMarker", "insert", "markers_of"]

MARKERS_SCHEMA = """
CREATE TABLE IF NOT EXISTS lake_markers (
    lake TEXT NOT NULL,
    root TEXT NOT NULL,
    feed TEXT NOT NULL,
    stem TEXT NOT NULL,
    reports TEXT NOT NULL,
    PRIMARY KEY (lake, root, feed, stem)
);
"""


@dataclass(frozen=True, slots=True)
class LakeMarker:
    """A marker of which all is known that a feed wants to know.

    Attributes
    ----------
    root : str
        The data root, relative to the lake.
    stem : str
    reports : tuple of str
        Stems of the feed's reports in it: its own, or those of a compaction.
    """

    root: str
    stem: str
    reports: tuple[str, ...]


def markers_of(
    rows: Callable[[str, tuple[str, ...]], list[tuple[Any, ...]]],
    lake: str,
    feed: str,
    root: str,
) -> tuple[LakeMarker, ...]:
    """Return the markers of a data root that a feed need not read.

    Those that it has read, and those of one report that is another feed's own.

    Parameters
    ----------
    rows : callable
        Returns the rows of a query.
    lake, feed, root : str
    """
    found = rows(
        "SELECT feed, stem, reports FROM lake_markers WHERE lake = ? AND root = ?",
        (lake, root),
    )
    known: list[LakeMarker] = []
    for whose, stem, text in found:
        reports = tuple(json.loads(text))
        if whose == feed:
            known.append(LakeMarker(root, stem, reports))
        elif reports == (stem,):
            known.append(LakeMarker(root, stem, ()))
    return tuple(known)


def insert(
    db: sqlite3.Connection, lake: str, feed: str, markers: Sequence[LakeMarker]
) -> None:
    """Write markers that are known."""
    for marker in markers:
        db.execute(
            "INSERT OR REPLACE INTO lake_markers VALUES (?, ?, ?, ?, ?)",
            (lake, marker.root, feed, marker.stem, json.dumps(marker.reports)),
        )
