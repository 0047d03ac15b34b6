"""How much memory rows take: what budgets of a sink are counted in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.load.encoding import is_text
from spreports.load.numbers import longest_text

__all__ = ["bytes_of", "row_bytes"]

# Bytes of a text on average from which a column that is numbers counts as its texts
LONG_TEXT: Final = 256


def row_bytes(rows: pa.Table, numbered: Collection[str]) -> int:
    """Return how much memory a row takes on average, however the columns are cut.

    Parameters
    ----------
    rows : pyarrow.Table
        At least one row.
    numbered : collection of str
        Columns that count as numbers of a dictionary, whether they are or not, but for
        long texts.

    Returns
    -------
    int, bytes
    """
    total = sum(
        _numbered_bytes(column) if name in numbered else _column_bytes(column)
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
    )
    return total // int(rows.num_rows)


def _numbered_bytes(column: pa.ChunkedArray) -> int:
    """Return the memory of a column that is numbers, with its texts if these are long.

    Short ones are about as much in each row group, long ones may be most of it.
    """
    numbers = 4 * len(column)
    pieces = [_words_of(piece) for piece in column.chunks]
    if all(longest_text(words) <= LONG_TEXT for words, _ in pieces):
        return numbers
    texts = 0
    for words, places in pieces:
        lengths = pc.binary_length(words)
        taken = lengths if places is None else lengths.take(places)
        texts += pc.sum(taken).as_py() or 0
    return numbers + texts if texts > LONG_TEXT * len(column) else numbers


def _words_of(piece: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Return values, and which of them stands in each row if they are a dictionary."""
    if pa.types.is_dictionary(piece.type):
        return piece.dictionary, piece.indices
    return piece, None


def _column_bytes(column: pa.ChunkedArray) -> int:
    """Return the memory of a column, but for which values are null."""
    if is_text(column.type):
        texts = pc.sum(pc.binary_length(column)).as_py() or 0
        return int(texts) + 4 * len(column)
    try:
        return int(column.type.bit_width) * len(column) // 8
    except ValueError:  # not of one width
        return bytes_of(column.combine_chunks())


def bytes_of(values: pa.RecordBatch | pa.Array) -> int:
    """Return the memory of values, or of all that a slice of views keeps."""
    try:
        return int(values.nbytes)
    except pa.ArrowTypeError:  # older Arrow does not count views
        return int(values.get_total_buffer_size())
