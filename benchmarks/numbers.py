"""``python -m benchmarks.numbers [RUNS]``: a column of few values, by number.

What a sink does with each such column of a row group, by `spreports.load.numbers` and,
as the peer, by Arrow's own kernels, in turn in one process; the least of RUNS counts.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.load.hive import days_of
from spreports.load.numbers import by_appearance, looked_up

ROWS: Final = 65_536
WORDS: Final = 30
SECONDS: Final = 5 * 86_400


def compared(
    title: str, ours: Callable[[], object], peer: Callable[[], object], runs: int
) -> str:
    """Run both in turn; show the least microseconds of each, and return them."""
    least = [1e9, 1e9]
    for _ in range(runs):
        for place, work in enumerate((ours, peer)):
            since = time.perf_counter()
            work()
            least[place] = min(least[place], (time.perf_counter() - since) * 1e6)
    print(f"{title:36}{least[0]:8.0f} us{least[1]:8.0f} us{least[0] / least[1]:8.2f}")
    return json.dumps({"title": title, "ours": least[0], "Arrow": least[1]})


def numbers(runs: int) -> None:
    """Compare columns without and with nulls."""
    drawn = random.Random(1)
    amounts = pa.array(range(WORDS), pa.int64()).cast(pa.decimal128(38, 6))
    found = []
    print(f"{'':36}{'ours':>8}   {'Arrow':>8}   {'ratio':>8}")
    for nulls in (0.0, 0.05, 0.3):
        rows = [
            None if drawn.random() < nulls else int(drawn.random() ** 3 * WORDS)
            for _ in range(ROWS)
        ]
        codes = pa.array(rows, pa.uint8())
        for title, ours, peer in (
            (
                "by appearance",
                partial(by_appearance, codes, WORDS),
                codes.dictionary_encode,
            ),
            (
                "decimals looked up",
                partial(looked_up, amounts, codes),
                partial(amounts.take, codes),
            ),
        ):
            found.append(compared(f"{title}, {nulls:.0%} nulls", ours, peer, runs))
    seconds = pa.array(sorted(drawn.randrange(SECONDS) for _ in range(ROWS)))
    times = pc.multiply(seconds, 1_000_000).cast(pa.timestamp("us", "UTC"))
    found.append(
        compared(
            "day of an instant in UTC",
            lambda: days_of(times),
            lambda: times.cast(pa.date32(), safe=False),
            runs,
        )
    )
    print("\n".join(found))


if __name__ == "__main__":
    numbers(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
