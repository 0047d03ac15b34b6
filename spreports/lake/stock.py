"""What a scan is going to read: the files, whose rows, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import pyarrow as pa

from spreports.arrays import scalar_of
from spreports.catalog import ReportType
from spreports.errors import SinkError
from spreports.lake.contents import newest
from spreports.lake.holding import Holding
from spreports.lake.layout import Layout, plain_schema, united
from spreports.lake.no_data import noted, promised
from spreports.lake.partitions import (
    FolderKey,
    folder_keys,
    folder_texts,
    span_of,
    typed_value,
)
from spreports.lake.place import Place
from spreports.lake.roots import DataRoot, no_table
from spreports.lake.state import read_state
from spreports.load.hive import is_time, parts_of
from spreports.load.widen import leads_to
from spreports.reports.metadata import METADATA_TYPES

__all__ = ["Owner", "Piece", "Stock", "grouped", "layout_of", "take_stock"]

# Files open at a time, but for a report that has more of them in one folder
FILES = 64

# Data root, stem of the report, folder: what is read as a whole
Owner = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Stock:
    """What is committed of one report type at one moment.

    Attributes
    ----------
    held : tuple of (Place, Holding)
        Each data root's, by window.
    older : tuple of (Place, Holding)
        Versions that newer ones have taken the place of; they are not read.
    noted : tuple of str or None
        With nothing held: the `partition_by` of reports for which Amazon had no data.
    """

    held: tuple[tuple[Place, Holding], ...]
    older: tuple[tuple[Place, Holding], ...] = ()
    noted: tuple[str, ...] | None = None

    def telling_columns(self) -> tuple[tuple[Place, Holding], ...]:
        """Return whose files tell the columns: the last older one's, if no other."""
        if any(held.spans for _, held in self.held):
            return self.held
        full = [(place, held) for place, held in self.older if held.spans]
        return tuple(sorted(full, key=lambda pair: pair[1].report.age)[-1:])

    def pieces(self, layout: Layout, done: Collection[Owner] = ()) -> list[Piece]:
        """Return what is to be read, in order.

        Parameters
        ----------
        layout : Layout
        done : collection of (root, stem, folder)
            Left out.

        Returns
        -------
        list of Piece
            None of two reports whose own values come out and stand in no folder.
        """
        told = layout.told_by_markers()
        merged: dict[tuple[str, str, object], Piece] = {}
        for root, held in self.held:
            for span in held.spans:
                folder = span.path.rpartition("/")[0]
                owner = (root.path, held.report.stem, folder)
                if owner in done:
                    continue
                there = folder_texts(span.path) if told else {}
                own = [each for each in told if each.name not in there]
                key = (root.path, span.path, held.report.stem if own else None)
                piece = merged.get(key)
                if piece is None:
                    piece = _piece(root, held, span.path, layout, own)
                    merged[key] = piece
                piece.spans.append((span.start, span.rows))
                piece.owners.add(owner)
        return list(merged.values())


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of one file, and what is known of them without opening it.

    Attributes
    ----------
    root : Place
    path : str
        Relative to the root.
    constants : mapping of str to pyarrow.Scalar
        Columns that have one value for all these rows.
    bounds : mapping of str to (least, greatest)
        Columns whose values lie between two.
    empty : frozenset of str
        Columns that are null in all these rows.
    spans : list of (start, rows)
    owners : set of (root, stem, folder)
        Whose rows these are.
    """

    root: Place
    path: str
    constants: Mapping[str, pa.Scalar]
    bounds: Mapping[str, tuple[Any, Any]]
    empty: frozenset[str]
    spans: list[tuple[int, int]] = field(default_factory=list)
    owners: set[Owner] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """How many rows these are."""
        return sum(rows for _, rows in self.spans)


def take_stock(
    roots: Sequence[DataRoot], entry: ReportType, table: str | None, *, latest: bool
) -> Stock:
    """Read the markers of a report type.

    Parameters
    ----------
    roots : sequence of DataRoot
    entry : ReportType
    table : str or None
    latest : bool
        Only the newest version of each window.

    Raises
    ------
    SinkError
        A marker is damaged, or the file system refused.
    ValueError
        There are reports, and none has such a table.
    """
    committed = [
        (root.place, holding)
        for root in roots
        for holding in read_state(root.place).holdings
        if holding.report.report_type in {None, entry.report_type}
    ]
    held = [
        (place, holding)
        for place, holding in committed
        if table is None or holding.report.table in {None, table}
    ]
    if committed and not held:
        there = {str(holding.report.table) for _, holding in committed}
        raise no_table(entry, table, sorted(there))
    if not held:
        return Stock((), noted=noted(roots, entry, table))
    if latest:
        best = newest(holding.report for _, holding in held)
        kept = {(r.root, r.stem) for r in best.values()}
        is_kept = [(h.report.root, h.report.stem) in kept for _, h in held]
        return Stock(
            tuple(compress(held, is_kept)),
            tuple(compress(held, (not each for each in is_kept))),
        )
    return Stock(tuple(held))


def layout_of(
    stock: Stock, entry: ReportType, table: str | None, *, metadata: bool, where: str
) -> Layout:
    """Unite the columns of all that is in stock; opens one file of each kind.

    Raises
    ------
    FileNotFoundError
        A file has been replaced meanwhile.
    SinkError
        See `united`.
    """
    kinds: dict[object, tuple[pa.Schema, tuple[FolderKey, ...]]] = {}
    values: dict[str, set[str | None]] = {}
    for root, held in stock.telling_columns():
        for span in held.spans:
            found = folder_texts(span.path)
            for name, text in found.items():
                values.setdefault(name, set()).add(text)
            names = tuple(found)
            kind = (root.path, held.schema, names)
            if kind not in kinds:
                with root.parquet(span.path) as file:
                    schema = plain_schema(file.schema_arrow.remove_metadata())
                kinds[kind] = (schema, folder_keys(held.partition_by, names))
    if not kinds:
        # Reports without a row, none of which left a file
        last = stock.held[-1][1].partition_by if stock.held else ()
        kinds[None] = promised(entry, table, stock.noted or last)
    return united(
        entry,
        table,
        list(kinds.values()),
        metadata=metadata,
        where=where,
        values=values,
    )


def _piece(
    root: Place,
    held: Holding,
    path: str,
    layout: Layout,
    own: Sequence[FolderKey],
) -> Piece:
    """Return a piece without rows yet."""
    texts = folder_texts(path)
    constants: dict[str, pa.Scalar] = {}
    bounds: dict[str, tuple[Any, Any]] = {}
    empty = set()
    for key in folder_keys(held.partition_by, tuple(texts)):
        text = texts[key.name]
        if key.unit is not None:
            between = span_of(text, key.unit)
            if between is not None:
                bounds[key.source] = between
            elif text is None:
                empty.add(key.source)
        if key.name in layout.schema.names:
            dtype = layout.schema.field(key.name).type
            constants[key.name] = _value(root, text, dtype, key.name)
    for name, value in _told(held, own, constants) if own else ():
        dtype = layout.schema.field(name).type
        if leads_to(value.type, dtype):
            constants[name] = value.cast(dtype)
    for name, value in constants.items():
        if value.is_valid and not pa.types.is_floating(value.type):
            bounds[name] = (value.as_py(), value.as_py())
        elif not value.is_valid:
            empty.add(name)
    return Piece(root, path, constants, bounds, frozenset(empty))


def _told(
    held: Holding, keys: Sequence[FolderKey], constants: Mapping[str, pa.Scalar]
) -> Iterator[tuple[str, pa.Scalar]]:
    """Yield what the folders of a report would say, by its folders and its marker."""
    said = held.report.metadata.items()
    known = {name: scalar_of(value, METADATA_TYPES[name]) for name, value in said}
    known |= constants
    for key in keys:
        value = known[key.source]
        if key.unit is None:
            yield key.name, value
        elif is_time(value.type):
            yield key.name, parts_of(pa.repeat(value, 1), key.unit)[0]


def _value(root: Place, text: str | None, dtype: pa.DataType, name: str) -> pa.Scalar:
    """Type a folder's value."""
    try:
        return typed_value(text, dtype)
    except pa.ArrowException:
        raise SinkError(
            f"{root.name}: a folder of {name!r} holds no {dtype}: give the column the"
            " type string in an entry of your own",
            url=root.name,
        ) from None


def grouped(pieces: Iterable[Piece], rows: int) -> Iterator[list[Piece]]:
    """Yield pieces in groups of about so many rows.

    Rows of one report in one folder stay together: what was read is known by report
    and folder, so that a scan can go on when the files were replaced meanwhile.
    """
    group: list[Piece] = []
    owners: set[Owner] = set()
    count = 0
    for piece in pieces:
        full = count >= rows or len(group) >= FILES
        if full and not owners & piece.owners:
            yield group
            group, owners, count = [], set(), 0
        group.append(piece)
        owners |= piece.owners
        count += piece.rows
    if group:
        yield group
