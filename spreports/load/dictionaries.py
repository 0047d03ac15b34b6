"""Few texts, or decimals, as dictionaries, where all rows go to one folder.

Nothing is sorted or set aside there, so that numbers for the whole sink, as `codes`
gives them, would be made for nothing: a row group's dictionary is made of those that
the rows came with.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from spreports.load.codes import handed, one_dictionary, travels
from spreports.load.encoding import Encoding, is_text
from spreports.load.numbers import in_one_piece, looked_up
from spreports.load.repeated import Repeated
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
    numbered : frozenset of str
        Columns that get a dictionary, and count as one in memory.
    """

    def __init__(self, sample: pa.Table, schema: pa.Schema, encoding: Encoding) -> None:
        self._schema = schema
        numbered = [n for n in encoding.few if travels(schema.field(n).type)]
        self.handed = handed(sample, schema, numbered)
        self.numbered = frozenset(numbered)
        self._taken = with_dictionaries(schema, self.handed)
        self._repeated = Repeated()

    def coded(self, rows: pa.Table) -> pa.Table:
        """Return rows with a dictionary in just those columns of text that get one.

        Decimals that get one are as they came.
        """
        columns = []
        for field, column in zip(self._schema, rows.columns, strict=True):
            if field.name not in self.numbered:
                same = column.type == field.type
                columns.append(column if same else column.cast(field.type))
            elif is_text(field.type) and column.type != _dictionary_of(field.type):
                texts = in_one_piece(column).cast(field.type)
                columns.append(pa.chunked_array([texts.dictionary_encode()]))
            else:
                columns.append(column)
        return pa.Table.from_arrays(columns, self._schema.names)

    def whole(self, tables: Sequence[pa.Table]) -> pa.Table:
        """Put rows together as the writer takes them: as `Codes.whole`."""
        columns: list[pa.ChunkedArray | pa.Array] = []
        rows = pa.concat_tables(tables)
        for field, column in zip(self._schema, rows.columns, strict=True):
            if field.name in self.handed:
                columns.append(_one_of_pieces(column, field.type))
            elif pa.types.is_dictionary(column.type):
                pieces = [self._values(field, piece) for piece in column.chunks]
                columns.append(pa.chunked_array(pieces, field.type))
            else:
                columns.append(column)
        return pa.Table.from_arrays(columns, schema=self._taken)

    def _values(self, field: pa.Field, piece: pa.DictionaryArray) -> pa.Array:
        """Return values in place of a dictionary."""
        count, words = len(piece), piece.dictionary
        if piece.null_count == count:
            value = pa.nulls(1, field.type)
        elif piece.null_count == 0 and len(words) == 1:
            value = words.cast(field.type)
        else:
            return looked_up(words.cast(field.type), piece.indices)
        return self._repeated.column(field.name, value, count)


def _dictionary_of(dtype: pa.DataType) -> pa.DataType:
    return pa.dictionary(pa.int32(), dtype)


def _one_of_pieces(
    column: pa.ChunkedArray, dtype: pa.DataType
) -> pa.ChunkedArray | pa.Array:
    """Return dictionaries of texts as one, of the texts that they have."""
    whole = in_one_piece(column)
    plain = not pa.types.is_dictionary(whole.type)
    # Those of several pieces were united, so that no text is there twice
    if plain or (
        column.num_chunks == 1
        and len(whole.dictionary) != len(whole.dictionary.unique())
    ):
        whole = whole.cast(dtype).dictionary_encode()
    numbers = whole.indices
    if len(whole.dictionary) <= 1 << 8:  # which Arrow encodes without a hash
        numbers = numbers.cast(pa.uint8(), safe=False)
    return one_dictionary(pa.chunked_array([numbers]), whole.dictionary)
