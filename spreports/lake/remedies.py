"""Errors of a lake that lacks something, and what to do about it."""

from __future__ import annotations

from spreports.errors import SinkError
from spreports.lake.place import Place

__all__ = ["no_lake", "remedy", "restless"]


def no_lake(place: Place, what: str) -> SinkError:
    """Return the error for a lake that has no such thing."""
    return SinkError(f"{place.name}: {what}", url=place.name)


def remedy(root: Place) -> str:
    """Say what to do about files of a data root that are missing."""
    return (
        "a sync with refill=True (--refill) asks again for what it keeps, other reports"
        " are sunk again; where the folder was deleted on purpose, delete its markers,"
        f" too, {root.state.name}"
    )


def restless(root: Place) -> SinkError:
    """Return the error for a data root whose files go faster than they are opened."""
    what = "files that its markers name are missing; if nobody writes to it now,"
    return no_lake(root, f"{what} `spreports lake check` says which; {remedy(root)}")
