"""``python -m benchmarks.prototypes.vector_registers [MiB] [RUNS]``: what isal leaves.

Orders and listings to their last batch, whole processes in turn: as the library is, as
it is without the line that has the registers clean before the kernel runs (the peer),
and without isal, which leaves them in use on processors with AVX-512.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import orders
from benchmarks.kernel import read
from benchmarks.listings_documents import listings
from benchmarks.measure import compare, show

DATA = Path(__file__).parents[1] / "data"
WAYS = ("as they are left", "clean", "zlib")


def compared(mebibytes: int, runs: int) -> None:
    """Read both kinds of documents in each way."""
    kinds = {"orders": orders, "listings": listings}
    for kind, made in kinds.items():
        path = made(DATA, mebibytes)
        command = [sys.executable, "-m", __spec__.name, kind, str(path)]
        figures = compare({way: [*command, way] for way in WAYS}, runs)
        show(f"{kind}, {path.name}, to batches (runs: {runs})", figures)


def prepare(way: str) -> None:
    """Have this process read in a way."""
    from spreports.fetch.kernel import sandbox  # noqa: PLC0415 - after what is hidden

    if way == "as they are left":
        sandbox._clean_registers = lambda: None  # noqa: SLF001 - what is measured


if __name__ == "__main__":
    match sys.argv[1:]:
        case [kind, path, way]:
            if way == "zlib":
                sys.modules["isal"] = None  # type: ignore[assignment] # hides it
            prepare(way)
            read(kind, Path(path))
        case numbers:
            size, runs = [*map(int, numbers), *(256, 5)[len(numbers) :]]
            compared(size, runs)
