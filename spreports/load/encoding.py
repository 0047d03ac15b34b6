"""Which columns of our Parquet files have a dictionary, and which statistics.

Dictionaries only where the first rows say they pay: a dictionary of nearly distinct
values costs time and space. No statistics for texts that are a few values over and
over: every row group has them all, so that no query leaves one out, and finding the
first and last of 65,536 texts is a seventh of the encoding. Nor for decimals among
such columns, which are taxes and fees: those of eight are 7 % of the encoding.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Encoding", "choose_encoding", "is_text"]

SAMPLE_ROWS = 8_192
DISTINCT_SHARE = 1 / 16


@dataclass(frozen=True, slots=True)
class Encoding:
    """How columns are written.

    Attributes
    ----------
    dictionary : tuple of str
        Columns with a dictionary.
    bare : tuple of str
        Columns without statistics.
    """

    dictionary: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()


def choose_encoding(sample: pa.Table) -> Encoding:
    """Choose how to write columns from a document's first rows.

    Parameters
    ----------
    sample : pyarrow.Table
        The first 8,192 rows of it are looked at.

    Returns
    -------
    Encoding
        A dictionary for columns with at most one distinct value in 16 rows; no
        statistics for decimals among them, and for texts that have more than one.
    """
    sample = sample.slice(0, SAMPLE_ROWS)
    limit = max(1, int(sample.num_rows * DISTINCT_SHARE))
    dictionary, bare = [], []
    for field in sample.schema:
        if pa.types.is_nested(field.type) or pa.types.is_null(field.type):
            continue
        column = sample[field.name]
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        distinct = pc.count_distinct(column).as_py()
        if distinct <= limit:
            dictionary.append(field.name)
            few_texts = distinct > 1 and is_text(column.type)
            if few_texts or pa.types.is_decimal(column.type):
                bare.append(field.name)
    return Encoding(tuple(dictionary), tuple(bare))


def is_text(dtype: pa.DataType) -> bool:
    """Tell whether values are texts, small or large."""
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype))
