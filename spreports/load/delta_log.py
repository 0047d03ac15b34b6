"""What the log of a Delta table says of its transaction ids, read once for all of them.

deltalake looks for each id anew, in all commits since the last checkpoint.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from spreports.load.delta_files import LogFiles, log_files

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["Transactions"]

# Ids that are older do not count. Source: Delta protocol, transaction identifiers
EXPIRY = "delta.setTransactionRetentionDuration"
# By a log whose checkpoints are of another form, or that is cleaned up meanwhile
_NOT_READ = (FileNotFoundError, ValueError, KeyError, TypeError, pa.ArrowException)


class Transactions:
    """The transaction ids of a table as it was opened; none where there is no table.

    Parameters
    ----------
    table : DeltaTable or None
    url : str
    options : mapping or None
        As for fsspec, or Delta Lake's own.
    """

    def __init__(
        self, table: DeltaTable | None, url: str, options: Mapping[str, Any] | None
    ) -> None:
        self._table, self._url, self._options = table, url, dict(options or {})

    def get(self, name: str) -> int | None:
        """Return the version that an id was last told with; None for an unknown id.

        Raises
        ------
        SinkError
            The target refused.
        """
        if self._table is None:
            return None
        if self._expire or self._all is None:
            return self._table.transaction_version(name)
        return self._all.get(name)

    @property
    def ids(self) -> Iterable[str]:
        """All ids of whatever age; none where only deltalake reads the log.

        Raises
        ------
        SinkError
            The target refused.
        """
        return self._all or ()

    @cached_property
    def _expire(self) -> bool:
        table = self._table
        return table is not None and EXPIRY in table.metadata().configuration

    @cached_property
    def _all(self) -> Mapping[str, int] | None:
        """All ids; None where the log is of a form that only deltalake reads."""
        if self._table is None:
            return None
        with log_files(self._url, self._options) as log:
            try:
                first, found = _checkpointed(log)
                last = self._table.version() + 1
                if first > last:
                    return None
                paths = [log.commit(version) for version in range(first, last)]
                for commit in log.fs.cat_ranges(paths, 0, None, on_error="return"):
                    if isinstance(commit, Exception):
                        raise commit
                    for line in commit.splitlines():
                        if b'"txn"' in line and (told := json.loads(line).get("txn")):
                            found[told["appId"]] = told["version"]
            except _NOT_READ:
                return None
        return found


def _checkpointed(log: LogFiles) -> tuple[int, dict[str, int]]:
    """Return the first version after the last checkpoint, and the ids up to there.

    Raises what a checkpoint of several parts raises, of which there is no such file.
    """
    try:
        hint = json.loads(log.read(f"{log.folder}/_last_checkpoint"))
    except FileNotFoundError:
        return 0, {}
    name = f"{log.folder}/{hint['version']:020}.checkpoint.parquet"
    stored = io.BytesIO(log.read(name))
    # Here and now: a thread of Arrow's that lets go of our bytes while the interpreter
    # ends aborts the process. Source: apache/arrow, issue 34314
    file = pq.ParquetFile(stored, pre_buffer=False)
    column = file.read(columns=["txn"], use_threads=False)["txn"]
    ids = [each for each in column.to_pylist() if each is not None]
    return hint["version"] + 1, {each["appId"]: each["version"] for each in ids}
