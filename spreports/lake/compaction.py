"""What the marker of a compaction says: whose rows are where, and in whose place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from spreports.errors import SinkError
from spreports.lake.contents import report_of
from spreports.lake.holding import Holding, Span
from spreports.lake.place import Place
from spreports.load.compacted import COMPACTED, stands_for
from spreports.load.marker import DAMAGE, DamagedError, Marker

__all__ = [
    "Compaction",
    "compacted_note",
    "is_only_copy",
    "read_compaction",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What a compaction holds.

    Attributes
    ----------
    reports : sequence of Holding
    made_of : set of (str, str)
        The markers, by stem and digest, that it was written in the place of.
    replaces : set of (str, str)
        Those that count no more beside it: of its reports, too.
    """

    reports: Sequence[Holding]
    made_of: Set[tuple[str, str]]
    replaces: Set[tuple[str, str]]


def compacted_note(
    holdings: Sequence[Holding], replaces: Mapping[str, str]
) -> dict[str, str]:
    """Return the note of a compaction: whose rows are where.

    Parameters
    ----------
    holdings : sequence of Holding
        With their spans in the compaction's files.
    replaces : mapping of str to str
        Stem to digest of the markers that it stands for.
    """
    reports = [
        {
            "stem": held.report.stem,
            "digest": held.digest,
            "schema": held.schema,
            "note": dict(held.note),
            "spans": [[s.path, s.start, s.rows] for s in held.spans],
        }
        for held in holdings
    ]
    told = {"replaces": dict(replaces), "reports": reports}
    return {COMPACTED: json.dumps(told, sort_keys=True, ensure_ascii=False)}


def read_compaction(root: Place, marker: Marker) -> Compaction:
    """Read the note of a compaction.

    Parameters
    ----------
    root : Place
    marker : Marker

    Returns
    -------
    Compaction

    Raises
    ------
    DamagedError
        It is damaged.
    """
    files = {file.path: file.rows for file in marker.files}
    try:
        told = json.loads(marker.note[COMPACTED])
        replaces = stands_for(told)
        made_of = {(str(s), str(d)) for s, d in told["replaces"].items()}
        reports = []
        for each in told["reports"]:
            spans = tuple(Span(str(p), int(a), int(n)) for p, a, n in each["spans"])
            if any(span.start + span.rows > files[span.path] for span in spans):
                raise ValueError
            note = {str(k): str(v) for k, v in each["note"].items()}
            stem, digest = str(each["stem"]), str(each["digest"])
            reports.append(
                Holding(
                    report=report_of(
                        note,
                        rows=sum(span.rows for span in spans),
                        root=root.name,
                        stem=stem,
                    ),
                    spans=spans,
                    digest=digest,
                    schema=str(each["schema"]),
                    partition_by=marker.partition_by,
                    note=note,
                    marker=marker.stem,
                )
            )
    except DAMAGE:
        raise DamagedError(
            f"{root.name}: the marker {marker.stem}.json is damaged; restore it from a"
            " copy, or delete it and its files and sync with refill=True",
            url=root.name,
        ) from None
    return Compaction(reports=reports, made_of=made_of, replaces=replaces)


def is_only_copy(root: Place, stem: str, there: Mapping[str, str]) -> bool:
    """Say whether a compaction that is hidden stands for markers that are gone.

    Parameters
    ----------
    root : Place
    stem : str
    there : mapping of str to str
        The digests of the markers that no note hides, by stem.

    Returns
    -------
    bool
        False where it has no marker: what it was to replace counts then. True where
        that is damaged.

    Raises
    ------
    SinkError
        The file system refused.
    """
    name = f"{stem}.json"
    data = root.state.read([name]).get(name)
    if data is None:
        return False
    try:
        told = json.loads(Marker.from_bytes(stem, data).note[COMPACTED])
        return any(there.get(old) != told["replaces"][old] for old in told["replaces"])
    except (SinkError, *DAMAGE):
        return True
