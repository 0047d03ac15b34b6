"""Few texts, or decimals, as dictionaries, where all rows go to one folder.

Nothing is sorted or set aside there, so that numbers for the whole sink, as `codes`
gives them, would be made for nothing: a row group's dictionary is made of those that
the rows came with.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spreports.load.codes import handed, in_one_piece, one_dictionary, travels
from spreports.load.encoding import Encoding
from spreports.load.rowgroups import with_dictionaries

__all__ = ["Dictionaries"]


class Dictionaries:
    """As `Codes`, of rows that all go to one folder.

    Parameters
    ----------
    sample, schema, encoding
        As for `Codes`.

    Attributes
    ----------
    handed : tuple of str
        As for `Codes`.
    """

    def __init__(self, sample: pa.Table, schema: pa.Schema, encoding: Encoding) -> None:
        self._schema = schema
        numbered = [n for n in encoding.dictionary if travels(schema.field(n).type)]
        self._coming = with_dictionaries(schema, numbered)
        self.handed = handed(sample, schema, numbered)
        self._taken = with_dictionaries(schema, self.handed)

    def coded(self, rows: pa.Table) -> pa.Table:
        """Return rows with a dictionary in just those columns that get one.

        Parameters
        ----------
        rows : pyarrow.Table

        Returns
        -------
        pyarrow.Table
            As large, by `row_bytes`, however `rows` were cut and whatever came as a
            dictionary.
        """
        if rows.schema.equals(self._coming):
            return rows
        columns = [
            column
            if column.type == field.type
            else in_one_piece(column).cast(field.type.value_type).dictionary_encode()
            if pa.types.is_dictionary(field.type)
            else column.cast(field.type)
            for field, column in zip(self._coming, rows.columns, strict=True)
        ]
        return pa.Table.from_arrays(columns, schema=self._coming)

    def whole(self, tables: Sequence[pa.Table]) -> pa.Table:
        """Put rows together as the writer takes them, as `Codes` does.

        Parameters
        ----------
        tables : sequence of pyarrow.Table
            At least one, each from `coded`.

        Returns
        -------
        pyarrow.Table
        """
        columns: list[pa.ChunkedArray | pa.Array] = []
        rows = pa.concat_tables(tables)
        for field, column in zip(self._schema, rows.columns, strict=True):
            if field.name in self.handed:
                columns.append(_of_pieces(column, field.type))
            else:
                columns.append(column.cast(field.type))
        return pa.Table.from_arrays(columns, schema=self._taken)


def _of_pieces(
    column: pa.ChunkedArray, dtype: pa.DataType
) -> pa.ChunkedArray | pa.Array:
    """Return dictionaries of texts as one, of the texts that they have."""
    whole = in_one_piece(column)
    if not pa.types.is_dictionary(whole.type) or len(whole.dictionary) != len(
        whole.dictionary.unique()
    ):
        whole = whole.cast(dtype).dictionary_encode()
    numbers = whole.indices
    if len(whole.dictionary) <= 1 << 8:  # which Arrow encodes without a hash
        numbers = numbers.cast(pa.uint8(), safe=False)
    return one_dictionary(pa.chunked_array([numbers]), whole.dictionary)
