"""A snapshot that Amazon says has no data: a version without rows, so that it counts.

The newest snapshot is what a lake shows. Without one of its own, a day on which there
is nothing to show would leave the rows of the day before in force.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

import pyarrow as pa

from spreports.api.models import ProcessingStatus, Report, ReportId
from spreports.errors import SinkError
from spreports.lake.holding import Holding
from spreports.lake.layout import plain_schema
from spreports.lake.partitions import folder_keys, folder_texts
from spreports.lake.place import Place
from spreports.lake.state import read_state
from spreports.ledger import LakeWindow, TableRows
from spreports.load.no_data import note_no_data
from spreports.load.parquet import sink
from spreports.reports.metadata import METADATA_TYPES
from spreports.reports.naming import file_stem
from spreports.reports.note import Note
from spreports.reports.provenance import provenance
from spreports.reports.request import ReportRequest, metadata
from spreports.sync.lakeside import Lakeside
from spreports.sync.landing import Landed
from spreports.sync.roots import data_roots, root_of
from spreports.sync.stream import Stream

__all__ = ["emptied_report", "land_emptied", "note_emptied"]

logger = logging.getLogger("spreports.sync")


def land_emptied(
    stream: Stream,
    known: Sequence[LakeWindow],
    report: Report,
    request: ReportRequest | None,
    lake: Lakeside,
) -> Landed:
    """Write a snapshot without rows, where the lake's last one has some.

    Parameters
    ----------
    stream : Stream
        Of snapshots.
    known : sequence of LakeWindow
        What the lake has of it.
    report : Report
        CANCELLED, and known to have no data.
    request : ReportRequest or None
        What was asked for.
    lake : Lakeside
        Of plain Parquet.

    Returns
    -------
    Landed
        Every table of the last snapshot, with its columns and folders; nothing where
        the lake shows no rows anyway, or shows a later snapshot.

    Raises
    ------
    SinkError
        The lake cannot be read or refused, or is being rewritten.
    """
    last = _last(known)
    if last is None or not last.rows or last.made >= report.created_time:
        return Landed()
    found = {table: _found(stream, last, table, lake) for table in last.tables}
    landed = Landed()
    for table, (root, held) in found.items():
        if held is None:  # purged: there is nothing that stays in force
            continue
        note = {
            **metadata(report),
            **provenance(
                report,
                stream.options,
                account=stream.account,
                key=request.key if request else None,
            ),
            "report_document_id": None,
            "table": table,
        }
        written = sink(
            pa.RecordBatchReader.from_batches(_schema(root, held), []),
            root.url,
            stem=file_stem(report.report_id),
            partition_by=held.partition_by,
            constants=metadata(report),
            note=Note(partial(dict, note)),
            storage_options=lake.storage_options,
            private=stream.entry.restricted,
        )
        landed.tables[table] = TableRows(0, ())
        landed.written = landed.written.plus(written)
    return landed


def emptied_report(stream: Stream, window: LakeWindow) -> Report:
    """Return what the ledger knows of the report of a snapshot without rows.

    Raises
    ------
    ValueError
        It knows none.
    """
    if window.report_id is None or window.created_time is None:
        raise ValueError(f"the ledger knows no report of {window.name}")
    return Report(
        report_id=ReportId(window.report_id),
        report_type=stream.entry.report_type,
        created_time=window.created_time,
        processing_status=ProcessingStatus.CANCELLED,
        marketplace_ids=tuple(stream.marketplace_ids),
        data_start_time=window.created_time,
        data_end_time=window.created_time,
    )


def note_emptied(
    stream: Stream, known: Sequence[LakeWindow], lake: Lakeside, *, is_listed: bool
) -> None:
    """Note that there was no data, where Amazon has said so of all of a feed's windows.

    Parameters
    ----------
    stream : Stream
    known : sequence of LakeWindow
        All that the lake has of it.
    lake : Lakeside
    is_listed : bool
        What Amazon makes by itself has been listed: with no window there is none.
    """
    said = all(window.created_time and not window.tables for window in known)
    if lake.is_delta or not said or not (known or is_listed):
        return
    folders, options = stream.partition_by, lake.storage_options
    try:
        for _, root in data_roots(stream):
            note_no_data(lake.url(root), stream.entry, folders, options)
    except SinkError as exc:  # it holds no row: the run's result is worth more
        logger.warning("%s: no note that there was no data: %s", stream.label, exc)


def _last(known: Sequence[LakeWindow]) -> LakeWindow | None:
    """Return the newest snapshot that left something in the lake."""
    made = [w for w in known if w.created_time is not None and w.tables]
    return max(made, key=lambda w: w.made, default=None)


def _found(
    stream: Stream, window: LakeWindow, table: str, lake: Lakeside
) -> tuple[Place, Holding | None]:
    """Return the data root of a table, and the snapshot as it lies there."""
    root = lake.place(root_of(stream.entry.report_type, table, window.tables))
    stem = file_stem(str(window.report_id))
    there = read_state(root).holdings
    return root, next((held for held in there if held.report.stem == stem), None)


def _schema(root: Place, held: Holding) -> pa.Schema:
    """Return the columns of a snapshot, with those that are folders."""
    schema, folders = pa.schema([]), held.partition_by
    if held.spans:
        path = held.spans[0].path
        try:
            with root.parquet(path) as file:
                schema = plain_schema(file.schema_arrow)
        except FileNotFoundError:
            msg = f"{root.name} is being rewritten: run again"
            raise SinkError(msg, url=root.name) from None
        keys = folder_keys(folders, tuple(folder_texts(path)))
        folders = tuple(key.source for key in keys)
    for name in folders:
        if name not in schema.names:
            dtype = METADATA_TYPES.get(name, pa.string())
            schema = schema.append(pa.field(name, dtype))
    return schema
