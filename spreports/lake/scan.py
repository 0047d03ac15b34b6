"""Scan a lake as one lazy frame.

The frame reads what was committed when it was made. A file that is needed is opened
when the frame is collected, and only then; one that cannot hold a row of the answer is
never opened. When a report was written anew or compacted in between, its rows are taken
from where they are now.

One way for every file system: markers, footers and column chunks come through fsspec,
with the options that the lake was written with. Polars would read S3 with its own
client, whose options, credentials and errors are others, and memory:// not at all.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from spreports.arrays import array_of
from spreports.catalog import ReportType
from spreports.facts import read_catalogue
from spreports.flags import check_flag
from spreports.lake.doubled import warn_of_doubled
from spreports.lake.frames import frames_of
from spreports.lake.groups import read_groups
from spreports.lake.layout import Layout
from spreports.lake.place import Place
from spreports.lake.predicate import Condition, conditions, excluded, parts
from spreports.lake.reading import Wanted
from spreports.lake.remedies import no_lake, restless
from spreports.lake.roots import DataRoot, folders_there, read_by, roots_of
from spreports.lake.stock import (
    Owner,
    Piece,
    Stock,
    layout_of,
    take_stock,
)

__all__ = ["entry_of", "scan_lake"]

# How often a scan looks anew for what was replaced while it read
LOOKS = 20
# Fewer files are asked for one by one; and where of so many files one is wanted
FEW_FILES = 4
LISTED_FOR_EACH = 50


def scan_lake(
    url: str | os.PathLike[str],
    report_type: str | ReportType,
    *,
    latest: bool = False,
    table: str | None = None,
    metadata: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> pl.LazyFrame:
    """Scan what a lake holds of one report type: whole, committed files only.

    Parameters
    ----------
    url : str or path
        What `client.sync` or `sink` was given: a path or any fsspec URL.
    report_type : str or ReportType
        Alias, full type, or an entry of your own, whose types then count.
    latest : bool
        Of the versions of one window (same account, marketplaces, options and dates)
        only the one that Amazon made last; every version when False. Reports without
        dates are versions of one another: the last snapshot remains. Windows that
        overlap and are not the same are no versions: both are there, so a row may be,
        too, and the logger ``spreports.lake`` warns; so it does of a snapshot beside
        reports with dates. `client.sync` makes no such.
    table : str, optional
        For types with several; the catalogue's first when left out.
    metadata : bool
        Add ``report_id``, ``report_type``, ``marketplace``, ``data_start_time``,
        ``data_end_time`` and ``date``, but those of which the rows have such a column
        of their own.
    storage_options : mapping, optional
        For fsspec.

    Returns
    -------
    polars.LazyFrame
        Rows by window. Columns are united by name, in the catalogue's order; a column
        that a file lacks is null there. A column has the catalogue's type, or else
        the narrowest that holds what all files have. Partition columns are back in
        their places, exactly as written; ``column_day`` and the like are there for
        all rows, and so is a metadata column that some reports are partitioned by.
        Where Amazon had no data at all, the catalogue's columns, no rows.

    Raises
    ------
    ConfigError
        In a forked child of a process that used polars: start it by ``"spawn"``.
    SinkError
        Nothing of this type is committed there, a marker or file is damaged, a column
        holds what is not of its type, or the file system refused. While collecting,
        polars before 2 quotes it in a ComputeError of its own.
    ValueError, TypeError
        No such alias or table, it must be said which table, no place, or no flag.
    """
    from spreports.load.forked import check_process  # noqa: PLC0415 - at first use

    check_flag("latest", latest)
    check_flag("metadata", metadata)
    check_process()
    entry = entry_of(report_type)
    lake = Place.open(url, storage_options)
    roots = roots_of(lake, entry, table)
    stock, layout = _taken(lake, roots, entry, table, latest=latest, metadata=metadata)
    if latest:
        reports = (held.report for _, held in stock.held)
        warn_of_doubled(reports, entry, lake.name)
    source = _Source(roots, entry, table, stock, layout)
    schema = pl.DataFrame(pa.Table.from_batches([], layout.schema)).schema
    return register_io_source(source.frames, schema=dict(schema))


def entry_of(report_type: str | ReportType) -> ReportType:
    """Return what is known of a report type, the user's own entries on top."""
    if isinstance(report_type, ReportType):
        return report_type
    return read_catalogue(os.environ).lookup(report_type)


