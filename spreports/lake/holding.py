"""One report as it lies in a data root: its rows, wherever a compaction put them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spreports.lake.contents import LakeReport

__all__ = ["Holding", "Span", "by_marker"]


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of one report in one file.

    Attributes
    ----------
    path : str
        Relative to the data root.
    start, rows : int
        The first row's number in the file, and how many.
    """

    path: str
    start: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One report as it lies in a data root.

    Attributes
    ----------
    report : LakeReport
    spans : tuple of Span
    digest : str
        Of the report's own marker; tells one sink of a report from another.
    schema : str
        Fingerprint of the document's columns.
    partition_by : tuple of str
    note : mapping of str to str
    marker : str
        Stem of the marker that holds it: its own, or a compaction's.
    """

    report: LakeReport
    spans: tuple[Span, ...]
    digest: str
    schema: str
    partition_by: tuple[str, ...]
    note: Mapping[str, str]
    marker: str


def by_marker(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    """Return what each marker holds, in order; what holds nothing is not there.

    To look for the holdings of one marker after the other takes the square of the time.
    """
    found: dict[str, list[Holding]] = {}
    for held in holdings:
        found.setdefault(held.marker, []).append(held)
    return found
