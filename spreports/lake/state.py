"""What of a data root is committed, by its markers and never by listing its files.

A marker is a report's, or that of a compaction, which says report by report which rows
of its files are whose. The one write of a compaction's marker hides the markers that
it replaces, so that a reader sees either all of the old files or all of the new.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from spreports.errors import SinkError
from spreports.lake.compaction import Compaction
from spreports.lake.holding import Holding
from spreports.lake.late import all_purged, is_late, is_whole
from spreports.lake.look import state_files
from spreports.lake.needless import needless
from spreports.lake.parsed import Parsed
from spreports.lake.place import Place
from spreports.load.compacted import COMPACTED, COMPACTION
from spreports.load.marker import Marker, conflict, intent_paths
from spreports.load.removal import hides, is_older_removal, is_removal

__all__ = ["RootState", "read_rest", "read_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootState:
    """One look at a data root.

    Attributes
    ----------
    root : Place
    markers : mapping of str to Marker
        Every marker that counts, by stem.
    digests : mapping of str to str
    unfinished : mapping of str to tuple of str
        Files of sinks that run or were killed, by stem.
    noted : tuple of str
        Markers that count, by stem, beside a note: the sink was killed before it
        removed that, or the note came late.
    leaving : mapping of str to tuple of str
        Files that are to be taken away, by stem: a compaction holds their rows now, a
        run was killed while it took them away, or they are of a compaction that lacks
        others, see `needless`.
    holdings : tuple of Holding
        What is committed, by window.
    hidden : tuple of Holding
        Rows in compactions of reports that were written anew since.
    replacing : tuple of str
        Compactions that hold the rows of files in `leaving`, by stem.
    compactions : mapping of str to Compaction
        Those that count, by stem.
    """

    root: Place
    markers: Mapping[str, Marker]
    digests: Mapping[str, str]
    unfinished: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    noted: tuple[str, ...] = ()
    leaving: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holdings: tuple[Holding, ...] = ()
    hidden: tuple[Holding, ...] = ()
    replacing: tuple[str, ...] = ()
    compactions: Mapping[str, Compaction] = field(default_factory=dict)


def read_state(root: Place) -> RootState:
    """Look at a data root.

    Parameters
    ----------
    root : Place

    Returns
    -------
    RootState
        Of one moment, also while others write.

    Raises
    ------
    SinkError
        The file system refused, a marker is damaged, or the root is rewritten faster
        than it can be read (a SinkOutageError).
    """
    return read_rest(root, frozenset())[1]


def read_rest(root: Place, known: Collection[str]) -> tuple[frozenset[str], RootState]:
    """Look at a data root of which some markers are known.

    One listing, where all of them are.

    Parameters
    ----------
    root : Place
    known : collection of str
        Stems of markers that need not be read.

    Returns
    -------
    stems : frozenset of str
        Of all markers that are there, known or not, whether they count or not.
    state : RootState
        By those that are not known, of one moment.

    Raises
    ------
    SinkError
        As `read_state`.
    """
    names, found = state_files(root, known)
    stems = (n.removesuffix(".json") for n in names if n.endswith(".json"))
    return frozenset(stems), _seen_through(root, found, is_all=not known)


def _files_of(stem: str, data: bytes) -> tuple[str, ...]:
    """Return the files that a note names; none where it is damaged: it hides all."""
    try:
        return tuple(intent_paths(stem, data))
    except SinkError:
        return ()


def _seen_through(
    root: Place, found: Mapping[str, bytes], *, is_all: bool
) -> RootState:
    """Tell what counts, beside a note that does not hide it, too.

    A store may carry out a write late. A note would hide what has counted for long:
    that the marker is there says that all of its files were before. Those of a
    compaction that was given up may have been cleared before its marker comes.
    """
    parsed = Parsed(root, found)
    state = _resolved(root, found, parsed)
    # What a marker came too late for may be known, and not have been read
    others = functools.cache(lambda: read_state(root).holdings)
    noted: list[str] = []
    for stem in sorted({*state.unfinished, *state.leaving}):
        said, data = found.get(f"{stem}.intent"), found.get(f"{stem}.json")
        if said is None or data is None or _is_hidden(stem, said, data):
            continue
        marker = parsed.marker(stem)
        if not is_whole(root, marker):
            continue
        if is_older_removal(said) and _is_purged(root, parsed.compaction(stem)):
            continue
        if not is_late(root, marker, state.holdings if is_all else others()):
            noted.append(stem)
            found = {n: d for n, d in found.items() if n != f"{stem}.intent"}
            state = replace(_resolved(root, found, parsed), noted=tuple(noted))
    late = needless(root, state.compactions, parsed, state.digests)
    if late:
        state = replace(_resolved(root, found, parsed, late), noted=tuple(noted))
    return state


def _is_hidden(stem: str, said: bytes, data: bytes) -> bool:
    """Tell whether a note hides a marker, also where its files are whole.

    An older version's removal of a compaction may be of one that was made again since,
    whose files are the only copy: where nothing has gone yet, nothing goes, unless its
    days were purged.
    """
    is_unsure = is_older_removal(said) and stem.startswith(COMPACTION)
    return not is_unsure and hides(said, data)


def _is_purged(root: Place, compaction: Compaction) -> bool:
    """Tell whether a purge took away all days of a compaction's reports."""
    return all_purged(root, [held.report for held in compaction.reports])


