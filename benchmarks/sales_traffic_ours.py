"""Ours: both tables of a sales and traffic document, to batches or to Parquet.

``URL``: all batches; ``URL FOLDER``: one Parquet file for each table.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from spreports.catalog import lookup
from spreports.fetch.download import download
from spreports.reports.shape import Shape
from spreports.reports.stored_bytes import StoredBytes
from spreports.reports.work import Reading, Target, read, write


def both_tables(url: str, target: str | None) -> int:
    """Bring the document once, and read it once for each table; return the rows."""
    entry = lookup("sales_and_traffic")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document"
        arrived = download(lambda: url, path, loopback=True)
        stored = StoredBytes(lambda: path.open("rb"), arrived.content_type)
        rows = 0
        for table in entry.tables:
            reading = Reading(entry=entry, shape=Shape(table=table.name))
            if target is None:
                rows += sum(batch.num_rows for batch in read(stored, reading))
            else:
                where = Target(url=f"{target}/{table.name}", stem="R1")
                rows += write(stored, reading, where).rows
        return rows


if __name__ == "__main__":
    print(both_tables(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
