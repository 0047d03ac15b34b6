"""What a Delta table is told of a report, beside its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from spreports.errors import SinkError
from spreports.load.delta_seen import Seen

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DeltaReport", "TurnLostError", "content_of", "newest_of", "version_of"]


class TurnLostError(SinkError):
    """Others have committed since what a report was looked at in view of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaReport:
    """One report on its way into a table.

    Attributes
    ----------
    name : str
        What makes it the same report: account and report id.
    window : str
        Equal for the versions of the same data; goes to ``report_window``.
    mark : int
        Tells files of one name apart by their content; 1 for Amazon's reports.
    content : str
        Report type and table, of which a table holds one; empty where nobody knows.
    made : datetime or None
        When Amazon made this version; an older one does not replace a newer one.
    constants : mapping of str to pyarrow.Scalar
        Columns of one value, added where the rows have none of that name.
    private : bool
        Personal data: the table's log is to tell no values of the rows' own columns.
    open : callable
        Gives the rows afresh, each time. Told of columns, it leaves these as the text
        that was served.
    turn : tuple of (str, int) or None
        What reports share that take turns, and how many commits of such the writer has
        seen: where there are others, it is not written.
    seen : Seen or None
        What the writer has seen of the table where it takes no turn: once others than
        a sync or a sink have committed, it is not written.
    """

    name: str
    window: str
    mark: int = 1
    content: str = ""
    made: datetime | None = None
    constants: Mapping[str, pa.Scalar] = field(default_factory=dict)
    private: bool = False
    open: Callable[[frozenset[str]], pa.RecordBatchReader]
    turn: tuple[str, int] | None = None
    seen: Seen | None = None


def newest_of(reports: Sequence[DeltaReport]) -> list[DeltaReport]:
    """Return the newest version of each window, each report once, in order."""
    found: dict[str, DeltaReport] = {}
    for report in reports:
        known = found.get(report.window)
        if known is None or version_of(known) <= version_of(report):
            found[report.window] = report
    return list(found.values())


def version_of(report: DeltaReport) -> int:
    """Return a number that is greater for newer versions: microseconds since 1970."""
    return round(report.made.timestamp() * 1_000_000) if report.made else 1


def content_of(report: DeltaReport) -> int | None:
    """Give report type and table as a number, which is all that a transaction tells."""
    if not report.content:
        return None
    return int(hashlib.sha256(report.content.encode()).hexdigest()[:15], 16)
