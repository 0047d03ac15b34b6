"""What the rows of one report document come from, and the ways that they can go.

Those who use the library have a `Document`; the rooms inside hand this on.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spreports.fetch.document import table_names
from spreports.fetch.findings import Findings
from spreports.fetch.plain_chunks import plain_chunks
from spreports.names import check_names
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.metadata import (
    Constant,
    batch_with_metadata,
    schema_with_metadata,
)
from spreports.reports.naming import file_stem, naming
from spreports.reports.origin import Origin
from spreports.reports.shape import Shape
from spreports.reports.staging import frame_of, staged
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.work import Reading, Target, Work, read, version_of, write

if TYPE_CHECKING:
    import polars as pl

    from spreports.catalog import ReportType
    from spreports.load.parquet import SinkResult
    from spreports.reports.verdict import Verdict

__all__ = ["DocumentSource", "land_together"]


class DocumentSource:
    """The stored bytes of one report document, and how they become rows.

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

    Attributes
    ----------
    name : str
        Of the document, where it lies.
    stem : str
    constants : mapping
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
        self.name = origin.name
        self.stem = file_stem(stem)
        self.constants = constants
        self._naming = partial(naming, origin.name, constants)
        self._provenance = dict(provenance or {})

    @property
    def entry(self) -> ReportType:
        """What the catalogue knows of its type."""
        return self._reading.entry

    @property
    def tables(self) -> tuple[str, ...]:
        """As `Document.tables`."""
        stored = self._origin.stored()
        with stored.doubting():
            return table_names(stored.open, self.entry)

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write the plain bytes to a file; as `Document.save`."""
        target = Path(path)
        part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
        try:
            part.touch(0o600 if self.entry.restricted else 0o666, exist_ok=False)
            with self._naming(), part.open("wb") as file:
                stored = self._origin.stored()
                with stored.doubting():
                    written = sum(map(file.write, plain_chunks(stored.open)))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return written

    def found(self, shape: Shape) -> Findings:
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

    def land(
        self,
        target: Target,
        shape: Shape,
        verdict: Verdict | None = None,
    ) -> SinkResult:
        """Write the rows to a target; `verdict` and errors as `write`."""
        reading = self._reading_in(shape)
        with self._naming():
            if target.format == "delta":  # opens a document more than once
                from spreports.reports.into_delta import (  # noqa: PLC0415 - seldom
                    write_delta,
                )

                documents = [(self._origin.stored(), reading, target)]
                return write_delta(documents, verdict)[0]
            return self._origin.work_on(
                lambda stored: write(stored, reading, target, verdict)
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
        """Return where the rows of this document go: a place that is checked."""
        return Target(
            url=os.fspath(url),
            stem=self.stem,
            partition_by=check_names("partition_by", partition_by),
            constants=self.constants,
            provenance={**self._provenance, **self._origin.identity()},
            private=self.entry.restricted,
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


def land_together(
    shape: Shape,
    target: Callable[[DocumentSource], Target],
    documents: Sequence[DocumentSource],
) -> list[SinkResult]:
    """Write documents to the Delta table of their targets, in one commit.

    Returns
    -------
    list of SinkResult
        One a document.

    Raises
    ------
    DocumentError, SinkError
        As `write_delta`: none of them is there.
    """
    from spreports.reports.into_delta import write_delta  # noqa: PLC0415 - seldom

    return write_delta([(*each.readable(shape), target(each)) for each in documents])
