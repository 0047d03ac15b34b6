"""Which command takes up the work of one that is interrupted."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spreports import Reports

__all__ = ["SAME_COMMAND", "interrupted", "note_dates"]

SAME_COMMAND = "the same command takes it up again"


def note_dates(arguments: argparse.Namespace, reports: Reports) -> None:
    """Note how what is asked for is taken up; a duration is other dates by then."""
    changes = []
    if windows := reports.plan().windows:
        start, end = windows[0].start, windows[-1].end
        changes.append(f"with --start {_written(start)} --end {_written(end)}")
    if arguments.new:
        changes.append("without --new")
    arguments.again = (
        f"the same command {' and '.join(changes)} takes it up again"
        if changes
        else SAME_COMMAND
    )


def interrupted(arguments: argparse.Namespace) -> str:
    """Say that a command was interrupted, and what takes it up, where anything does."""
    # The embedded Amazon ends with the command, and so does what it was asked for
    again = None if getattr(arguments, "simulator", False) else arguments.again
    return "interrupted" if again is None else f"interrupted; {again}"


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
