"""Rows of a folder that wait on the local disk, as uncompressed Arrow.

What waits in memory makes room by going here, so that row groups can be of a fair
size with any number of folders. Page cache, not memory of the process, holds most of
it; writing and reading back cost less than encoding one small row group more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa

__all__ = ["Scratch"]

# A column of a few hundred rows is a write of its own without it
BUFFER_BYTES = 256 << 10


class Scratch:
    """Rows set aside in a file of their own.

    Parameters
    ----------
    path : Path
        Not there yet; nothing is kept open between two calls.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, tables: Sequence[pa.Table], *, together: bool = False) -> None:
        """Add rows behind those that are there.

        Parameters
        ----------
        tables : sequence of pyarrow.Table
            At least one.
        together : bool
            Write them as one, where their columns are alike; no dictionaries then.

        Raises
        ------
        OSError
            The disk refused.
        """
        with (
            pa.OSFile(str(self._path), "ab") as file,
            pa.BufferedOutputStream(file, BUFFER_BYTES) as buffer,
        ):
            for schema, alike in groupby(tables, key=lambda table: table.schema):
                pieces = [*alike]
                if together:
                    pieces = [pa.concat_tables(pieces).combine_chunks()]
                with pa.ipc.new_stream(buffer, schema) as stream:
                    for piece in pieces:
                        stream.write_table(piece)

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
        with pa.memory_map(str(self._path)) as file:
            size = file.size()
            while file.tell() < size:
                with pa.ipc.open_stream(file) as stream:
                    tables.append(stream.read_all())
        return tables

    def delete(self) -> None:
        """Give the place on the disk back."""
        # Windows does not while a table is in use; the folder it lies in goes later
        with contextlib.suppress(OSError):
            self._path.unlink()
