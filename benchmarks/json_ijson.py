"""The other peer: ijson items into record batches of some thousand rows.

``default FILE``: its default form, numbers with a point as Decimal; ``floats FILE``:
with ``use_float=True``, as Airbyte's connector reads these reports; ``python FILE``:
the default form by its backend without C, for where it has no wheel. With a folder
behind it, one Parquet file.

Source: airbyte-cdk 7.39.1, ``JsonItemsParser`` in ``composite_raw_decoder.py``;
airbytehq/airbyte#79669, which brought it to source-amazon-seller-partner.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import ijson
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.json_schema import ARROW, EXACT, RECORDS

ROWS = 4096


def batches(form: str, path: str) -> Iterator[pa.RecordBatch]:
    """Yield the document's records as batches."""
    schema = ARROW if form == "floats" else EXACT
    options = {"use_float": True} if form == "floats" else {}
    backend = ijson.get_backend("python") if form == "python" else ijson
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as file:
        records = backend.items(file, f"{RECORDS}.item", **options)
        while some := list(islice(records, ROWS)):
            yield pa.RecordBatch.from_pylist(some, schema=schema)


if __name__ == "__main__":
    form, path, *folder = sys.argv[1:]
    if folder:
        schema = ARROW if form == "floats" else EXACT
        with pq.ParquetWriter(
            f"{folder[0]}/all.parquet", schema, compression="zstd"
        ) as out:
            for batch in batches(form, path):
                out.write_batch(batch)
    else:
        print(sum(batch.num_rows for batch in batches(form, path)))
