"""The peer: polars.scan_csv of a settlement, commas replaced, typed, to Parquet."""

from __future__ import annotations

import sys

import polars as pl

from benchmarks.settlement_documents import NAMES

TIMES = (
    *("settlement-start-date", "settlement-end-date", "deposit-date"),
    "posted-date-time",
)

if __name__ == "__main__":
    path, target = sys.argv[1:3]
    typed = [
        pl.col(name).str.replace(",", ".", literal=True).str.to_decimal(scale=6)
        for name in ("total-amount", "amount")
    ]
    typed += [
        pl.col(name)
        .str.strip_suffix(" UTC")
        .str.to_datetime("%d.%m.%Y %H:%M:%S", time_zone="UTC")
        for name in TIMES
    ]
    typed.append(pl.col("posted-date").str.to_date("%d.%m.%Y"))
    typed.append(pl.col("quantity-purchased").cast(pl.Int64))
    pl.scan_csv(
        path, separator="\t", quote_char=None, schema=dict.fromkeys(NAMES, pl.String())
    ).with_columns(typed).filter(pl.col("total-amount").is_null()).sink_parquet(
        f"{target}/all.parquet", compression="zstd", mkdir=True
    )
