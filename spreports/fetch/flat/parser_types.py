"""Which columns the CSV parser types by itself, instead of making texts of them.

Where every cell of a block is written as Arrow reads it, text that would be cast a
moment later is never made. Any other block is parsed as text, and its cells are judged
one by one as ever: either way a cell gives the same value. Amounts that are a few texts
over and over, such as 0.00, are read once for each text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.catalog import Column
from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.timestamps import ISO

__all__ = ["ParserTypes"]

# Integers and floats stay text: Arrow reads hexadecimal and nan, too
_BY_PARSER: Final = {"boolean", "decimal", "date", "timestamp"}
# Arrow knows the year 0, Python does not; microseconds since 1970
_FIRST_INSTANT: Final = (
    datetime.min.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
) // timedelta(microseconds=1)
_BY_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_FEW: Final = 1 / 16


class ParserTypes:
    """Types for the parser, fewer from block to block.

    Parameters
    ----------
    columns : mapping of str to Column or None
        By header name; None for a column that the catalogue does not know.

    Attributes
    ----------
    left : dict of str to pyarrow.DataType
    """

    def __init__(self, columns: Mapping[str, Column | None]) -> None:
        self.left: dict[str, pa.DataType] = {
            name: ARROW_TYPES[column.dtype]
            for name, column in columns.items()
            if column is not None and _read_by_arrow(column)
        }
        self._by_text: frozenset[str] | None = None

    @property
    def asked(self) -> dict[str, pa.DataType]:
        """What to ask the parser for."""
        return self.left | dict.fromkeys(self._by_text or (), _BY_TEXT)

    def typed(self, table: pa.Table) -> pa.Table | None:
        """Return a table of `asked` types as one of the types in `left`.

        Parameters
        ----------
        table : pyarrow.Table

        Returns
        -------
        pyarrow.Table or None
            None where some cell has to be judged as a text.
        """
        try:
            for name in sorted(self._by_text or ()):
                place = table.schema.get_field_index(name)
                values = _each_text_once(table[name], self.left[name])
                table = table.set_column(place, name, values)
        except pa.ArrowInvalid:
            return None
        for name, dtype in self.left.items():
            if pa.types.is_timestamp(dtype):
                first = pc.min(table[name]).cast(pa.int64())
                if first.is_valid and first.as_py() < _FIRST_INSTANT:
                    return None
        if self._by_text is None and table.num_rows:  # says it for all blocks
            self._by_text = frozenset(
                name
                for name, dtype in self.left.items()
                if pa.types.is_decimal(dtype)
                and pc.count_distinct(table[name]).as_py() <= _FEW * table.num_rows
            )
        return table

    def drop(self, texts: pa.Table) -> None:
        """Leave out the columns that kept a block from being parsed with `left`.

        Parameters
        ----------
        texts : pyarrow.Table
            The block as text.
        """
        kept = {n: t for n, t in self.left.items() if _castable(texts[n], t)}
        # Where none is at fault, the next block would be parsed twice for nothing
        self.left = kept if len(kept) < len(self.left) else {}
        self._by_text = (self._by_text or frozenset()) & self.left.keys()


def _read_by_arrow(column: Column) -> bool:
    """Say whether Arrow's way to write a type is the first one to try."""
    if column.dtype not in _BY_PARSER:
        return False
    first = column.formats[0] if column.formats else ISO
    return first == ISO or (column.dtype == "date" and first == "%Y-%m-%d")


def _each_text_once(column: pa.ChunkedArray, dtype: pa.DataType) -> pa.ChunkedArray:
    """Cast a column of dictionaries by its distinct texts."""
    chunks = [each.dictionary.cast(dtype).take(each.indices) for each in column.chunks]
    return pa.chunked_array(chunks, dtype)


def _castable(texts: pa.ChunkedArray, dtype: pa.DataType) -> bool:
    try:
        texts.cast(dtype)
    except pa.ArrowInvalid:
        return False
    return True
