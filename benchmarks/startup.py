"""``python -m benchmarks.startup [RUNS]``: what an import and a help text cost."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import compare, show


def startup(runs: int) -> None:
    """Compare ``import spreports`` and ``spreports --help`` with bare Python."""
    command = Path(sys.executable).with_name("spreports")
    figures = compare(
        {
            "import spreports": [sys.executable, "-c", "import spreports"],
            "spreports --help": [str(command), "--help"],
            "bare Python": [sys.executable, "-c", "pass"],
        },
        runs,
    )
    show("start", figures)
    bare = figures[-1].wall
    for each in figures[:-1]:
        print(f"{each.name}: {1000 * (each.wall - bare):.0f} ms over bare Python")


if __name__ == "__main__":
    startup(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
