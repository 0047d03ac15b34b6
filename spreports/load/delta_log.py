"""What the log of a Delta table says of its transaction ids, read once for all of them.

deltalake looks for each id anew, in all commits since the last checkpoint. Read by
fsspec: its own files hold the interpreter while they wait.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.core import url_to_fs

from spreports.load.object_store import fsspec_options
from spreports.load.target import refusals

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["PROPERTIES", "Transactions"]

PROPERTIES = {
    # As Delta itself has it, and Spark. By deltalake's default, of 100, a table that
    # gets a commit a day is opened by its whole log for months
    "delta.checkpointInterval": "10",
    # Of all columns: ours come last, and by these a newer version finds the files of
    # the older one. The default is the first 32
    "delta.dataSkippingNumIndexedCols": "-1",
}
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
        if self._all is not None:
            return self._all.get(name)
        return self._table.transaction_version(name)

    @cached_property
    def _all(self) -> Mapping[str, int] | None:
        """All ids; None where the log is of a form that only deltalake reads."""
        if self._table is None or EXPIRY in self._table.metadata().configuration:
            return None
        with refusals(self._url, self._options, "read the Delta log of"):
            files, root = url_to_fs(
                self._url, **fsspec_options(self._url, self._options)
            )
            folder = f"{root.rstrip('/')}/_delta_log"
            try:
                first, found = _checkpointed(files, folder)
                last = self._table.version() + 1
                if first > last:
                    return None
                paths = [f"{folder}/{n:020}.json" for n in range(first, last)]
                for log in files.cat_ranges(paths, 0, None, on_error="return"):
                    if isinstance(log, Exception):
                        raise log
                    for line in log.splitlines():
                        if b'"txn"' in line and (told := json.loads(line).get("txn")):
                            found[told["appId"]] = told["version"]
            except _NOT_READ:
                return None
        return found


def _checkpointed(files: Any, folder: str) -> tuple[int, dict[str, int]]:
    """Return the first version after the last checkpoint, and the ids up to there.

    Raises what a checkpoint of several parts raises, of which there is no such file.
    """
    try:
        # A part is asked for at once, and not by what was listed before
        hint = json.loads(files.cat_file(f"{folder}/_last_checkpoint", start=0))
    except FileNotFoundError:
        return 0, {}
    name = f"{folder}/{hint['version']:020}.checkpoint.parquet"
    stored = io.BytesIO(files.cat_file(name, start=0))
    column = pq.ParquetFile(stored).read(columns=["txn"])["txn"]
    ids = [each for each in column.to_pylist() if each is not None]
    return hint["version"] + 1, {each["appId"]: each["version"] for each in ids}
