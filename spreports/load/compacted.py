"""Find out whether a compaction holds a report as it is sunk: its rows come once.

The marker of such a sink would be one that the compaction stands for, and count for
nothing; only who lists the files would read the rows beside the compaction's, and, of
columns that are protected there, in clear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spreports.at_work import SIDE_BY_SIDE, at_work
from spreports.errors import SinkError
from spreports.load.marker import DAMAGE, PREFIX, Marker, marker_digest
from spreports.load.removal import hides
from spreports.load.target import OpenTarget

__all__ = ["COMPACTED", "COMPACTION", "announce", "stands_for", "stood_for"]

# Of the markers of compactions: how their stems begin, and the entry of their notes
COMPACTION = "compact-"
COMPACTED = f"{PREFIX}compacted"
# A state file without meaning of its own: most lakes are never compacted, and to list
# the markers of 10,000 reports takes three times as long as to write a small one
KNOWN = "compactions"


def announce(target: OpenTarget) -> None:
    """Have sinks look for compactions from here on; before the first one is marked.

    Parameters
    ----------
    target : OpenTarget

    Raises
    ------
    SinkError
        The target refused.
    """
    if target.read_state(KNOWN) is None:
        target.write_state(KNOWN, b"{}")


def stands_for(told: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the markers, by stem and digest, that count no more beside a compaction.

    Parameters
    ----------
    told : mapping
        The `COMPACTED` entry of its note, from JSON.

    Raises
    ------
    KeyError, TypeError, AttributeError
        It is damaged.
    """
    old = {(str(stem), str(digest)) for stem, digest in told["replaces"].items()}
    return old | {(str(each["stem"]), str(each["digest"])) for each in told["reports"]}


def stood_for(target: OpenTarget, stem: str, marker: bytes) -> bool:
    """Tell whether a compaction that counts stands for a marker, with all of its files.

    Parameters
    ----------
    target : OpenTarget
    stem : str
    marker : bytes
        As it would be written.

    Returns
    -------
    bool
        False also where a compaction is damaged: what is written twice goes with the
        next compaction, and what is not written is nowhere.

    Raises
    ------
    SinkError
        The target refused.
    """
    found = _markers(target) if target.read_state(KNOWN) is not None else {}
    digest = marker_digest(marker)
    if not any(digest.encode() in data for data in found.values()):
        return False
    try:
        told = {
            each: json.loads(Marker.from_bytes(each, data).note[COMPACTED])
            for each, data in found.items()
        }
        pairs = {each: stands_for(there) for each, there in told.items()}
        gone = set[tuple[str, str]]().union(*pairs.values())
        holding = [
            told[each]
            for each, data in found.items()
            if (stem, digest) in pairs[each] and (each, marker_digest(data)) not in gone
        ]
        paths = {
            str(path)
            for there in holding
            for each in there["reports"]
            if (each["stem"], each["digest"]) == (stem, digest)
            for path, _, _ in each["spans"]
        }
    except (SinkError, *DAMAGE):
        return False
    return bool(holding) and all(map(target.has, sorted(paths)))


def _markers(target: OpenTarget) -> dict[str, bytes]:
    """Return the markers of compactions, by stem, but where the note is of another."""
    names = set(target.state_names())
    stems = (name.removesuffix(".json") for name in sorted(names))
    wanted = (
        stem
        for stem in stems
        if stem.startswith(COMPACTION) and f"{stem}.json" in names
    )

    def read(stem: str) -> tuple[str, bytes | None]:
        data, intent = target.read_state(f"{stem}.json"), f"{stem}.intent"
        said = target.read_state(intent) if data and intent in names else None
        is_hidden = said is not None and hides(said, data or b"")
        return stem, None if is_hidden else data

    both = at_work(read, wanted, threads=SIDE_BY_SIDE)
    return {stem: data for stem, data in both if data is not None}
