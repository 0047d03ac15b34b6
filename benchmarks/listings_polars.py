"""The peer: gunzip, decode cp1252, polars.read_csv typed, write_parquet."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import polars as pl

DTYPES = {
    "price": pl.Decimal(38, 6),
    "quantity": pl.Int64(),
    "zshop-shipping-fee": pl.Decimal(38, 6),
    "pending-quantity": pl.Int64(),
}

if __name__ == "__main__":
    path, target = sys.argv[1:3]
    text = gzip.decompress(Path(path).read_bytes()).decode("cp1252")
    names = text[: text.index("\n")].split("\t")
    frame = pl.read_csv(
        text.encode(),
        separator="\t",
        quote_char=None,
        schema={name: DTYPES.get(name, pl.String()) for name in names},
    )
    local = pl.col("open-date").str.strip_suffix(" MET")
    opened = local.str.to_datetime("%d/%m/%Y %H:%M:%S") - pl.duration(hours=1)
    frame = frame.with_columns(opened.dt.replace_time_zone("UTC"))
    Path(target).mkdir(parents=True)
    frame.write_parquet(f"{target}/all.parquet", compression="zstd")
