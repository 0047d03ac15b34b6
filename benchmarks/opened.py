"""Ours, by public names alone: ``open_document`` on a loopback URL or a path."""

from __future__ import annotations

import sys

import spreports as spr

if __name__ == "__main__":
    report_type, url, *where = sys.argv[1:]
    document = spr.open_document(url, report_type=report_type)
    if where:
        document.sink(where[0], partition_by=where[1:])
    else:
        print(sum(batch.num_rows for batch in document.batches()))
