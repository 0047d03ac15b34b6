"""Find the rows that a filter may keep while they are in Arrow.

A query for one order or one SKU keeps few rows of many. Its columns are read first; of
the others only the row groups that hold such a row, and polars is given that row alone.
What Arrow cannot compare as polars does is left to polars, which applies the whole
filter in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import scalar_of
from spreports.lake.predicate import Condition

__all__ = ["Sieve", "sieve_of"]

_COMPARED: Final[dict[str, Callable[..., Any]]] = {
    "==": pc.equal,
    "in": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
# More values are not looked for one by one
_MOST_VALUES: Final = 32


class Sieve:
    """Conditions whose values are of their column's type.

    Parameters
    ----------
    conditions : sequence of (column, op, values)
        All of which a row must fulfil; of the values, one.
    """

    def __init__(
        self, conditions: Sequence[tuple[str, str, Sequence[pa.Scalar]]]
    ) -> None:
        self._conditions = conditions
        self.columns = frozenset(column for column, _, _ in conditions)

    def hits(self, rows: pa.Table) -> pa.ChunkedArray:
        """Tell of each row whether it fulfils the conditions.

        Parameters
        ----------
        rows : pyarrow.Table, n rows
            With the columns of the conditions; their texts may be numbered.

        Returns
        -------
        pyarrow.ChunkedArray of bool, n values
            Null where a cell is, which is no hit.
        """
        found = [
            _hits(rows[column], op, values) for column, op, values in self._conditions
        ]
        return reduce(pc.and_kleene, found)


def sieve_of(conditions: Sequence[Condition], schema: pa.Schema) -> Sieve | None:
    """Return what can be looked for in columns of a schema, if anything.

    Parameters
    ----------
    conditions : sequence of Condition
    schema : pyarrow.Schema
        Of columns that come out as they stand in the file.
    """
    understood = []
    for each in conditions:
        if each.day or each.column not in schema.names:
            continue
        if len(each.values) > _MOST_VALUES:
            continue
        dtype = schema.field(each.column).type
        values = [_scalar(value, dtype) for value in each.values]
        if values and None not in values:
            understood.append((each.column, each.op, values))
    return Sieve(understood) if understood else None


def _scalar(value: object, dtype: pa.DataType) -> pa.Scalar | None:
    """Return a value as a scalar of the type, unless it would be another value then."""
    is_a = pa.types
    exact = (
        (is_a.is_string(dtype) and type(value) is str)
        or (is_a.is_int64(dtype) and type(value) is int)
        or (is_a.is_date32(dtype) and type(value) is date)
        or (
            dtype == pa.timestamp("us", "UTC")
            and type(value) is datetime
            and value.tzinfo is not None
        )
    )
    if is_a.is_decimal(dtype) and type(value) in {int, Decimal}:
        value, exact = Decimal(str(value)), True
    if not exact:
        return None
    try:
        return scalar_of(value, dtype)
    except (OverflowError, UnicodeEncodeError, pa.ArrowInvalid):
        return None  # such as a price of more places than the column has


def _hits(
    column: pa.ChunkedArray, op: str, values: Sequence[pa.Scalar]
) -> pa.ChunkedArray:
    """Tell of each cell whether it fulfils a condition; null where it is null."""
    return pa.chunked_array([_chunk(c, op, values) for c in column.chunks], pa.bool_())


def _chunk(cells: pa.Array, op: str, values: Sequence[pa.Scalar]) -> pa.Array:
    """Compare the cells of a chunk; of numbered texts, each text once."""
    if pa.types.is_dictionary(cells.type):
        return pc.take(_chunk(cells.dictionary, op, values), cells.indices)
    return reduce(pc.or_kleene, [_COMPARED[op](cells, value) for value in values])
