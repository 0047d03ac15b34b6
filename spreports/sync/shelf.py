"""One data root of a feed: what markers say is there, and whether its files are.

A marker without its files counts for nothing: a table's folder was deleted, or a rule
of the bucket took away what is old. Files come before their marker and go after a note
that hides it, so what a listing lacks is lost only where the marker counts before that
listing and after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from spreports.lake.holding import Holding
from spreports.lake.state import RootState, read_rest
from spreports.ledger import LakeMarker
from spreports.load.marker import PREFIX
from spreports.reports.naming import file_stem
from spreports.sync.lakeside import Lakeside
from spreports.sync.stream import Kind, Stream

__all__ = ["Held", "Shelf", "asked_of"]


@dataclass(frozen=True, slots=True)
class Held:
    """One table of one report, as its marker says; its note without our prefix.

    Attributes
    ----------
    report_id : str
    stem : str
        Of the report, in its data root.
    marker : str
    note : mapping of str to str
    rows, files : int
    is_whole : bool
        Its files are there.
    """

    report_id: str
    stem: str
    marker: str
    note: Mapping[str, str]
    rows: int
    files: int
    is_whole: bool


class Shelf:
    """One data root: what is listed there, and what had to be read of it.

    Parameters
    ----------
    stream : Stream
    table : str or None
    root : str
        Its name in the lake.
    lake : Lakeside
    known : mapping of str to LakeMarker
        Markers that need not be read, by stem.
    anew : bool
        List the files now, and make sure of what they lack.
    """

    def __init__(
        self,
        stream: Stream,
        table: str | None,
        root: str,
        lake: Lakeside,
        known: Mapping[str, LakeMarker],
        *,
        anew: bool,
    ) -> None:
        self.table = table
        self.root = root
        self.place = lake.place(root)
        self._stream = stream
        self._known = dict(known)
        self._listing = lake.files
        self._look(anew=anew)

    def _look(self, *, anew: bool = False) -> None:
        stems, state = read_rest(self.place, self._known)
        self._files = self._listing.of(self.place, anew=anew) if stems else {}
        gone = self._gone_of(state)
        if anew and gone:
            seen = state.digests
            stems, state = read_rest(self.place, self._known)
            same = {s for s in state.markers if state.digests[s] == seen.get(s)}
            gone = {stem: paths for stem, paths in gone.items() if stem in same}
        self._stems, self._state, self._gone = stems, state, gone
        self._packed: dict[str, list[str]] = {}
        for marker in self._known.values():
            # Another feed's own tells of its report alone, and of none of ours
            reports = marker.reports or (marker.stem,)
            for report in reports if marker.stem in stems else ():
                self._packed.setdefault(report, []).append(marker.stem)
        self._held = [self._held_by(each) for each in state.holdings]
        self.ours = [held for held in self._held if self._is_ours(held)]

    def _gone_of(self, state: RootState) -> dict[str, frozenset[str]]:
        """Return the files that markers name and a listing lacks, by marker."""
        each = {
            stem: {file.path for file in marker.files}.difference(
                self._files.get(stem, ())
            )
            for stem, marker in state.markers.items()
        }
        return {stem: frozenset(paths) for stem, paths in each.items() if paths}

    def _held_by(self, holding: Holding) -> Held:
        gone = self._gone.get(holding.marker, frozenset())
        return Held(
            report_id=file_stem(holding.report.report_id or holding.report.stem),
            stem=holding.report.stem,
            marker=holding.marker,
            note={
                name.removeprefix(PREFIX): text
                for name, text in holding.note.items()
                if name.startswith(PREFIX)
            },
            rows=sum(span.rows for span in holding.spans),
            files=len(holding.spans),
            is_whole=not any(span.path in gone for span in holding.spans),
        )

    def _is_ours(self, held: Held) -> bool:
        mine = held.note.get("account") == self._stream.account
        is_of_feed = mine and _is_of_feed(held.note, self._stream)
        return is_of_feed and not _is_early(held.note, self._stream)

    def read_again(self, reports: set[str]) -> None:
        """Read the markers of some reports, known as they are."""
        told = [m for m in self._known.values() if reports.intersection(m.reports)]
        if told:
            for marker in told:
                del self._known[marker.stem]
            self._look()

    def others(self) -> list[Held]:
        """Return what is not of the feed."""
        return [held for held in self._held if not self._is_ours(held)]

    def read(self, whole: Mapping[str, object]) -> Iterator[LakeMarker]:
        """Yield what was read, but for reports that are yet to be finished."""
        ours: dict[str, list[str]] = {}
        for held in self.ours:
            ours.setdefault(held.marker, []).append(held.report_id)
        for stem in self._state.markers:
            reports = ours.get(stem, [])
            if all(report in whole for report in reports):
                yield LakeMarker(self.root, stem, tuple(reports))

    def unfinished(self) -> tuple[str, ...]:
        """Return the stems of notes of sinks: these run, were killed, or are done."""
        return (*self._state.unfinished, *self._state.noted)

    def named(self) -> set[str]:
        """Return the stems of the reports that a marker names."""
        listed = self._stems - self._state.leaving.keys()
        packed = {
            report
            for report, stems in self._packed.items()
            if not listed.isdisjoint(stems)
        }
        return packed.union(listed, (held.report_id for held in self._held))

    def lacking(self) -> set[str]:
        """Return those of them of which a file is gone, by the markers that were read.

        A sink that was killed while it took the place of an older version hides both.
        """
        whole = {held.report_id for held in self._held if held.is_whole}
        gone = {held.report_id for held in self._held if not held.is_whole}
        hidden = {s for s in self._state.unfinished if not self._files.get(s)}
        return (gone | hidden) - whole

    def files_of(self, report: str) -> int | None:
        """Return how many files a report has whose marker was not read.

        None where only its marker can tell: a compaction has files of many reports.
        """
        stems = self._packed.get(report, [])
        files = sum(len(self._files.get(stem, ())) for stem in stems)
        return files if stems == [report] or (stems and not files) else None

    def lost(self) -> frozenset[str]:
        """Return the stems of the feed's reports in markers of which a file is gone."""
        each = map(self._held_by, (*self._state.holdings, *self._state.hidden))
        return frozenset(
            held.stem
            for held in each
            if held.marker in self._gone and self._is_ours(held)
        )


def _is_of_feed(note: Mapping[str, str], stream: Stream) -> bool:
    """Whether a marker is of this feed, of whichever account: marketplaces, options.

    What Amazon made by itself is listed under marketplaces of its own choice.
    """
    asked = asked_of(note)
    if asked is None or stream.kind == Kind.LISTED:
        return asked is not None
    return asked == (tuple(sorted(stream.marketplace_ids)), dict(stream.options))


def _is_early(note: Mapping[str, str], stream: Stream) -> bool:
    """Whether it was made before its last day was over; see `Stream.is_early`."""
    try:
        asked = json.loads(note["request_key"])
        texts = (asked["dataStartTime"], asked["dataEndTime"], note["created_time"])
        start, end, made = map(datetime.fromisoformat, texts)
        return stream.is_early(start, end, made)
    except (KeyError, ValueError, TypeError):
        return False


def asked_of(
    note: Mapping[str, str],
) -> tuple[tuple[str, ...], Mapping[str, str]] | None:
    """Return marketplaces and options of a request; None where it is not known."""
    try:
        asked = json.loads(note["request_key"])
        return tuple(asked["marketplaceIds"]), dict(asked["reportOptions"] or {})
    except (KeyError, ValueError, TypeError):
        return None
