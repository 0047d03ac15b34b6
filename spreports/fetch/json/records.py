"""Record batches from the records of one JSON array: schema, both ways, bad values."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import repeat
from typing import Final

import pyarrow as pa

from spreports.at_work import threads_of
from spreports.catalog import Column
from spreports.errors import ParseError
from spreports.fetch.flat.header import MAX_COLUMNS, RESCUED, unique_names
from spreports.fetch.json.columns import columns_of, flat_columns
from spreports.fetch.json.cut import Block, RecordCutter
from spreports.fetch.json.late_keys import Late, grown, parted
from spreports.fetch.json.misfits import Misfit, rescued
from spreports.fetch.json.native import NativeParser
from spreports.fetch.json.shape import (
    Record,
    discover,
    leaves,
    occurs,
    record_of,
)
from spreports.fetch.kernel.sandbox import kernels_at_once
from spreports.fetch.read_options import ReadOptions

__all__ = ["LOOK_AHEAD", "RecordBatches"]

# Nested columns of a block, and what they cannot hold
_Read = tuple[list[pa.Array], list[Misfit]]

# Keys that the catalogue lacks become columns if they occur within these bytes. Those
# that it has as optional all do where the array goes on behind these bytes, as their
# first values may stand there
LOOK_AHEAD: Final = 1 << 20
# After so many refusals in a row the native parser is asked less often
_PATIENCE: Final = 4
_SELDOM: Final = 16
# Keys that come late are read natively, too, up to so many
_LATE_KEYS: Final = 32
# Blocks that Arrow parses at once, each by a thread of its own
_THREADS: Final = 2


class RecordBatches:
    """A table of a JSON document as record batches.

    Parameters
    ----------
    cutter : RecordCutter or None
        Its first records are read at once; None for a table that the document lacks.
    columns : sequence of Column
        What the catalogue knows; empty for an unknown table.
    options : ReadOptions
        Its findings get ``unknown_columns``, ``missing_columns``, ``bad_cells`` and
        ``rows``.

    Raises
    ------
    ParseError
        The first records are no sound JSON, have more than 5,000 keys in all, or a NUL
        in a key.
    """

    def __init__(
        self,
        cutter: RecordCutter | None,
        columns: Sequence[Column],
        options: ReadOptions,
    ) -> None:
        self._cutter = cutter
        self._rule = options.on_bad_value
        self._findings = options.findings
        self._batch_bytes = options.batch_bytes
        self._flat = options.nested == "flat"
        self._first = cutter.exact(LOOK_AHEAD) if cutter else []
        if cutter is None or cutter.ended:
            columns = [
                c for c in columns if not c.optional or occurs(c.name, self._first)
            ]
        self._root = record_of(columns, typed=options.typed)
        self._first_bytes = cutter.taken_bytes if cutter else 0
        discover(self._root, self._first)
        keys = sum(1 for _ in leaves(self._root))
        if keys > MAX_COLUMNS:
            msg = f"the first records have {keys} keys, more than {MAX_COLUMNS}"
            raise ParseError(msg)
        if any("\0" in leaf.name for leaf in leaves(self._root)):
            raise ParseError(
                "a key holds a NUL character, which no column's name can: "
                "Document.save(path) keeps the document"
            )
        self.schema, named = self._schema()
        self._findings.unknown_columns = tuple(
            named.get(leaf.name, leaf.name)
            for leaf in leaves(self._root)
            if not leaf.known
        )
        self._unseen: dict[str, Column] = {}
        if self._first:
            self._unseen = {c.name: c for c in columns if not c.optional}
        # What is read natively: the root, and the keys that came late
        self._tree, self._keys = self._root, keys
        self._native = NativeParser(self._root)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all records, in order.

        Yields
        ------
        pyarrow.RecordBatch, n rows
            Of `schema`.

        Raises
        ------
        ParseError
            The array is no sound JSON, or a value does not fit and the rule is
            ``"raise"``.
        """
        cutter = self._cutter
        if cutter is None:
            return
        # The first records were read at once, to look for keys
        parts = max(1, -(-self._first_bytes // self._batch_bytes))
        step = max(1, -(-len(self._first) // parts))
        for start in range(0, len(self._first), step):
            yield self._careful(self._first[start : start + step])
        self._first = []
        with (
            threads_of("spreports-json", _THREADS) as threads,
            threads_of("spreports-kernel", kernels_at_once()) as kernels,
        ):
            yield from self._others(cutter, threads, kernels)

    def _others(
        self,
        cutter: RecordCutter,
        threads: Executor,
        kernels: Executor,
    ) -> Iterator[pa.RecordBatch]:
        """Yield what follows the first records: natively, where that is exact."""
        ahead: deque[tuple[Block, Future[_Read | None]]] = deque()
        refused, rounds = 0, 0
        while not cutter.ended:
            rounds += 1
            if refused < _PATIENCE or rounds % _SELDOM == 0:
                if self._native.by_kernel:
                    self._look_ahead(cutter, kernels, kernels_at_once(), ahead)
                else:
                    self._look_ahead(cutter, threads, _THREADS, ahead)
            read = None
            if ahead:
                read = ahead[0][1].result()
                refused = refused + 1 if read is None else 0
            # What is wrong with a document is for the careful way to say
            if read is not None and not (read[1] and self._rule == "raise"):
                ahead.popleft()
                arrays, misfits = read
                rows = len(arrays[0])
                cutter.row += rows
                arrays, late = parted(self._root, self._tree, arrays)
                self._judge(misfits)
                yield self._batch(arrays, rows, self._unplaced(late) + misfits)
            else:
                # what was cut ahead of here may be cut wrongly
                cutter.give_back(block for block, _ in ahead)
                ahead.clear()
                records = cutter.exact(self._batch_bytes)
                if records:
                    refused = 0 if self._learned(records) else refused
                    batch = self._careful(records)
                    del records
                    # It keeps several times what is in use: PROFILES.md
                    pa.default_memory_pool().release_unused()
                    yield batch

    def _look_ahead(
        self,
        cutter: RecordCutter,
        pool: Executor,
        at_once: int,
        ahead: deque[tuple[Block, Future[_Read | None]]],
    ) -> None:
        """Have blocks parsed while the one before them is at work.

        One more waits, so that no thread stands still while a batch is handed on.
        """
        while len(ahead) <= at_once:
            block = cutter.learned(self._batch_bytes)
            if block is None:
                break
            ahead.append((block, pool.submit(self._native.columns, block)))

    def _learned(self, records: Sequence[dict[str, object]]) -> bool:
        """Have the keys that came late read natively from here on, where there are any.

        They get no column: their values are counted, and kept where the caller rescues.
        """
        tree = grown(self._tree, records)
        late = sum(1 for _ in leaves(tree)) - self._keys
        if tree is self._tree or late > _LATE_KEYS:
            return False
        self._tree = tree
        self._native = NativeParser(tree)
        return True

    def _unplaced(self, late: Sequence[Late]) -> list[Misfit]:
        """Count the values of the late keys; return them where they are kept."""
        kept: list[Misfit] = []
        counts = self._findings.unplaced
        for each in late:
            counts[each.name] = counts.get(each.name, 0) + len(each.texts)
            if self._rule == "rescue":
                rows, texts = each.rows.to_pylist(), each.texts.to_pylist()
                kept += map(Misfit, rows, repeat(each.name), repeat(""), texts)
        return kept

    def _careful(self, records: Sequence[dict[str, object]]) -> pa.RecordBatch:
        """Return a batch of decoded records."""
        arrays, misfits = columns_of(self._root, records)
        if misfits:
            self._judge(misfits)
        return self._batch(arrays, len(records), misfits)

    def _batch(
        self, arrays: Sequence[pa.Array], rows: int, misfits: Sequence[Misfit]
    ) -> pa.RecordBatch:
        """Return nested arrays as a batch of the schema."""
        columns = (
            [array for _, array in flat_columns(self._root, arrays)]
            if self._flat
            else list(arrays)
        )
        if self._rule == "rescue":
            columns.append(rescued(misfits, rows))
        self._findings.rows += rows
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        if self._unseen:
            self._look_for_unseen(arrays)
        return batch

    def _judge(self, misfits: Sequence[Misfit]) -> None:
        """Count bad values, or raise for the first of them."""
        bad = [each for each in misfits if each.expected]
        if bad and self._rule == "raise":
            first = min(bad, key=lambda each: each.row)
            row = self._findings.rows + first.row + 1
            msg = (
                f"record {row}, column {first.column!r}: not {first.expected}; "
                "on_bad_value='null' or 'rescue' goes on without it, typed=False "
                "leaves all values text"
            )
            raise ParseError(msg, row=row, column=first.column)
        for each in misfits:
            counts = (
                self._findings.bad_cells if each.expected else (self._findings.unplaced)
            )
            counts[each.column] = counts.get(each.column, 0) + 1

    def _schema(self) -> tuple[pa.Schema, dict[str, str]]:
        """Return the schema of the batches, and the name of each key in it."""
        if self._flat:
            empty = [pa.nulls(0, each.dtype) for each in self._root.fields.values()]
            flat = flat_columns(self._root, empty)
            served = [(name, array.type) for name, array in flat]
        else:
            served = [(key, each.dtype) for key, each in self._root.fields.items()]
        # A key may have the name that is ours, another column's (``a.b``), or none
        names = unique_names(tuple(name for name, _ in served))
        fields = [(name, dtype) for name, (_, dtype) in zip(names, served, strict=True)]
        if self._rule == "rescue":
            fields.append((RESCUED, pa.string()))
        named = {key: name for (key, _), name in zip(served, names, strict=True)}
        return pa.schema(fields), named

    def _look_for_unseen(self, arrays: Sequence[pa.Array]) -> None:
        """Strike the columns that have come; the others are missing so far."""
        seen = _seen(self._root, arrays)
        self._unseen = {n: c for n, c in self._unseen.items() if n not in seen}
        self._findings.missing_columns = tuple(self._unseen)


def _seen(root: Record, arrays: Sequence[pa.Array]) -> set[str]:
    """Return the names of leaves that have a value, or whose list is empty."""
    seen: set[str] = set()
    for node, array in zip(root.fields.values(), arrays, strict=True):
        if isinstance(node, Record):
            seen |= _seen(node, array.flatten())
        elif array.null_count < len(array):
            seen.update(leaf.name for leaf in leaves(node))
    return seen
