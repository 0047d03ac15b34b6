"""The other peer: ijson items (its C backend) into batches of some thousand rows."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import ijson.backends.yajl2_c as ijson
import pyarrow as pa

from benchmarks.json_schema import ARROW, RECORDS

ROWS = 4096

if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as file:
        records = ijson.items(file, f"{RECORDS}.item", use_float=True)
        rows = 0
        while some := list(islice(records, ROWS)):
            rows += pa.RecordBatch.from_pylist(some, schema=ARROW).num_rows
        print(rows)
