"""What a Delta table is partitioned by, held against what its next rows are to be.

Rows without the days that a table is partitioned by would all lie under its NULL.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from spreports.errors import SinkError
from spreports.load.hive import UNITS

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["check_partitions", "refuse_partitions"]


def check_partitions(
    table: DeltaTable, name: str, wanted: Sequence[str], columns: Collection[str]
) -> None:
    """Refuse to write by other partitions than the table has.

    Parameters
    ----------
    table : DeltaTable
    name : str
        For the error.
    wanted : sequence of str
        Columns of the table; with none, its own partitions are taken.
    columns : collection of str
        Of the rows.

    Raises
    ------
    SinkError
        They are others, or none are given and the table is partitioned by days, months
        or years of a column of the rows.
    """
    there = table.metadata().partition_columns
    said = [each if each in columns else _as_given(each, columns) for each in there]
    # Of rows that lack a column as it is, NULL is the truth
    if there == list(wanted) if wanted else there == said:
        return
    msg = f"{name}: the table is partitioned by {', '.join(said) or 'nothing'}: say the"
    raise SinkError(f"{msg} same", url=name)


def refuse_partitions(
    table: DeltaTable, name: str, partition_by: Sequence[str], known: Collection[str]
) -> None:
    """Refuse likewise before there are rows.

    Parameters
    ----------
    table, name
        See `check_partitions`.
    partition_by : sequence of str
        As it is given.
    known : collection of str
        Columns that rows are known to have; they may have others that the table has.

    Raises
    ------
    SinkError
        See `check_partitions`.
    """
    fields = [field.name for field in table.schema().fields]
    derived = {each for each in fields if _as_given(each, fields) != each}
    wanted = [_as_column(each, fields) for each in partition_by]
    check_partitions(table, name, wanted, {*fields}.difference(derived).union(known))


def _as_given(column: str, columns: Collection[str]) -> str:
    """Return how a column is asked for: ``purchase-date_day`` as with ``:day``."""
    source, _, unit = column.rpartition("_")
    return f"{source}:{unit}" if unit in UNITS and source in columns else column


def _as_column(given: str, fields: Collection[str]) -> str:
    """Return which column an entry of `partition_by` becomes."""
    source, _, unit = given.rpartition(":")
    return f"{source}_{unit}" if given not in fields and unit in UNITS else given
