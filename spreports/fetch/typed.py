"""Type batches by the catalogue, column by column, by header name.

An empty cell, or one of blanks alone, is null in a typed column. A string column keeps
its cells byte for byte, leading zeros and blanks included; only an empty one is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from spreports.catalog import Column, ReportType
from spreports.catalog.words import BY_MARKETPLACE
from spreports.errors import ParseError
from spreports.fetch.cells import ARROW_TYPES, BLANKS, Cells, cells_of
from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import RESCUED, Header
from spreports.fetch.matched_columns import matched_columns
from spreports.fetch.typed_column import rescued, typed_column

__all__ = ["BAD_VALUE_RULES", "Made", "Typing", "arrow_type"]

BAD_VALUE_RULES = ("raise", "null", "rescue")

_CURRENCY = "currency"


def arrow_type(dtype: str) -> pa.DataType:
    """Return the Arrow type of a catalogue dtype.

    Parameters
    ----------
    dtype : str
        ``string``, ``int64``, ``float64``, ``decimal``, ``boolean``, ``date`` or
        ``timestamp``.

    Returns
    -------
    pyarrow.DataType

    Raises
    ------
    ValueError
        There is no such dtype.
    """
    if dtype not in ARROW_TYPES:
        raise ValueError(f"no dtype {dtype!r}: one of {', '.join(ARROW_TYPES)}")
    return ARROW_TYPES[dtype]


@dataclass(frozen=True, slots=True)
class Made:
    """A typed batch.

    Attributes
    ----------
    batch : pyarrow.RecordBatch
    bad : mapping of str to pyarrow.Array
        By column: numbers (from 0) of the rows whose cell does not fit.
    """

    batch: pa.RecordBatch
    bad: Mapping[str, pa.Array]


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
        matched = matched_columns(header, entry)
        self._missing = tuple(map(_decided, _missing(matched, entry)))
        self._cells: Mapping[str, Cells | None] | None = None
        self._null: dict[str, pa.Array] = {}
        findings.missing_columns = tuple(column.name for column in self._missing)
        findings.unknown_columns = tuple(
            name for name, column in matched.items() if column is None
        )
        # Without the marketplace, the day cannot be told from the month
        findings.untyped_columns = tuple(
            name for name, column in matched.items() if column and _undecided(column)
        )
        self.columns = {
            name: _decided(column) if column else None
            for name, column in matched.items()
        }
        self._coded = coded
        fields = [
            (name, _coded(_type_of(column)) if name in coded else _type_of(column))
            for name, column in self.columns.items()
        ]
        fields += [(column.name, ARROW_TYPES[column.dtype]) for column in self._missing]
        if on_bad_value == "rescue":
            fields.append((RESCUED, pa.string()))
        self.schema = pa.schema(fields)

    def typed(
        self, batches: Iterable[pa.RecordBatch], *, first_row: int = 1
    ) -> Iterator[pa.RecordBatch]:
        """Yield each batch of strings as a batch of `schema`.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch, n rows x m columns
            Of strings, or of their type already.
        first_row : int
            Number of the first data row.

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
        row = first_row
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
        return Made(pa.RecordBatch.from_arrays(arrays, schema=self.schema), bad)

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
        if made.bad:
            self._judge(made.bad, first_row)
        return made.batch

    def values(self, batch: pa.RecordBatch, name: str) -> tuple[pa.Array, bool]:
        """Return the typed cells of one column, and whether all of them fit.

        Parameters
        ----------
        batch : pyarrow.RecordBatch, n rows
            Of strings, or of `schema`.
        name : str
            As served.

        Returns
        -------
        pyarrow.Array, n cells
        bool
        """
        column = batch.column(name)
        if self._cells is None:
            self._cells = self._settled(batch)
        cells = self._cells[name]
        if cells is None or column.type == cells.dtype:
            return column, True
        values, bad_rows = typed_column(column, cells)
        return values, bad_rows is None

    def _settled(self, first: pa.RecordBatch) -> Mapping[str, Cells | None]:
        """Return each column's typing, once the first rows say the currency."""
        local = self._entry.local_decimals
        currency = self._currency(first) if local else None
        return {
            name: cells_of(column, local=local, currency=currency) if column else None
            for name, column in self.columns.items()
        }

    def _currency(self, first: pa.RecordBatch) -> str | None:
        """Return the document's currency, if its first rows agree on one."""
        for position, column in enumerate(self.columns.values()):
            if column is not None and column.name == _CURRENCY:
                # it may come as a dictionary
                texts = first.column(position).cast(pa.string())
                trimmed = pc.utf8_trim(texts, BLANKS)
                known = set(trimmed.unique().to_pylist()) - {None, ""}
                return str(known.pop()) if len(known) == 1 else None
        return None

    def _judge(self, bad: Mapping[str, pa.Array], first_row: int) -> None:
        """Count bad cells, or raise for the first of them."""
        if self._rule == "raise":
            firsts = {name: rows[0].as_py() for name, rows in bad.items()}
            name = min(firsts, key=lambda each: firsts[each])
            row = first_row + firsts[name]
            cells = (self._cells or {})[name]
            expected = cells.expected if cells else ""
            msg = (
                f"data row {row}, column {name!r}: not {expected}; "
                "on_bad_value='null' or 'rescue' goes on without it, typed=False "
                "leaves all cells text"
            )
            raise ParseError(msg, row=row, column=name)
        for name, rows in bad.items():
            counts = self._findings.bad_cells
            counts[name] = counts.get(name, 0) + len(rows)


def _missing(
    matched: Mapping[str, Column | None], entry: ReportType
) -> tuple[Column, ...]:
    """Return the columns that a document of this type always has, but this one not."""
    if not entry.known:
        return ()
    served = {column.name for column in matched.values() if column is not None}
    return tuple(
        column
        for column in entry.columns()
        if not column.optional
        and column.name not in served
        and column.name not in matched
    )


def _coded(dtype: pa.DataType) -> pa.DataType:
    return pa.dictionary(pa.int32(), dtype)


def _type_of(column: Column | None) -> pa.DataType:
    return ARROW_TYPES[column.dtype] if column else pa.string()


def _undecided(column: Column) -> bool:
    """Whether a column's format depends on a marketplace that is not known."""
    return BY_MARKETPLACE in column.formats


def _decided(column: Column) -> Column:
    """Return a column that can be typed: text where its format is not known."""
    return replace(column, dtype="string", formats=()) if _undecided(column) else column
