"""``python -m benchmarks.kernel [MiB] [RUNS]``: documents by the kernel and without it.

The peer is spreports as it is where ``wasmtime`` is not installed: Arrow's parsers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.documents import orders
from benchmarks.json_documents import search_terms
from benchmarks.listings_documents import listings
from benchmarks.measure import compare, show
from benchmarks.settlement_documents import settlement
from benchmarks.spelled_documents import blank_orders, quoted_orders

DATA = Path(__file__).parent / "data"
CHARSETS = {"listings": "Cp1252"}


def kernel(mebibytes: int, runs: int) -> None:
    """Read each kind of document to its last batch, both ways in turn."""
    kinds = {
        "orders": orders(DATA, mebibytes),
        "listings": listings(DATA, min(mebibytes, 300)),
        "search_terms": search_terms(DATA, mebibytes, compressed=False),
    }
    others = [
        ("orders", quoted_orders(DATA, mebibytes)),
        ("orders", blank_orders(DATA, mebibytes)),
        ("settlement", settlement(DATA, min(mebibytes, 300))),
        ("search_terms", search_terms(DATA, mebibytes, keys="lacking")),
        ("search_terms", search_terms(DATA, mebibytes, keys="shuffled")),
        # 3 MiB a second without it
        ("search_terms", search_terms(DATA, min(mebibytes, 64), keys="listed")),
    ]
    for kind, path in [*kinds.items(), *others]:
        command = [sys.executable, "-m", "benchmarks.kernel", kind, str(path)]
        figures = compare(
            {"by the kernel": command, "without wasmtime": [*command, "without"]}, runs
        )
        show(f"{kind}, {path.name}, to batches (runs: {runs})", figures)


def read(kind: str, path: Path) -> int:
    """Read all batches of a file; return the number of rows."""
    from spreports.catalog import lookup  # noqa: PLC0415 - after what is hidden
    from spreports.fetch.document import open_batches  # noqa: PLC0415 - as above

    batches = open_batches(
        lambda: path.open("rb"),
        lookup(kind),
        content_type=f"text/plain;charset={CHARSETS.get(kind, 'UTF-8')}",
        stored_bytes=path.stat().st_size,
    )
    return sum(batch.num_rows for batch in batches)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words and not words[0].isdigit():
        if "without" in words:
            sys.modules["wasmtime"] = None  # type: ignore[assignment]  # as if it were not there
        print(read(words[0], Path(words[1])))
    else:
        size, times = ([int(word) for word in words] + [200, 3][len(words) :])[:2]
        kernel(size, times)
