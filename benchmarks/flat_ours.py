"""Ours: a flat document of any type from a loopback URL to one Parquet file."""

from __future__ import annotations

import sys

from spreports.catalog import lookup
from spreports.reports.work import Reading, Target, Work, land

if __name__ == "__main__":
    report_type, url, target = sys.argv[1:4]
    land(
        Work(
            url=url,
            report_document_id="benchmark",
            reading=Reading(entry=lookup(report_type)),
            target=Target(url=target, stem="R1"),
            loopback=True,
        )
    )
