"""Land documents in a Delta table: who they are, and what they replace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from spreports.arrays import scalar_of
from spreports.fetch.findings import Findings
from spreports.fetch.matched_columns import left_as_text
from spreports.load.delta import sink_delta
from spreports.load.delta_report import DeltaReport
from spreports.reports.metadata import METADATA_COLUMNS
from spreports.reports.verdict import judged
from spreports.reports.work import Reading, Target, read, version_of

if TYPE_CHECKING:
    from spreports.load.parquet import SinkResult
    from spreports.reports.stored_bytes import StoredBytes
    from spreports.reports.verdict import Verdict

__all__ = ["delta_name", "delta_name_parts", "window_mark", "write_delta"]

CREATED = pa.field("report_created_time", pa.timestamp("us", "UTC"))


def write_delta(
    documents: Sequence[tuple[StoredBytes, Reading, Target]],
    verdict: Verdict | None = None,
) -> list[SinkResult]:
    """Bring documents into the table that their targets name, in one commit.

    The rows get the metadata columns, ``report_created_time`` and ``report_window``;
    not those that Amazon's have in whatever case, since Delta tells no case.

    Parameters
    ----------
    documents : sequence of (StoredBytes, Reading, Target), at least one
        Of one table.
    verdict : callable, optional
        As for `write`, of each document; told nothing of one that is there already.

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
    with ExitStack() as ending:
        return sink_delta(
            [
                _described(*each, partial(_opened, *each[:2], verdict, ending))
                for each in documents
            ],
            target.url,
            partition_by=target.partition_by,
            storage_options=target.storage_options,
            private=target.private,
        )


def delta_name(account: str, stem: str, table: str) -> str:
    """Return the name by which a table knows that it has a report."""
    return f"{account}/{stem}/{table}"


def delta_name_parts(name: str) -> tuple[str, str, str]:
    """Return account, stem and table of a `delta_name`; no stem of ours has a slash."""
    account, stem, table = name.rsplit("/", 2)
    return account, stem, table


def window_mark(account: str, key: str, table: str) -> str:
    """Return the value of ``report_window``: equal for versions of the same rows.

    Parameters
    ----------
    account : str
        Fingerprint of the credentials, or SPREPORTS_ACCOUNT.
    key : str
        The ledger's, of the request, or what else the rows are a version of.
    table : str
    """
    window = json.dumps([account, key, table])
    return hashlib.sha256(window.encode()).hexdigest()[:32]


def _described(
    stored: StoredBytes,
    reading: Reading,
    target: Target,
    opened: Callable[[frozenset[str]], pa.RecordBatchReader],
) -> DeltaReport:
    """Return a document as the table knows it."""
    table = reading.shape.table or reading.entry.table().name
    account = target.provenance.get("account", "")
    created = target.provenance.get("created_time")
    made = datetime.fromisoformat(created) if created else None
    constants = {
        field.name: scalar_of(target.constants.get(field.name), field.type)
        for field in METADATA_COLUMNS
    }
    constants[CREATED.name] = scalar_of(made, CREATED.type)
    # A report without dates shows the present, and of what Amazon makes by itself
    # there may be several of the same dates: none is another's newer version
    dated = target.constants.get("data_start_time") is not None
    asked = dated and reading.entry.requestable
    key = target.provenance.get("request_key") if asked else None
    said = target.provenance.get("version_of") or version_of(stored, reading)
    key = said or key or target.stem
    return DeltaReport(
        name=delta_name(account, target.stem, table),
        window=window_mark(account, key, table),
        mark=_file_mark(target.provenance),
        content=f"{reading.entry.report_type}, table {table}",
        made=made,
        constants=constants,
        private=target.private,
        open=opened,
        turn=target.turn,
        seen=target.seen,
    )


def _file_mark(provenance: Mapping[str, str]) -> int:
    """Return a number for a file's content, or else its place; 1 for Amazon's."""
    mark = provenance.get("content") or provenance.get("source")
    return int(mark[:15], 16) + 2 if mark else 1


def _opened(
    stored: StoredBytes,
    reading: Reading,
    verdict: Verdict | None,
    ending: ExitStack,
    texts: frozenset[str],
) -> pa.RecordBatchReader:
    """Open the rows: for their columns, to be written, and after others' commits."""
    if texts:
        with read(stored, reading, findings := Findings(), ending=ending) as rows:
            names = rows.schema.names
        served = {name: findings.renamed_columns.get(name, name) for name in names}
        reading = replace(reading, entry=left_as_text(reading.entry, served, texts))
    findings = Findings()
    rows = read(stored, reading, findings, ending=ending)
    return rows if verdict is None else judged(rows, findings, verdict)
