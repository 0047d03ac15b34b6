"""Ours: search terms from a file to record batches, or from a URL to one Parquet file.

``FILE``: all batches; ``FILE first``: the first one; ``URL FOLDER``: Parquet.
"""

from __future__ import annotations

import sys
from pathlib import Path

from spreports.catalog import lookup
from spreports.fetch.document import open_batches


def to_batches(path: Path, *, first: bool) -> int:
    """Read record batches, one after the other; return how many rows."""
    batches = open_batches(
        lambda: path.open("rb"),
        lookup("search_terms"),
        content_type="text/plain;charset=UTF-8",
        stored_bytes=path.stat().st_size,
    )
    if first:
        return int(batches.read_next_batch().num_rows)
    return sum(batch.num_rows for batch in batches)


def to_parquet(url: str, folder: str) -> int:
    """Write one Parquet file; return how many rows."""
    from spreports.reports.work import (  # noqa: PLC0415 - batches do without
        Reading,
        Target,
        Work,
        land,
    )

    landed = land(
        Work(
            url=url,
            report_document_id="benchmark",
            reading=Reading(entry=lookup("search_terms")),
            target=Target(url=folder, stem="R1"),
            loopback=True,
        )
    )
    return landed.rows


if __name__ == "__main__":
    place, *other = sys.argv[1:]
    if other and other != ["first"]:
        print(to_parquet(place, other[0]))
    else:
        print(to_batches(Path(place), first=bool(other)))
