"""Made-up documents of any size, the same for the same seed."""

from __future__ import annotations

import atexit
import gzip
import io
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

DAYS = 50
FIRST_DAY = datetime(2026, 8, 1, tzinfo=UTC)
BLOCK_ROWS = 100_000
ORDERS_A_DAY = 60_000
CHANNELS = ["Amazon.de", "Amazon.fr", "Amazon.it", "Amazon.es", "Amazon.nl"]
CITIES = ["Berlin", "Paris", "München", "Lyon", "Köln", "Torino", "Sevilla", "Gent"]
WORDS = ["Blue", "Kettle", "Lampe", "Teller", "Größe", "Étui", "Set", '12"', "Cotton"]


def kept(path: Path, write: Callable[[BinaryIO], None]) -> Path:
    """Write a document once: whole, and kept from call to call.

    Parameters
    ----------
    path : Path
        Its name tells what it is, size and seed; with ``.gz`` it is gzip, level 6.
    write : callable
        Gets the file to write to.

    Returns
    -------
    Path
        `path`.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = unfinished(path)
        with gzip.open(part, "wb", 6) if path.suffix == ".gz" else part.open("wb") as f:
            write(cast("BinaryIO", f))
        part.rename(path)
    return path


def fill(file: BinaryIO, mebibytes: int, block: Callable[[int], bytes]) -> None:
    """Write block after block, from number 0, until there are so many MiB."""
    written = number = 0
    while written < mebibytes << 20:
        written += file.write(block(number))
        number += 1


def orders(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return an all-orders document of about so many MiB of text; see `kept`."""
    return kept(
        folder / f"orders-{mebibytes}-{seed}.txt.gz",
        lambda file: fill(file, mebibytes, partial(_block, seed)),
    )


def _block(seed: int, block: int) -> bytes:
    """Return one block of rows as text, the header before the first."""
    return as_text(order_rows(seed, block), header=block == 0)


def daily_orders(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return an all-orders document whose orders stand in order of time; see `kept`.

    60,000 a day: less than a row group, so that no day fills one.
    """
    return kept(
        folder / f"daily-{mebibytes}-{seed}.txt.gz",
        lambda file: fill(file, mebibytes, partial(_daily_block, seed)),
    )


def _daily_block(seed: int, block: int) -> bytes:
    """Return one block of rows as text, one day's after the other's."""
    number = pl.int_range(BLOCK_ROWS, eager=True) + block * BLOCK_ROWS
    seconds = number * 86_400 // ORDERS_A_DAY + int(FIRST_DAY.timestamp())
    told = pl.from_epoch(seconds).dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    rows = order_rows(seed, block).with_columns(
        told.alias("purchase-date"), told.alias("last-updated-date")
    )
    return as_text(rows, header=block == 0)


def as_text(rows: pl.DataFrame, *, header: bool) -> bytes:
    """Return rows as a flat file has them."""
    buffer = io.BytesIO()
    rows.write_csv(buffer, separator="\t", quote_style="never", include_header=header)
    return buffer.getvalue()


def order_rows(seed: int, block: int) -> pl.DataFrame:
    """Return one block of orders, each cell as text or as it is written."""
    n = BLOCK_ROWS
    draw = pl.DataFrame(
        {
            name: pl.Series(range(n)).hash(seed * 1000 + block * 50 + k)
            for k, name in enumerate("abcdefgh")
        }
    )
    base = pl.int_range(n) + block * n
    cents = (pl.col("d") % 20_000).cast(pl.Int64)
    price = (cents // 100).cast(pl.String) + "." + two(cents % 100)
    start = FIRST_DAY.timestamp()
    seconds = (pl.col("a") % (DAYS * 86_400)).cast(pl.Int64) + int(start)
    bought = pl.from_epoch(seconds).dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    title = pl.concat_str(
        [_pick(WORDS, c) for c in "bcdef"] + [_pick(WORDS, c) for c in "gha"],
        separator=" ",
    )
    return draw.select(
        pl.format("{}-{}", 300 + base % 7, 1_000_000 + base).alias("amazon-order-id"),
        pl.format("M{}", base % 100_000).alias("merchant-order-id"),
        bought.alias("purchase-date"),
        bought.alias("last-updated-date"),
        _pick(["Shipped", "Pending", "Cancelled"], "b").alias("order-status"),
        _pick(["Amazon", "Merchant"], "c").alias("fulfillment-channel"),
        _pick(CHANNELS, "d").alias("sales-channel"),
        pl.lit("").alias("order-channel"),
        _pick(["Standard", "Expedited"], "e").alias("ship-service-level"),
        title.alias("product-name"),
        pl.format("00{}", pl.col("f") % 5000).alias("sku"),
        pl.format("B0{}", 10_000_000 + pl.col("f") % 5000).alias("asin"),
        _pick(["Shipped", "Unshipped"], "b").alias("item-status"),
        (pl.col("g") % 4 + 1).alias("quantity"),
        pl.lit("EUR").alias("currency"),
        price.alias("item-price"),
        two(cents % 97).alias("item-tax"),
        pl.lit("4.90").alias("shipping-price"),
        pl.lit("0.78").alias("shipping-tax"),
        *(
            pl.lit("0.00").alias(name)
            for name in (
                "gift-wrap-price",
                "gift-wrap-tax",
                "item-promotion-discount",
                "ship-promotion-discount",
            )
        ),
        _pick(CITIES, "h").alias("ship-city"),
        pl.lit("").alias("ship-state"),
        pl.format("0{}", 1000 + pl.col("h") % 9000).alias("ship-postal-code"),
        _pick(["DE", "FR", "IT"], "h").alias("ship-country"),
        pl.lit("").alias("promotion-ids"),
        pl.lit("").alias("cpf"),
        _pick(["true", "false"], "g").alias("is-business-order"),
        pl.lit("").alias("purchase-order-number"),
        pl.lit("").alias("price-designation"),
        pl.lit("false").alias("signature-confirmation-recommended"),
    )


def _pick(values: list[str], column: str) -> pl.Expr:
    """Pick one of `values` by a column of random numbers."""
    index = (pl.col(column) // 7 % len(values)).cast(pl.UInt32)
    return pl.lit(pl.Series(values)).gather(index)


def two(number: pl.Expr) -> pl.Expr:
    """Write a number below 100 with two digits."""
    return number.cast(pl.String).str.zfill(2)


def emptied(folder: Path) -> Path:
    """Return an empty folder of this run's own, beside `folder`; it goes at the end."""
    own = folder.with_name(f"{folder.name}-{os.getpid()}")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def unfinished(path: Path) -> Path:
    """Return where this run writes a document until it is whole."""
    return path.with_name(f"{path.name}.{os.getpid()}.part")


def span() -> tuple[datetime, datetime]:
    """Return the time that the orders cover."""
    return FIRST_DAY, FIRST_DAY + timedelta(days=DAYS)
