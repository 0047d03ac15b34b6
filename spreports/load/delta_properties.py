"""The properties of a Delta table: of a new one, and of one of personal data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from spreports.load.delta_report import DeltaReport
from spreports.load.delta_rows import DeltaRows

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["PROPERTIES", "keep_quiet", "quiet_properties"]

PROPERTIES = {
    # As Delta itself has it, and Spark. By deltalake's default, of 100, a table that
    # gets a commit a day is opened by its whole log for months
    "delta.checkpointInterval": "10",
    # Of all columns: ours come last, and by these a newer version finds the files of
    # the older one. The default is the first 32
    "delta.dataSkippingNumIndexedCols": "-1",
}
# Columns of which the log tells the least and the greatest value; outdoes their number
STATISTICS = "delta.dataSkippingStatsColumns"


def quiet_properties(
    rows: DeltaRows, reports: Sequence[DeltaReport], ours: Collection[str]
) -> dict[str, str]:
    """Return what keeps values of personal data out of the log; empty without such.

    The log is kept for long, and who deletes rows takes nothing out of it.

    Parameters
    ----------
    rows : DeltaRows
    reports : sequence of DeltaReport
    ours : collection of str
        Columns of which the log may tell. Of partitions it tells the values itself.
    """
    if not any(report.private for report in reports):
        return {}
    told = set(ours).difference(rows.partitions)
    names = [name for name in rows.schema.names if name in told]
    return {STATISTICS: ",".join(names)}


def keep_quiet(table: DeltaTable, quiet: Mapping[str, str], run: str) -> bool:
    """Set `quiet_properties` where a table of before has them not.

    Parameters
    ----------
    table : DeltaTable
    quiet : mapping of str to str
    run : str
        Marks the commit as ours.

    Returns
    -------
    bool
        Whether there was a commit of ours.

    Raises
    ------
    deltalake.exceptions.CommitFailedError
        Another was faster, or the table takes none.
    """
    if not quiet or STATISTICS in table.metadata().configuration:
        return False
    from deltalake import CommitProperties  # noqa: PLC0415 - heavy

    commit = CommitProperties(custom_metadata={"spreports": run})
    table.alter.set_table_properties(dict(quiet), commit_properties=commit)
    return True