def _resolved(
    root: Place,
    found: Mapping[str, bytes],
    parsed: Parsed,
    late: Collection[str] = (),
) -> RootState:
    """Tell what the state files mean together; compactions in `late` are replaced."""
    unfinished, leaving = _noted(found)
    noted = {*unfinished, *leaving}
    markers, digests = {}, {}
    for name in found:
        stem = name.removesuffix(".json")
        if name.endswith(".json") and stem not in noted:
            markers[stem] = parsed.marker(stem)
            digests[stem] = parsed.digest(stem)
    compactions = {
        stem: parsed.compaction(stem)
        for stem, marker in markers.items()
        if COMPACTED in marker.note
    }
    old = _replaced_by(each for s, each in compactions.items() if s not in late)
    replaced = {s for s in compactions if s in late or (s, digests[s]) in old}
    # What is replaced itself takes no report away: the next one may hold it no more,
    # and it was sunk again since
    standing = {s: each for s, each in compactions.items() if s not in replaced}
    old = _replaced_by(standing.values())
    own = markers.keys() - compactions.keys()
    replaced |= {stem for stem in own if (stem, digests[stem]) in old}
    gone = {(stem, digests[stem]) for stem in replaced}
    for stem in replaced:
        leaving[stem] = tuple(file.path for file in markers.pop(stem).files)
    holdings = {s: parsed.holding(s) for s in markers if s not in standing}
    hidden = _add_compacted(holdings, [standing[stem] for stem in sorted(standing)])
    return RootState(
        root=root,
        markers=markers,
        digests=digests,
        unfinished=unfinished,
        leaving=leaving,
        holdings=tuple(sorted(holdings.values(), key=_order)),
        hidden=tuple(hidden),
        replacing=tuple(s for s, each in standing.items() if each.replaces & gone),
        compactions=standing,
    )


def _noted(
    found: Mapping[str, bytes],
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return the files that notes name, by stem: of sinks, and those to take away."""
    unfinished: dict[str, tuple[str, ...]] = {}
    leaving: dict[str, tuple[str, ...]] = {}
    for name, data in found.items():
        if name.endswith(".intent"):
            stem = name.removesuffix(".intent")
            kind = leaving if is_removal(data) else unfinished
            kind[stem] = _files_of(stem, data)
    return unfinished, leaving


def _add_compacted(
    holdings: dict[str, Holding], compactions: Iterable[Compaction]
) -> list[Holding]:
    """Add the reports of compactions; return those that were written anew since."""
    hidden: list[Holding] = []
    for compaction in compactions:
        for each in compaction.reports:
            # A report that was written anew since then lies in its own files
            there = holdings.get(each.report.stem)
            if there is not None and conflict(there.note, each.note):
                name = f"{each.report.stem}.{each.digest[:12]}"
                report = replace(each.report, stem=name)
                holdings[name] = replace(each, report=report)
            elif holdings.setdefault(each.report.stem, each) is not each:
                hidden.append(each)
    return hidden


def _replaced_by(compactions: Iterable[Compaction]) -> set[tuple[str, str]]:
    """Return the markers, by stem and digest, that compactions stand for."""
    return {pair for each in compactions for pair in each.replaces}


def _order(held: Holding) -> tuple[object, ...]:
    """Sort by window, then by version: the order in which rows come out."""
    report = held.report
    start = report.data_start_time or datetime.min.replace(tzinfo=UTC)
    return (start, *report.age)
