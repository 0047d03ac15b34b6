"""The ways out of one document or of many: lazy frame, frame, batches, files."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pyarrow as pa

from spreports.catalog import ReportType
from spreports.errors import ReportEmptyError
from spreports.fetch.cells import arrow_type
from spreports.fetch.shapes import Nested
from spreports.flags import check_flag
from spreports.reports.metadata import METADATA_COLUMNS, with_metadata
from spreports.reports.shape import OnBadValue, Shape
from spreports.reports.union import frames_in_one, in_schema, union_schema

if TYPE_CHECKING:
    import polars as pl

    from spreports.load.parquet import SinkResult
    from spreports.reports.document_source import DocumentSource

__all__ = ["OnEmpty", "WaysOut", "raises_on_empty"]


OnEmpty = Literal["frame", "raise"]
# Formats whose documents have the tables of the catalogue and no others
_ONLY_CATALOGUED = ("tsv", "csv", "xml")


class WaysOut(ABC):
    """What `Reports` and `Document` have in common.

    Nothing is asked of Amazon before one of these is called, and what was fetched
    once is in the store: a second call, or a second collect, asks nothing.
    """

    _entry: ReportType
    _raises_on_empty: bool = False
    # Reports are of the entry's type, and so have its tables; of bytes, they decide
    _is_of_its_type: bool = False

    @abstractmethod
    def _documents(self) -> Iterator[DocumentSource]:
        """Yield the documents, in order, each as soon as it can be read."""

    @property
    @abstractmethod
    def tables(self) -> tuple[str, ...]:
        """Names of the tables; one for flat files."""

    def scan(
        self,
        table: str | None = None,
        typed: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
        on_bad_value: OnBadValue = "raise",
        metadata: bool = False,  # noqa: FBT001, FBT002 - the contract's signature
        *,
        nested: Nested = "flat",
    ) -> pl.LazyFrame:
        """Return a lazy frame over staged Parquet.

        Parameters
        ----------
        table : str, optional
            One of `tables`; the first when left out. A settlement's summary row is the
            table ``"summary"`` and not among the rows, whose ``amount`` must add up to
            its ``total-amount``, exactly.
        typed : bool
            Typed by the catalogue, by header name; False leaves every cell text.
        on_bad_value : ``"raise"``, ``"null"`` or ``"rescue"``
            What becomes of a cell that does not fit its type: an error that names
            row and column, a null, or a null and its text in ``_rescued``. Of an XML
            element that repeats where the catalogue has one, text or not, the first
            stays, and the others are such cells.
        metadata : bool
            Add ``report_id``, ``report_type``, ``marketplace``,
            ``data_start_time``, ``data_end_time`` and ``date``, but those of which the
            rows have such a column of their own.
        nested : ``"flat"`` or ``"struct"``
            JSON and XML: columns named by their path, or struct columns of what has
            parts. Repeated parts are lists in both.

        Returns
        -------
        polars.LazyFrame
            Amazon's own header names, rows in the documents' order.

        Raises
        ------
        ConfigError
            In a forked child of a process that used polars: start it by ``"spawn"``.
        APIError, ReportError
            Amazon refused, cancelled or failed; see their classes.
        ReportEmptyError
            No rows, and ``on_empty="raise"`` was asked for.
        DocumentError
            A document is not whole, or not the table it should be; or it is, or would
            be, a workbook, and the extra ``xlsx`` is not installed.
        ValueError, TypeError
            There is no such table, or a word that is none of those above.
        """
        shape = Shape(table, typed, on_bad_value, nested)
        return self._united(
            shape, lambda document: document.staged(shape), metadata=metadata
        )

    def read(
        self,
        table: str | None = None,
        typed: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
        on_bad_value: OnBadValue = "raise",
        metadata: bool = False,  # noqa: FBT001, FBT002 - the contract's signature
        *,
        nested: Nested = "flat",
    ) -> pl.DataFrame:
        """Return the rows as a frame in memory; parameters and errors as `scan`."""
        shape = Shape(table, typed, on_bad_value, nested)
        return self._united(
            shape, lambda document: document.frame(shape), metadata=metadata
        ).collect()

    def _united(
        self,
        shape: Shape,
        frame_of: Callable[[DocumentSource], pl.LazyFrame],
        *,
        metadata: bool,
    ) -> pl.LazyFrame:
        """Return the frames of all documents as one, in their order."""
        import polars as pl  # noqa: PLC0415 - heavy; batches and files do without it

        from spreports.load.forked import check_process  # noqa: PLC0415 - at first use

        check_flag("metadata", metadata)
        check_process()
        self._check_table(shape.table)
        frames = []
        for document in self._documents():
            frame = frame_of(document)
            frames.append(
                with_metadata(frame, document.constants) if metadata else frame
            )
        if self._raises_on_empty:
            first = (frame.head(1).collect().height for frame in frames)
            self._check_rows(has_rows=any(first))
        if not frames:
            promised = self._promised(shape, metadata=metadata)
            return pl.DataFrame(pl.from_arrow(promised.empty_table())).lazy()
        return frames_in_one(frames)

    def batches(
        self,
        table: str | None = None,
        typed: bool = True,  # noqa: FBT001, FBT002 - the contract's signature
        on_bad_value: OnBadValue = "raise",
        metadata: bool = False,  # noqa: FBT001, FBT002 - the contract's signature
        *,
        nested: Nested = "flat",
    ) -> pa.RecordBatchReader:
        """Return the rows as record batches, a few MiB each, in bounded memory.

        Parameters and errors as `scan`. The stored bytes of every document at
        Amazon are verified before the first batch; those of a file while they are
        read, as a cell that does not fit may raise only then. A column that documents
        have in two types is text here; in the frame of `scan` it has the wider one.

        Returns
        -------
        pyarrow.RecordBatchReader
            Read once; each call gives a fresh one.
        """
        shape = Shape(table, typed, on_bad_value, nested)
        check_flag("metadata", metadata)
        self._check_table(shape.table)
        documents = list(self._documents())
        if not documents:
            self._check_rows(has_rows=False)
            schema = self._promised(shape, metadata=metadata)
            return pa.RecordBatchReader.from_batches(schema, [])
        if len(documents) == 1 and not self._raises_on_empty:
            return documents[0].open_batches(shape, metadata=metadata)
        schemas = []
        has_rows = not self._raises_on_empty
        for document in documents:
            with document.open_batches(shape, metadata=metadata) as reader:
                schemas.append(reader.schema)
                has_rows = has_rows or any(batch.num_rows for batch in reader)
        self._check_rows(has_rows=has_rows)
        schema = union_schema(schemas)

        def rows() -> Iterator[pa.RecordBatch]:
            for document in documents:
                with document.open_batches(shape, metadata=metadata) as reader:
                    for batch in reader:
                        yield in_schema(batch, schema)

        return pa.RecordBatchReader.from_batches(schema, rows())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Export a fresh Arrow stream, so that any Arrow library can read it.

        Source: Arrow PyCapsule interface.
        """
        return self.batches().__arrow_c_stream__(requested_schema)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:  # noqa: FBT001 - NumPy's signature
        """Refuse to be one array, before anything is asked for.

        ``pandas.DataFrame`` would take the reports for rows.

        Raises
        ------
        TypeError
        """
        raise TypeError(
            "not an array, nor rows for pandas.DataFrame: use .read().to_pandas(), "
            "or .scan() with a filter first"
        )

    @abstractmethod
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
        """Write the rows as (partitioned) Parquet below `url`."""

    def _check_table(self, table: str | None) -> None:
        """Refuse a table that no report of the type has, before one is asked for."""
        if self._is_of_its_type:
            check_table(self._entry, table)

    def _check_rows(self, *, has_rows: bool) -> None:
        """Raise where there are no rows and that was to be an error."""
        if self._raises_on_empty and not has_rows:
            raise self._nothing()

    def _nothing(self) -> ReportEmptyError:
        """Return the error that no rows are, where they are to be one."""
        return ReportEmptyError(f"{self._entry.report_type}: no rows")

    def _promised(self, shape: Shape, *, metadata: bool) -> pa.Schema:
        """Return the columns that the catalogue promises, for where no rows are."""
        columns = self._entry.columns(shape.table) if self._entry.tables else ()
        fields = [
            pa.field(c.name, arrow_type(c.dtype) if shape.typed else pa.string())
            for c in columns
            if not c.optional
        ]
        return pa.schema(fields + METADATA_COLUMNS if metadata else fields)


def raises_on_empty(on_empty: str) -> bool:
    """Read `on_empty`.

    Raises
    ------
    ValueError
        A word that is none of the two.
    """
    if on_empty not in ("frame", "raise"):
        raise ValueError(f"on_empty={on_empty!r} is neither 'frame' nor 'raise'")
    return on_empty == "raise"


def check_table(entry: ReportType, table: str | None) -> None:
    """Refuse a table that no document of a type has.

    JSON and workbooks have such as the catalogue does not know: they are left to say.

    Raises
    ------
    ValueError
    """
    if table is not None and entry.tables and entry.format in _ONLY_CATALOGUED:
        entry.table(table)
