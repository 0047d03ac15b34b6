"""A note that hides a marker while its files are taken away, and whether one does.

It lies where the note of a sink would, and is like that to a sink of the same stem. A
store may carry it out late, when the same stem was written anew: so it names the marker
that it means, by its hash, and says nothing of another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from spreports.load.marker import intent_bytes, is_announced, marker_digest

__all__ = ["hides", "is_older_removal", "is_removal", "removal_note"]

REMOVE = "remove"


def removal_note(paths: Sequence[str], marker: bytes | None) -> bytes:
    """Write down the files that are being taken away, and the marker that goes.

    Parameters
    ----------
    paths : sequence of str
    marker : bytes or None
        None where there is none.
    """
    told = json.loads(intent_bytes(paths))
    return json.dumps({**told, REMOVE: marker_digest(marker or b"")}).encode()


def is_removal(data: bytes) -> bool:
    """Tell a `removal_note` from the note of a sink."""
    return bool(_named(data))


def is_older_removal(data: bytes) -> bool:
    """Tell the note of a version that did not say yet which marker it means."""
    return _named(data) is True


def hides(data: bytes, marker: bytes) -> bool:
    """Tell whether a marker does not count beside a note, be it whole or not.

    The note of a sink hides each but the one that it was written for. A removal hides
    the one that it names; an older version's, whichever is there.
    """
    named = _named(data)
    if not named:
        return not is_announced(data, marker)
    return named in (True, marker_digest(marker))


def _named(data: bytes) -> object:
    """Return what a note says of a removal; nothing true where it is a sink's."""
    try:
        return json.loads(data).get(REMOVE)
    except (ValueError, AttributeError, RecursionError):
        return None
