"""Which columns the CSV parser types by itself, instead of making texts of them.

Where every cell of a block is written as Arrow reads it, text that would be cast a
moment later is never made. Any other block is parsed as text, and its cells are judged
one by one as ever: either way a cell gives the same value. Of decimals it makes texts:
it would read wrongly what is too wide. They are cast here, which takes no longer, and
amounts that are a few texts over and over, such as 0.00, once for each text.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.catalog import Column
from spreports.fetch.cells import ARROW_TYPES
from spreports.fetch.timestamps import ISO
from spreports.fetch.whole_columns import known_to_python
from spreports.fetch.whole_decimals import DECIMAL, decimals

__all__ = ["Asked", "ParserTypes"]

# Integers and floats stay text: Arrow reads hexadecimal and nan, too
_BY_PARSER: Final = {"boolean", "decimal", "date", "timestamp"}
_BY_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_FEW: Final = 1 / 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parser is asked for.

    Attributes
    ----------
    left : mapping of str to pyarrow.DataType
        Columns to type.
    by_text : frozenset of str or None
        Those of them to read once for each text; None before a block has told.
    """

    left: Mapping[str, pa.DataType]
    by_text: frozenset[str] | None = None

    @property
    def dtypes(self) -> dict[str, pa.DataType]:
        """Return the types by column, as the parser is told of them."""
        texts = dict.fromkeys(filter(self.is_text, self.left), pa.string())
        return {**self.left, **texts, **dict.fromkeys(self.by_text or (), _BY_TEXT)}

    def is_text(self, name: str) -> bool:
        """Say whether the parser makes texts of a column, to be cast then."""
        return bool(pa.types.is_decimal(self.left[name]))


class ParserTypes:
    """Types for the parser, fewer from block to block.

    Several blocks may be parsed at the same time, each with what was `asked` when it
    was begun; no cell depends on it.

    Parameters
    ----------
    columns : mapping of str to Column or None
        By header name; None for a column that the catalogue does not know.
    local : bool
        A comma may be the decimal mark: decimals are left to who knows the currency.

    Attributes
    ----------
    columns : mapping of str to Column or None
    asked : Asked
        For the next block.
    """

    def __init__(
        self, columns: Mapping[str, Column | None], *, local: bool = False
    ) -> None:
        self.columns = columns
        self.asked = Asked(
            {
                name: ARROW_TYPES[column.dtype]
                for name, column in columns.items()
                if column is not None
                and _read_by_arrow(column)
                and not (local and column.dtype == "decimal")
            }
        )
        self._learning = threading.Lock()

    def typed(self, table: pa.Table, asked: Asked) -> pa.Table | None:
        """Return a table of the asked types as one of the types in ``asked.left``.

        Parameters
        ----------
        table : pyarrow.Table
        asked : Asked
            What the parser was asked for.

        Returns
        -------
        pyarrow.Table or None
            None where some cell has to be judged as a text.
        """
        columns = dict(zip(table.column_names, table.columns, strict=True))
        try:
            for name in filter(asked.is_text, asked.left):
                columns[name] = _cast(columns[name])
        except pa.ArrowInvalid:
            return None
        for name, dtype in asked.left.items():
            if pa.types.is_temporal(dtype) and not known_to_python(columns[name]):
                return None
        if asked.by_text is None and table.num_rows:  # says it for all blocks
            few = frozenset(
                name
                for name, dtype in asked.left.items()
                if pa.types.is_decimal(dtype)
                and pc.count_distinct(columns[name]).as_py() <= _FEW * table.num_rows
            )
            with self._learning:
                left = self.asked.left
                self.asked = Asked(left, few & left.keys())
        return pa.Table.from_arrays([*columns.values()], names=[*columns])

    def drop(self, texts: pa.Table, asked: Asked) -> None:
        """Leave out the columns that kept a block from being parsed as asked.

        Parameters
        ----------
        texts : pyarrow.Table
            The block as text.
        asked : Asked
        """
        fit = {
            name for name, dtype in asked.left.items() if _castable(texts[name], dtype)
        }
        with self._learning:
            # Where none is at fault, the next block would be parsed twice for nothing
            kept = fit if len(fit) < len(asked.left) else set[str]()
            left = {n: t for n, t in self.asked.left.items() if n in kept}
            by_text = self.asked.by_text
            self.asked = Asked(left, by_text and by_text & left.keys())


def _read_by_arrow(column: Column) -> bool:
    """Say whether Arrow's way to write a type is the first one to try."""
    if column.dtype not in _BY_PARSER:
        return False
    first = column.formats[0] if column.formats else ISO
    return first == ISO or (column.dtype == "date" and first == "%Y-%m-%d")


def _cast(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cast texts to decimals; a column of dictionaries by its distinct texts."""
    chunks = [
        decimals(each.dictionary).take(each.indices)
        if pa.types.is_dictionary(each.type)
        else decimals(each)
        for each in column.chunks
    ]
    return pa.chunked_array(chunks, DECIMAL)


def _castable(texts: pa.ChunkedArray, dtype: pa.DataType) -> bool:
    try:
        if dtype == DECIMAL:
            _cast(texts)
        else:
            texts.cast(dtype)
    except pa.ArrowInvalid:
        return False
    return True
