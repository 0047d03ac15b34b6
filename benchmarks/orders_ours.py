"""Ours: an orders document from a loopback URL to Parquet, or only to batches."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from spreports.catalog import lookup
from spreports.fetch.document import open_batches
from spreports.fetch.download import download
from spreports.reports.work import Reading, Target, Work, land


def read(url: str) -> int:
    """Bring the document and read its batches; return the number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document"
        arrived = download(lambda: url, path, loopback=True)
        batches = open_batches(
            lambda: path.open("rb"),
            lookup("orders"),
            content_type=arrived.content_type,
            stored_bytes=path.stat().st_size,
        )
        return sum(batch.num_rows for batch in batches)


def write(url: str, target: str, partition_by: tuple[str, ...]) -> None:
    """Bring the document and write it as a worker does."""
    land(
        Work(
            url=url,
            report_document_id="benchmark",
            reading=Reading(entry=lookup("orders")),
            target=Target(url=target, stem="R1", partition_by=partition_by),
            loopback=True,
        )
    )


if __name__ == "__main__":
    url, *where = sys.argv[1:]
    if where:
        write(url, where[0], tuple(where[1:]))
    else:
        print(read(url))
