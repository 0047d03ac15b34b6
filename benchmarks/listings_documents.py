"""Made-up listings documents: cp1252, and quotes that are data like any other sign."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl

from benchmarks.documents import unfinished
from spreports.catalog import lookup

BLOCK_ROWS = 50_000
WORDS = [
    *("Lampe", "Größe", "Étui", '27" Monitor', 'Kabel 1/2"', "“Set”", "5 € Gutschein"),
    *("Blau", "für Küche", '"Original"', "Tee \u2013 grün", "100 % Baumwolle", "Œuvre"),
]
NAMES = [c.name for c in lookup("listings").columns() if not c.optional]


def listings(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Write an all-listings document of about `mebibytes` of cp1252, gzip level 6.

    Parameters
    ----------
    folder : Path
    mebibytes : int, MiB of text
    seed : int

    Returns
    -------
    Path
        Kept from call to call; the name tells size and seed.
    """
    path = folder / f"listings-{mebibytes}-{seed}.txt.gz"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = unfinished(path)
    written = block = 0
    with gzip.open(part, "wb", compresslevel=6) as file:
        file.write(("\t".join(NAMES) + "\n").encode())
        while written < mebibytes << 20:
            written += file.write(_block(seed, block).encode("cp1252"))
            block += 1
    part.rename(path)
    return path


def _block(seed: int, block: int) -> str:
    """Return one block of rows as text."""
    rows = pl.int_range(BLOCK_ROWS, eager=True)
    draw = pl.DataFrame(
        {name: rows.hash(seed * 1000 + block * 50 + k) for k, name in enumerate("abcd")}
    )
    number = rows + block * BLOCK_ROWS
    cents = (pl.col("a") % 90_000).cast(pl.Int64) + 100
    cells = {
        "item-name": _words("abcd", 6),
        "item-description": _words("dcba", 20),
        "listing-id": pl.format("0603Z{}", number),
        "seller-sku": pl.format("00{}-DE", number),
        "price": pl.format("{}.{}", cents // 100, (cents % 90 + 10)),
        "quantity": (pl.col("b") % 50).cast(pl.String),
        "open-date": pl.format(
            "{}/{}/2026 1{}:00:00 MET",
            (pl.col("c") % 18 + 10),
            pl.lit("10"),
            pl.col("d") % 10,
        ),
        "item-is-marketplace": pl.lit("y"),
        "product-id-type": pl.lit("1"),
        "item-condition": pl.lit("11"),
        "asin1": pl.format("B0{}", 10_000_000 + number),
        "product-id": pl.format("B0{}", 10_000_000 + number),
        "pending-quantity": pl.lit("0"),
        "fulfillment-channel": pl.lit("DEFAULT"),
        "merchant-shipping-group": pl.lit("Standardvorlage Amazon"),
        "status": pl.lit("Active"),
    }
    frame = draw.select(cells.get(name, pl.lit("")).alias(name) for name in NAMES)
    return frame.write_csv(separator="\t", quote_style="never", include_header=False)


def _words(columns: str, count: int) -> pl.Expr:
    """Return as many words, picked by columns of random numbers."""
    words = pl.lit(pl.Series(WORDS))
    picks = [
        (pl.col(columns[k % len(columns)]) // (7 ** (k // len(columns) + 1)))
        for k in range(count)
    ]
    return pl.concat_str(
        [words.gather((pick % len(WORDS)).cast(pl.UInt32)) for pick in picks],
        separator=" ",
    )
