"""Rows of a plain block by the kernel, typed at once where all cells fit."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from spreports.catalog import Column
from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.kernel.columns import KINDS, TEXT, arrays, described
from spreports.fetch.kernel.sandbox import Sandboxes, kernel_pays
from spreports.fetch.timestamps import ISO

__all__ = ["KernelRows", "kernel_rows"]

_LINE_END = b"\n"
# Source: kernel.h: which texts are null
_NOTHING = {(): 0, ("",): 1, ("", " "): 2}


def kernel_rows(
    header: Header, columns: Mapping[str, Column | None], empty: tuple[str, ...]
) -> KernelRows | None:
    """Return a reader of plain blocks; None where the kernel cannot read any.

    Parameters
    ----------
    header : Header, m columns
    columns : mapping of str to Column or None
        By header name, those to type at once; all others stay text.
    empty : tuple of str
        The texts that are null.
    """
    plain = (
        header.quoting is not Quoting.ENCLOSED
        and header.line_end == _LINE_END
        and len(header.delimiter.encode()) == 1
    )
    return KernelRows(header, columns, _NOTHING[empty]) if plain else None


class KernelRows:
    """Reads blocks, several at the same time if need be.

    Parameters
    ----------
    header : Header, m columns
    columns : mapping of str to Column or None
    nothing : int
        Which texts are null, as the kernel numbers it.
    """

    def __init__(
        self, header: Header, columns: Mapping[str, Column | None], nothing: int
    ) -> None:
        self._header, self._nothing = header, nothing
        self._seen_bytes = 0
        # Cells that do not fit leave their column as text, here and in the blocks that
        # follow: whoever types texts says which of them it is
        self._kinds = [_kind(columns.get(name)) for name in header.names]
        self._boxes = Sandboxes(bytes(len(described(self._kinds))))

    def batch(self, block: bytes) -> pa.RecordBatch | None:
        """Return a block's rows.

        Parameters
        ----------
        block : bytes
            Whole rows of UTF-8.

        Returns
        -------
        pyarrow.RecordBatch or None, n rows x m columns
            Each column typed as the catalogue says or ``string``; None where a row has
            another number of cells, where a quote may mean something, and for the first
            blocks, until the kernel pays.
        """
        header = self._header
        self._seen_bytes += len(block)
        if not kernel_pays(self._seen_bytes):
            return None
        if header.quoting is Quoting.DOUBLED and b'"' in block:
            return None
        text = pa.py_buffer(block)
        with self._boxes.one() as (sandbox, columns):
            at = sandbox.block(text)
            while True:
                sandbox.change(columns, described(self._kinds))
                rows = sandbox.call(
                    "rows",
                    *(at, text.size, ord(header.delimiter)),
                    *(columns, len(self._kinds), self._nothing),
                )
                if rows >= -1:
                    break
                self._kinds[-2 - rows] = TEXT
            if rows < 0:
                return None
            found = arrays(sandbox, columns, len(self._kinds), rows)
        return pa.RecordBatch.from_arrays(found, names=list(header.names))


def _kind(column: Column | None) -> int:
    """Return how the kernel types a column: only what is written in the first way."""
    if column is None:
        return TEXT
    first = column.formats[0] if column.formats else ISO
    plain = {"timestamp": {ISO}, "date": {ISO, "%Y-%m-%d"}}.get(column.dtype, {first})
    return KINDS[ARROW_TYPES[column.dtype]] if first in plain else TEXT
