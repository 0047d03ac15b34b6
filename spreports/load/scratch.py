"""Rows that wait on the local disk, as uncompressed Arrow.

What waits in memory makes room by going here, so that row groups can be of a fair
size with any number of folders. Page cache, not memory of the process, holds most of
it; writing and reading back cost less than encoding one small row group more.

What goes at the same time goes to one file: to make and delete one for each of
thousands of folders takes longer than to write their rows.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Self

import pyarrow as pa

__all__ = ["Scratch", "SetAside"]

# A column of a few hundred rows is a write of its own without it
BUFFER_BYTES = 256 << 10


class Scratch:
    """Rows of many folders, set aside in one file, which goes with the last of them.

    To be closed, as by ``with``, before any are read.

    Parameters
    ----------
    path : Path
        Not there yet; nothing is kept open afterwards.

    Raises
    ------
    OSError
        The disk refused; also by what follows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = pa.BufferedOutputStream(pa.OSFile(str(path), "wb"), BUFFER_BYTES)
        self._lock = threading.Lock()
        self._pieces = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, tables: Sequence[pa.Table], *, together: bool = False) -> SetAside:
        """Add rows behind those that are there.

        Parameters
        ----------
        tables : sequence of pyarrow.Table
            At least one.
        together : bool
            Write them as one, where their columns are alike; no dictionaries then.

        Returns
        -------
        SetAside
        """
        start = self._file.tell()
        for schema, alike in groupby(tables, key=lambda table: table.schema):
            pieces = [*alike]
            if together:
                pieces = [pa.concat_tables(pieces).combine_chunks()]
            with pa.ipc.new_stream(self._file, schema) as stream:
                for piece in pieces:
                    stream.write_table(piece)
        self._pieces += 1
        return SetAside(self, start, self._file.tell())

    def release(self) -> None:
        """Count one piece as gone; give the place on the disk back with the last."""
        with self._lock:
            self._pieces -= 1
            if self._pieces:
                return
        # Windows does not while a table is in use; the folder it lies in goes later
        with contextlib.suppress(OSError):
            self.path.unlink()


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows of one folder in a scratch file.

    Attributes
    ----------
    scratch : Scratch
    start, stop : int, bytes
    """

    scratch: Scratch
    start: int
    stop: int

    def read(self) -> list[pa.Table]:
        """Map the rows back, in order; they stay on the disk.

        Returns
        -------
        list of pyarrow.Table

        Raises
        ------
        OSError
            The file is gone or cut short.
        """
        tables = []
        with pa.memory_map(str(self.scratch.path)) as file:
            file.seek(self.start)
            while file.tell() < self.stop:
                with pa.ipc.open_stream(file) as stream:
                    tables.append(stream.read_all())
        return tables

    def delete(self) -> None:
        """Have it gone, at the latest when all that went with it is."""
        self.scratch.release()
