"""Records of one layout by the kernel: what a stencil gives, in one pass."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

from spreports.fetch.json.columns import typed_texts
from spreports.fetch.json.cut import Block
from spreports.fetch.json.layout import Layout
from spreports.fetch.json.shape import Leaf
from spreports.fetch.json.stencil import Unlike
from spreports.fetch.kernel.columns import (
    COLUMN_BYTES,
    GAP,
    KINDS,
    MAY_LACK,
    MORE_RECORDS,
    TEXT,
    arrays,
    described,
)
from spreports.fetch.kernel.sandbox import MOST_BYTES, NoRoomError, Sandboxes

__all__ = ["KernelRecords"]

_BRACE: Final = re.compile(rb"[{}]")


class KernelRecords:
    """A layout, ready to read blocks; may be shared by threads.

    Parameters
    ----------
    layout : Layout
        Its quotes are left to the values, see `Layout.bare`.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        # a cell without a value belongs to the gap before it
        gaps = [layout.head]
        self._leaves: list[tuple[tuple[str, ...], Leaf]] = []
        for slot in layout.slots:
            gaps[-1] += layout.mark + slot.before
            if slot.leaf is not None:
                gaps.append(slot.behind)
                self._leaves.append((slot.path, slot.leaf))
        # behind the last value stands what leads into the next record, up to its first
        # mark: a block ends with the opening, before or behind that
        more = len(layout.opening) - len(layout.head)
        self._tail = (gaps[-1] + layout.opening[len(layout.head) :])[
            : len(gaps[-1]) + more
        ]
        gaps[-1] += gaps[0].removeprefix(layout.head)
        self._gaps = gaps
        # A comma and a key: without it and its value, a record is still one. The first
        # and the last gap hold the record's own braces
        self._may_lack = [not _BRACE.search(gap) for gap in gaps]
        # Behind a record's first value; less once some lack more than others have
        self._least = sum(map(len, gaps[1:]))
        # Values that do not fit leave their column to be typed as text, from then on
        self._kinds = [_kind(leaf) for _, leaf in self._leaves]
        self._boxes = Sandboxes(bytes(self._setup_bytes))
        self._setups: dict[tuple[int, tuple[int, ...]], bytes] = {}

    def values(self, block: Block) -> tuple[int, dict[tuple[str, ...], pa.Array]]:
        """Return a block's records.

        Parameters
        ----------
        block : Block, n records

        Returns
        -------
        int
            How many there are.
        dict of tuple of str to pyarrow.Array
            Typed columns by path.

        Raises
        ------
        Unlike
            Something else than the layout's own text stands around the values, one is
            no JSON scalar, or does not fit its column, or a record has some MiB.
        """
        size = block.stop - block.start - len(self._tail)
        if not 0 <= size <= MOST_BYTES or not block.data.endswith(
            self._tail, block.start, block.stop
        ):
            raise Unlike
        try:
            return self._read(pa.py_buffer(block.data).slice(block.start, size))
        except NoRoomError:
            raise Unlike from None

    def _read(self, text: pa.Buffer) -> tuple[int, dict[tuple[str, ...], pa.Array]]:
        """Return the records of a text without what follows the last value."""
        width = len(self._kinds)
        with self._boxes.one() as (sandbox, start):
            while True:
                kinds = tuple(self._kinds)
                setup = self._setups.get((start, kinds))
                if setup is None:
                    setup = self._setups[start, kinds] = self._setup(start, kinds)
                sandbox.change(start, setup)
                rows = sandbox.run(
                    "records",
                    text,
                    columns=start,
                    count=width,
                    gaps=start + width * COLUMN_BYTES,
                    least=self._least,
                )
                if rows >= -1:
                    break
                if rows == MORE_RECORDS:
                    self._least = self._always
                    continue
                self._kinds[-2 - rows] = TEXT
            if rows < 0:
                raise Unlike
            found = arrays(sandbox, start, width, rows)
        return rows, {
            path: _typed(array, leaf)
            for array, (path, leaf) in zip(found, self._leaves, strict=True)
        }

    @property
    def _always(self) -> int:
        """Bytes behind a record's first value that none is without."""
        told = zip(self._gaps[1:], self._may_lack[1:], strict=True)
        return sum(len(gap) for gap, may_lack in told if not may_lack)

    @property
    def _setup_bytes(self) -> int:
        width = len(self._leaves)
        texts = sum(map(len, self._gaps))
        return width * COLUMN_BYTES + (width + 1) * GAP.size + texts

    def _setup(self, start: int, kinds: tuple[int, ...]) -> bytes:
        """Return columns, gaps and the gaps' texts, for the memory at `start`."""
        columns = described(kinds)
        at = start + len(columns) + len(self._gaps) * GAP.size
        gaps = b""
        for gap, may_lack in zip(self._gaps, self._may_lack, strict=True):
            gaps += GAP.pack(at, len(gap) | MAY_LACK * may_lack)
            at += len(gap)
        return columns + gaps + b"".join(self._gaps)


def _kind(leaf: Leaf) -> int:
    """Return how the kernel types a leaf; days and instants have several forms."""
    return KINDS[leaf.dtype] if leaf.direct else TEXT


def _typed(array: pa.Array, leaf: Leaf) -> pa.Array:
    """Return a column in its type; a text that does not fit goes another way."""
    if array.type == leaf.dtype:
        return array
    typed, bad = typed_texts(array, leaf)
    if bad:
        raise Unlike
    return typed
