"""Which files a filter cannot match, found without opening them.

A filter is taken apart into the conditions that must all hold. Those of the form
``column op value`` are held against the least and the greatest value of a file or row
group; any condition on what a folder fixes is evaluated on that. What is not understood
excludes nothing: the whole filter is applied to the rows in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

__all__ = ["Bounds", "Condition", "conditions", "excluded", "parts"]

# The least and the greatest value of a column, both of them possible
Bounds = Mapping[str, tuple[Any, Any]]

_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Condition:
    """``column op value``; `values` has several for ``in``.

    Attributes
    ----------
    column : str
    op : str
        ``==``, ``<``, ``<=``, ``>``, ``>=`` or ``in``.
    values : tuple
        Python values.
    day : bool
        Of the column's UTC day.
    """

    column: str
    op: str
    values: tuple[Any, ...]
    day: bool = False

    def excludes(self, low: object, high: object) -> bool:
        """Tell whether no value from `low` to `high` fulfils this."""
        try:
            first, last = self._comparable(low), self._comparable(high)
            return not any(self._possible(first, last, value) for value in self.values)
        except TypeError:
            return False

    def _possible(self, low: Any, high: Any, value: Any) -> bool:
        """Tell whether a value from `low` to `high` may stand in this relation."""
        match self.op:
            case ">":
                return bool(high > value)
            case ">=":
                return bool(high >= value)
            case "<":
                return bool(low < value)
            case "<=":
                return bool(low <= value)
            case _:
                return bool(low <= value <= high)

    def _comparable(self, value: Any) -> Any:
        """Bring a bound to what the condition compares."""
        if not self.day or not isinstance(value, datetime):
            return value
        return value.astimezone(UTC).date() if value.tzinfo else value.date()


def parts(predicate: pl.Expr) -> list[pl.Expr]:
    """Take ``a & b & c`` apart.

    Expressions offer no look inside but their inputs: what is put together from these
    and equals the whole is what the whole was.
    """
    inputs = predicate.meta.pop()
    if len(inputs) == 2:
        right, left = inputs
        if (left & right).meta.eq(predicate):
            return [*parts(left), *parts(right)]
    return [predicate]


def conditions(predicates: Iterable[pl.Expr]) -> list[Condition]:
    """Return the conditions that are understood."""
    return [found for each in predicates for found in _conditions(each)]


def excluded(found: Sequence[Condition], bounds: Bounds) -> bool:
    """Tell whether no row within these bounds can fulfil all conditions.

    Parameters
    ----------
    found : sequence of Condition
    bounds : mapping of str to (least, greatest)
        Columns that are missing may hold anything. A null fulfils no condition.
    """
    return any(
        each.column in bounds and each.excludes(*bounds[each.column]) for each in found
    )


def _conditions(predicate: pl.Expr) -> list[Condition]:
    """Understand one part: a comparison, ``is_between`` or ``is_in``."""
    inputs = predicate.meta.pop()
    if len(inputs) == 3:
        return _between(predicate, inputs[::-1])
    if len(inputs) != 2:
        return []
    right, left = inputs
    comparisons = {
        "==": left == right,
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
    }
    for op, built in comparisons.items():
        if built.meta.eq(predicate):
            if _constant(left):
                return _condition(right, _MIRRORED[op], left)
            return _condition(left, op, right)
    values = _value(right) if _constant(right) else None
    if isinstance(values, list) and left.is_in(right).meta.eq(predicate):
        name, day = _column(left)
        kept = tuple(value for value in values if value is not None)
        return [Condition(name, "in", kept, day)] if name else []
    return []


def _between(predicate: pl.Expr, inputs: Sequence[pl.Expr]) -> list[Condition]:
    """Understand ``column.is_between(low, high)``."""
    column, low, high = inputs
    ways = {
        "both": (">=", "<="),
        "left": (">=", "<"),
        "right": (">", "<="),
        "none": (">", "<"),
    }
    for closed, (above, below) in ways.items():
        built = column.is_between(low, high, closed=closed)  # type: ignore[arg-type] # a key of the four
        if built.meta.eq(predicate):
            return [*_condition(column, above, low), *_condition(column, below, high)]
    return []


def _condition(column: pl.Expr, op: str, value: pl.Expr) -> list[Condition]:
    """Return ``column op value`` where both sides are understood."""
    name, day = _column(column)
    if not name or not _constant(value):
        return []
    found = _value(value)
    if found is None or isinstance(found, list):
        return []
    if day and type(found) is not date:  # a datetime is a date as well
        return []
    return [Condition(name, op, (found,), day)]


def _column(expr: pl.Expr) -> tuple[str, bool]:
    """Return a column's name, and whether its day is meant; empty for all else."""
    roots = expr.meta.root_names()
    if len(roots) == 1:
        for built, day in (
            (pl.col(roots[0]), False),
            (pl.col(roots[0]).dt.date(), True),
        ):
            if built.meta.eq(expr):
                return roots[0], day
    return "", False


def _constant(expr: pl.Expr) -> bool:
    """Tell whether an expression needs no column."""
    return not expr.meta.root_names()


def _value(expr: pl.Expr) -> Any:
    """Return a constant as a Python value; None where it has none."""
    try:
        found = pl.select(expr).to_series()
    except pl.exceptions.PolarsError:
        return None
    if len(found) != 1:
        return found.to_list()
    value = found.item()
    return value.to_list() if isinstance(value, pl.Series) else value
