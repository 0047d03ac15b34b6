"""Few texts, or decimals, over and over travel through a sink as numbers.

A number takes a byte or two where the value takes five to twenty, so that there is less
to sort by folder, to keep in memory and on the scratch disk; and a row group's
dictionary is made of the numbers, without a look at each text again. The columns are
those that get a dictionary in the file, whether they come as texts or as dictionaries.

A row group is, byte for byte, the one that the texts would have made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of
from spreports.load.encoding import DICTIONARY_BYTES, Encoding, is_text
from spreports.load.numbers import by_appearance, in_one_piece, longest_text, looked_up
from spreports.load.repeated import Repeated
from spreports.load.rowgroups import with_dictionaries

__all__ = [
    "FEWEST_ROWS",
    "Codes",
    "Vocabulary",
    "handed",
    "one_dictionary",
    "travels",
]

# Beyond either a column goes on as texts, so that memory is bounded
MOST_TEXTS: Final = 1 << 16
MOST_BYTES: Final = 1 << 20
# Longer ones go on as texts, too, and so count as what they take in a row group
LONGEST_TEXT: Final = 1 << 10
# Of fewer rows in a row group Arrow makes dictionaries in less time than our calls take
FEWEST_ROWS: Final = 4_096


class Vocabulary:
    """The texts or decimals of one column, numbered as they come.

    It only grows, by one caller at a time; what has a number may be read on any thread.

    Parameters
    ----------
    dtype : pyarrow.DataType
        Text, large text or decimal.

    Attributes
    ----------
    texts : pyarrow.Array
        By number.
    """

    def __init__(self, dtype: pa.DataType) -> None:
        self.texts = pa.nulls(0, dtype)
        self._numbers: dict[object, int] = {}
        self._room = MOST_BYTES
        self._full = False

    def code(self, column: pa.Array) -> pa.Array:
        """Return numbers in place of texts; the texts, once there are too many.

        Parameters
        ----------
        column : pyarrow.Array, n values
            The texts, or a dictionary of them.

        Returns
        -------
        pyarrow.Array, n values
            uint8, uint16 or the texts; null where `column` is.
        """
        if not self._full:
            if not pa.types.is_dictionary(column.type) or column.dictionary.null_count:
                column = column.cast(self.texts.type).dictionary_encode()
            numbers = self._numbers_of(column)
            if numbers is not None:
                return looked_up(numbers, column.indices)
            self._full = True
            self._numbers.clear()
        return column.cast(self.texts.type)

    def _numbers_of(self, column: pa.DictionaryArray) -> pa.Array | None:
        """Return the number of each text of a dictionary; None with too many."""
        words, known = column.dictionary, self._numbers
        if words.type != self.texts.type:
            words = words.cast(self.texts.type)
        texts = _told_apart(words)
        if not known.keys() >= set(texts):
            # Only what a row has counts: what else a dictionary holds hangs on the cuts
            new = {
                texts[place]: place
                for place in column.indices.unique().drop_null().to_pylist()
                if texts[place] not in known
            }
            added = words.take(array_of(list(new.values()), pa.int64()))
            self._room -= added.nbytes
            if len(known) + len(new) > MOST_TEXTS or self._room < 0:
                return None
            if longest_text(added) > LONGEST_TEXT:
                return None
            self.texts = pa.concat_arrays([self.texts, added])
            known.update((text, n) for n, text in enumerate(new, len(known)))
        numbers = [known.get(text, 0) for text in texts]
        if len(known) <= 1 << 8:
            return array_of(numbers, pa.uint8())
        return array_of(numbers, pa.int32()).cast(pa.uint16())


def _told_apart(words: pa.Array) -> Sequence[object]:
    """Return what tells values apart: of decimals their bytes, which is quicker."""
    if not len(words) or not pa.types.is_decimal(words.type):
        values: list[object] = words.to_pylist()
        return values
    width = words.type.byte_width
    start = words.offset * width
    data = memoryview(words.buffers()[1])[start : start + len(words) * width]
    return [value for (value,) in struct.iter_unpack(f"{width}s", data)]


class Codes:
    """Which columns of a sink travel as numbers, and what these stand for.

    Parameters
    ----------
    sample : pyarrow.Table
        The first rows.
    schema : pyarrow.Schema
        Of the rows as they are written: of texts, not of dictionaries.
    encoding : Encoding
        How these are written.

    Attributes
    ----------
    handed : tuple of str
        Columns that the writer gets as dictionaries; see `rowgroups.opener`.
    numbered : frozenset of str
        None: those that travel as numbers are in memory as such.
    """

    numbered: frozenset[str] = frozenset()

    def __init__(self, sample: pa.Table, schema: pa.Schema, encoding: Encoding) -> None:
        self._schema = schema
        self._words = {
            name: Vocabulary(schema.field(name).type)
            for name in encoding.few
            if travels(schema.field(name).type)
        }
        self.handed = handed(sample, schema, self._words)
        self._taken = with_dictionaries(schema, self.handed)
        self._repeated = Repeated()

    def coded(self, rows: pa.Table) -> pa.Table:
        """Put numbers in place of texts, and values in place of other dictionaries.

        Parameters
        ----------
        rows : pyarrow.Table
            The next ones of the sink: called for all of them in their order.

        Returns
        -------
        pyarrow.Table
        """
        columns = []
        for field, column in zip(self._schema, rows.columns, strict=True):
            words = self._words.get(field.name)
            if words is not None:
                columns.append(words.code(in_one_piece(column)))
            else:
                same = column.type == field.type
                columns.append(column if same else column.cast(field.type))
        return pa.Table.from_arrays(columns, self._schema.names)

    def whole(self, tables: Sequence[pa.Table], *, plain: bool = False) -> pa.Table:
        """Put rows together as the writer takes them.

        Parameters
        ----------
        tables : sequence of pyarrow.Table
            At least one, each from `coded`.
        plain : bool
            Texts in all columns of text.

        Returns
        -------
        pyarrow.Table
            A column of `handed` is one dictionary of the texts that it has, in order of
            appearance, as Arrow itself would make it, if they are not `plain`.
        """
        rows = pa.concat_tables(self._alike(tables))
        columns: list[pa.ChunkedArray | pa.Array] = []
        for field, column in zip(self._schema, rows.columns, strict=True):
            words = self._words.get(field.name)
            if words is None:
                columns.append(column)
            elif field.name not in self.handed:
                columns.append(self._values(field.name, column, words.texts))
            elif plain:
                columns.append(_in_texts(column, words.texts))
            else:
                columns.append(one_dictionary(column, words.texts))
        schema = self._schema if plain else self._taken
        return pa.Table.from_arrays(columns, schema=schema)

    def _values(self, name: str, column: pa.ChunkedArray, texts: pa.Array) -> pa.Array:
        """Return values in place of numbers."""
        count = len(column)
        if column.null_count == count:
            value = pa.nulls(1, texts.type)
        elif column.null_count or column.type == texts.type:
            return _in_texts(column, texts)
        else:
            ends = pc.min_max(column)
            if ends["min"] != ends["max"]:
                return _in_texts(column, texts)
            value = texts.take(column[:1].combine_chunks())
        return self._repeated.column(name, value, count)

    def _alike(self, tables: Sequence[pa.Table]) -> Sequence[pa.Table]:
        """Bring a column's numbers to one width, or to texts where some are texts."""
        schema = tables[0].schema
        if all(table.schema.equals(schema) for table in tables):
            return tables
        for name, words in self._words.items():
            types = {table.schema.field(name).type for table in tables}
            if len(types) > 1:
                alike = _in_texts if words.texts.type in types else _wide
                tables = [_with(t, name, alike(t[name], words.texts)) for t in tables]
        return tables


