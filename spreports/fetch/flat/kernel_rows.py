"""Rows of a plain block by the kernel, typed at once where all cells fit."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pyarrow as pa

from spreports.catalog import Column
from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.kernel.columns import (
    CODED,
    CODED_DECIMAL,
    COLUMN_BYTES,
    KINDS,
    LOCAL_DECIMAL,
    TEXT,
    arrays,
    described,
)
from spreports.fetch.kernel.forms import Forms, has_form
from spreports.fetch.kernel.sandbox import (
    MOST_BYTES,
    NoRoomError,
    Sandboxes,
    kernel_pays,
)
from spreports.fetch.whole_columns import Layout, layouts

__all__ = ["KernelRows", "kernel_rows"]

_LINE_END = b"\n"
# Source: kernel.h: which texts are null
_NOTHING = {(): 0, ("",): 1, ("", " "): 2}
_AS_TEXT = ((TEXT, None),)
# Source: numbers.h, is_dash
_DASHES = {"--", "-", "N/A"}
# Source: kernel.h: what quotes mean
_QUOTING = {Quoting.OFF: 0, Quoting.DOUBLED: 1, Quoting.ENCLOSED: 2}


# One way to read a column: its kind, and a layout of times (None for ISO 8601)
_Way = tuple[int, Layout | None]


def kernel_rows(
    header: Header,
    columns: Mapping[str, Column | None],
    empty: tuple[str, ...],
    coded: Set[str] = frozenset(),
    *,
    local: bool = False,
) -> KernelRows | None:
    """Return a reader of plain blocks; None where the kernel cannot read any.

    Parameters
    ----------
    header : Header, m columns
    columns : mapping of str to Column or None
        By header name, those to type at once; all others stay text.
    empty : tuple of str
        The texts that are null.
    coded : set of str
        Columns of texts or decimals to keep once each.
    local : bool
        A comma may be the decimal mark; no decimals are coded then.
    """
    if header.line_end != _LINE_END or len(header.delimiter.encode()) != 1:
        return None
    return KernelRows(header, columns, _NOTHING[empty], coded, local=local)


class KernelRows:
    """Reads blocks, several at the same time if need be.

    Parameters
    ----------
    header : Header, m columns
    columns : mapping of str to Column or None
    nothing : int
        Which texts are null, as the kernel numbers it.
    coded : set of str
    local : bool
    """

    def __init__(
        self,
        header: Header,
        columns: Mapping[str, Column | None],
        nothing: int,
        coded: Set[str],
        *,
        local: bool,
    ) -> None:
        self._header, self._nothing = header, nothing
        self._seen_bytes = 0
        # Cells that do not fit leave their column to the next way, here and in the
        # blocks that follow. The last one is text: whoever types texts says which fits
        self._ways = [
            _ways(columns.get(name), coded=name in coded, local=local)
            for name in header.names
        ]
        self._dashes = [_are_null(columns.get(name)) for name in header.names]
        known = [layout for ways in self._ways for _, layout in ways if layout]
        self._forms = Forms(known)
        self._forms_at = len(header.names) * COLUMN_BYTES
        self._header_at = self._forms_at + self._forms.size
        self._boxes = Sandboxes(bytes(self._header_at + len(header.line)))
        self._names = list(header.names)
        # By address and how many ways are left of each column
        self._setups: dict[tuple[int, ...], bytes] = {}

    def batch(
        self, block: bytes, padded: Findings | None = None
    ) -> pa.RecordBatch | None:
        """Return a block's rows.

        Parameters
        ----------
        block : bytes
            Whole rows of UTF-8.
        padded : Findings, optional
            Gets ``padded_rows``: rows whose line ends may lack their last cells then.

        Returns
        -------
        pyarrow.RecordBatch or None, n rows x m columns
            Each column typed as the catalogue says, or text; None where a row has
            another number of cells or repeats the header, where quotes are doubled and
            one is not around a cell, for a row of some MiB, and for the first blocks,
            until the kernel pays.
        """
        self._seen_bytes += len(block)
        if not kernel_pays(self._seen_bytes):
            return None
        if len(block) > MOST_BYTES:
            return None
        try:
            return self._read(pa.py_buffer(block), padded)
        except NoRoomError:
            return None

    def _read(self, text: pa.Buffer, padded: Findings | None) -> pa.RecordBatch | None:
        """Return the rows of a block, or None where the kernel declines it."""
        with self._boxes.one() as (sandbox, start):
            while True:
                ways = list(self._ways)
                left = start, *map(len, ways)
                setup = self._setups.get(left)
                if setup is None:
                    setup = self._setups[left] = self._setup(start, ways)
                sandbox.change(start, setup)
                rows = sandbox.run(
                    "rows",
                    text,
                    columns=start,
                    count=len(self._ways),
                    delimiter=ord(self._header.delimiter),
                    nothing=self._nothing,
                    quoting=_QUOTING[self._header.quoting],
                    header=start + self._header_at,
                    header_size=len(self._header.line),
                    pads=padded is not None,
                )
                if rows >= -1:
                    break
                column = -2 - rows
                self._ways[column] = self._ways[column][1:] or _AS_TEXT
            if rows < 0:
                return None
            if padded is not None:
                padded.padded_rows += sandbox.job.padded
            found = arrays(sandbox, start, len(self._ways), rows)
        return pa.RecordBatch.from_arrays(found, names=self._names)

    def _setup(self, start: int, ways: list[tuple[_Way, ...]]) -> bytes:
        """Return columns, forms and header for the memory at `start`."""
        forms = start + self._forms_at
        columns = described(
            [kind for (kind, _), *_ in ways],
            [
                self._forms.address(forms, layout) if layout else 0
                for (_, layout), *_ in ways
            ],
            self._dashes,
        )
        return columns + self._forms.written(forms) + self._header.line


def _are_null(column: Column | None) -> bool:
    """Whether a column has nothing where dashes stand."""
    meant = column.stands_for if column else {}
    return meant.keys() == _DASHES and not any(meant.values())


def _ways(column: Column | None, *, coded: bool, local: bool) -> tuple[_Way, ...]:
    """Return the ways to read a column, the first that may fit all cells first."""
    if column is None or column.dtype == "string":
        return ((CODED, None), *_AS_TEXT) if coded else _AS_TEXT
    kind = KINDS[ARROW_TYPES[column.dtype]]
    if column.dtype in {"date", "timestamp"}:
        known = layouts(column.formats, days=column.dtype == "date")
        forms = (each for each in known if not each or has_form(each))
        return (*((kind, form) for form in forms), *_AS_TEXT)
    if column.dtype == "decimal" and local:
        return ((LOCAL_DECIMAL, None), *_AS_TEXT)
    first = ((CODED_DECIMAL, None),) if coded else ()
    return (*first, (kind, None), *_AS_TEXT)
