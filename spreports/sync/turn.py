"""Of several hosts that keep one feed, each sees what the others have landed.

What is due is planned by what a lake has at that time; reports are waited for, and
meanwhile another host may have brought the same days in windows cut otherwise. Such a
window is not landed: the next run plans by the windows that are there, and cuts what
they lack. Who lands first wins, with the first table of a report; half a report counts.

Delta tables number the commits that bring windows of a feed, and of two commits with
the same number one fails: none goes unseen. A newer version of a window that is there
adds no day, and waits for nobody; but where others than a sync have committed, it is
looked for once more: a RESTORE may have taken it back. Of plain Parquet the names of
markers are listed before a window is landed; what lands in the moment after that goes
unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from spreports.errors import SinkError
from spreports.ledger import LakeMarker, LakeWindow
from spreports.load.delta_report import TurnLostError
from spreports.load.delta_seen import Seen
from spreports.load.parquet import SinkResult
from spreports.reports.work import Target
from spreports.sync.lakeside import Lakeside
from spreports.sync.rebuild import windows_on
from spreports.sync.rebuild_delta import windows_in_delta
from spreports.sync.roots import root_name, tables_of
from spreports.sync.shelf import Shelf
from spreports.sync.stream import Kind, Stream

__all__ = ["Land", "Turn"]

# Each try that fails means that another host's commit succeeded
TRIES = 100

# Lands a target's rows by what writes them
Land = Callable[[Target, Callable[[Target], SinkResult]], SinkResult]


class Turn:
    """One feed of a lake, looked at when a run begins: before it is read for the plan.

    Parameters
    ----------
    stream : Stream
    lake : Lakeside

    Attributes
    ----------
    names : frozenset of str
        Of the files beside the first data root, where these are listed.

    Raises
    ------
    SinkError
        The lake cannot be read.
    """

    def __init__(self, stream: Stream, lake: Lakeside) -> None:
        self._stream, self._lake = stream, lake
        self._others: list[LakeWindow] = []
        self._number = 0
        self.names: frozenset[str] = frozenset()
        self._seen: set[str] = set()
        self._commits_seen: Seen | None = None
        self._gone: frozenset[str] = frozenset()
        self._name = hashlib.sha256(stream.key.encode()).hexdigest()[:32]
        self._table = tables_of(stream, ())[0]
        self._root = root_name(stream.entry.report_type, self._table)
        self._url = lake.url(self._root)
        if stream.kind == Kind.DATED:
            if lake.is_delta:
                self._count()
            else:
                self.names = self._listed()
                self._seen = _stems(self.names)

    def land(
        self,
        window: LakeWindow,
        known: Mapping[str, LakeWindow],
        target: Target,
        write: Callable[[Target], SinkResult],
        *,
        is_new: bool,
    ) -> SinkResult:
        """Write a window, unless another host has landed some of its days meanwhile.

        Parameters
        ----------
        window : LakeWindow
        known : mapping of str to LakeWindow
            What was planned by, and came of it.
        target : Target
        write : callable
            Writes the rows to a target.
        is_new : bool
            The lake had no rows of it: a newer version of rows adds no day.

        Returns
        -------
        SinkResult

        Raises
        ------
        SinkError
            Another host has; or what `write` raises.
        """
        lake, dated = self._lake, self._stream.kind == Kind.DATED
        if not dated or target.url != self._url:
            return write(target)
        if not lake.is_delta:
            if not is_new:
                return write(target)
            self._look_at_markers(known)
            self._insist(window)
            self._seen.add(target.stem)
            return write(target)
        for _ in range(TRIES):
            adds = is_new or window.name in self._gone
            if adds:
                self._insist(window)
            turn = (self._name, self._number) if adds else None
            try:
                written = write(replace(target, turn=turn, seen=self._commits_seen))
            except TurnLostError:
                lake.looks.anew()
                self._count()
                there = windows_in_delta(self._stream, [*known.values()], lake)
                self._note(there, known)
                self._gone = frozenset({*known} - {each.name for each in there})
                continue
            self._number += adds
            return written
        msg = f"{target.url}: {TRIES} commits of others came first: run again"
        raise SinkError(msg, url=target.url)

    def _insist(self, window: LakeWindow) -> None:
        """Raise a SinkError where others have landed a day of a window."""
        for other in self._others:
            if window.overlaps(other):
                raise SinkError(
                    f"another host has landed {other.name} since this run began, of the"
                    f" same days as {window.name}: the next run brings what is lacking",
                    url=self._url,
                )

    def _note(self, there: Iterable[LakeWindow], known: Collection[str]) -> None:
        """Note what others have landed: what nobody here knows of."""
        self._others += [window for window in there if window.name not in known]

    def _count(self) -> None:
        """Count the commits that took turns, and see how far the table has come."""
        self._number, seen = self._lake.looks.commits_of(self._url, self._name)
        # All feeds of a run add to one set, so that none of their commits is read
        ours = self._lake.commits.setdefault(seen.table, set()) if seen else set()
        self._commits_seen = replace(seen, ours=ours) if seen else None

    def _listed(self) -> frozenset[str]:
        return frozenset(self._lake.place(self._root).state.entries())

    def _look_at_markers(self, known: Collection[str]) -> None:
        """Read the markers that are new, if any are."""
        stems = _stems(self._listed())
        if stems <= self._seen:
            return
        root, lake = self._root, self._lake
        seen = {stem: LakeMarker(root, stem, ()) for stem in self._seen}
        shelf = Shelf(self._stream, self._table, root, lake, seen, anew=False)
        self._note(windows_on(self._stream, shelf), known)
        self._seen |= stems


def _stems(names: Collection[str]) -> set[str]:
    """Return the stems of the markers among state files."""
    return {n.removesuffix(".json") for n in names if n.endswith(".json")}
