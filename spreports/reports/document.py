"""One report document and its ways out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.fetch.document import table_names
from spreports.fetch.findings import Findings
from spreports.fetch.plain_chunks import plain_chunks
from spreports.reports.drift import Drift, drift_of
from spreports.reports.folders import folder_names
from spreports.reports.metadata import (
    Constant,
    batch_with_metadata,
    schema_with_metadata,
)
from spreports.reports.naming import file_stem, naming
from spreports.reports.origin import AmazonOrigin, Origin
from spreports.reports.shape import OnBadValue, Shape
from spreports.reports.sinks import check_sink, check_target
from spreports.reports.staging import frame_of, staged
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.ways_out import WaysOut
from spreports.reports.work import Reading, Target, Work, read, version_of, write

if TYPE_CHECKING:
    import polars as pl

    from spreports.load.parquet import SinkResult
    from spreports.reports.verdict import Verdict


class Document(WaysOut):
    """One report document: at Amazon, or in a file.

    Made by ``client.document(...)`` and ``spreports.open_document(...)``.

    Parameters
    ----------
    origin : Origin
        Gives the stored bytes.
    reading : Reading
        How they become rows.
    stem : str
        Names the files of a sink; one that cannot, goes by its digest.
    constants : mapping
        The metadata columns.
    provenance : mapping, optional
        What else a lake must know of the rows.
    """

    def __init__(
        self,
        origin: Origin,
        reading: Reading,
        *,
        stem: str,
        constants: Mapping[str, Constant],
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        self._origin = origin
        self._reading = reading
        self._entry: ReportType = reading.entry
        self.stem = file_stem(stem)
        self.constants = constants
        self._naming = partial(naming, origin.name, constants)
        self._provenance = dict(provenance or {})

    def __repr__(self) -> str:
        return (
            f"Document({self._origin.name!r}, report_type={self._entry.report_type!r})"
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables; one for a flat file, for a settlement two.

        Raises
        ------
        APIError, DocumentError
            The document cannot be had.
        """
        stored = self._origin.stored()
        with stored.doubting():
            return table_names(stored.open, self._entry)

    def _documents(self) -> Iterator[Document]:
        yield self

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write the plain bytes to a file: what is no table (PDF) is kept so.

        Parameters
        ----------
        path : str or path
            A local file; replaced when it is there, whole or not at all.

        Returns
        -------
        int, bytes

        Raises
        ------
        APIError, DocumentError
            The document cannot be had, or is not whole.
        OSError
            The file cannot be written.
        """
        target = Path(path)
        part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
        try:
            with self._naming(), part.open("xb") as file:
                stored = self._origin.stored()
                with stored.doubting():
                    written = sum(map(file.write, plain_chunks(stored.open)))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return written

    def fields(self) -> dict[str, object]:
        """Return the document's own fields beside its tables; JSON and XML have some.

        Reads the whole document.

        Returns
        -------
        dict
            Such as ``reportSpecification``, the echo of the request.

        Raises
        ------
        APIError, DocumentError
            The document cannot be had, or is not the table it should be.
        """
        return self._found(Shape(typed=False)).document_fields

    def drift(self, table: str | None = None) -> Drift:
        """Say what differs between this document and the catalogue.

        Reads the whole document.

        Parameters
        ----------
        table : str, optional

        Returns
        -------
        Drift
            False when nothing differs.

        Raises
        ------
        APIError, DocumentError
            The document cannot be had, or is not the table it should be.
        """
        return drift_of(self._found(Shape(table=table, on_bad_value="null")))

    def _found(self, shape: Shape) -> Findings:
        """Read the whole document and return what was noticed."""
        found = Findings()
        with (
            self._naming(),
            self.open_batches(shape, findings=found) as reader,
        ):
            for _ in reader:
                pass
        return found

    def _reading_in(self, shape: Shape) -> Reading:
        """Return how this document is read in one shape."""
        return replace(self._reading, shape=shape)

    def open_batches(
        self,
        shape: Shape,
        *,
        metadata: bool = False,
        findings: Findings | None = None,
    ) -> pa.RecordBatchReader:
        """Return the rows of this document as record batches."""
        with self._naming():
            reader = read(self._origin.stored(), self._reading_in(shape), findings)
        constants = self.constants if metadata else None

        def rows() -> Iterator[pa.RecordBatch]:
            with self._naming(), reader:
                for batch in reader:
                    yield batch_with_metadata(batch, constants) if constants else batch

        schema = schema_with_metadata(reader.schema) if metadata else reader.schema
        return pa.RecordBatchReader.from_batches(schema, rows())

    def staged(self, shape: Shape) -> pl.LazyFrame:
        """Return a lazy frame over this document's staged Parquet, staging it first."""
        with self._naming():
            return staged(self._origin, self._reading_in(shape))

    def frame(self, shape: Shape) -> pl.LazyFrame:
        """Return a frame that is collected once: of a small document its rows."""
        with self._naming():
            return frame_of(self._origin, self._reading_in(shape))

    def sink(
        self,
        url: str | os.PathLike[str],
        *,
        partition_by: Sequence[str] = (),
        table: str | None = None,
        format: str = "parquet",  # noqa: A002 - the contract's name
        storage_options: Mapping[str, Any] | None = None,
        on_bad_value: OnBadValue = "raise",
    ) -> SinkResult:
        """Write the rows as (partitioned) Parquet below `url`, or to a Delta table.

        Parameters as in `Reports.sink`.

        Returns
        -------
        SinkResult
            Rows, files and bytes written.

        Raises
        ------
        DocumentError
            The document is not whole, or not the table it should be.
        SinkError
            The target refused, or holds a sink of the other format. In any case
            nothing of this document is visible.
        """
        check_sink(url, storage_options, format, installed=True)
        target = self.target(url, partition_by, storage_options, format)
        return self.land(target, Shape(table=table, on_bad_value=on_bad_value))

    def land(
        self,
        target: Target,
        shape: Shape,
        findings: Findings | None = None,
        verdict: Verdict | None = None,
    ) -> SinkResult:
        """Write the rows to a target; `findings`, `verdict` and errors as `write`."""
        reading = self._reading_in(shape)
        with self._naming():
            if target.format == "delta":  # opens a document more than once
                from spreports.reports.into_delta import (  # noqa: PLC0415 - seldom
                    write_delta,
                )

                documents = [(self._origin.stored(), reading, target)]
                return write_delta(documents, findings, verdict)[0]
            return self._origin.work_on(
                lambda stored: write(stored, reading, target, findings, verdict)
            )

    def version_of(self) -> str | None:
        """Return what this document is, where it says so: see `work.version_of`."""
        return version_of(*self.readable(Shape()))

    def readable(self, shape: Shape) -> tuple[StoredBytes, Reading]:
        """Return the verified bytes, and how they become rows.

        For a look at them, or a first try that another one follows.
        """
        return self._origin.stored().as_they_are(), self._reading_in(shape)

    def target(
        self,
        url: str | os.PathLike[str],
        partition_by: Sequence[str],
        storage_options: Mapping[str, Any] | None,
        format: str = "parquet",  # noqa: A002 - as in `sink`
    ) -> Target:
        """Return where the rows of this document go; raises as `check_target`."""
        check_target(url, storage_options, format)
        return Target(
            url=os.fspath(url),
            stem=self.stem,
            partition_by=folder_names(partition_by),
            constants=self.constants,
            provenance={**self._provenance, **self._origin.identity()},
            private=self._entry.restricted,
            format=format,
            storage_options=storage_options,
        )

    @property
    def is_stored(self) -> bool:
        """Whether the bytes are here already, so that Amazon need not be asked."""
        return not isinstance(self._origin, AmazonOrigin) or bool(self._origin.known())

    def work(self, target: Target, shape: Shape) -> Work:
        """Describe the landing of this document for a worker elsewhere.

        Raises
        ------
        APIError
            getReportDocument was refused.
        TypeError
            The document is not at Amazon: there is nothing to bring.
        """
        if not isinstance(self._origin, AmazonOrigin):
            raise TypeError("only documents at Amazon are brought by workers")
        return Work(
            url=self._origin.fresh_url(),
            report_document_id=self._origin.name,
            reading=self._reading_in(shape),
            target=target,
            loopback=self._origin.loopback,
            compressed=self._origin.compressed,
        )
