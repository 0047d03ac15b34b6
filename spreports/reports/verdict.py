"""What is said of rows once all of them were read, and before any is visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from spreports.fetch.findings import Findings
from spreports.load.rowgroups import as_written

__all__ = ["Verdict", "judged"]

Verdict = Callable[[pa.Schema, Findings], object]


def judged(
    reader: pa.RecordBatchReader, findings: Findings, verdict: Verdict
) -> pa.RecordBatchReader:
    """Have a verdict spoken after the last row.

    Parameters
    ----------
    reader : pyarrow.RecordBatchReader
    findings : Findings
        That the reader fills.
    verdict : callable
        Told the schema that the rows will be written with, and what was noticed of
        them; what it raises comes out of the reader.

    Returns
    -------
    pyarrow.RecordBatchReader
        The same rows.
    """

    def rows() -> Iterator[pa.RecordBatch]:
        with reader:
            yield from reader
        verdict(as_written(reader.schema), findings)

    return pa.RecordBatchReader.from_batches(reader.schema, rows())
