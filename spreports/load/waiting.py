"""Rows of one folder that wait for their row group, and the memory that they hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.load.scratch import Scratch

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Waiting", "Window", "size_of"]

# What a column of a waiting piece costs beside its values, about
COLUMN_OVERHEAD = 512


@dataclass(slots=True)
class Window:
    """Memory that slices share: it is free once none of them is in use.

    Attributes
    ----------
    size : int, bytes
    slices : int
        How many are in use.
    """

    size: int
    slices: int = 0


@dataclass(slots=True)
class Waiting:
    """Rows of one folder: on the disk, then in memory.

    Attributes
    ----------
    latest : int
        The window of which it got rows last.
    scratch : Scratch or None
    tables : list of pyarrow.Table
    windows : list of Window
        Of which each table is a slice.
    rows, size : int, rows and bytes
        In all, those on the disk among them.
    """

    latest: int = 0
    scratch: Scratch | None = None
    tables: list[pa.Table] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    rows: int = 0
    size: int = 0

    def hold(self, rows: pa.Table, each: int, window: Window) -> None:
        """Have more rows wait in memory.

        Parameters
        ----------
        rows : pyarrow.Table
        each : int, bytes
            Of a row on average.
        window : Window
            Whose slice they are.
        """
        self.tables.append(rows)
        self.windows.append(window)
        window.slices += 1
        self.rows += rows.num_rows
        self.size += size_of(rows, each)

    def set_aside(self, path: Path) -> list[Window]:
        """Have the rows wait on the disk.

        Parameters
        ----------
        path : Path
            Where, if none of them are there yet.

        Returns
        -------
        list of Window
            What is not used any more.

        Raises
        ------
        OSError
            The disk refused.
        """
        self.scratch = self.scratch or Scratch(path)
        self.scratch.append(self.tables)
        self.tables.clear()
        gone, self.windows = self.windows, []
        return gone

    @contextlib.contextmanager
    def taken(self) -> Iterator[list[pa.Table]]:
        """Give all rows, in order; they are gone afterwards."""
        early = self.scratch.read() if self.scratch else []
        tables = [*early, *self.tables]
        yield tables
        self.tables.clear()
        tables.clear()
        early.clear()
        if self.scratch:
            self.scratch.delete()


def size_of(rows: pa.Table, each: int) -> int:
    """Return about how many bytes rows take, of so many bytes each."""
    return each * int(rows.num_rows) + COLUMN_OVERHEAD * int(rows.num_columns)
