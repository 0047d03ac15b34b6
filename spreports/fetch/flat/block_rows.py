"""Blocks of rows become batches: parsed and typed two at a time, judged in order.

What a block alone decides is made on threads. What hangs on the blocks before it comes
after, block by block: the number of a row, the counts, and whether a fault is an error.
So rows, errors and findings are those of one block after the other.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from spreports.at_work import at_work
from spreports.fetch.findings import Findings
from spreports.fetch.flat.parse_flat import BlockParser, Parsed
from spreports.fetch.kernel.sandbox import kernels_at_once
from spreports.fetch.typed import Made, Typing

__all__ = ["BlockRows"]

# Work is done by native code, and the machines that read reports have few cores, which
# inflating and writing want, too
_MOST_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class _Block:
    """What was made of a block."""

    parsed: Parsed
    made: list[Made]


class BlockRows:
    """Makes batches of blocks.

    Parameters
    ----------
    parser : BlockParser
    typing : Typing or None
        None leaves all cells text.
    findings : Findings
        Gets ``rows`` and what parser and typing find, each when its rows have their
        turn.
    """

    def __init__(
        self, parser: BlockParser, typing: Typing | None, findings: Findings
    ) -> None:
        self._parser, self._typing, self._findings = parser, typing, findings

    def batches(
        self, blocks: Generator[bytes, None, None]
    ) -> Generator[pa.RecordBatch, None, None]:
        """Yield the rows of all blocks.

        Parameters
        ----------
        blocks : generator of bytes
            Whole rows, as `row_blocks` gives them; closed at the end.

        Yields
        ------
        pyarrow.RecordBatch

        Raises
        ------
        ParseError
            A row has another number of cells than the header, or a cell does not fit
            its type and may not. All rows of the blocks before it have come out.
        """
        row = 1
        with closing(blocks):
            # The first rows alone: they may settle how the others are typed, and most
            # documents have no more
            threads = _MOST_THREADS
            for block in blocks:
                first = self._made(block)
                if first.parsed.by_kernel:
                    threads = kernels_at_once()
                for batch in self._judged(first, row):
                    row += batch.num_rows
                    yield batch
                    del batch  # not while the next one is made
                del block, first
                if row > 1:
                    break
            # What the allocator keeps for this thread would lie idle from here on
            pa.default_memory_pool().release_unused()
            with closing(at_work(self._made, blocks, threads=threads)) as others:
                for other in others:
                    for batch in self._judged(other, row):
                        row += batch.num_rows
                        yield batch
                        del batch
                    del other

    def _made(self, block: bytes) -> _Block:
        """Parse and type a block (on a thread)."""
        parsed = self._parser.parse(block)
        if self._typing is None:
            return _Block(parsed, [Made(batch, {}) for batch in parsed.batches])
        made = [self._typing.made(batch) for batch in parsed.batches]
        parsed.batches.clear()
        return _Block(parsed, made)

    def _judged(self, block: _Block, row: int) -> Iterator[pa.RecordBatch]:
        """Count what a block has; yield its rows, the first of which is `row`."""
        found, own = self._findings, block.parsed.findings
        found.padded_rows += own.padded_rows
        found.unwrapped_rows += own.unwrapped_rows
        found.repeated_headers += own.repeated_headers
        found.unended |= own.unended
        if block.parsed.error is not None:
            raise block.parsed.error(row - 1)
        for made in block.made:
            batch = (
                made.batch if self._typing is None else self._typing.judged(made, row)
            )
            row += batch.num_rows
            found.rows += batch.num_rows
            yield batch
