"""What compaction and purging have in common: look, clear away, take away."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence

from spreports.errors import SinkError
from spreports.facts import read_catalogue
from spreports.lake.place import Place
from spreports.lake.state import RootState, is_removal, read_state, removal_note
from spreports.load.marker import Marker
from spreports.load.target import Target, open_target

__all__ = [
    "cleared",
    "insist_on_files",
    "is_private",
    "opened",
    "settled",
    "take_away",
]

COMPACTION = "compact-"


@contextlib.contextmanager
def opened(place: Place, *, private: bool = False) -> Iterator[Target]:
    """Open a data root for writing; its temporary files are gone afterwards."""
    target = open_target(place.url, storage_options=place.options, private=private)
    with contextlib.closing(target):
        yield target


def is_private(state: RootState) -> bool:
    """Whether a data root holds a restricted report type: its files are 0600."""
    catalogue = read_catalogue(os.environ)
    types = {held.report.report_type for held in state.holdings}
    return any(catalogue.lookup(name).restricted for name in types if name)


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
    away, and the unfinished files of a killed compaction, whose sources still count.

    Raises
    ------
    SinkError
        A compaction lacks a file; what it stands for is the only copy, and stays.
    """
    state = read_state(place)
    insist_on_files(place, state, state.replacing)
    killed = {
        stem: paths
        for stem, paths in state.unfinished.items()
        if stem.startswith(COMPACTION)
    }
    gone = {**state.leaving, **killed}
    for stem, paths in gone.items():
        take_away(place, stem, paths, state.digests.get(stem))
    files = sum(len(paths) for paths in gone.values())
    return (read_state(place) if gone else state), files


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
    """
    note, own, intent = removal_note(paths), f"{stem}.json", f"{stem}.intent"
    with opened(place) as target, target.alone():
        said = target.read_state(intent)
        if said is None:
            if not _is(target.read_state(own), digest):
                return
        elif not (is_removal(said) or stem.startswith(COMPACTION)):
            return
        target.write_state(intent, note)
        if digest is not None and not _is(target.read_state(own), digest):
            target.remove_state(intent)
            return
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


def _mend(target: Target, stem: str) -> None:
    """Take away a marker whose files were taken from under a sink.

    Its rows are in a compaction, or were to go; the sink may be run again.
    """
    data = target.read_state(f"{stem}.json")
    if data is not None:
        marker = Marker.from_bytes(stem, data)
        if not all(target.has(file.path) for file in marker.files):
            target.remove_state(f"{stem}.json")


def _is(data: bytes | None, digest: str | None) -> bool:
    """Whether a marker is the one that is meant."""
    return data is not None and hashlib.sha256(data).hexdigest() == digest
