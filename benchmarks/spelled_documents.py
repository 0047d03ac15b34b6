"""The same made-up orders as other programs write them: in quotes, or with blanks."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from benchmarks.documents import kept, orders


def quoted_orders(folder: Path, mebibytes: int) -> Path:
    """Return orders with each cell in quotes, and quotes inside it doubled."""
    return _spelled(
        folder,
        mebibytes,
        "quoted",
        lambda _, cells: [b'"%b"' % cell.replace(b'"', b'""') for cell in cells],
    )


def blank_orders(folder: Path, mebibytes: int) -> Path:
    """Return orders with a single space in place of every seventh cell."""

    def cells_of(row: int, cells: list[bytes]) -> list[bytes]:
        if row:
            first = 1 + row % 7
            cells[first::7] = [b" "] * len(cells[first::7])
        return cells

    return _spelled(folder, mebibytes, "blank", cells_of)


def _spelled(
    folder: Path,
    mebibytes: int,
    manner: str,
    cells_of: Callable[[int, list[bytes]], list[bytes]],
) -> Path:
    """Return orders with the cells of each row, the header's too, spelled anew."""

    def write(file: BinaryIO) -> None:
        with gzip.open(orders(folder, mebibytes)) as plain:
            for row, line in enumerate(plain):
                cells = cells_of(row, line.removesuffix(b"\n").split(b"\t"))
                file.write(b"\t".join(cells) + b"\n")

    return kept(folder / f"orders-{manner}-{mebibytes}-1.txt.gz", write)
