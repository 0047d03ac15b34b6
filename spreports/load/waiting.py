"""Rows of one folder that wait for their row group, and the memory that they hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spreports.load.scratch import Scratch, SetAside
from spreports.load.share import Share

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Waiting", "Window", "size_of"]

# What a share costs beside its rows, about
OVERHEAD = 256
# Smaller pieces, such as of 256 orders, take longer one by one than to be put together
SMALL_BYTES = 48 << 10


@dataclass(slots=True)
class Window:
    """Memory that is in shares: it is free once none of them is in use.

    Attributes
    ----------
    size : int, bytes
    shares : int
        How many are in use.
    """

    size: int
    shares: int = 0


@dataclass(slots=True)
class Waiting:
    """Rows of one folder: on the disk, then in memory.

    Attributes
    ----------
    latest : int
        The window of which it got rows last.
    pieces : list of SetAside
        On the disk.
    shares : list of Share
    windows : list of Window
        Of which each share is one.
    rows, size : int, rows and bytes
        In all, those on the disk among them.
    aside : int, bytes
        Of those on the disk.
    """

    latest: int = 0
    pieces: list[SetAside] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    aside: int = 0

    def hold(self, rows: Share, each: int, window: Window) -> None:
        """Have more rows wait in memory.

        Parameters
        ----------
        rows : Share
        each : int, bytes
            Of a row on average.
        window : Window
            Whose share they are.
        """
        self.shares.append(rows)
        self.windows.append(window)
        window.shares += 1
        self.rows += rows.num_rows
        self.size += size_of(rows, each)

    def set_aside(self, scratch: Scratch) -> list[Window]:
        """Have the rows wait on the disk.

        Parameters
        ----------
        scratch : Scratch

        Returns
        -------
        list of Window
            What is not used any more.

        Raises
        ------
        OSError
            The disk refused.
        """
        small = self.size - self.aside < SMALL_BYTES * len(self.shares)
        tables = [share.cut() for share in self.shares]
        self.pieces.append(scratch.append(tables, together=small))
        self.aside = self.size
        self.shares.clear()
        gone, self.windows = self.windows, []
        return gone

    @contextlib.contextmanager
    def taken(self) -> Iterator[list[pa.Table]]:
        """Give all rows, in order; they are gone afterwards."""
        early = [table for piece in self.pieces for table in piece.read()]
        tables = [*early, *(share.cut() for share in self.shares)]
        yield tables
        self.shares.clear()
        tables.clear()
        early.clear()
        for piece in self.pieces:
            piece.delete()


def size_of(rows: Share, each: int) -> int:
    """Return about how many bytes rows take, of so many bytes each."""
    return each * rows.num_rows + OVERHEAD
