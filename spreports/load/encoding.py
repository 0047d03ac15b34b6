"""Which columns of our Parquet files have a dictionary, and which statistics.

Dictionaries only where the first rows say they pay: a dictionary of nearly distinct
values costs time and space. Names, SKUs and ASINs of a catalogue are not few, but come
back: a dictionary takes a third to four fifths less space, of long ones half the time.

No statistics for texts that are a few values over and over or that come back: every row
group has them all, so that no query leaves one out, and finding the first and last of
65,536 texts is a seventh of the encoding. Nor for decimals that are a few values, which
are taxes and fees: those of eight are 7 % of the encoding. Nor for long texts, titles
and descriptions: nobody asks for those between two others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from spreports.load.numbers import numbered

__all__ = [
    "DICTIONARY_BYTES",
    "PAGE_BYTES",
    "Encoding",
    "choose_encoding",
    "is_text",
]

# As Arrow's own writer has it; with a quarter of it listings take 1.04 of the time
PAGE_BYTES = 1 << 20

SAMPLE_ROWS = 8_192
DISTINCT_SHARE = 1 / 16
# Each of so many comes six times a row group, and a dictionary costs no time
MOST_VALUES = 8_192
# For a document that ends with its sample
NEW_SHARE = 3 / 4
# Longer than ids are, such as a UUID or a tracking number
LONG_TEXT = 40
# At which Arrow gives a row group's dictionary up and writes the rest as plain values;
# at a MiB by itself, which is too few for the names of some thousand products
DICTIONARY_BYTES = 4 << 20
# A row group has more of them than the sample
MOST_BYTES = DICTIONARY_BYTES // 2


@dataclass(frozen=True, slots=True)
class Encoding:
    """How columns are written.

    Attributes
    ----------
    dictionary : tuple of str
        Columns with a dictionary.
    few : tuple of str
        Those of them that are a few values over and over.
    bare : tuple of str
        Columns without statistics.
    page_bytes : int, bytes
        Where a data page ends.
    """

    dictionary: tuple[str, ...] = ()
    few: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    page_bytes: int = PAGE_BYTES


def choose_encoding(sample: pa.Table, *, page_bytes: int = PAGE_BYTES) -> Encoding:
    """Choose how to write columns from a document's first rows.

    Parameters
    ----------
    sample : pyarrow.Table
        The first 8,192 rows of it are looked at.
    page_bytes : int, bytes
        As for `Encoding`.

    Returns
    -------
    Encoding
        A dictionary for columns with at most one distinct value in 16 rows, and for
        those whose values come back, of which there are some thousand in all. No
        statistics for decimals among the first, for texts that have more than one, and
        for others of more than 40 bytes.
    """
    sample = sample.slice(0, SAMPLE_ROWS)
    limit = max(1, int(sample.num_rows * DISTINCT_SHARE))
    dictionary, few, bare = [], [], []
    for field in sample.schema:
        if pa.types.is_nested(field.type) or pa.types.is_null(field.type):
            continue
        column = sample[field.name]
        numbers = numbered(column)
        distinct = len(set(numbers))
        is_few = distinct <= limit
        if is_few:
            few.append(field.name)
        elif not _comes_back(column, numbers, distinct):
            if is_text(field.type) and _bytes_in(column) > LONG_TEXT * len(column):
                bare.append(field.name)
            continue
        dictionary.append(field.name)
        dtype = field.type
        if pa.types.is_dictionary(dtype):
            dtype = dtype.value_type
        some_texts = distinct > 1 and is_text(dtype)
        if some_texts or (is_few and pa.types.is_decimal(dtype)):
            bare.append(field.name)
    return Encoding(tuple(dictionary), tuple(few), tuple(bare), page_bytes)


def _comes_back(column: pa.ChunkedArray, numbers: Sequence[int], distinct: int) -> bool:
    """Tell whether there are few enough values, by how many both halves have.

    Values that stand together, as three rows of one search term, come only once: the
    halves have none in common.

    Source: the estimate of Lincoln and Petersen, see Seber, "The Estimation of Animal
    Abundance" (1982), chapter 3.
    """
    values, middle = len(numbers), len(numbers) // 2
    first, second = len(set(numbers[:middle])), len(set(numbers[middle:]))
    common = first + second - distinct
    many = first * second > common * MOST_VALUES
    if many or distinct > values * NEW_SHARE:
        return False
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not is_text(column.type):
        return True
    return _bytes_in(column) * distinct <= MOST_BYTES * values


def _bytes_in(texts: pa.ChunkedArray) -> int:
    """Return how many bytes all texts have together."""
    return int(pc.sum(pc.binary_length(texts)).as_py() or 0)


def is_text(dtype: pa.DataType) -> bool:
    """Tell whether values are texts, small or large."""
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))
