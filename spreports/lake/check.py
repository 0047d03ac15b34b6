"""Hold a lake's files against its markers."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from spreports.catalog import Catalogue
from spreports.errors import SinkError
from spreports.facts import read_catalogue
from spreports.lake.doubled import advice, doubled, window_text
from spreports.lake.holding import by_marker
from spreports.lake.place import Place
from spreports.lake.remedies import remedy
from spreports.lake.state import RootState, read_state
from spreports.load.leftovers import orphans
from spreports.load.marker import DamagedError
from spreports.load.target import STATE

__all__ = ["CheckResult", "Problem", "check_root"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as the markers say.

    Attributes
    ----------
    kind : str
        ``missing`` (a marker names it, it is not there), ``size`` (it has other
        bytes), ``damaged`` (it cannot be read whole), ``rows`` (it has other rows),
        ``orphan`` (no marker names it), ``foreign`` (no Parquet file), ``unfinished``
        (a sink runs, or was killed), ``leftover`` (to be cleared by the next sink, sync
        or compaction), ``marker`` (it cannot be read), ``overlap`` (of a report whose
        window overlaps another one's and is not the same, or of one with dates beside
        one without: rows may be there twice).
    path : str
        URL of the file or marker.
    told : str
        What was expected and what was found.
    """

    kind: str
    path: str
    told: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check looked at and found; true when all is well.

    Attributes
    ----------
    roots, reports, files, rows, bytes : int
        What is committed.
    deep : bool
        Every page was read.
    problems : tuple of Problem
    """

    roots: int
    reports: int
    files: int
    rows: int
    bytes: int
    deep: bool
    problems: tuple[Problem, ...]

    def __bool__(self) -> bool:
        return not self.problems

    def plus(self, other: CheckResult) -> CheckResult:
        """Add what was found in two data roots."""
        return CheckResult(
            self.roots + other.roots,
            self.reports + other.reports,
            self.files + other.files,
            self.rows + other.rows,
            self.bytes + other.bytes,
            self.deep,
            (*self.problems, *other.problems),
        )


def check_root(root: Place, *, deep: bool) -> CheckResult:
    """Check one data root.

    Parameters
    ----------
    root : Place
    deep : bool
        Read every file whole, hold its pages to their checksums and its rows to the
        marker.

    Returns
    -------
    CheckResult

    Raises
    ------
    SinkError
        The file system refused; a SinkOutageError where it may not do so later.
    """
    try:
        state = read_state(root)
    except DamagedError as exc:
        problem = Problem("marker", root.state.name, str(exc))
        return CheckResult(1, 0, 0, 0, 0, deep, (problem,))
    there = {p: n for p, n in root.files().items() if not p.startswith(f"{STATE}/")}
    named = [file for marker in state.markers.values() for file in marker.files]
    problems = [
        *_named(root, state, there, deep=deep),
        *_unnamed(root, state, there),
        *_leftovers(root),
        *_overlaps(root, state, read_catalogue(os.environ)),
    ]
    return CheckResult(
        roots=1,
        reports=len(state.holdings),
        files=len(named),
        rows=sum(held.report.rows for held in state.holdings),
        bytes=sum(file.bytes for file in named),
        deep=deep,
        problems=tuple(problems),
    )


def _named(
    root: Place, state: RootState, there: dict[str, int], *, deep: bool
) -> Iterator[Problem]:
    """Yield what is wrong with the files that markers name."""
    for marker in state.markers.values():
        for file in marker.files:
            url = f"{root.name}/{file.path}"
            size = there.get(file.path)
            if size is None:
                told = f"{file.rows} rows of {marker.stem}; {remedy(root)}"
                yield Problem("missing", url, told)
            elif size != file.bytes:
                yield Problem("size", url, f"{size} bytes, not {file.bytes}")
            elif deep:
                yield from _read(root, file.path, file.rows)


def _read(root: Place, path: str, rows: int) -> Iterator[Problem]:
    """Read a file whole."""
    url = f"{root.name}/{path}"
    found = 0
    try:
        with root.parquet(path, checksums=True) as file, root.refusals("read"):
            for batch in file.iter_batches(batch_size=65_536):
                found += batch.num_rows
    except FileNotFoundError:
        yield Problem("missing", url, "it went while it was looked at")
    except SinkError as exc:
        # Its cause may be left out, for the secrets that it quotes
        if not _is_damage(exc.__context__):
            raise
        yield Problem("damaged", url, f"it cannot be read beyond row {found}")
    else:
        if found != rows:
            yield Problem("rows", url, f"{found} rows, not {rows}")


def _is_damage(exc: BaseException | None) -> bool:
    """Whether a file's bytes cannot be read, rather than be had: Arrow says so.

    It raises an OSError without a number, too, for pages that are not as their
    checksums say; a disk that cannot read its own bytes has one. What a store says lies
    behind what its file system raises.
    """
    if exc is None or exc.__cause__ is not None:
        return False
    if type(exc) is OSError:
        return exc.errno in {None, errno.EIO}
    return isinstance(exc, ValueError | pa.ArrowException)


def _unnamed(root: Place, state: RootState, there: dict[str, int]) -> Iterator[Problem]:
    """Yield the files that no marker names."""
    named = {file.path for marker in state.markers.values() for file in marker.files}
    leaving = {path for paths in state.leaving.values() for path in paths}
    pending = {path for paths in state.unfinished.values() for path in paths}
    known = named | leaving | pending
    for path, size in there.items():
        if path in known:
            continue
        kind = "orphan" if path.endswith(".parquet") else "foreign"
        yield Problem(kind, f"{root.name}/{path}", f"{size} bytes, of no marker")
    for stem, paths in state.unfinished.items():
        url = f"{root.state.name}/{stem}.intent"
        told = f"up to {len(paths)} files; once that sink has ended the next sync or"
        told += " compact puts it right where it can; the same report sunk again does"
        yield Problem("unfinished", url, told)
    for stem in state.noted:
        url = f"{root.state.name}/{stem}.intent"
        told = "a note of what counts; the next sync or compact clears it"
        yield Problem("leftover", url, told)
    for stem, hidden in by_marker(state.hidden).items():
        url = f"{root.state.name}/{stem}.json"
        rows = sum(held.report.rows for held in hidden)
        told = f"{rows} rows were written anew since; the next compact clears them"
        yield Problem("leftover", url, told)
    for stem, paths in state.leaving.items():
        url = f"{root.state.name}/{stem}.json"
        told = f"{len(paths)} files to be cleared by the next compact or purge"
        yield Problem("leftover", url, told)


def _leftovers(root: Place) -> Iterator[Problem]:
    """Yield temporary folders of killed runs; those of the living are no problem."""
    if not root.is_local:
        return
    for path in orphans(Path(root.state.path).parent / "tmp"):
        yield Problem("leftover", str(path), "of a killed run; the next sink clears it")


def _overlaps(root: Place, state: RootState, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield the reports that begin within windows of others."""
    markers = {held.report.stem: held.marker for held in state.holdings}
    kept = Counter(markers.values())
    reports = (held.report for held in state.holdings)
    for report, other, count in doubled(reports, catalogue.lookup):
        entry, marker = catalogue.lookup(str(report.report_type)), markers[report.stem]
        told = f"report {report.report_id} of {window_text(report, entry)} overlaps"
        told += f" report {other.report_id} of {window_text(other, entry)}"
        told += f" and {count - 1} more" if count > 1 else ""
        told += f": rows may be there twice; {advice(entry)}"
        if kept[marker] > 1:  # a compaction's, whose path says no report
            told += f" (this marker's files hold {kept[marker]} reports)"
        yield Problem("overlap", f"{root.state.name}/{marker}.json", told)
