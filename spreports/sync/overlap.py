"""Feeds of one type that share a marketplace: a lake would have its rows twice."""

from __future__ import annotations

import json
from collections.abc import Sequence

from spreports.errors import SinkError
from spreports.ledger import LakeWindow, LakeWindows
from spreports.reports.provenance import options_text
from spreports.sync.lakeside import Lakeside
from spreports.sync.rebuild import OtherFeed
from spreports.sync.stream import Kind, Stream

__all__ = ["insist_on_apart"]

APART = (
    "Keep that feed as it is and add one for the other marketplaces alone, or begin"
    " another lake"
)
WHOLE = (
    "Keep that feed alone as it is: its reports are known to hold the whole region,"
    " whichever marketplaces are named"
)
SPLIT = (
    "A report of this type holds one marketplace, so that feed cannot go on: begin"
    " another lake"
)
EARLY = (
    "as a schedule makes them: they are no versions of the days that sync brings, so"
    " these would be there twice. Begin another lake, or give a since behind them and"
    " keep it"
)
ALIKE = "Keep its options as they are, or give one with others a lake of its own"


def insist_on_apart(
    stream: Stream,
    streams: Sequence[Stream],
    windows: LakeWindows,
    others: Sequence[OtherFeed],
    lake: Lakeside,
) -> None:
    """Refuse a feed one of whose marketplaces another feed of the lake has.

    Reports of other marketplaces, or with other options, are no versions of one
    another, so that both would be kept. What Amazon makes by itself is told by its own
    id.

    Parameters
    ----------
    stream : Stream
        Of which the lake has nothing yet.
    streams : sequence of Stream
        Those of this run, itself among them.
    windows : LakeWindows
        Of the ledger.
    others : sequence of OtherFeed
        Of the lake.
    lake : Lakeside

    Raises
    ------
    SinkError
        Names marketplaces or options of the other feed, and what to do.
    """
    if stream.kind == Kind.LISTED:
        return
    _insist_on_whole_days(stream, others, lake)
    own = json.loads(stream.key)
    there = [
        feed
        for feed in windows.feeds(lake.name)
        if any(window.rows for window in windows.of(lake.name, feed))
    ]
    there += [
        json.dumps(
            {
                **own,
                "marketplaceIds": list(other.marketplace_ids),
                "reportOptions": options_text(other.options),
            }
        )
        for other in others
        if other.account == stream.account and _meets(stream, other.window)
    ]
    for feed in dict.fromkeys([*there, *(each.key for each in streams)]):
        said = json.loads(feed)
        ids, options = said["marketplaceIds"], said["reportOptions"]
        asked = {"marketplaceIds": ids, "reportOptions": options}
        if said == own or said != {**own, **asked}:
            continue
        if shared := sorted(set(ids) & set(own["marketplaceIds"])):
            name = lake.shown(stream)
            whose = f"of the marketplaces {', '.join(ids)}"
            used = stream.entry.marketplaces_used
            advice = {"none": WHOLE, "all": APART}.get(used, SPLIT)
            if options != own["reportOptions"]:
                none = options == options_text({})
                whose = "without options" if none else f"with the options {options}"
                advice = ALIKE
            raise SinkError(
                f"{name} has {stream.label} {whose} by another feed: rows of"
                f" {', '.join(shared)} would be there twice. {advice}",
                url=name,
            )


def _insist_on_whole_days(
    stream: Stream, others: Sequence[OtherFeed], lake: Lakeside
) -> None:
    """Refuse reports that were asked for as the feed's, but before a day was over."""
    own = (stream.account, tuple(sorted(stream.marketplace_ids)), dict(stream.options))
    early = {
        other.window.report_id: other.window.name
        for other in others
        if (other.account, other.marketplace_ids, dict(other.options)) == own
        and _meets(stream, other.window)
    }
    if early:
        names = sorted(early.values())
        name = lake.shown(stream)
        raise SinkError(
            f"{name} has {len(early)} reports of {stream.label} ({names[0]} up to"
            f" {names[-1]}) that were made before their last day was over, {EARLY}",
            url=name,
        )


def _meets(stream: Stream, window: LakeWindow) -> bool:
    """Whether a window has rows of the feed's time: an older export is no double."""
    late = stream.since is None or window.end is None or window.end > stream.since
    return window.rows > 0 and late
