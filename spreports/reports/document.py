"""One report document and its ways out."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.errors import DocumentError
from spreports.fetch.document import open_batches, table_names
from spreports.fetch.findings import Findings
from spreports.load.frame import scan, stage
from spreports.reports.drift import Drift, drift_of
from spreports.reports.metadata import (
    Constant,
    batch_with_metadata,
    schema_with_metadata,
)
from spreports.reports.origin import AmazonOrigin, Origin
from spreports.reports.ways_out import OnBadValue, WaysOut, check_format
from spreports.reports.work import Reading, Target, Work, write

if TYPE_CHECKING:
    import polars as pl

    from spreports.load.parquet import SinkResult

# Part of every staged file's name: a staged file of an older reading is never used.
READING_VERSION = "1"
# What `load` takes for the stem of a file name.
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


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
    """

    def __init__(
        self,
        origin: Origin,
        reading: Reading,
        *,
        stem: str,
        constants: Mapping[str, Constant],
    ) -> None:
        self._origin = origin
        self._reading = reading
        self._entry: ReportType = reading.entry
        self.stem = stem if _STEM.fullmatch(stem) else _digest(stem)[:32]
        self.constants = constants

    def __repr__(self) -> str:
        return (
            f"Document({self._origin.name!r}, report_type={self._entry.report_type!r})"
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables in this document; one for flat files.

        Raises
        ------
        APIError, DocumentError
            The document cannot be had.
        """
        return table_names(self._origin.stored().open, self._entry)

    def _documents(self) -> Iterator[Document]:
        yield self

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
        found = Findings()
        with (
            self._named(),
            self.open_batches(
                table, typed=True, on_bad_value="null", metadata=False, findings=found
            ) as reader,
        ):
            for _ in reader:
                pass
        return drift_of(found)

    def reading(
        self,
        table: str | None,
        typed: bool,  # noqa: FBT001 - handed on from the public call
        on_bad_value: OnBadValue,
    ) -> Reading:
        """Return how this document is read for one call."""
        if on_bad_value not in {"raise", "null", "rescue"}:
            raise ValueError(
                f"on_bad_value={on_bad_value!r} is none of 'raise', 'null', 'rescue'"
            )
        return Reading(
            entry=self._entry,
            table=table,
            typed=typed,
            on_bad_value=on_bad_value,
            encoding=self._reading.encoding,
            legacy_charset=self._reading.legacy_charset,
        )

    def open_batches(
        self,
        table: str | None,
        typed: bool,  # noqa: FBT001 - handed on from the public call
        on_bad_value: OnBadValue,
        metadata: bool,  # noqa: FBT001 - handed on from the public call
        findings: Findings | None = None,
    ) -> pa.RecordBatchReader:
        """Return the rows of this document as record batches."""
        reading = self.reading(table, typed, on_bad_value)
        stored = self._origin.stored()
        reader = open_batches(
            stored.open,
            reading.entry,
            table=table,
            encoding=reading.encoding,
            content_type=stored.content_type,
            legacy_charset=reading.legacy_charset,
            typed=typed,
            on_bad_value=on_bad_value,
            findings=findings,
        )
        if not metadata:
            return reader

        def rows() -> Iterator[pa.RecordBatch]:
            with reader:
                for batch in reader:
                    yield batch_with_metadata(batch, self.constants)

        return pa.RecordBatchReader.from_batches(
            schema_with_metadata(reader.schema), rows()
        )

    def staged(
        self,
        table: str | None,
        typed: bool,  # noqa: FBT001 - handed on from the public call
        on_bad_value: OnBadValue,
    ) -> pl.LazyFrame:
        """Return a lazy frame over this document's staged Parquet, staging it first."""
        reading = self.reading(table, typed, on_bad_value)
        words = (READING_VERSION, table, typed, on_bad_value, reading.encoding)
        mark = repr((*words, reading.legacy_charset, reading.entry))
        variant = _digest(mark)[:16]
        store = self._origin.store
        path = store.staged_path(self._origin.account, self._origin.key(), variant)
        if not path.exists():
            with (
                self._named(),
                self.open_batches(table, typed, on_bad_value, metadata=False) as reader,
            ):
                stage(reader, path)
            self._origin.landed(staged=True)
        return scan([path])

    def sink(
        self,
        url: str | os.PathLike[str],
        *,
        partition_by: Sequence[str] = (),
        table: str | None = None,
        format: str = "parquet",  # noqa: A002 - the contract's name
        storage_options: Mapping[str, Any] | None = None,
    ) -> SinkResult:
        """Write the rows as (partitioned) Parquet below `url`.

        Parameters
        ----------
        url : str or path
            A folder: a path or any fsspec URL.
        partition_by : sequence of str
            Columns, metadata columns, or ``"column:day"``, ``":month"``,
            ``":year"`` of a date or timestamp column.
        table : str, optional
        format : ``"parquet"``
        storage_options : mapping, optional
            For fsspec.

        Returns
        -------
        SinkResult
            Rows, files and bytes written.

        Raises
        ------
        DocumentError
            The document is not whole, or not the table it should be.
        SinkError
            The target refused. In either case nothing of this document is visible.
        """
        check_format(format)
        target = self.target(url, partition_by, storage_options)
        with self._named():
            result = write(
                self._origin.stored(),
                self.reading(table, typed=True, on_bad_value="raise"),
                target,
            )
        self._origin.landed(staged=False)
        return result

    def target(
        self,
        url: str | os.PathLike[str],
        partition_by: Sequence[str],
        storage_options: Mapping[str, Any] | None,
    ) -> Target:
        """Return where the rows of this document go."""
        if isinstance(partition_by, str):
            raise ValueError("partition_by must be a list of names, not one string")
        return Target(
            url=os.fspath(url),
            stem=self.stem,
            partition_by=tuple(partition_by),
            constants=self.constants,
            private=self._entry.restricted,
            storage_options=storage_options,
        )

    @property
    def is_stored(self) -> bool:
        """Whether the bytes are here already, so that Amazon need not be asked."""
        return not isinstance(self._origin, AmazonOrigin) or bool(self._origin.known())

    def work(
        self,
        url: str | os.PathLike[str],
        partition_by: Sequence[str],
        table: str | None,
        storage_options: Mapping[str, Any] | None,
    ) -> Work:
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
            reading=self.reading(table, typed=True, on_bad_value="raise"),
            target=self.target(url, partition_by, storage_options),
            loopback=self._origin.loopback,
        )

    def _named(self) -> _Named:
        """Write this document's name into the errors that pass."""
        return _Named(self._origin.name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Named:
    """A context that tells DocumentErrors which document they speak of."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> None:
        if isinstance(error, DocumentError) and error.report_document_id is None:
            error.report_document_id = self._name
            error.add_note(f"document {self._name}")
