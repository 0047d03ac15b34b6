"""Up to when a data root was purged: a small state file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from spreports.catalog import Catalogue, ReportType
from spreports.catalog.periods import end_of_rows
from spreports.lake.contents import LakeReport
from spreports.lake.place import Place
from spreports.load.marker import DamagedError
from spreports.load.target import OpenTarget

__all__ = [
    "PurgeNote",
    "end_of",
    "is_purged",
    "note_purge",
    "purged_before",
    "window_end",
]

NOTE = "purged"


@dataclass(frozen=True, slots=True)
class PurgeNote:
    """Up to when a data root was purged.

    Attributes
    ----------
    end : datetime, UTC
        Windows that ended until then were taken away, and none that ended later.
    is_day : bool
        It is the day that was asked for, as older versions noted it: it may have been
        yet to come, and windows that end on it may have been taken away.
    """

    end: datetime
    is_day: bool


def purged_before(root: Place) -> PurgeNote | None:
    """Return up to when a data root was purged; None for never.

    Raises
    ------
    SinkError
        The file system refused, or the note of it is damaged.
    """
    state = root.state
    with state.refusals("read"):
        try:
            # A part is asked for at once, and not by what was listed before
            said = bytes(state.fs.cat_file(f"{state.path}/{NOTE}", start=0))
        except (FileNotFoundError, NotADirectoryError):
            return None
    return _read(root, said)


def is_purged(root: Place, end: datetime) -> bool:
    """Say whether a window that ends then is one that a purge has taken away.

    The day that an older version noted tells nothing.

    Raises
    ------
    SinkError
        As `purged_before`.
    """
    note = purged_before(root)
    return note is not None and not note.is_day and end <= note.end


def note_purge(root: Place, target: OpenTarget, last: datetime) -> None:
    """Write down, before anything goes, that what ended until then is not lost.

    Parameters
    ----------
    root : Place
    target : OpenTarget
        Of the same root.
    last : datetime, UTC

    Raises
    ------
    SinkError
        The target refused, or the note that is there is damaged.
    """
    said = target.read_state(NOTE)
    if said is None or _read(root, said).end < last:
        target.write_state(NOTE, f"{last.isoformat()}\n".encode())


def _read(root: Place, said: bytes) -> PurgeNote:
    try:
        text = said.decode().strip()
        end = datetime.fromisoformat(text)
        is_day = len(text) == len("2026-01-01")
        if end.tzinfo is None and not is_day:
            raise ValueError
        end = end.replace(tzinfo=UTC) if is_day else end.astimezone(UTC)
        return PurgeNote(end, is_day)
    except (ValueError, OverflowError):
        raise DamagedError(
            f"{root.state.name} holds a damaged {NOTE!r}: write into it again up to "
            "when it was purged, such as 2026-01-01T00:00:00Z; without it, a new host "
            "brings all of it back",
            url=root.name,
        ) from None


def window_end(report: LakeReport, catalogue: Catalogue) -> datetime | None:
    """Return when a report's window ends; some types count their last day in."""
    end = report.dates[1]
    if end is None or report.report_type is None:
        return end
    return end_of(report, catalogue.lookup(report.report_type))


def end_of(report: LakeReport, entry: ReportType) -> datetime | None:
    """Return when the window of a report of a known type ends; None without dates."""
    start, end = report.dates
    if start is None or end is None:
        return end
    return end_of_rows(entry, report.options, start, end, report.created_time)
