"""What is said of rows once all of them were read, and before any is visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from spreports.load.rowgroups import as_written

__all__ = ["Verdict", "judged"]

Verdict = Callable[[pa.Schema], object]


def judged(reader: pa.RecordBatchReader, verdict: Verdict) -> pa.RecordBatchReader:
    """Have a verdict spoken after the last row.

    Parameters
    ----------
    reader : pyarrow.RecordBatchReader
    verdict : callable
        Told the schema that the rows will be written with; what it raises comes out of
        the reader.

    Returns
    -------
    pyarrow.RecordBatchReader
        The same rows.
    """

    def rows() -> Iterator[pa.RecordBatch]:
        with reader:
            yield from reader
        verdict(as_written(reader.schema))

    return pa.RecordBatchReader.from_batches(reader.schema, rows())
