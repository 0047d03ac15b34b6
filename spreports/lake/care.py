"""What compaction and purging have in common: look, clear away, take away."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from spreports.errors import SinkError
from spreports.lake.compaction import is_only_copy
from spreports.lake.late import is_late
from spreports.lake.place import Place
from spreports.lake.state import RootState, read_state
from spreports.load.compacted import COMPACTION
from spreports.load.leftovers import is_left
from spreports.load.marker import (
    Marker,
    intent_owner,
    intent_paths,
    is_announced,
    marker_digest,
)
from spreports.load.removal import is_removal, removal_note
from spreports.load.target import OpenTarget, open_target

__all__ = [
    "clear_killed",
    "cleared",
    "insist_on_files",
    "opened",
    "settled",
    "take_away",
]


@contextlib.contextmanager
def opened(place: Place, *, private: bool = False) -> Iterator[OpenTarget]:
    """Open a data root for writing; its temporary files are gone afterwards."""
    target = open_target(place.url, storage_options=place.options, private=private)
    with contextlib.closing(target):
        yield target


def settled(place: Place, stem: str) -> RootState:
    """Make sure that a marker counts before what it replaces is taken away.

    Raises
    ------
    SinkError
        Its note of being written could not be removed, which hides it; or a file of
        it is missing.
    """
    state = read_state(place)
    insist_on_files(place, state, state.replacing)
    if stem not in state.markers:
        raise SinkError(
            f"{place.name}: {stem} was written, but does not count yet; nothing was"
            " taken away: run again",
            url=place.name,
        )
    return state


def cleared(place: Place) -> tuple[RootState, int]:
    """Take away what earlier runs left; return the state then, and how many files.

    That is: files whose rows a compaction holds, files that a killed run was taking
    away, the unfinished files of a killed compaction, whose sources still count, and
    those of killed sinks, see `clear_killed`; and notes of what counts. The marker of
    such a compaction may still be on its way: without its files it says nothing, see
    `needless`.

    Raises
    ------
    SinkError
        A compaction lacks a file; what it stands for is the only copy, and stays.
    """
    state = read_state(place)
    if state.noted:
        clear_killed(place, state.noted)
        state = read_state(place)
    insist_on_files(place, state, state.replacing)
    killed = {
        stem: paths
        for stem, paths in state.unfinished.items()
        if stem.startswith(COMPACTION) and not is_only_copy(place, stem, state.digests)
    }
    gone = {**state.leaving, **killed}
    for stem, paths in gone.items():
        take_away(place, stem, paths, state.digests.get(stem))
    files = sum(len(paths) for paths in gone.values())
    sinks = clear_killed(place, state.unfinished.keys() - killed.keys())
    is_old = bool(gone or state.unfinished)
    return (read_state(place) if is_old else state), files + sinks


def clear_killed(
    place: Place, stems: Iterable[str], *, now: Callable[[], float] = time.time
) -> int:
    """Take away what killed sinks left and no marker names; count files.

    Nobody may ever sink such a report again. Where others are kept out, the note of a
    process that is gone is nobody's; of a process that cannot be asked, and where a
    write may still be on its way, it is once it is a day old. Who publishes for longer
    is told to run again, see `publish`. Where a marker is there and counts, the note
    goes at once, see `RootState.noted`; where the root has done without it since, both
    go, see `is_late`; else all stays, and the report, sunk again, puts it right.

    Parameters
    ----------
    place : Place
    stems : iterable of str
        Of notes that were seen.
    now : callable, seconds since the epoch

    Returns
    -------
    int

    Raises
    ------
    SinkError
        The target refused, or a marker in the root is damaged.
    """
    return sum(_clear_one(place, stem, now) for stem in sorted(stems))


def _clear_one(place: Place, stem: str, now: Callable[[], float]) -> int:
    intent = f"{stem}.intent"
    with opened(place) as target, target.alone() as sure:
        said = target.read_state(intent)
        paths = None if said is None else _paths(stem, said)
        if said is None or paths is None:
            return 0
        data = target.read_state(f"{stem}.json")
        if data is not None:
            marker = _marker(stem, data)
            if marker is None:
                return 0
            state, named = read_state(place), {file.path for file in marker.files}
            if stem in state.noted:
                beside = [path for path in paths if path not in named]
                return _ended(target, intent, said, beside)
            if not is_late(place, marker, state.holdings):
                return 0
            paths = sorted(named.union(paths))
        if is_removal(said):
            return 0
        age = place.state.age(intent, now())
        is_over = age is not None and is_left(intent_owner(said), age, sure=sure)
        return _hidden(target, stem, paths, data) if is_over else 0


def _paths(stem: str, said: bytes) -> list[str] | None:
    """Return the files of a note; None for a damaged one."""
    with contextlib.suppress(SinkError):
        return intent_paths(stem, said)
    return None


def _marker(stem: str, data: bytes) -> Marker | None:
    """Read a marker; None for a damaged one."""
    with contextlib.suppress(SinkError):
        return Marker.from_bytes(stem, data)
    return None


def _hidden(
    target: OpenTarget, stem: str, paths: Sequence[str], marker: bytes | None
) -> int:
    """Hide a marker, if there is one, and take it away; return how many files went."""
    note, intent = removal_note(paths, marker), f"{stem}.intent"
    target.write_state(intent, note)
    if target.read_state(f"{stem}.json") != marker:
        target.remove_state(intent)
        return 0
    _take(target, stem, paths, note)
    return len(paths)


def _ended(target: OpenTarget, intent: str, said: bytes, beside: Sequence[str]) -> int:
    """Have a marker count that is there and whole; return how many files went."""
    for path in beside:
        if target.read_state(intent) != said:
            return 0
        target.drop(path)
    target.settle()
    target.keep()
    if target.read_state(intent) == said:
        target.remove_state(intent)
    return len(beside)


def insist_on_files(place: Place, state: RootState, stems: Iterable[str]) -> None:
    """Raise a SinkError where rows that are to be taken away are nowhere else.

    Parameters
    ----------
    place : Place
    state : RootState
    stems : iterable of str
        Markers that stand for what is to be taken away.

    Raises
    ------
    SinkError
        They lack a file.
    """
    for stem in stems:
        for file in state.markers[stem].files:
            if place.size(file.path) != file.bytes:
                raise SinkError(
                    f"{place.name}: {file.path} is missing or not whole; nothing was"
                    " taken away. What it stands for is still there, and counts"
                    f" again once {place.state.name}/{stem}.json is deleted",
                    url=place.name,
                )


def take_away(
    place: Place, stem: str, paths: Sequence[str], digest: str | None
) -> None:
    """Take away a marker and its files; killed midway, the next run goes on.

    A note that hides the marker comes first and goes last, so that a reader sees all
    of it or nothing. What a sink has written anew since it was looked at stays: local
    sinks are kept out meanwhile, others found out before each step.

    Parameters
    ----------
    place : Place
    stem : str
    paths : sequence of str
    digest : str or None
        Of the marker that is meant; None where a note of its removal, or of the
        compaction that was killed, is there already.

    Raises
    ------
    SinkError
        The target refused; the next run goes on.
    """
    with opened(place) as target, target.alone():
        said = target.read_state(f"{stem}.intent")
        data = target.read_state(f"{stem}.json")
        if digest is None:
            # It may have come, and count, since it was looked at
            counts = data is not None and stem in read_state(place).markers
            if said is None or counts:
                return
            if is_removal(said):
                _take(target, stem, paths, said)
            elif stem.startswith(COMPACTION):
                _hidden(target, stem, paths, data)
            return
        if data is None or marker_digest(data) != digest:
            return
        # A sink is at work where its note announces another
        if (
            said is None
            or is_removal(said)
            or stem.startswith(COMPACTION)
            or is_announced(said, data)
        ):
            _hidden(target, stem, paths, data)


def _take(target: OpenTarget, stem: str, paths: Sequence[str], note: bytes) -> None:
    """Take away what a note hides, for as long as that is there."""
    own, intent = f"{stem}.json", f"{stem}.intent"
    for path in paths:
        if target.read_state(intent) != note:
            _mend(target, stem)
            return
        target.drop(path)
    target.settle()
    target.keep()
    for name in (own, intent):
        if target.read_state(intent) != note:
            _mend(target, stem)
            return
        target.remove_state(name)


def _mend(target: OpenTarget, stem: str) -> None:
    """Take away a marker whose files were taken from under a sink.

    Its rows are in a compaction, or were to go; the sink may be run again.
    """
    data = target.read_state(f"{stem}.json")
    if data is not None:
        marker = Marker.from_bytes(stem, data)
        if not all(target.has(file.path) for file in marker.files):
            target.remove_state(f"{stem}.json")
