"""Made-up JSON documents of any size, the same for the same seed."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import polars as pl

from benchmarks.documents import unfinished

BLOCK_ROWS = 60_000
SHARES_OF = 10_000
WORDS = [
    *("blue", "kettle", "lampe", "teller", "größe", "étui", "set", "usb c", "cotton"),
    *('12\\" cable', "für männer", "ランプ", "wireless", "case", "10 pack", "mini"),
]
HEAD = """{
  "reportSpecification" : {
    "reportType" : "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT",
    "reportOptions" : {
      "reportPeriod" : "WEEK"
    },
    "dataStartTime" : "2026-10-04",
    "dataEndTime" : "2026-10-10",
    "marketplaceIds" : [ "A1PA6795UKMFR9" ]
  },
  "dataByDepartmentAndSearchTerm" : [ """
RECORD = """{{
    "departmentName" : "Amazon.de",
    "searchTerm" : "{}",
    "searchFrequencyRank" : {},
    "clickedAsin" : "B0{}",
    "clickShareRank" : {},
    "clickShare" : {},
    "conversionShare" : {}
  }}"""
TAIL = " ]\n}"
BETWEEN = ",\n    "
_SHARE = re.compile(r'\n    "clickShare" : [^,]*,')
_LIST = '"tags" : [ "new", 12, { "rank" : 3, "top" : true } ],\n    '


def search_terms(
    folder: Path,
    mebibytes: int,
    seed: int = 1,
    *,
    compressed: bool = False,
    keys: str = "",
) -> Path:
    """Write a search terms document of about `mebibytes`, as Jackson prints it.

    Parameters
    ----------
    folder : Path
    mebibytes : int, MiB
    seed : int
    compressed : bool
        Gzip, level 6.
    keys : str
        ``"lacking"``: every seventh record is without a share; ``"shuffled"``: those of
        each record in an order of its own; ``"listed"``: one more, with a list.

    Returns
    -------
    Path
        Kept from call to call; the name tells size and seed.
    """
    suffix = ".json.gz" if compressed else ".json"
    name = f"search-terms-{keys}" if keys else "search-terms"
    path = folder / f"{name}-{mebibytes}-{seed}{suffix}"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = unfinished(path)
    written = 0
    with gzip.open(part, "wb", 6) if compressed else part.open("wb") as file:
        file.write(HEAD.encode())
        block = 0
        while written < mebibytes << 20:
            text = ", " * bool(block) + _block(seed, block, keys)
            written += file.write(text.encode())
            block += 1
        file.write(TAIL.encode())
    part.rename(path)
    return path


def _block(seed: int, block: int, keys: str) -> str:
    """Return records with commas between them; three for each search term."""
    terms = pl.int_range(BLOCK_ROWS, eager=True) // 3 + block * (BLOCK_ROWS // 3)
    draw = pl.DataFrame(
        {
            "term": terms,
            "place": pl.int_range(BLOCK_ROWS, eager=True) % 3 + 1,
            **{
                name: pl.int_range(BLOCK_ROWS, eager=True).hash(seed * 1000 + block + k)
                for k, name in enumerate("abc", start=7)
            },
            **{name: terms.hash(seed * 1000 + k) for k, name in enumerate("uvwx")},
        }
    )
    words = [
        pl.lit(pl.Series(WORDS)).gather((pl.col(name) % len(WORDS)).cast(pl.UInt32))
        for name in "uvwx"
    ]
    records = draw.select(
        pl.format(
            RECORD.replace("{{", "<").replace("}}", ">"),
            pl.concat_str([*words, pl.col("term")], separator=" "),
            pl.col("term") + 1,
            (pl.col("a") % 100_000_000).cast(pl.String).str.zfill(8),
            "place",
            _share("b"),
            _share("c"),
        ).alias("record")
    )
    found = records["record"].to_list()
    if keys == "shuffled":
        order = random.Random(seed * 1000 + block)
        found = [_shuffled(record, order) for record in found]
    if keys == "lacking":
        found[::7] = [_SHARE.sub("", record) for record in found[::7]]
    if keys == "listed":
        found = [r.replace('"clickShare"', f'{_LIST}"clickShare"') for r in found]
    text = ", ".join(found)
    return text.replace("<", "{").replace(">", "}")


def _shuffled(record: str, order: random.Random) -> str:
    """Return a record whose keys stand in another order."""
    brace, _, keys = record.partition("\n    ")
    inside, _, end = keys.rpartition("\n  ")
    pairs = inside.split(BETWEEN)
    order.shuffle(pairs)
    return f"{brace}\n    {BETWEEN.join(pairs)}\n  {end}"


def _share(column: str) -> pl.Expr:
    """Return a share of four places."""
    number = (pl.col(column) % SHARES_OF).cast(pl.String).str.zfill(4)
    return pl.concat_str([pl.lit("0."), number])
