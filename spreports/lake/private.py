"""Whether files that a care writes anew are for their owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from spreports.facts import read_catalogue
from spreports.lake.holding import Holding
from spreports.lake.place import Place
from spreports.lake.state import RootState

__all__ = ["is_private"]


def is_private(place: Place, state: RootState, kept: Sequence[Holding]) -> bool:
    """Whether what is written anew of some reports is for its owner alone: 0600.

    So it is where the data root holds a restricted report type; and where a file was:
    the entry that restricts its type may be the caller's own.
    """
    catalogue = read_catalogue(os.environ)
    types = {held.report.report_type for held in state.holdings}
    if any(catalogue.lookup(name).restricted for name in types if name):
        return True
    paths = {span.path for held in kept for span in held.spans}
    return place.is_local and any(_is_owners(Path(place.path, path)) for path in paths)


def _is_owners(path: Path) -> bool:
    """Whether a file is for its owner alone."""
    try:
        return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError:  # who reads it tells
        return False
