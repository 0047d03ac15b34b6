"""What a Delta table holds, counted without a look at its rows' own columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from spreports.errors import SinkError
from spreports.load.object_store import delta_options, delta_url
from spreports.load.target import refusals, shown

__all__ = ["count_by"]


def count_by(
    url: str | os.PathLike[str],
    columns: Sequence[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> dict[tuple[Any, ...], int]:
    """Count the rows of a Delta table by some of its columns.

    Parameters
    ----------
    url : str or path
    columns : sequence of str
        Only these are read, batch after batch.
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.

    Returns
    -------
    dict of tuple to int
        Empty where there is no table.

    Raises
    ------
    SinkError
        deltalake is not installed, or the target refused.
    """
    text = os.fspath(url)
    name = shown(text)
    try:
        from deltalake import DeltaTable  # noqa: PLC0415 - heavy, and an extra
        from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415 - an extra
    except ImportError:
        msg = f"{name}: format='delta' needs pip install 'spreports[delta]'"
        raise SinkError(msg, url=name) from None
    try:
        place, storage = delta_url(text), delta_options(text, storage_options)
    except ValueError as exc:
        raise SinkError(f"{name}: {exc}", url=name) from None
    counts: Counter[tuple[Any, ...]] = Counter()
    with refusals(text, dict(storage_options or {}), "read the Delta table at"):
        try:
            table = DeltaTable(place, storage_options=storage)
        except TableNotFoundError:
            return {}
        for batch in table.to_pyarrow_dataset().to_batches(columns=list(columns)):
            groups = pa.Table.from_batches([batch]).group_by(list(columns))
            for group in groups.aggregate([([], "count_all")]).to_pylist():
                counts[tuple(group[c] for c in columns)] += group["count_all"]
    return dict(counts)
