"""Which row groups of a file may hold rows that are wanted, by their statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.lake.predicate import Condition, excluded

__all__ = ["RowGroup", "row_groups", "runs"]

# Row groups read in one go; each has at most 65,536 rows as we write them
GROUPS = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowGroup(NamedTuple):
    """Where a row group stands in its file.

    Attributes
    ----------
    number : int
    first : int
        The number of its first row.
    rows : int
    """

    number: int
    first: int
    rows: int


def row_groups(
    file: pq.ParquetFile,
    spans: Sequence[tuple[int, int]],
    conditions: Sequence[Condition],
    types: tuple[pa.Schema, pa.Schema],
) -> Iterator[RowGroup]:
    """Yield the row groups of a file that may hold rows wanted.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    spans : sequence of (int, int)
        First row, and the one behind the last, of the rows that are the piece's.
    conditions : sequence of Condition
    types : (pyarrow.Schema, pyarrow.Schema)
        The file's, as plain types, and that of what comes out.

    Yields
    ------
    RowGroup
        In the file's order.
    """
    facts = file.metadata
    places = {}
    if conditions:
        places = {facts.schema.column(i).path: i for i in range(facts.num_columns)}
    useful = [
        c for c in conditions if c.column in places and _comparable(c.column, *types)
    ]
    first = 0
    for number in range(facts.num_row_groups):
        group = facts.row_group(number)
        end = first + group.num_rows
        if any(start < end and first < stop for start, stop in spans):
            bounds = {c.column: _bounds(group, places[c.column]) for c in useful}
            known = {name: found for name, found in bounds.items() if found}
            if not excluded(useful, known):
                yield RowGroup(number, first, group.num_rows)
        first = end


def _comparable(name: str, there: pa.Schema, out: pa.Schema) -> bool:
    """Tell whether a file's statistics speak of the values that come out.

    Not where a column changes its type; not for floats, whose NaN is in no statistic.
    """
    dtype = there.field(name).type
    return bool(dtype == out.field(name).type) and not pa.types.is_floating(dtype)


def _bounds(group: pq.RowGroupMetaData, place: int) -> tuple[Any, Any] | None:
    """Return a column's least and greatest value in a row group, if they are known."""
    facts = group.column(place).statistics
    if facts is None or not facts.has_min_max:
        return None
    kind = str(facts.logical_type)
    if "Timestamp" in kind and "isAdjustedToUTC=true" in kind:
        # The ready values would come with pandas, where it is installed
        tick = {"microseconds": 1, "milliseconds": 1_000}
        size = next((n for unit, n in tick.items() if f"={unit}" in kind), None)
        if size is None:
            return None
        raw = (facts.min_raw, facts.max_raw)
        low, high = (EPOCH + timedelta(microseconds=size * each) for each in raw)
        return low, high
    return facts.min, facts.max


def runs(groups: Iterable[RowGroup]) -> Iterator[list[RowGroup]]:
    """Join up to `GROUPS` row groups that follow one another.

    Parameters
    ----------
    groups : iterable of RowGroup
        In the file's order.

    Yields
    ------
    list of RowGroup
    """
    run: list[RowGroup] = []
    for group in groups:
        if run and (len(run) == GROUPS or group.first != run[-1].first + run[-1].rows):
            yield run
            run = []
        run.append(group)
    if run:
        yield run
