"""Made-up orders of one catalogue: names and SKUs come back, days follow each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.documents import (
    BLOCK_ROWS,
    FIRST_DAY,
    as_text,
    fill,
    kept,
    order_rows,
    two,
)

PRODUCTS = 4_000
NOUNS = ["Kettle", "Lampe", "Teller", "Étui", "Tumbler", "Regal", "Decke"]
KINDS = ["Blue", "Größe L", "mit Deckel", '12"', "Cotton", "für Kinder", "2er Set"]
TAXES = [0, 7, 19, 21]  # per cent


def catalogue_orders(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return an all-orders document of about so many MiB of text; see `kept`.

    4,000 products with a name, SKU, ASIN and price each; an order a second, the last
    day's among each other.
    """
    return kept(
        folder / f"catalogue-{mebibytes}-{seed}.txt.gz",
        lambda file: fill(file, mebibytes, partial(_block, seed)),
    )


def _block(seed: int, block: int) -> bytes:
    """Return one block of rows as text, the header before the first."""
    drawn = pl.Series(range(BLOCK_ROWS)).hash(seed * 1000 + block)
    product = (drawn % PRODUCTS).cast(pl.Int64)
    jitter = (drawn // PRODUCTS % 86_400).cast(pl.Int64)
    seconds = pl.int_range(BLOCK_ROWS, eager=True) + block * BLOCK_ROWS + jitter
    quantity = (drawn // 11 % 3 + 1).cast(pl.Int64)
    cents = (product * 7_919 % 30_000 + 300) * quantity
    percent = pl.Series(TAXES).gather((drawn // 13 % len(TAXES)).cast(pl.UInt32))
    bought = pl.from_epoch(seconds + int(FIRST_DAY.timestamp()))
    told = bought.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    rows = order_rows(seed, block).with_columns(
        _named(product).alias("product-name"),
        pl.select(pl.format("SKU-{}", 10_000 + product)).to_series().alias("sku"),
        pl.select(pl.format("B0{}", 10_000_000 + product)).to_series().alias("asin"),
        quantity.alias("quantity"),
        _money(cents).alias("item-price"),
        _money(cents * percent // 100).alias("item-tax"),
        told.alias("purchase-date"),
        told.alias("last-updated-date"),
    )
    return as_text(rows, header=block == 0)


def _named(product: pl.Series) -> pl.Series:
    """Return each product's name, 28 to 138 characters."""
    names = [
        " ".join(
            (NOUNS if word % 3 == 0 else KINDS)[(number * 31 + word * word * 7) % 7]
            for word in range(6 + number % 9)
        )
        + f" {number}"
        for number in range(PRODUCTS)
    ]
    return pl.Series(names).gather(product.cast(pl.UInt32))


def _money(cents: pl.Series) -> pl.Series:
    """Write cents as an amount."""
    amount = pl.format("{}.{}", cents // 100, two(pl.lit(cents % 100)))
    return pl.select(amount).to_series()
