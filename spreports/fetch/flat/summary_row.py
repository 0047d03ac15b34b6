"""Part a settlement's summary row from its rows, and hold them to its total.

The first data row of a settlement names its dates, currency and total; the others leave
those cells blank, and their amounts add up to the total to the cent. That sum is a free
proof that no row is missing and no amount was misread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of
from spreports.catalog import Column
from spreports.errors import ParseError
from spreports.fetch.findings import Findings

__all__ = ["SUMMARY", "SUMMED", "SummaryRow"]

SUMMARY: Final = "summary"

_ID, _TOTAL, _AMOUNT = "settlement-id", "total-amount", "amount"
# What tells the two kinds of rows apart, and holds them to each other
SUMMED: Final = frozenset({_TOTAL, _AMOUNT})
# 76 digits: a sum of cells of 38 digits neither rounds nor overflows
_WIDE: Final = pa.decimal256(76, 6)
_EXACT: Final = Context(prec=76)
_CHECK: Final = f"the sum of {_AMOUNT!r} against {_TOTAL!r}"


class SummaryRow:
    """Tells the two kinds of rows apart and adds up both.

    A row with a total and without an amount is a summary; with one that cannot be read
    it is not. A document that joins several settlements has several, and each
    settlement is held to its own total.

    Parameters
    ----------
    matched : mapping of str to Column or None
        The document's columns by name.
    values : callable
        Gives the typed cells of a batch's column, and which do not fit; see
        `Typing.values`.
    findings : Findings
        Gets ``summary_rows``, ``skipped_checks`` and corrected ``rows``.
    """

    def __init__(
        self,
        matched: Mapping[str, Column | None],
        values: Callable[[pa.RecordBatch, str], tuple[pa.Array, pa.Array | None]],
        findings: Findings,
    ) -> None:
        self._names = {c.name: name for name, c in matched.items() if c is not None}
        self._values = values
        self._findings = findings
        self._totals: dict[str | None, Decimal] = {}
        self._amounts: dict[str | None, Decimal] = {}
        self._sound = True

    def rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches without the summary rows.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch

        Yields
        ------
        pyarrow.RecordBatch

        Raises
        ------
        ParseError
            After the last row: the amounts do not add up to the total.
        """
        for rows, _ in self._parted(batches):
            if rows.num_rows:
                yield rows

    def summaries(
        self, batches: Iterable[pa.RecordBatch], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """Yield the summary rows alone; the whole document is read for the check.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch
        schema : pyarrow.Schema
            The columns that a summary has.

        Yields
        ------
        pyarrow.RecordBatch

        Raises
        ------
        ParseError
            As `rows`.
        """
        for _, summaries in self._parted(batches):
            if summaries.num_rows:
                yield summaries.select(schema.names)
        self._findings.rows = self._findings.summary_rows
        # Which lines were mended nobody knows: they are told with the other table
        self._findings.padded_rows = self._findings.unwrapped_rows = 0

    def _parted(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Yield rows and summary rows, and check the sums behind the last."""
        found = self._findings
        if not set(self._names) >= SUMMED:
            found.skipped_checks += (f"{_CHECK}: the document lacks such a column",)
            for batch in batches:
                yield batch, batch.slice(0, 0)
            return
        for batch in batches:
            total, unfit = self._values(batch, self._names[_TOTAL])
            amount, unread = self._values(batch, self._names[_AMOUNT])
            self._sound &= unfit is None and unread is None
            is_summary = pc.and_(pc.is_valid(total), pc.is_null(amount))
            if unread is not None:
                rows = array_of(range(batch.num_rows), pa.int64())
                there = pc.is_in(rows, value_set=unread.cast(pa.int64()))
                is_summary = pc.and_(is_summary, pc.invert(there))
            self._add(self._amounts, batch, amount)
            number = pc.sum(is_summary).as_py() or 0
            if not number:
                yield batch, batch.slice(0, 0)
                continue
            found.summary_rows += number
            nothing = scalar_of(None, total.type)
            self._add(self._totals, batch, pc.if_else(is_summary, total, nothing))
            yield batch.filter(pc.invert(is_summary)), batch.filter(is_summary)
        # Not before the parser, a thread of its own, has counted its last row
        found.rows -= found.summary_rows
        self._check()

    def _add(
        self, sums: dict[str | None, Decimal], batch: pa.RecordBatch, cells: pa.Array
    ) -> None:
        """Add a batch's cells to the sum of each settlement."""
        if pa.types.is_string(cells.type):  # of an entry by which they are text
            self._sound = False
            return
        if cells.null_count == len(cells):
            return
        name = self._names.get(_ID)
        ids = batch.column(name) if name else pa.nulls(batch.num_rows, pa.string())
        cells = cells.cast(_WIDE)
        known = ids.unique()
        if len(known) == 1:
            found = [(known[0].as_py(), pc.sum(cells).as_py())]
        else:
            rows = pa.table({"id": ids.cast(pa.string()), "cell": cells})
            by_id = rows.group_by("id", use_threads=False)
            summed = by_id.aggregate([("cell", "sum")])
            found = [(row["id"], row["cell_sum"]) for row in summed.to_pylist()]
        for each, value in found:
            if value is not None:
                sums[each] = _EXACT.add(sums.get(each, Decimal(0)), value)

    def _check(self) -> None:
        """Raise where a settlement's amounts do not add up to its total."""
        found = self._findings
        bad = [found.bad_cells.get(self._names[name]) for name in (_TOTAL, _AMOUNT)]
        if not self._sound or any(bad):
            found.skipped_checks += (f"{_CHECK}: some of their cells are no numbers",)
        elif not self._totals:
            if self._amounts:
                found.skipped_checks += (f"{_CHECK}: there is no summary row",)
        else:
            self._hold()

    def _hold(self) -> None:
        """Hold sums to totals; one summary answers for the whole document."""
        totals, amounts = self._totals, self._amounts
        if len(totals) == 1:
            whole = Decimal(0)
            for amount in amounts.values():
                whole = _EXACT.add(whole, amount)
            amounts = dict.fromkeys(totals, whole)
        for each in dict.fromkeys((*totals, *amounts)):
            total, summed = totals.get(each, Decimal(0)), amounts.get(each, Decimal(0))
            if total != summed:
                msg = (
                    f"the cells of column {_AMOUNT!r} add up to {_figure(summed)}, but "
                    f"the summary row's {_TOTAL!r} is {_figure(total)}: rows are "
                    "missing or changed. Get the report document again and hold it "
                    "against the settlement in Seller Central. An entry with "
                    "summary_row=False (dataclasses.replace(spreports.report_type(...),"
                    " summary_row=False)) reads it as it is served, unchecked"
                )
                raise ParseError(msg, column=self._names[_TOTAL])


def _figure(amount: Decimal) -> str:
    """Return an amount with the places that it has, two at least."""
    whole, _, places = format(amount, "f").partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"