def _taken(
    lake: Place,
    roots: Sequence[DataRoot],
    entry: ReportType,
    table: str | None,
    *,
    latest: bool,
    metadata: bool,
) -> tuple[Stock, Layout]:
    """Take stock and unite the columns; once more when files went meanwhile."""
    for _ in range(LOOKS):
        stock = take_stock(roots, entry, table, latest=latest)
        if not stock.held and stock.noted is None:
            what = f"no report of {entry.report_type} is committed there"
            what += folders_there(lake, entry.report_type)
            if "_delta_log" in lake.entries():
                what = f"this is a Delta table: read it with {read_by(lake.name)}"
            raise no_lake(lake, what)
        try:
            layout = layout_of(stock, entry, table, metadata=metadata, where=lake.name)
        except FileNotFoundError:
            continue
        return stock, layout
    raise restless(roots[0].place)


class _Source:
    """Gives polars the rows that a query needs.

    Parameters
    ----------
    roots, entry, table
        To look anew.
    stock : Stock
    layout : Layout
    """

    def __init__(
        self,
        roots: Sequence[DataRoot],
        entry: ReportType,
        table: str | None,
        stock: Stock,
        layout: Layout,
    ) -> None:
        self._roots, self._entry, self._table = roots, entry, table
        self._stock, self._layout = stock, layout

    def frames(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG002 - polars passes it; ours fit the files
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that fulfil `predicate`, of the first `n_rows` if given."""
        names = self._layout.schema.names
        chosen = names if with_columns is None else with_columns
        needed = set(chosen)
        needed |= set(predicate.meta.root_names()) if predicate is not None else set()
        # Which rows are the first ones, no condition may change
        exact = [] if predicate is None or n_rows is not None else parts(predicate)
        wanted = Wanted(
            self._layout,
            # Rows without any column are counted by one
            tuple(name for name in names if name in (needed or names[:1])),
            conditions(exact),
        )
        left = n_rows
        for tables in self._tables(wanted, exact, hurried=n_rows is not None):
            if not tables:
                continue
            frame = pl.concat(frames_of(tables))
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            # Selecting nothing would leave no rows, either
            yield frame.select(chosen) if chosen else frame.drop(frame.columns)
            if left == 0:
                return

    def _tables(
        self, wanted: Wanted, exact: Sequence[pl.Expr], *, hurried: bool
    ) -> Iterator[list[pa.Table]]:
        """Yield the rows of all files that may matter, wherever they lie by then."""
        stock = self._stock
        done: set[Owner] = set()
        for _ in range(LOOKS):
            pieces = stock.pieces(self._layout, done)
            matching = _matching(pieces, wanted.conditions, exact)
            try:
                with _noted([] if hurried else matching, pieces):
                    for group, tables in read_groups(matching, wanted, hurried=hurried):
                        yield from tables
                        for piece in group:
                            done |= piece.owners
            except FileNotFoundError:
                stock = self._looked_anew()
                continue
            return
        raise restless(self._roots[0].place)

    def _looked_anew(self) -> Stock:
        """Return where the rows of the same reports are now."""
        known = {(place.path, held.report.stem) for place, held in self._stock.held}
        fresh = take_stock(self._roots, self._entry, self._table, latest=False)
        return Stock(
            tuple(
                (place, held)
                for place, held in fresh.held
                if (place.path, held.report.stem) in known
            )
        )


def _matching(
    pieces: Sequence[Piece], found: Sequence[Condition], exact: Sequence[pl.Expr]
) -> list[Piece]:
    """Leave out the pieces that cannot hold a row of the answer."""
    kept = [
        piece
        for piece in pieces
        if not excluded(found, piece.bounds)
        and not any(condition.column in piece.empty for condition in found)
    ]
    for condition in exact:
        roots = condition.meta.root_names()
        able = [p for p in kept if roots and p.constants.keys() >= set(roots)]
        gone = set() if not able else _refused(able, condition, roots)
        kept = [piece for piece in kept if id(piece) not in gone]
    return kept


def _refused(
    pieces: Sequence[Piece], condition: pl.Expr, columns: Sequence[str]
) -> set[int]:
    """Return the pieces whose constants do not fulfil a condition, by `id`."""
    constants = {
        name: array_of(
            [piece.constants[name].as_py() for piece in pieces],
            pieces[0].constants[name].type,
        )
        for name in columns
    }
    try:
        answers = pl.DataFrame(constants).select(condition).to_series().to_list()
    except pl.exceptions.PolarsError:
        return set()  # the rows will tell
    pairs = zip(pieces, answers, strict=True)
    return {id(piece) for piece, fulfilled in pairs if not fulfilled}


@contextmanager
def _noted(matching: Sequence[Piece], pieces: Sequence[Piece]) -> Iterator[None]:
    """Open files by listings of their data roots, where many of a root are wanted."""
    there = Counter(piece.root.path for piece in pieces)
    wanted = Counter(piece.root.path for piece in matching)
    roots = {piece.root.path: piece.root for piece in matching}
    with ExitStack() as listed:
        for path, root in roots.items():
            if wanted[path] > max(FEW_FILES, there[path] / LISTED_FOR_EACH):
                listed.enter_context(root.noted())
        yield
