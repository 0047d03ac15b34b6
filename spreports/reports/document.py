"""One report document and its ways out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spreports.reports.document_source import DocumentSource
from spreports.reports.drift import Drift, drift_of
from spreports.reports.shape import OnBadValue, Shape
from spreports.reports.sinks import check_sink
from spreports.reports.ways_out import WaysOut

if TYPE_CHECKING:
    from spreports.load.parquet import SinkResult

__all__ = ["Document"]


class Document(WaysOut):
    """One report document: at Amazon, or in a file.

    Made by ``client.document(...)`` and ``spreports.open_document(...)``.

    Parameters
    ----------
    source : DocumentSource
        The stored bytes, and how they become rows.
    """

    def __init__(self, source: DocumentSource) -> None:
        self._source = source
        self._entry = source.entry

    def __repr__(self) -> str:
        return (
            f"Document({self._source.name!r}, report_type={self._entry.report_type!r})"
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables; one for a flat file, for a settlement two.

        Raises
        ------
        APIError, DocumentError
            The document cannot be had.
        """
        return self._source.tables

    def _documents(self) -> Iterator[DocumentSource]:
        yield self._source

    def save(self, path: str | os.PathLike[str]) -> int:
        """Write the plain bytes to a file: what is no table (PDF) is kept so.

        Parameters
        ----------
        path : str or path
            A local file; replaced when it is there, whole or not at all. That of a
            restricted type is 0600, whatever was there.

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
        return self._source.save(path)

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
        return self._source.found(
            Shape(typed=False, on_bad_value="null")
        ).document_fields

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
        ValueError, TypeError
            No such table.
        """
        return drift_of(self._source.found(Shape(table=table, on_bad_value="null")))

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
        APIError, DocumentError
            The document cannot be had, or is not whole, or not the table it should be.
        SinkError
            The target refused, or holds a sink of the other format. In any case
            nothing of this document is visible.
        ValueError, TypeError
            No such table, or an argument that can never do.
        """
        check_sink(url, storage_options, format)
        target = self._source.target(url, partition_by, storage_options, format)
        return self._source.land(target, Shape(table=table, on_bad_value=on_bad_value))
