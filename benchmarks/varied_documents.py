"""Made-up orders of many products, places and prices: gzip packs them three times.

It packs those of `documents` five times. Here ids and postal codes are random, 60,000
products sell as a long tail does, names are in several scripts, most amounts are
missing and an order in eight is cancelled.
"""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.documents import BLOCK_ROWS, as_text, fill, kept, order_rows, two

PRODUCTS: Final = 60_000
CITIES: Final = 15_000
SYLLABLES: Final = [
    *("ka", "lo", "mün", "ster", "bri", "an", "tö", "pf", "ré", "cla", "da", "gar"),
    *("no", "ße", "li", "qu", "en", "ta", "vor", "shi", "re", "tsu", "木", "製", "zł"),
]
SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
# Orders of a thousand that have no such amount
MISSING: Final = {
    "item-price": 0,
    "item-tax": 200,
    "shipping-price": 800,
    "shipping-tax": 850,
    "gift-wrap-price": 990,
    "gift-wrap-tax": 995,
    "item-promotion-discount": 900,
    "ship-promotion-discount": 920,
}
CANCELLED: Final = 8
_LETTERS: Final = "abcdefghijklmnop"
_HASHES: Final = float(1 << 64)


def varied_orders(folder: Path, mebibytes: int, seed: int = 1) -> Path:
    """Return an all-orders document of about so many MiB of text; see `kept`."""
    return kept(
        folder / f"varied-{mebibytes}-{seed}.txt.gz",
        lambda file: fill(file, mebibytes, partial(_block, _texts(seed), seed)),
    )


def _texts(seed: int) -> dict[str, pl.Series]:
    """Return what the cells of a column are drawn from, the most frequent first."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(SYLLABLES, k=1 + n % 4)) for n in range(20_000)]
    often = [1 / (place + 1) ** 0.9 for place in range(len(words))]
    titles = [
        " ".join(draw.choices(words, often, k=3 + n % 15)) for n in range(PRODUCTS)
    ]
    texts = {
        "product-name": titles,
        "sku": [f"{draw.randrange(10**6):06}-{draw.choice(words)}" for _ in titles],
        "asin": ["B0" + "".join(draw.choices(SIGNS, k=8)) for _ in titles],
        "ship-city": [word.title() for word in draw.sample(words, CITIES)],
        "ship-state": ["", *draw.sample(words, 300)],
    }
    return {name: pl.Series(name, values) for name, values in texts.items()}


def _block(texts: dict[str, pl.Series], seed: int, block: int) -> bytes:
    """Return one block of rows as text, the header before the first."""
    draw = pl.DataFrame(
        {
            letter: pl.Series(range(BLOCK_ROWS)).hash(seed * 100_000 + block * 50 + k)
            for k, letter in enumerate(_LETTERS)
        }
    )
    places = {"product-name": "a", "sku": "a", "asin": "a"}
    places |= {"ship-city": "b", "ship-state": "c"}
    digits = (pl.col(letter) % 9_000_000 + 1_000_000 for letter in "de")
    cells = draw.select(
        pl.format("{}-{}-{}", pl.col("f") % 900 + 100, *digits).alias(
            "amazon-order-id"
        ),
        *(_drawn(texts[name], letter) for name, letter in places.items()),
        (pl.col("g") % 90_000 + 10_000).alias("ship-postal-code"),
        *(
            _amount(letter, missing).alias(name)
            for (name, missing), letter in zip(
                MISSING.items(), _LETTERS[8:], strict=True
            )
        ),
    )
    rows = order_rows(seed, block).with_columns(cells.get_columns())
    return as_text(rows, header=block == 0)


def _drawn(values: pl.Series, letter: str) -> pl.Expr:
    """Draw cells: a fifth of the values make half of them."""
    place = (pl.col(letter) / _HASHES) ** 2.2 * len(values)
    place = place.cast(pl.UInt32).clip(upper_bound=len(values) - 1)
    return pl.lit(values).gather(place).alias(values.name)


def _amount(letter: str, missing: int) -> pl.Expr:
    """Write amounts, most of them small, and none where an order is cancelled."""
    cents = ((pl.col(letter) / _HASHES) ** 3 * 30_000).cast(pl.Int64) + 99
    is_missing = pl.col(letter) // 1_009 % 1_000 < missing
    return (
        pl.when(is_missing | (pl.col("h") % CANCELLED == 0))
        .then(pl.lit(""))
        .otherwise(pl.format("{}.{}", cents // 100, two(cents % 100)))
    )
