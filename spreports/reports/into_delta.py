"""Land documents in a Delta table: who they are, and what they replace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from spreports.load.delta import DeltaReport, sink_delta
from spreports.reports.metadata import METADATA_COLUMNS
from spreports.reports.work import Reading, Target, read

if TYPE_CHECKING:
    from spreports.load.parquet import SinkResult
    from spreports.reports.origin import StoredBytes

__all__ = ["write_delta"]

CREATED = pa.field("report_created_time", pa.timestamp("us", "UTC"))


def write_delta(
    documents: Sequence[tuple[StoredBytes, Reading, Target]],
) -> list[SinkResult]:
    """Bring documents into the table that their targets name, in one commit.

    The rows get the metadata columns, ``report_created_time`` and ``report_window``.

    Parameters
    ----------
    documents : sequence of (StoredBytes, Reading, Target), at least one
        Of one table.

    Returns
    -------
    list of SinkResult
        One a document; no rows for one that is there already.

    Raises
    ------
    DocumentError
        A document is not whole, or not the table it should be; nothing is visible.
    SinkError
        The target refused, or columns do not fit the table.
    """
    target = documents[0][2]
    return sink_delta(
        [_described(*document) for document in documents],
        target.url,
        partition_by=target.partition_by,
        storage_options=target.storage_options,
    )


def _described(stored: StoredBytes, reading: Reading, target: Target) -> DeltaReport:
    """Return a document as the table knows it."""
    table = reading.shape.table or reading.entry.table().name
    account = target.provenance.get("account", "")
    created = target.provenance.get("created_time")
    made = datetime.fromisoformat(created) if created else None
    constants = {
        field.name: pa.scalar(target.constants.get(field.name), field.type)
        for field in METADATA_COLUMNS
    }
    constants[CREATED.name] = pa.scalar(made, CREATED.type)
    # A report without dates shows the present: each one is its own, and none is
    # another's newer version
    dated = target.constants.get("data_start_time") is not None
    key = target.provenance.get("request_key") if dated else None
    window = json.dumps([account, key or target.stem, table])
    return DeltaReport(
        name=f"{account}/{target.stem}/{table}",
        window=hashlib.sha256(window.encode()).hexdigest()[:32],
        made=made,
        constants=constants,
        open=partial(read, stored, reading),
    )
