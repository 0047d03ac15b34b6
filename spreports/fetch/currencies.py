"""Which currency is in force in each row, and numbers read by its custom.

A settlement names its currency in its summary row, the rows below it leave the cell
blank, and a document may join settlements of several currencies: ``1,234`` is a
thousand and more in yen, and one and a quarter in euros.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import null_where, scalar_of
from spreports.catalog import Column
from spreports.fetch.cells import BLANKS, cells_of
from spreports.fetch.typed_column import typed_column

__all__ = ["Currencies", "typed_by_currency"]

_CURRENCY = "currency"


class Currencies:
    """Follows the currency from batch to batch, in the order of the document.

    Parameters
    ----------
    columns : mapping of str to Column or None
        The served columns by header name.

    Attributes
    ----------
    assumed : str or None
        What cells are typed by before it is their turn.
    """

    def __init__(self, columns: Mapping[str, Column | None]) -> None:
        names = (n for n, c in columns.items() if c and c.name == _CURRENCY)
        self._name = next(names, None)
        self._last: str | None = None
        self._seen: tuple[Callable[[], object], pa.Array | None] | None = None
        self.assumed: str | None = None

    def assume(self, first: pa.RecordBatch) -> str | None:
        """Take the currency of the first batch for that of all, if it has but one."""
        if self._name is not None:
            said = _said(first.column(self._name))
            self.assumed = said.pop() if len(said) == 1 else None
        return self.assumed

    def others(self, batch: pa.RecordBatch) -> pa.Array | None:
        """Return the currency of each row of the next batch.

        Parameters
        ----------
        batch : pyarrow.RecordBatch, n rows
            Of strings, or typed. The same one may be asked for several times.

        Returns
        -------
        pyarrow.Array of string, n cells, or None
            None where all rows are of the assumed one.
        """
        if self._name is None:
            return None
        if self._seen is None or self._seen[0]() is not batch:
            self._seen = (weakref.ref(batch), self._next(batch.column(self._name)))
        return self._seen[1]

    def _next(self, cells: pa.Array) -> pa.Array | None:
        said = _said(cells)
        # Rows above the first name of all are of the settlement that it begins
        if len(said) == 1:
            self._last = self._last or next(iter(said))
        if said <= {self._last}:
            is_other = self._last not in {None, self.assumed}
            return pa.repeat(self._last, len(cells)) if is_other else None
        named = _named(cells)
        known = named.drop_null()
        before, self._last = self._last or known[0].as_py(), known[-1].as_py()
        return pc.fill_null(pc.fill_null_forward(named), before)


def _said(cells: pa.Array) -> set[str]:
    """Return the currencies that a column names."""
    texts = cells.unique().cast(pa.string()).to_pylist()
    return {text.strip(BLANKS) for text in texts if text is not None} - {""}


def _named(cells: pa.Array) -> pa.Array:
    """Return the currency that each row names, null where it names none."""
    texts = pc.utf8_trim(cells.cast(pa.string()), BLANKS)
    is_blank = pc.equal(texts, scalar_of("", pa.string()))
    return null_where(is_blank, texts)


def typed_by_currency(
    texts: pa.Array, currencies: pa.Array, column: Column
) -> tuple[pa.Array, pa.Array | None]:
    """Type the texts of one column, each by the currency of its row.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    currencies : pyarrow.Array of string, n cells
    column : Column
        Of decimals.

    Returns
    -------
    pyarrow.Array, n cells
        Null for a text that does not fit.
    pyarrow.Array or None
        Numbers (from 0) of the texts that do not fit; None where all do.
    """
    pieces, places, misfits = [], [], []
    for currency in currencies.unique():
        own = pc.indices_nonzero(pc.equal(currencies, currency))
        cells = cells_of(column, local=True, currency=currency.as_py())
        if cells is None:
            raise TypeError(f"{column.name} is no column of numbers")
        values, bad = typed_column(texts.take(own), cells)
        pieces.append(values)
        places.append(own)
        if bad is not None:
            misfits.append(own.take(bad))
    # Where each row's cell stands among the pieces
    order = pc.array_sort_indices(pa.concat_arrays(places))
    typed = pa.concat_arrays(pieces).take(order)
    return typed, pa.concat_arrays(misfits).sort() if misfits else None
