"""Type batches by the catalogue, column by column, by header name.

An empty cell, or one of blanks alone, is null in a typed column. A string column keeps
its cells byte for byte, leading zeros and blanks included; only an empty one is null.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

import pyarrow as pa

from spreports.catalog import Column, ReportType
from spreports.errors import ParseError
from spreports.fetch.cells import ARROW_TYPES, Cells, cells_of
from spreports.fetch.currencies import Currencies, typed_by_currency
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import RESCUED, Header
from spreports.fetch.matched_columns import (
    decided,
    how_to_decide,
    is_undecided,
    matched_columns,
    missing_columns,
)
from spreports.fetch.typed_column import rescued, typed_column

__all__ = ["BAD_VALUE_RULES", "Made", "Typing"]

BAD_VALUE_RULES = ("raise", "null", "rescue")


@dataclass(frozen=True, slots=True)
class Made:
    """A typed batch.

    Attributes
    ----------
    batch : pyarrow.RecordBatch
    bad : mapping of str to pyarrow.Array
        By column: numbers (from 0) of the rows whose cell does not fit.
    texts : pyarrow.RecordBatch or None
        What it was made of, where that may be asked: some of it does not fit, or hangs
        on the currency of rows before it.
    """

    batch: pa.RecordBatch
    bad: Mapping[str, pa.Array]
    texts: pa.RecordBatch | None = None


class Typing:
    """How a document's columns are typed, and what becomes of a cell that is not.

    Parameters
    ----------
    header : Header, m columns
    entry : ReportType
        Finds a column's type by its served header; columns that it does not know stay
        strings.
    on_bad_value : str
        ``"raise"``, ``"null"`` or ``"rescue"``.
    findings : Findings
        Gets ``unknown_columns``, ``missing_columns`` and ``untyped_columns``, and
        ``bad_cells`` batch by batch.
    coded : set of str
        Columns of text or decimals that come out as dictionaries.

    Attributes
    ----------
    schema : pyarrow.Schema
    columns : mapping of str to Column or None
        The served columns by header name, None for one that the catalogue does not
        know.
    """

    def __init__(
        self,
        header: Header,
        entry: ReportType,
        on_bad_value: str,
        findings: Findings,
        *,
        coded: Set[str] = frozenset(),
    ) -> None:
        self._entry = entry
        self._rule = on_bad_value
        self._findings = findings
        self._matched = matched = matched_columns(header, entry)
        self._missing = tuple(map(decided, missing_columns(matched, entry)))
        self._cells: Mapping[str, Cells | None] | None = None
        self._null: dict[str, pa.Array] = {}
        # The batch that was judged last, and its cells that do not fit
        self._last: tuple[Callable[[], object], Mapping[str, pa.Array]] | None = None
        findings.missing_columns = tuple(column.name for column in self._missing)
        findings.unknown_columns = tuple(
            name for name, column in matched.items() if column is None
        )
        # Without the marketplace, the day cannot be told from the month
        findings.untyped_columns = tuple(
            name for name, column in matched.items() if column and is_undecided(column)
        )
        self.columns = {
            name: decided(column) if column else None
            for name, column in matched.items()
        }
        self._currencies = Currencies(self.columns if entry.local_decimals else {})
        self._coded = coded
        fields = [
            (name, _type_of(column, coded=name in coded))
            for name, column in self.columns.items()
        ]
        fields += [(column.name, ARROW_TYPES[column.dtype]) for column in self._missing]
        if on_bad_value == "rescue":
            fields.append((RESCUED, pa.string()))
        self.schema = pa.schema(fields)

    def typed(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield each batch of strings as a batch of `schema`.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch, n rows x m columns
            Of strings, or of their type already.

        Yields
        ------
        pyarrow.RecordBatch
            The same rows: m columns, then the missing ones as nulls, then
            ``_rescued`` (a JSON object of column and text, null for a sound row)
            where the rule is ``"rescue"``.

        Raises
        ------
        ParseError
            A cell does not fit its type and the rule is ``"raise"``. Names row and
            column and the type, never the cell.
        """
        row = 1
        for texts in batches:
            yield self.judged(self.made(texts), row)
            row += texts.num_rows

    def made(self, texts: pa.RecordBatch) -> Made:
        """Type one batch without a judgement on its bad cells.

        Several batches may be at the same time, once the first one is done.

        Parameters
        ----------
        texts : pyarrow.RecordBatch, n rows x m columns
            As for `typed`.

        Returns
        -------
        Made
        """
        if self._cells is None:
            self._cells = self._settled(texts)
        arrays = []
        bad: dict[str, pa.Array] = {}
        for name, column in zip(self.columns, texts.columns, strict=True):
            cells = self._cells[name]
            values, bad_rows = column, None
            is_text = column.type == pa.string()
            if cells is not None and is_text and cells.dtype != column.type:
                values, bad_rows = typed_column(column, cells)
            if name in self._coded and not pa.types.is_dictionary(values.type):
                values = values.dictionary_encode()
            arrays.append(values)
            if bad_rows is not None:
                bad[name] = bad_rows
        rows = texts.num_rows
        arrays += [self._nulls(rows, each.dtype) for each in self._missing]
        if self._rule == "rescue":
            arrays.append(rescued(bad, texts))
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        return Made(batch, bad, texts if bad or self._by_currency(texts) else None)

    def _by_currency(self, texts: pa.RecordBatch) -> dict[str, Column]:
        """Return the columns whose cells hang on the currency."""
        if not self._entry.local_decimals:
            return {}
        return {
            name: column
            for name, column in self.columns.items()
            if column
            and column.dtype == "decimal"
            and texts.column(name).type == pa.string()
        }

    def _again(self, made: Made, texts: pa.RecordBatch, currencies: pa.Array) -> Made:
        """Type anew what was typed by another currency than that of its row."""
        columns, bad = list(made.batch.columns), dict(made.bad)
        for name, column in self._by_currency(texts).items():
            cells, misfits = typed_by_currency(texts.column(name), currencies, column)
            columns[self.schema.get_field_index(name)] = cells
            bad.pop(name, None)
            if misfits is not None:
                bad[name] = misfits
        if self._rule == "rescue":
            columns[-1] = rescued(bad, texts)
        again = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        return Made(again, bad, texts)

    def _nulls(self, rows: int, dtype: str) -> pa.Array:
        """Return so many nulls; batches share them, since there may be many columns."""
        known = self._null.get(dtype)
        if known is None or len(known) < rows:
            known = self._null[dtype] = pa.nulls(rows, ARROW_TYPES[dtype])
        return known.slice(0, rows)

    def judged(self, made: Made, first_row: int) -> pa.RecordBatch:
        """Judge the bad cells of a batch, when it is its turn.

        Parameters
        ----------
        made : Made
        first_row : int
            Number of its first row.

        Returns
        -------
        pyarrow.RecordBatch

        Raises
        ------
        ParseError
            As `typed`.
        """
        others = self._currencies.others(made.batch)
        if others is not None and made.texts is not None:
            made = self._again(made, made.texts, others)
        if made.bad:
            self._judge(made, first_row)
        self._last = weakref.ref(made.batch), made.bad
        return made.batch

    def values(
        self, batch: pa.RecordBatch, name: str
    ) -> tuple[pa.Array, pa.Array | None]:
        """Return the typed cells of one column, and which of them do not fit.

        Parameters
        ----------
        batch : pyarrow.RecordBatch, n rows
            Of strings, or the last one that was judged.
        name : str
            As served.

        Returns
        -------
        pyarrow.Array, n cells
        pyarrow.Array or None
            Numbers (from 0) of the rows whose cell does not fit; None where all do.
        """
        column = batch.column(name)
        if self._cells is None:
            self._cells = self._settled(batch)
        cells = self._cells[name]
        if cells is None or column.type == cells.dtype:
            last, bad = self._last or (lambda: None, {})
            return column, bad.get(name) if last() is batch else None
        others = self._currencies.others(batch)
        own = self.columns[name]
        if others is None or own is None or own.dtype != "decimal":
            values, bad_rows = typed_column(column, cells)
        else:
            values, bad_rows = typed_by_currency(column, others, own)
        return values, bad_rows

    def _settled(self, first: pa.RecordBatch) -> Mapping[str, Cells | None]:
        """Return each column's typing, once the first rows say the currency."""
        local, currency = self._entry.local_decimals, self._currencies.assume(first)
        return {
            name: cells_of(column, local=local, currency=currency) if column else None
            for name, column in self.columns.items()
        }

    def _judge(self, made: Made, first_row: int) -> None:
        """Count bad cells, or raise for the first of them."""
        if self._rule == "raise":
            firsts = {name: rows[0].as_py() for name, rows in made.bad.items()}
            name = min(firsts, key=lambda each: firsts[each])
            row = first_row + firsts[name]
            cells = (self._cells or {})[name]
            text = made.texts.column(name)[firsts[name]].as_py() if made.texts else ""
            msg = (
                f"data row {row}, column {name!r}: not {cells and cells.expected}; "
                f"{how_to_decide(self._matched[name], self._entry, text)}"
                "on_bad_value='null' or 'rescue' goes on without it, typed=False "
                "leaves all cells text"
            )
            raise ParseError(msg, row=row, column=name)
        for name, rows in made.bad.items():
            counts = self._findings.bad_cells
            counts[name] = counts.get(name, 0) + len(rows)


def _type_of(column: Column | None, *, coded: bool) -> pa.DataType:
    dtype = ARROW_TYPES[column.dtype] if column else pa.string()
    return pa.dictionary(pa.int32(), dtype) if coded else dtype
