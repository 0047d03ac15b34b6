"""Which columns the next version is held against: a store's, or those of a lake.

A store keeps the columns that a document was served with. One that is new, or another
host's, reads a window back without them, and then what lies in the lake tells: names
for certain, but not which of them a document had that left them all without values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spreports.lake.partitions import folder_texts
from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.ledger import LakeWindow
from spreports.reports.naming import file_stem
from spreports.sync.lakeside import Lakeside
from spreports.sync.quality import RESCUED, LastColumns
from spreports.sync.roots import data_roots, root_of
from spreports.sync.stream import Kind, Stream

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["LakeColumns"]


@dataclass(frozen=True, slots=True)
class _Source:
    """A version of a table in a data root; of a Delta table, all of its versions."""

    root: str
    report_id: str | None


class LakeColumns:
    """The columns of a lake, read where no store knows them, and once a run.

    Parameters
    ----------
    lake : Lakeside
    """

    def __init__(self, lake: Lakeside) -> None:
        self._lake = lake
        self._found: dict[_Source, LastColumns | None] = {}

    def last(
        self, stream: Stream, windows: Iterable[LakeWindow]
    ) -> dict[str, LastColumns]:
        """Return the columns of the newest version of each table.

        Parameters
        ----------
        stream : Stream
        windows : iterable of LakeWindow
            What is known of the feed.

        Raises
        ------
        SinkError
            The lake cannot be read.
        """
        found: dict[str, LastColumns] = {}
        made = [w for w in windows if w.created_time is not None]
        for window in sorted(made, key=lambda w: w.made, reverse=True):
            for name, table in window.tables.items():
                if name in found or not (table.columns or table.rows):
                    continue
                root = root_of(stream.entry.report_type, name, window.tables)
                told = LastColumns(table.columns) if table.columns else None
                told = told or self._read(_Source(root, window.report_id))
                if told is not None:
                    found[name] = told
        if self._lake.is_delta and stream.kind == Kind.LISTED:
            # Such a table does not tell which of its rows are of which window
            for name, root in data_roots(stream):
                told = None if name in found else self._read(_Source(root, None))
                if told is not None:
                    found[name] = told
        return found

    def _read(self, source: _Source) -> LastColumns | None:
        """Return the columns that lie in a data root; None where nothing does."""
        if source not in self._found:
            if self._lake.is_delta:
                names = self._lake.looks.columns_of(self._lake.url(source.root))
                told = LastColumns((), frozenset(names)) if names else None
            else:
                place, stem = self._lake.place(source.root), str(source.report_id)
                told = self._of_files(place, file_stem(stem))
            self._found[source] = told
        return self._found[source]

    def _of_files(self, root: Place, stem: str) -> LastColumns | None:
        """Return the columns of the first file of a report that is there."""
        for path, is_own in self._paths(root, stem):
            try:
                with root.parquet(path) as file, root.refusals("read", gone=True):
                    served = _with_values(file) if is_own else ()
                    names = {*file.schema_arrow.names, *folder_texts(path)}
                    return LastColumns(served, frozenset(names))
            except FileNotFoundError:
                continue  # compacted since it was listed
        return None

    def _paths(self, root: Place, stem: str) -> Iterator[tuple[str, bool]]:
        """Yield files that hold a report's rows, and whether they hold no other's."""
        for path in self._lake.files.of(root).get(stem, ())[:1]:
            yield path, True
        for held in read_state(root).holdings:
            if held.report.stem == stem and held.spans:
                yield held.spans[0].path, False


def _with_values(file: pq.ParquetFile) -> tuple[str, ...]:
    """Return the columns that a document had for certain: those with a value.

    Of most, the file's metadata says how many nulls they have; the others are read.
    """
    if not file.num_row_groups:
        return ()
    group = file.metadata.row_group(0)
    leaves = (group.column(place) for place in range(group.num_columns))
    nulls = {
        leaf.path_in_schema: leaf.statistics.null_count
        for leaf in leaves
        if leaf.statistics is not None and leaf.statistics.has_null_count
    }
    names = [name for name in file.schema_arrow.names if name != RESCUED]
    uncounted = [name for name in names if name not in nulls]
    rows = file.read_row_groups([0], columns=uncounted)
    nulls |= {name: rows[name].null_count for name in rows.column_names}
    most = group.num_rows
    return tuple(name for name in names if nulls.get(name, most) < most)
