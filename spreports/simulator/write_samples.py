"""Write data/samples: ``python -m spreports.simulator.write_samples FOLDER``.

The same bytes each time, so that a test can hold the files against this.
"""

from __future__ import annotations

import gzip
import sys
from datetime import UTC, datetime
from pathlib import Path

from spreports.simulator.content import Order, content_of
from spreports.simulator.marketplaces import BY_COUNTRY
from spreports.simulator.samples import STEMS

SEED = 2026
ROWS = 40
START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 10, 15, tzinfo=UTC)
NAMES = (
    "inventory_US.txt",
    "listings_JP.txt",
    "listings_US.txt",
    "orders_DE.txt",
    "orders_FR.txt.gz",
    "orders_shipping_US.txt",
    "settlement_DE.txt",
    "settlement_US.txt.gz",
)


def sample(name: str) -> bytes:
    """Return the bytes of one sample.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    """
    stem, country = name.partition(".")[0].rsplit("_", 1)
    order = Order(
        seed=SEED,
        rows=ROWS,
        marketplaces=(BY_COUNTRY[country],),
        start=START,
        end=END,
    )
    plain = b"".join(content_of(STEMS[stem], order).blocks())
    return gzip.compress(plain, mtime=0) if name.endswith(".gz") else plain


def main(arguments: list[str]) -> int:
    """Write all samples into the folder that is the one argument."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m spreports.simulator.write_samples FOLDER\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(sample(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
