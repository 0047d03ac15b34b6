"""Commits of a Delta table that a RESTORE took back.

The table's transactions go on telling of them, as of rows that were deleted. Only the
log tells the one from the other, for as long as it is kept: 30 days by Delta's default.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from spreports.load.delta_files import log_files
from spreports.load.delta_tables import open_table
from spreports.load.outages import is_outage
from spreports.load.target import refusals

__all__ = ["TakenBack", "taken_back"]

COMMIT = re.compile(r"(\d{20})\.json")
# Commits in memory at a time
MANY = 200


@dataclass(frozen=True, slots=True)
class _Commit:
    """What one commit says of itself; see the Delta protocol, commitInfo and txn."""

    info: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    mark: str = ""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a table's log says up to one of its commits.

    Attributes
    ----------
    ids : frozenset of str
        Transaction ids that only commits tell which a RESTORE took back.
    version : int
        Of the newest commit that was read; -1 where there was none.
    mark : str
        A hash of that commit: a table that was made anew or set back has another.
    older : mapping of str to int
        Of ids that such a commit tells last, the versions that others tell; of a log
        that was read whole.
    is_whole : bool
        Nothing has been cleaned away of it: others may tell of `ids` there, too.
    """

    ids: frozenset[str] = frozenset()
    version: int = -1
    mark: str = ""
    older: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = field(default=False, compare=False)


def taken_back(
    url: str | os.PathLike[str],
    storage_options: Mapping[str, Any] | None,
    known: TakenBack | None = None,
) -> TakenBack:
    """Return the transaction ids that only commits tell which a RESTORE took back.

    Reads the log: for where reports are known of which there are no rows. Of a log that
    is `known`, only what came since, unless that has a RESTORE.

    Parameters
    ----------
    url : str or path
    storage_options : mapping or None
        As for fsspec, or Delta Lake's own.
    known : TakenBack, optional
        As an earlier look has found it.

    Returns
    -------
    TakenBack
        Without ids where there is no table.

    Raises
    ------
    SinkError
        The target refused.
    """
    place = os.fspath(url)
    if known is not None:
        since = dict(_commits(place, storage_options, known.version))
        last = since.pop(known.version, None)
        if last is not None and last.mark == known.mark and not list(_restores(since)):
            ids = known.ids.difference(*(each.versions for each in since.values()))
            return _up_to({known.version: last, **since}, ids)
    log = dict(_commits(place, storage_options))
    skipped = _skipped(log, partial(_same_files, place, storage_options))
    kept: dict[str, int] = {}
    last_told: dict[str, int] = {}
    for version, commit in sorted(log.items()):
        last_told |= dict.fromkeys(commit.versions, version)
        kept |= commit.versions if version not in skipped else {}
    taken = {id_ for v in skipped & log.keys() for id_ in log[v].versions}
    older = {id_: told for id_, told in kept.items() if last_told[id_] in skipped}
    return _up_to(log, frozenset(taken.difference(kept)), older)


def _up_to(
    log: Mapping[int, _Commit],
    ids: frozenset[str],
    older: Mapping[str, int] | None = None,
) -> TakenBack:
    newest = max(log, default=-1)
    mark = log[newest].mark if log else ""
    return TakenBack(ids, newest, mark, older or {}, is_whole=0 in log)


def _skipped(
    log: Mapping[int, _Commit], same_files: Callable[[int, Iterable[int]], int | None]
) -> set[int]:
    """Return the versions that the newest one does not go back to.

    Those that the log still has.
    """
    back: dict[int, int] = {}
    for restored in _restores(log):
        before = _went_back_to(log, restored)
        if before is None:
            earlier = sorted((v for v in log if v < restored), reverse=True)
            before = same_files(restored, earlier)
        # Of none of them: it went back to before they were made
        back[restored] = min(log) - 1 if before is None else before
    skipped: set[int] = set()
    version = max(back, default=-1)
    while version >= min(log, default=0):
        before = min(back.get(version, version), version - 1)
        skipped.update(range(before + 1, version))
        version = before
    return skipped


def _restores(log: Mapping[int, _Commit]) -> Iterator[int]:
    """Yield the version of each RESTORE."""
    for version, commit in log.items():
        if commit.info.get("operation") == "RESTORE":
            yield version


def _went_back_to(log: Mapping[int, _Commit], restored: int) -> int | None:
    """Return the version that a RESTORE went back to, if it says so.

    Spark says of one by its time a text in whatever zone its session had.
    Source: delta, DeltaOperations.scala, Restore; delta-rs, DeltaOperation::Restore
    """
    said = log[restored].info.get("operationParameters") or {}
    if said.get("version") is not None:
        return int(said["version"])
    if said.get("datetime") is None:
        return None
    moment = int(said["datetime"])
    older = (v for v, c in log.items() if c.info.get("timestamp", 0) <= moment)
    # Of none of them: what it went back to was cleaned away since
    return max((v for v in older if v < restored), default=min(log) - 1)


def _same_files(
    url: str,
    options: Mapping[str, Any] | None,
    restored: int,
    earlier: Iterable[int],
) -> int | None:
    """Return the first of some versions that has the same files as one."""
    table = open_table(url, options)
    if table is None:
        return None
    with refusals(url, options or {}, "read the Delta table at"):
        table.load_as_version(restored)
        files = set(table.file_uris())
        for version in earlier:
            try:
                table.load_as_version(version)
            except Exception as exc:
                if is_outage(exc):
                    raise
                return None  # the log begins behind it
            if set(table.file_uris()) == files:
                return version
    return None


def _commits(
    url: str, options: Mapping[str, Any] | None, oldest: int = 0
) -> Iterator[tuple[int, _Commit]]:
    """Yield the commits that the log still has, by version, from the `oldest` on."""
    with log_files(url, options) as log:
        files, folder = log.fs, log.folder
        files.invalidate_cache(folder)
        try:
            names = [path.rpartition("/")[2] for path in files.ls(folder, detail=False)]
        except FileNotFoundError:
            return
        finally:
            # Whoever reads a commit that is newer finds it missing in what is kept
            files.invalidate_cache(folder)
        versions_there = (int(m[1]) for m in map(COMMIT.fullmatch, names) if m)
        found = sorted(each for each in versions_there if each >= oldest)
        for first in range(0, len(found), MANY):
            versions = found[first : first + MANY]
            paths = [log.commit(version) for version in versions]
            texts = files.cat_ranges(paths, 0, None, on_error="return")
            for version, text in zip(versions, texts, strict=True):
                if isinstance(text, FileNotFoundError):  # cleaned away meanwhile
                    continue
                if isinstance(text, Exception):
                    raise text
                yield version, _commit(text)


def _commit(text: bytes) -> _Commit:
    """Read a commit; what it says of files may be long."""
    lines = text.splitlines()
    told = [line for line in lines if b'"txn"' in line or b'"commitInfo"' in line]
    actions = [json.loads(line) for line in told]
    infos = [action["commitInfo"] for action in actions if "commitInfo" in action]
    told_by = {a["txn"]["appId"]: a["txn"]["version"] for a in actions if "txn" in a}
    mark = hashlib.sha256(text).hexdigest()
    return _Commit(infos[0] if infos else {}, told_by, mark)
