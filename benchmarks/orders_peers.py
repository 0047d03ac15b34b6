"""Peers: one orders document to Parquet, in the ways that other libraries have.

``python -m benchmarks.orders_peers NAME FILE FOLDER [purchase-date:day [COLUMN]]``;
without a folder the rows are only read, batch by batch.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Sequence
from pathlib import Path


def polars_scan(
    path: str, target: str | None, *, by_day: bool, also: Sequence[str] = ()
) -> None:
    """polars.scan_csv, typed, and sink_parquet, by day and other columns."""
    import polars as pl  # noqa: PLC0415 - each peer imports what it needs

    from benchmarks.orders_schema import DAY, INSTANTS, SCHEMA  # noqa: PLC0415 - polars

    frame = pl.scan_csv(path, separator="\t", quote_char=None, schema=SCHEMA)
    frame = frame.with_columns(INSTANTS)
    if target is None:
        print(sum(batch.height for batch in frame.collect_batches()))
    elif by_day:
        day = pl.col("purchase-date").dt.date().alias(DAY)
        where = pl.PartitionBy(target, key=[day, *map(pl.col, also)])
        frame.sink_parquet(where, compression="zstd", mkdir=True)
    else:
        frame.sink_parquet(f"{target}/all.parquet", compression="zstd", mkdir=True)


def polars_read(path: str, target: str, *, by_day: bool) -> None:
    """polars.read_csv of the whole, then write_parquet."""
    import polars as pl  # noqa: PLC0415 - as above

    from benchmarks.orders_schema import DAY, INSTANTS, SCHEMA  # noqa: PLC0415 - polars

    frame = pl.read_csv(path, separator="\t", quote_char=None, schema=SCHEMA)
    frame = frame.with_columns(INSTANTS)
    if not by_day:
        Path(target).mkdir(parents=True)
        frame.write_parquet(f"{target}/all.parquet", compression="zstd")
        return
    day = pl.col("purchase-date").dt.date().alias(DAY)
    for (each,), rows in frame.group_by(day):
        folder = Path(target) / f"{DAY}={each}"
        folder.mkdir(parents=True)
        rows.write_parquet(folder / "0.parquet", compression="zstd")


def duckdb_copy(path: str, target: str, *, by_day: bool) -> None:
    """DuckDB: COPY of read_csv, partitioned."""
    import duckdb  # noqa: PLC0415 - as above

    from spreports.catalog import lookup  # noqa: PLC0415 - as above

    types = {
        "string": "VARCHAR",
        "int64": "BIGINT",
        "decimal": "DECIMAL(38, 6)",
        "timestamp": "TIMESTAMPTZ",
        "boolean": "BOOLEAN",
    }
    columns = ", ".join(
        f"'{c.name}': '{types[c.dtype]}'"
        for c in lookup("orders").columns()
        if not c.optional
    )
    Path(target).mkdir(parents=True)
    source = (
        f"read_csv('{path}', delim='\t', quote='', escape='', header=true, "
        f"columns={{{columns}}})"
    )
    if by_day:
        rows = f'SELECT *, "purchase-date"::DATE AS "purchase-date_day" FROM {source}'
        options = "FORMAT parquet, COMPRESSION zstd, PARTITION_BY ('purchase-date_day')"
        duckdb.execute(f"SET TimeZone='UTC'; COPY ({rows}) TO '{target}' ({options})")
    else:
        options = "FORMAT parquet, COMPRESSION zstd"
        rows = f"SELECT * FROM {source}"
        duckdb.execute(f"COPY ({rows}) TO '{target}/all.parquet' ({options})")


def pyarrow_dataset(path: str, target: str, *, by_day: bool) -> None:
    """pyarrow.csv, typed, into pyarrow.dataset.write_dataset."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    import pyarrow.compute as pc  # noqa: PLC0415 - as above
    import pyarrow.csv  # noqa: PLC0415 - as above
    import pyarrow.dataset as ds  # noqa: PLC0415 - as above

    from spreports.catalog import lookup  # noqa: PLC0415 - as above
    from spreports.fetch.cells import arrow_type  # noqa: PLC0415 - as above

    columns = [c for c in lookup("orders").columns() if not c.optional]
    reader = pyarrow.csv.open_csv(
        pa.input_stream(path),
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={c.name: arrow_type(c.dtype) for c in columns},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    options = ds.ParquetFileFormat().make_write_options(compression="zstd")
    if not by_day:
        ds.write_dataset(reader, target, format="parquet", file_options=options)
        return
    day = pa.field("purchase-date_day", pa.date32())
    schema = reader.schema.append(day)

    def rows() -> object:
        for batch in reader:
            days = pc.cast(batch["purchase-date"], pa.date32(), safe=False)
            yield batch.append_column(day, days)

    ds.write_dataset(
        rows(),
        target,
        schema=schema,
        format="parquet",
        file_options=options,
        partitioning=ds.partitioning(pa.schema([day]), flavor="hive"),
    )


def pandas_today(path: str, target: str, *, by_day: bool) -> None:
    """As users of python-amazon-sp-api do: the whole body, gunzip, pandas, groupby."""
    import io  # noqa: PLC0415 - as above

    import pandas as pd  # noqa: PLC0415 - as above

    from spreports.catalog import lookup  # noqa: PLC0415 - as above

    columns = {c.name: c.dtype for c in lookup("orders").columns() if not c.optional}
    body = gzip.decompress(Path(path).read_bytes()).decode("utf-8")
    frame = pd.read_csv(io.StringIO(body), sep="\t", quoting=3, dtype="str")
    for name, dtype in columns.items():
        if dtype == "timestamp":
            frame[name] = pd.to_datetime(frame[name], utc=True)
        elif dtype in {"decimal", "int64"}:
            frame[name] = pd.to_numeric(frame[name])
    Path(target).mkdir(parents=True, exist_ok=True)
    if not by_day:
        frame.to_parquet(f"{target}/all.parquet", compression="zstd")
        return
    for day, rows in frame.groupby(frame["purchase-date"].dt.date):
        folder = Path(target) / f"purchase-date_day={day}"
        folder.mkdir()
        rows.to_parquet(folder / "0.parquet", compression="zstd")


PEERS = {
    "polars_scan": polars_scan,
    "polars_read": polars_read,
    "duckdb_copy": duckdb_copy,
    "pyarrow_dataset": pyarrow_dataset,
    "pandas_today": pandas_today,
}

if __name__ == "__main__":
    name, path, *rest = sys.argv[1:]
    more = {"also": rest[2:]} if len(rest) > 2 else {}  # of polars_scan alone
    PEERS[name](path, rest[0] if rest else None, by_day=len(rest) > 1, **more)  # type: ignore[arg-type] # only polars_scan is asked for without a folder
