"""Tables that were read of a lake's files, as frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa

from spreports.lake.reading import SMALL_FILE

__all__ = ["frames_of"]

# Rows of small files in a frame of their own
TOGETHER = 16_384


def frames_of(tables: Iterable[pa.Table]) -> list[pl.DataFrame]:
    """Return the rows as frames, those of small tables together.

    Parameters
    ----------
    tables : iterable of pyarrow.Table
        Of the same columns; texts may be numbered (a dictionary with int32).

    Returns
    -------
    list of polars.DataFrame
        The same rows in their order, numbered texts written out.
    """
    return [_frame(table) for table in _gathered(tables)]


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put tables of a few rows together: each takes polars 2 ms as a frame."""
    few: list[pa.Table] = []
    rows = 0
    for table in tables:
        is_small = table.num_rows < SMALL_FILE and not _numbered(table)
        if few and not (is_small and rows < TOGETHER):
            yield pa.concat_tables(few).combine_chunks()
            few, rows = [], 0
        if is_small:
            few.append(table)
            rows += table.num_rows
        else:
            yield table
    if few:
        yield pa.concat_tables(few).combine_chunks()


def _frame(rows: pa.Table) -> pl.DataFrame:
    """Return a table as a frame."""
    numbered = _numbered(rows)
    if not numbered:
        return pl.DataFrame(rows)
    ready = {name: _texts(name, rows[name]) for name in numbered}
    for column in pl.DataFrame(rows.drop_columns(numbered)).get_columns():
        ready[column.name] = column
    return pl.DataFrame([ready[name] for name in rows.column_names])


def _numbered(rows: pa.Table) -> list[str]:
    """Return the columns of numbered texts."""
    return [field.name for field in rows.schema if pa.types.is_dictionary(field.type)]


def _texts(name: str, numbered: pa.ChunkedArray) -> pl.Series:
    """Write numbered texts out: a view of one of them each, to polars."""
    column = pl.Series(name, [], pl.String)
    for chunk in numbered.chunks:
        texts = pl.Series(chunk.dictionary)
        column.append(texts.gather(pl.Series(chunk.indices.view(pa.uint32()))))
    return column
