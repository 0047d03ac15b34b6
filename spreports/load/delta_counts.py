"""Rows of a Delta table by some columns, of which each file need be read but once.

What a file of a Delta table holds never changes: a file of other rows has another name.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from fsspec.core import url_to_fs

from spreports.load.object_store import fsspec_options
from spreports.load.target import refusals

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["FileCounts", "Groups"]

# How many rows have these values of the columns
Groups = Mapping[tuple[Any, ...], int]


@dataclass(slots=True)
class FileCounts:
    """What is known of the files of a table, and what came of a look at it.

    Attributes
    ----------
    known : mapping of str to Groups
        By a digest of a file's path, which may tell values of rows.
    there : dict of str to Groups
        Likewise, of every file that the table has now.
    """

    known: Mapping[str, Groups] = field(default_factory=dict)
    there: dict[str, Groups] = field(default_factory=dict)

    def look(
        self,
        table: DeltaTable,
        columns: Sequence[str],
        url: str,
        options: Mapping[str, Any],
    ) -> Groups:
        """Count the rows of a table; reads the files that are not known.

        And those that are not where they should be: reading says so.

        Raises
        ------
        SinkError
            The target refused.
        """
        import pyarrow.dataset as pd  # noqa: PLC0415 - heavy

        with refusals(url, options, "read the Delta table at"):
            whole = table.to_pyarrow_dataset(schema=_schema_of(table, columns))
            files = {each.path: each for each in whole.get_fragments()}
            names = _names(url, options) if self.known and files else frozenset()
            known = {path for path in names if _digest(path) in self.known}
            new = [each for path, each in files.items() if path not in known]
            found: dict[str, Counter[tuple[Any, ...]]] = {
                each.path: Counter() for each in new
            }
            if new:
                rest = pd.FileSystemDataset(
                    new, whole.schema, whole.format, whole.filesystem
                )
                for batch in rest.scanner(columns=list(columns)).scan_batches():
                    rows = pa.Table.from_batches([batch.record_batch])
                    groups = rows.group_by(list(columns))
                    for group in groups.aggregate([([], "count_all")]).to_pylist():
                        values = tuple(group[column] for column in columns)
                        found[batch.fragment.path][values] += group["count_all"]
        read = {_digest(path): dict(counts) for path, counts in found.items()}
        ids = map(_digest, files)
        self.there = {
            each: read[each] if each in read else self.known[each] for each in ids
        }
        total: Counter[tuple[Any, ...]] = Counter()
        for groups in self.there.values():
            total.update(groups)
        return dict(total)


def _schema_of(table: DeltaTable, columns: Sequence[str]) -> pa.Schema:
    """Return some columns, and those that the table is partitioned by.

    deltalake makes an expression of each column of each file: of all columns of
    hundreds of files that takes most of a look. It needs the ones of partitions.
    """
    every = pa.schema(table.schema().to_arrow())
    wanted = dict.fromkeys([*columns, *table.metadata().partition_columns])
    return pa.schema([every.field(name) for name in wanted])


def _names(url: str, options: Mapping[str, Any]) -> frozenset[str]:
    """List the files below a table, not from a cache, and keep none of it there."""
    files, root = url_to_fs(url, **fsspec_options(url, options))
    root = root.rstrip("/")
    files.invalidate_cache()
    try:
        return frozenset(str(path)[len(root) + 1 :] for path in files.find(root))
    finally:
        files.invalidate_cache()


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:32]
