"""Feeds of one type that share a marketplace: a lake would have its rows twice."""

from __future__ import annotations

import json
from collections.abc import Sequence

from spreports.errors import SinkError
from spreports.ledger import LakeWindows
from spreports.load.target import shown
from spreports.sync.stream import Kind, Stream

__all__ = ["insist_on_apart"]


def insist_on_apart(
    stream: Stream, streams: Sequence[Stream], windows: LakeWindows, lake: str, to: str
) -> None:
    """Refuse a feed one of whose marketplaces another feed of the lake has.

    Reports of other marketplaces are no versions of one another, so that both would
    be kept. What Amazon makes by itself is told by its own id.

    Parameters
    ----------
    stream : Stream
        Of which the lake has nothing yet.
    streams : sequence of Stream
        Those of this run, itself among them.
    windows : LakeWindows
        Of the ledger.
    lake : str
        Its name in the ledger.
    to : str

    Raises
    ------
    SinkError
        Names the marketplaces of the other feed, and what to do.
    """
    if stream.kind == Kind.LISTED:
        return
    own = json.loads(stream.key)
    there = [
        feed
        for feed in windows.feeds(lake)
        if any(window.rows for window in windows.of(lake, feed))
    ]
    for feed in dict.fromkeys([*there, *(each.key for each in streams)]):
        said = json.loads(feed)
        ids = said["marketplaceIds"]
        if ids == own["marketplaceIds"] or said != {**own, "marketplaceIds": ids}:
            continue
        if shared := sorted(set(ids) & set(own["marketplaceIds"])):
            name = shown(f"{to.rstrip('/')}/{stream.entry.report_type}")
            raise SinkError(
                f"{name} has {stream.label} of the marketplaces {', '.join(ids)} by"
                f" another feed: rows of {', '.join(shared)} would be there twice. Keep"
                " that feed as it is and add one for the other marketplaces alone, or"
                " begin another lake",
                url=name,
            )
