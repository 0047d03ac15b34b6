"""Whether others than us have committed to a Delta table since it was looked at.

A sync and a sink take no rows away but for newer ones of the same window. What tools
commit (a RESTORE, a DELETE, a compaction) may have: who relies upon rows looks again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spreports.load.delta_files import log_files

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["Seen", "is_as_seen", "seen_of"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a writer has seen of a Delta table.

    Attributes
    ----------
    table : str
        The table's own id.
    version : int
    ours : set of int
        Later versions that a sync or a sink is known to have committed; grows.
    """

    table: str
    version: int
    ours: set[int] = field(default_factory=set)


def seen_of(table: DeltaTable) -> Seen:
    """Return what who has opened a table has seen of it."""
    return Seen(str(table.metadata().id), table.version())


def is_as_seen(
    table: DeltaTable | None, seen: Seen, url: str, options: Mapping[str, Any]
) -> bool:
    """Say whether none but syncs and sinks have committed to a table since it was seen.

    Parameters
    ----------
    table : DeltaTable or None
        As it was opened now.
    seen : Seen
        Told what is found: no commit is read twice.
    url : str
    options : mapping
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    bool
        False as well where a commit is gone from the log, or the table is another one.

    Raises
    ------
    SinkError
        The target refused.
    """
    if table is None or str(table.metadata().id) != seen.table:
        return False
    later = set(range(seen.version + 1, table.version() + 1)) - seen.ours
    if later:
        with log_files(url, options) as log:
            for number in sorted(later):
                try:
                    commit = log.read(log.commit(number))
                except FileNotFoundError:
                    return False
                if not any(map(_is_ours, commit.splitlines())):
                    return False
                seen.ours.add(number)
    return table.version() >= seen.version


def _is_ours(line: bytes) -> bool:
    """Whether a line of a commit says that a sync or a sink made it."""
    if b'"commitInfo"' not in line:
        return False
    return "spreports" in json.loads(line).get("commitInfo", {})