def travels(dtype: pa.DataType) -> bool:
    """Tell whether values may become numbers: equal ones are the same."""
    return is_text(dtype) or bool(pa.types.is_decimal(dtype))


def handed(
    sample: pa.Table, schema: pa.Schema, numbered: Iterable[str]
) -> tuple[str, ...]:
    """Return which of some columns the writer gets as dictionaries."""
    # One without values costs Arrow less as texts
    return tuple(
        name
        for name in numbered
        if is_text(schema.field(name).type)  # Arrow writes no other ones as such
        and sample[name].null_count < sample.num_rows
    )


def one_dictionary(
    column: pa.ChunkedArray, texts: pa.Array
) -> pa.ChunkedArray | pa.Array:
    """Return numbers, or texts, as one dictionary of the texts that they have."""
    whole = in_one_piece(column)
    anew = None
    if whole.type == pa.uint8() and len(whole) >= FEWEST_ROWS:
        anew = by_appearance(whole, len(texts))
    if anew is None:
        coded = whole.dictionary_encode()
        anew = coded.indices, coded.dictionary
    numbers, used = anew
    if whole.type != texts.type:
        used = texts.take(used)
    if used.nbytes <= DICTIONARY_BYTES:
        return pa.DictionaryArray.from_arrays(numbers, used, safe=False)
    # At a second dictionary Arrow goes on with plain values
    whole = _in_texts(column, texts)
    first, others = whole.slice(0, 1), whole.slice(1)
    return pa.chunked_array([first.dictionary_encode(), others.dictionary_encode()])


def _in_texts(column: pa.ChunkedArray, texts: pa.Array) -> pa.Array:
    """Return texts in place of numbers."""
    if column.null_count == len(column):
        return pa.nulls(len(column), texts.type)
    whole = in_one_piece(column)
    return whole if whole.type == texts.type else looked_up(texts, whole)


def _wide(column: pa.ChunkedArray, _: pa.Array) -> pa.Array:
    """Return numbers of the larger width."""
    return in_one_piece(column).cast(pa.uint16())


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    """Return a table with another column under a name."""
    return table.set_column(table.schema.get_field_index(name), name, column)
