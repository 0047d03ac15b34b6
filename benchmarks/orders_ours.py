"""Ours: an orders document from a loopback URL to Parquet, partitioned by day."""

from __future__ import annotations

import sys

from spreports.catalog import lookup
from spreports.reports.work import Reading, Target, Work, land

if __name__ == "__main__":
    url, target, *partition_by = sys.argv[1:]
    land(
        Work(
            url=url,
            report_document_id="benchmark",
            reading=Reading(entry=lookup("orders")),
            target=Target(url=target, stem="R1", partition_by=tuple(partition_by)),
            loopback=True,
        )
    )
