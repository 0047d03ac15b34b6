"""The markers of a data root as if nothing had been compacted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.load.marker import MarkedFile, Marker

__all__ = ["markers"]


def markers(
    url: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> tuple[Marker, ...]:
    """Read what a data root holds, report by report, wherever the rows lie by now.

    Parameters
    ----------
    url : str or path
        A data root.
    storage_options : mapping, optional
        For fsspec.

    Returns
    -------
    tuple of Marker
        By stem. The files of a report in a compaction are those with rows of it, with
        the rows that are its own and no bytes, which are nobody's alone.

    Raises
    ------
    SinkError
        The file system refused, or a marker is damaged.
    """
    state = read_state(Place.open(url, storage_options))
    found = [
        state.markers[held.report.stem]
        if held.marker == held.report.stem
        else Marker(
            stem=held.report.stem,
            files=tuple(MarkedFile(s.path, s.rows, 0) for s in held.spans),
            partition_by=held.partition_by,
            schema=held.schema,
            note=held.note,
        )
        for held in state.holdings
    ]
    return tuple(sorted(found, key=lambda marker: marker.stem))
