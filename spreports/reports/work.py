"""The unit of work: one document into one target; small enough to send elsewhere.

`write` is the same in every place. Locally it gets bytes from the store; a worker
behind ``concurrent.futures.Executor`` runs `land`, which gets a presigned URL and
brings the bytes itself. No secret, and no row, goes through a scheduler.

Bytes are spooled and verified before rows are trusted, which is when they become
visible: a document may be parsed and encoded while it arrives, and is committed when it
has been verified. Rows that go to the user one by one wait for that.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.errors import DocumentError
from spreports.fetch.arriving import Watched
from spreports.fetch.charsets import chosen_charset
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from spreports.fetch.read_options import BATCH_BYTES, ReadOptions
from spreports.load.encoding import PAGE_BYTES
from spreports.load.parquet import BUDGET, SinkResult, sink
from spreports.reports.doubted import refuse_nothing
from spreports.reports.echo import Echo
from spreports.reports.metadata import Constant
from spreports.reports.note import Note
from spreports.reports.origin import read_along
from spreports.reports.shape import Shape
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.verdict import judged

if TYPE_CHECKING:
    from spreports.load.delta_seen import Seen
    from spreports.reports.verdict import Verdict


SETTLEMENT_ID = "settlement-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a document becomes rows.

    Attributes
    ----------
    entry : ReportType
    shape : Shape
    encoding : str or None
        Overrides every other sign of the charset.
    legacy_charset : str, tuple of str or None
        Of the marketplaces; the last thing tried. Of several, the first that fits.
    echo : Echo or None
        What the document's own echo of the request must say.
    """

    entry: ReportType
    shape: Shape = field(default_factory=Shape)
    encoding: str | None = None
    legacy_charset: str | tuple[str, ...] | None = None
    echo: Echo | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` for a charset that is not on the list."""
        chosen_charset(self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where rows go, and under which name.

    Attributes
    ----------
    url : str
        Folder; a path or any fsspec URL.
    stem : str
        Names every file: ``<stem>-<part>.parquet``.
    partition_by : tuple of str
    constants : mapping of str to str, datetime, date or None
        Metadata columns that may be partitioned by.
    provenance : mapping of str to str
        Where the rows come from: goes to files and markers beside the constants.
    private : bool
        Personal data: local files only the owner may read.
    format : ``"parquet"`` or ``"delta"``
    storage_options : mapping or None
        For fsspec; left out of ``repr``, since it may hold keys.
    turn : tuple of (str, int) or None
    seen : Seen or None
        Of Delta tables: see `DeltaReport`.
    """

    url: str
    stem: str
    partition_by: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    format: str = "parquet"
    storage_options: Mapping[str, object] | None = field(default=None, repr=False)
    turn: tuple[str, int] | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One document to land, with a URL that lives five minutes."""

    url: str = field(repr=False)
    report_document_id: str
    reading: Reading
    target: Target
    loopback: bool = False
    compressed: bool = False


def read(
    stored: StoredBytes,
    reading: Reading,
    findings: Findings | None = None,
    *,
    coded: bool = False,
    batch_bytes: int = BATCH_BYTES,
    ending: ExitStack | None = None,
) -> pa.RecordBatchReader:
    """Open one document's rows; texts may come coded, for a sink.

    `ending` is as in `open_batches`.

    Raises
    ------
    DocumentError
        The document is not whole, not the table it should be, or another one than was
        asked for; at once or while the reader is read.
    """
    shape = reading.shape
    with stored.doubting():
        rows = open_batches(
            stored.open,
            reading.entry,
            ReadOptions(
                table=shape.table,
                typed=shape.typed,
                on_bad_value=shape.on_bad_value,
                nested=shape.nested,
                batch_bytes=batch_bytes,
                coded=coded,
                findings=findings if findings is not None else Findings(),
                on_fields=reading.echo.check if reading.echo else None,
            ),
            encoding=reading.encoding,
            content_type=stored.content_type,
            legacy_charset=reading.legacy_charset,
            # A file may be a copy that was never finished
            proved=stored.sha256 is not None or stored.proof is not None,
            stored_bytes=stored.size,
            ending=ending,
        )

    def batches() -> Iterator[pa.RecordBatch]:
        with stored.doubting(), rows:
            yield from rows
            # A reader may know its last row before the last byte
            stored.digest()

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def settlement_id(stored: StoredBytes, reading: Reading) -> str | None:
    """Read the settlement id in the first row of a document; None without one.

    A document that is not what it should be has none: who reads its rows is told why.
    """
    plain = replace(reading, shape=Shape(typed=False, on_bad_value="null"), echo=None)
    try:
        with read(stored.as_they_are(), plain) as batches:
            for batch in batches:
                if SETTLEMENT_ID in batch.schema.names and batch.num_rows:
                    return str(batch.column(SETTLEMENT_ID)[0].as_py())
    except DocumentError:
        return None
    return None


def version_of(stored: StoredBytes, reading: Reading) -> str | None:
    """Name what a document is, where its rows say so and no request does.

    Amazon lists a settlement under several report ids and several documents, and
    several settlements may have the same dates and marketplaces.

    Source: selling-partner-api-models#2911, selling-partner-api-docs#969.
    """
    if not reading.entry.summary_row:
        return None
    name = settlement_id(stored, reading)
    kind = reading.entry.report_type
    return None if name is None else json.dumps([kind, SETTLEMENT_ID, name])


def write(
    stored: StoredBytes,
    reading: Reading,
    target: Target,
    verdict: Verdict | None = None,
) -> SinkResult:
    """Write one document's rows to its target.

    Parameters
    ----------
    stored : StoredBytes
        Those that are still arriving are waited for before anything is visible.
    reading : Reading
    target : Target
    verdict : callable, optional
        Told the schema, and what was noticed, once all rows are read and before any is
        visible; what it raises leaves the target as it was.

    Raises
    ------
    DocumentError
        The document is not whole, or not the table it should be; nothing is visible.
    SinkError
        The target refused.
    """
    findings = Findings()  # of this try alone
    # One folder's rows wait for nothing else: there is room for batches that cost less
    size = BATCH_BYTES if target.partition_by else 2 * BATCH_BYTES
    version = target.provenance.get("version_of") or version_of(stored, reading)
    known = {**target.constants, **target.provenance, "version_of": version}
    table = reading.shape.table or reading.entry.table().name
    # To read JSON and XML takes more memory than flat files do
    frugal = reading.entry.format in ("json", "xml")
    with ExitStack() as ending:
        batches = read(
            stored, reading, findings, coded=True, batch_bytes=size, ending=ending
        )
        if verdict is not None:
            batches = judged(batches, findings, verdict)
        return sink(
            batches,
            target.url,
            stem=target.stem,
            partition_by=target.partition_by,
            constants=target.constants,
            note=Note(lambda: {**known, "sha256": stored.digest(), "table": table}),
            storage_options=target.storage_options,
            budget=BUDGET * 3 // 5 if frugal else BUDGET,
            page_bytes=PAGE_BYTES // 4 if frugal else PAGE_BYTES,
            private=target.private,
        )


def land(work: Work) -> SinkResult:
    """Bring one document and write it: what a worker runs.

    Returns
    -------
    SinkResult

    Raises
    ------
    DownloadError
        With ``.expired`` when the URL has to be issued anew by whoever may.
    DocumentError, SinkError
        As `write`.
    """
    with tempfile.TemporaryDirectory(prefix="spreports-") as folder:
        bring = partial(_brought, work, Path(folder) / "document")
        if work.target.format == "delta":
            from spreports.reports.into_delta import (  # noqa: PLC0415 - it imports us
                write_delta,
            )

            return write_delta([(bring(None), work.reading, work.target)])[0]
        return read_along(bring, lambda it: write(it, work.reading, work.target))


def _brought(work: Work, path: Path, watched: Watched | None) -> StoredBytes:
    """Bring the document of some work, and verify it."""
    from spreports.fetch.download import download  # noqa: PLC0415 - as in `origin`

    urls = iter((work.url,))

    def only_url() -> str:
        try:
            return next(urls)
        except StopIteration:
            raise LookupError("a worker cannot renew a URL") from None

    try:
        arrived = download(
            only_url,
            path,
            loopback=work.loopback,
            watched=watched,
            lasting=False,
            gzip_told=lambda: work.compressed,
        )
        refuse_nothing(arrived, compressed=work.compressed)
    except DocumentError as exc:
        exc.report_document_id = work.report_document_id
        raise
    return StoredBytes(
        lambda: path.open("rb"), arrived.content_type, arrived.sha256, arrived.size
    )
