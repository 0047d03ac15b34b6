"""``python -m benchmarks.growth [KIND] [MiB ...]``: time and memory over the size.

Orders into 50 partitions and search terms into one file, each a whole process that
brings its document over HTTP. A large document is a smaller one over and over, each
time a gzip member: what a row costs must not depend on how many came before it. Time
is to grow with the size to the power of one, memory not at all.
"""

from __future__ import annotations

import gzip
import json
import math
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.documents import emptied, orders
from benchmarks.json_documents import HEAD, TAIL, search_terms
from benchmarks.measure import run
from benchmarks.served import served

DATA = Path(__file__).parent / "data"
SHORT = (32, 64, 128)
FULL = (1024, 2048, 4096, 8192)
PIECE = 256  # MiB of the document that is repeated, at most
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A document that can be grown.

    Attributes
    ----------
    name : str
    command : tuple of str
        Module that writes it to Parquet, given a URL, a folder and `options`.
    options : tuple of str
    piece : callable
        From a folder and MiB to the document whose rows are repeated.
    head : bytes
        Before its rows; empty: its first line.
    between, tail : bytes
        Between rows and after them.
    """

    name: str
    command: str
    options: tuple[str, ...]
    piece: Callable[[Path, int], Path]
    head: bytes = b""
    between: bytes = b""
    tail: bytes = b""


KINDS = (
    Kind(
        name="orders into 50 partitions",
        command="benchmarks.orders_ours",
        options=("purchase-date:day",),
        piece=orders,
    ),
    Kind(
        name="search terms into one file",
        command="benchmarks.json_ours",
        options=(),
        piece=search_terms,
        head=HEAD.encode(),
        between=b", ",
        tail=TAIL.encode(),
    ),
)


def growth(sizes: Sequence[int], kinds: Sequence[Kind] = KINDS) -> None:
    """Measure ours at each size; print what it says of time and memory.

    Parameters
    ----------
    sizes : sequence of int, MiB of text
        About: a document is the one of the smallest size, or of 256 MiB, repeated.
    kinds : sequence of Kind
    """
    for kind in kinds:
        _grow(kind, sorted(sizes))


def _grow(kind: Kind, sizes: Sequence[int]) -> None:
    """Measure one kind; each document is deleted before the next is made."""
    folder = emptied(DATA / "growth")
    members = _Members(kind, min(PIECE, sizes[0]), folder)
    print(f"\n{kind.name}, by MiB of text, gzip, from HTTP")
    print(f"{'MiB':>8}{'wall s':>10}{'cpu s':>10}{'MiB peak':>10}{'rows':>14}")
    figures: list[tuple[float, float, float]] = []
    texts: list[float] = []
    row_bytes: list[float] = []
    for size in sizes:
        document, text = members.document(size)
        target = folder / "lake"
        with served(document) as url:
            words = [kind.command, url, str(target), *kind.options]
            figures.append(run([sys.executable, "-m", *words]))
        rows = _rows(target)
        document.unlink()
        shutil.rmtree(target)
        texts.append(text / (1 << 20))
        row_bytes.append(text / rows)
        wall, cpu, peak = figures[-1]
        print(
            f"{texts[-1]:8.0f}{wall:10.2f}{cpu:10.2f}{peak:10.0f}{rows:14,}", flush=True
        )
    if len(set(row_bytes)) > 1:
        raise SystemExit(f"not as many rows as there is text: {row_bytes}")
    _show(kind, texts, figures)


def _show(
    kind: Kind, sizes: Sequence[float], figures: Sequence[tuple[float, float, float]]
) -> None:
    """Print the exponents, where there is more than one size."""
    walls, cpus, peaks = (list(each) for each in zip(*figures, strict=True))
    told: dict[str, object] = {"title": f"growth, {kind.name}", "sizes": list(sizes)}
    told |= {"wall": walls, "cpu": cpus, "peak": peaks}
    if len(sizes) > 1:
        told |= {"wall_exponent": exponent(sizes, walls)}
        told |= {"cpu_exponent": exponent(sizes, cpus)}
        print(
            f"wall ~ size^{told['wall_exponent']:.3f}, "
            f"CPU ~ size^{told['cpu_exponent']:.3f}, "
            f"peak memory x {peaks[-1] / peaks[0]:.2f}"
        )
    print(json.dumps(told))


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """Return the slope of the least squares line through the logarithms."""
    return statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(figure) for figure in figures]
    ).slope


class _Members:
    """The rows of one document as a gzip member, to be repeated."""

    _text = 0

    def __init__(self, kind: Kind, mebibytes: int, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self._rows = folder / "rows.gz"
        path = kind.piece(DATA, mebibytes)
        with (
            gzip.open(path) if path.suffix == ".gz" else path.open("rb") as plain,
            gzip.open(self._rows, "wb", 6) as rows,
        ):
            self._head = plain.read(len(kind.head)) or plain.readline()
            held = b""
            while block := plain.read(BLOCK):
                held += block
                keep = len(held) - len(kind.tail)
                self._text += rows.write(held[:keep])
                held = held[keep:]
        if held != kind.tail:
            raise SystemExit(f"{path} does not end as it should")

    def document(self, mebibytes: int) -> tuple[Path, int]:
        """Write a document of about so many MiB; also return the bytes of its rows."""
        times = max(1, round((mebibytes << 20) / self._text))
        document = self._folder / "document.gz"
        with document.open("wb") as file:
            file.write(gzip.compress(self._head))
            for number in range(times):
                if number and self._kind.between:
                    file.write(gzip.compress(self._kind.between))
                with self._rows.open("rb") as rows:
                    shutil.copyfileobj(rows, file, BLOCK)
            if self._kind.tail:
                file.write(gzip.compress(self._kind.tail))
        return document, times * self._text


def _rows(folder: Path) -> int:
    """Count the rows of a lake."""
    found = duckdb.execute(
        f"SELECT count(*) FROM read_parquet('{folder}/**/*.parquet', "
        "hive_partitioning=false)"
    ).fetchall()
    return int(found[0][0])


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    words = [word for word in sys.argv[1:] if not word.isdecimal()]
    growth(
        numbers or SHORT,
        [kind for kind in KINDS if all(word in kind.name for word in words)],
    )
