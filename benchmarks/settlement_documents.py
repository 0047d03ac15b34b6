"""Made-up settlements in euros: a summary row, decimal commas, amounts that add up."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import polars as pl

from benchmarks.documents import kept
from spreports.catalog import lookup

BLOCK_ROWS = 50_000
ROW_BYTES = 220  # about
NAMES = [c.name for c in lookup("settlement").columns()]
SETTLEMENT = "24391274562"
KINDS = ["Principal", "Shipping", "Commission", "FBAPerUnitFulfillmentFee", "Tax"]


def settlement(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return a settlement of about so many MiB of text; see `kept`."""
    return kept(
        folder / f"settlement-{mebibytes}-{seed}.txt.gz",
        lambda file: _write(file, mebibytes, seed),
    )


def _write(file: BinaryIO, mebibytes: int, seed: int) -> None:
    """Write header, summary row, and rows whose amounts add up to its total."""
    blocks = range(max(1, (mebibytes << 20) // (ROW_BYTES * BLOCK_ROWS)))
    total = sum(_cents(seed, block).sum() for block in blocks)
    summary = {
        "settlement-id": SETTLEMENT,
        "settlement-start-date": "01.10.2026 00:00:00 UTC",
        "settlement-end-date": "15.10.2026 00:00:00 UTC",
        "deposit-date": "17.10.2026 00:00:00 UTC",
        "total-amount": f"{total // 100},{total % 100:02}",
        "currency": "EUR",
    }
    file.write(("\t".join(NAMES) + "\n").encode())
    first = "\t".join(summary.get(name, "") for name in NAMES)
    file.write((first + "\n").encode())
    for block in blocks:
        file.write(_block(seed, block).encode())


def _cents(seed: int, block: int) -> pl.Series:
    """Return the amounts of one block, in cents; none is negative."""
    rows = pl.int_range(BLOCK_ROWS, eager=True)
    return (rows.hash(seed * 1000 + block) % 9_000).cast(pl.Int64) + 10


def _block(seed: int, block: int) -> str:
    """Return one block of rows as text."""
    number = pl.col("number")
    cents = pl.col("cents")
    day = (number % 14 + 1).cast(pl.String).str.zfill(2)
    cells = {
        "settlement-id": pl.lit(SETTLEMENT),
        "transaction-type": pl.lit("Order"),
        "order-id": pl.format("305-{}-1", 1_000_000 + number // 5),
        "merchant-order-id": pl.format("305-{}-1", 1_000_000 + number // 5),
        "shipment-id": pl.format("D{}", number // 5),
        "marketplace-name": pl.lit("Amazon.de"),
        "amount-type": pl.lit("ItemPrice"),
        "amount-description": pl.lit(pl.Series(KINDS)).gather(number % len(KINDS)),
        "amount": pl.format(
            "{},{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2)
        ),
        "fulfillment-id": pl.lit("AFN"),
        "posted-date": pl.format("{}.10.2026", day),
        "posted-date-time": pl.format("{}.10.2026 10:05:00 UTC", day),
        "order-item-code": pl.format("4{}", 1_000_000_000 + number),
        "sku": pl.format("00{}-DE", number % 5_000),
        "quantity-purchased": pl.lit("1"),
    }
    rows = pl.DataFrame(
        {
            "number": pl.int_range(BLOCK_ROWS, eager=True) + block * BLOCK_ROWS,
            "cents": _cents(seed, block),
        }
    )
    frame = rows.select(cells.get(name, pl.lit("")).alias(name) for name in NAMES)
    return frame.write_csv(separator="\t", quote_style="never", include_header=False)
