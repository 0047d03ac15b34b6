"""What the Delta tables of a lake say to one run: each opened once, no file read twice.

A table is opened anew where others have committed since. What its files hold is kept
in the ledger from one run to the next, so that a night reads what came since the last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from spreports.ledger import LakeCounts
from spreports.load.delta_counts import FileCounts, Groups
from spreports.load.delta_partitions import refuse_partitions
from spreports.load.delta_reading import (
    commits_of,
    count_by,
    names_of,
    transactions_of,
)
from spreports.load.delta_restored import TakenBack, taken_back
from spreports.load.delta_seen import Seen
from spreports.load.delta_tables import Tables
from spreports.load.urls import shown

__all__ = ["DeltaLooks"]

# What the ledger has of a log stands there as the count of a file: of one commit
TAKEN = ("taken back",)


class DeltaLooks:
    """Looks at the Delta tables of one lake.

    Parameters
    ----------
    lake : str
        Its name in the ledger.
    storage_options : mapping or None
    counts : LakeCounts
        Of the ledger.
    """

    def __init__(
        self,
        lake: str,
        storage_options: Mapping[str, Any] | None,
        counts: LakeCounts,
    ) -> None:
        self._lake, self._counts = lake, counts
        self._tables = Tables(storage_options)
        self._files: dict[tuple[str, tuple[str, ...]], FileCounts] = {}
        # What the ledger has of each root by some columns
        self._kept: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}
        self._taken: dict[str, TakenBack] = {}

    def count_by(self, root: str, columns: Sequence[str]) -> Groups:
        """See `spreports.load.delta_reading.count_by`."""
        key = root, tuple(columns)
        if key in self._files:
            known: Mapping[str, Groups] = self._files[key].there
        else:
            known = self._counts.of(self._lake, *key)
            self._kept[key] = frozenset(known)
        files = FileCounts(known)
        found = count_by(self._tables, root, columns, files=files)
        self._files[key] = files
        return found

    def keep(self) -> None:
        """Write down what files hold that were read, for the next run."""
        for key, files in self._files.items():
            kept = self._kept[key]
            new = {
                file: groups
                for file, groups in files.there.items()
                if file not in kept and all(map(_is_plain, groups))
            }
            gone = kept.difference(files.there)
            if new or gone:
                self._counts.put(self._lake, *key, new, without=gone)
                self._kept[key] = kept.difference(gone).union(new)
        for root, taken in self._taken.items():
            kept = frozenset(self._counts.of(self._lake, root, TAKEN))
            commit = f"{taken.version} {taken.mark}"
            if taken.mark and commit not in kept:
                new = {commit: {(each,): 1 for each in taken.ids}}
                self._counts.put(self._lake, root, TAKEN, new, without=kept)

    def transactions_of(self, root: str, ids: Iterable[str]) -> frozenset[str]:
        """See `spreports.load.delta_reading.transactions_of`."""
        return transactions_of(self._tables, root, ids)

    def taken_back(self, root: str) -> frozenset[str]:
        """See `spreports.load.delta_restored.taken_back`; read once for all feeds."""
        if root not in self._taken:
            known = None
            for commit, ids in self._counts.of(self._lake, root, TAKEN).items():
                version, mark = commit.split()
                known = TakenBack(frozenset(i for (i,) in ids), int(version), mark)
            options = self._tables.storage_options
            self._taken[root] = taken_back(root, options, known)
        return self._taken[root].ids

    def names_of(self, root: str) -> list[str]:
        """See `spreports.load.delta_reading.names_of`."""
        return names_of(self._tables, root)

    def commits_of(self, root: str, turn: str) -> tuple[int, Seen | None]:
        """See `spreports.load.delta_reading.commits_of`."""
        return commits_of(self._tables, root, turn)

    def refuse_partitions(
        self, root: str, partition_by: Sequence[str], known: Collection[str]
    ) -> None:
        """See `spreports.load.delta_partitions.refuse_partitions`."""
        table, _ = self._tables.of(root)
        if table is not None:
            refuse_partitions(table, shown(root), partition_by, known)

    def columns_of(self, root: str) -> tuple[str, ...]:
        """Return the columns of a table; none where there is no table."""
        table, _ = self._tables.of(root)
        return () if table is None else tuple(f.name for f in table.schema().fields)

    def anew(self) -> None:
        """Look at what others have committed meanwhile."""
        self._tables.forget()
        self._taken.clear()


def _is_plain(values: tuple[Any, ...]) -> bool:
    """Whether the ledger keeps these values as they are."""
    return all(each is None or isinstance(each, str | datetime) for each in values)
