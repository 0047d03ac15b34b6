"""What an error makes of a window: tried again by every run, or a gap after some tries.

An error of the moment says nothing of a window, which is tried again without end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from spreports.errors import (
    ConfigError,
    DownloadError,
    DriftError,
    ForbiddenError,
    ReportError,
    SinkError,
    SPReportsError,
)
from spreports.ledger import LakeWindow, WindowState
from spreports.reports.doubted import denies
from spreports.reports.outcome import OutcomeKind
from spreports.sync.bring import OUTAGES
from spreports.sync.calendar import MAX_TRIES, gap
from spreports.sync.stream import Kind, Stream

__all__ = ["after_failure", "tells_nothing"]

# Of the moment, or of the caller's settings; what is hopeless is of the machine
TELLS_NOTHING = (*OUTAGES, ConfigError, DownloadError, SinkError)


def after_failure(
    stream: Stream, window: LakeWindow, exc: Exception, now: datetime
) -> LakeWindow:
    """Return a window as it stands after an error.

    One that is still restated is not given up: some reports are FATAL until Amazon has
    their rows.

    Parameters
    ----------
    stream : Stream
    window : LakeWindow
        As it was asked for.
    exc : Exception
        What bringing it came to.
    now : datetime, aware
    """
    kind = type(exc).__name__
    # Only our own errors are known to hold no cell
    why = str(exc) if isinstance(exc, SPReportsError) else "an error of spreports"
    if tells_nothing(exc):
        return replace(window, state=WindowState.ASKED, error_kind=kind, error=why)
    tries = window.tries + (not isinstance(exc, DriftError))
    failed = replace(
        window, state=WindowState.FAILED, tries=tries, error_kind=kind, error=why
    )
    if stream.kind == Kind.LISTED and denies(exc):
        return gap(failed, kind, f"Amazon no longer has the document: {why}")
    if tries >= MAX_TRIES and not _is_young(stream, window, now):
        return gap(failed, kind, f"given up after {tries} tries: {why}")
    return failed


def _is_young(stream: Stream, window: LakeWindow, now: datetime) -> bool:
    """Whether Amazon may still be about to make a window's rows."""
    settled = window.end and window.end + timedelta(days=stream.lookback_days)
    return bool(settled and now < settled)


def tells_nothing(exc: Exception) -> bool:
    """Whether what comes of a window is not known yet, for all that an error tells."""
    if isinstance(exc, SPReportsError) and exc.hopeless:
        return True
    if isinstance(exc, ReportError) and exc.outcome is not None:
        return exc.outcome.kind == OutcomeKind.TOO_SOON
    if isinstance(exc, DownloadError) and exc.refused:
        return False
    if isinstance(exc, ForbiddenError):
        return exc.status is None  # of another window: this one was not asked for
    return isinstance(exc, TELLS_NOTHING)
