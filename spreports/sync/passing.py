"""Which errors say nothing of a window: it is tried again by every run, without end."""

from __future__ import annotations

from spreports.errors import (
    ConfigError,
    DownloadError,
    ForbiddenError,
    ReportError,
    SinkError,
    SPReportsError,
)
from spreports.reports.outcome import OutcomeKind
from spreports.sync.bring import OUTAGES

__all__ = ["is_passing"]

# Of the moment, or of the caller's settings; what is hopeless is of the machine
PASSING = (*OUTAGES, ConfigError, DownloadError, SinkError)


def is_passing(exc: Exception) -> bool:
    """Whether an error is of the moment: what came of the window is not known yet."""
    if isinstance(exc, SPReportsError) and exc.hopeless:
        return True
    if isinstance(exc, ReportError) and exc.outcome is not None:
        return exc.outcome.kind == OutcomeKind.TOO_SOON
    if isinstance(exc, DownloadError) and exc.refused:
        return False
    if isinstance(exc, ForbiddenError):
        return exc.status is None  # of another window: this one was not asked for
    return isinstance(exc, PASSING)
