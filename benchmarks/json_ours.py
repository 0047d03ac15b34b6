"""Ours: a search terms document as record batches, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path

from spreports.catalog import lookup
from spreports.fetch.document import open_batches

if __name__ == "__main__":
    path = Path(sys.argv[1])
    batches = open_batches(
        lambda: path.open("rb"),
        lookup("search_terms"),
        content_type="text/plain;charset=UTF-8",
    )
    print(sum(batch.num_rows for batch in batches))
