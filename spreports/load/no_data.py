"""The note that Amazon had no data for a data root: it is there, and has no rows.

Without it a new feed of a slow seller, or a sink on a quiet day, would leave nothing
that a reader could tell from a misspelt folder. It counts only while there is no
report, so that nobody needs to take it away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from spreports.catalog import ReportType
from spreports.load.target import open_target

__all__ = ["NO_DATA", "note_no_data", "noted_folders"]

# What the note's name ends with; the report type stands before it
NO_DATA = ".none"


def note_no_data(
    url: str | os.PathLike[str],
    entry: ReportType,
    partition_by: Sequence[str],
    storage_options: Mapping[str, Any] | None,
) -> None:
    """Note beside a data root that Amazon had no data.

    Parameters
    ----------
    url : str or path
        The data root: a path or any fsspec URL.
    entry : ReportType
    partition_by : sequence of str
        As the rows will be.
    storage_options : mapping or None
        For fsspec.

    Raises
    ------
    SinkError
        As `open_target`, or the target refused.
    """
    name = f"{entry.report_type}{NO_DATA}"
    data = json.dumps({"partition_by": [*partition_by]}).encode()
    private = entry.restricted
    target = open_target(url, storage_options=storage_options, private=private)
    try:
        if target.read_state(name) != data:
            target.write_state(name, data)
    finally:
        target.close()


def noted_folders(data: bytes) -> tuple[str, ...]:
    """Return a note's `partition_by`; none where it is damaged, as no row hangs on it.

    Parameters
    ----------
    data : bytes
        The note.
    """
    try:
        said = json.loads(data)["partition_by"]
    except (ValueError, KeyError, TypeError):
        return ()
    is_list = isinstance(said, list)
    return tuple(each for each in said if isinstance(each, str)) if is_list else ()
