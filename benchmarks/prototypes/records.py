"""``python -m benchmarks.prototypes.records FILE [RUNS]``: ours and a native part.

Both read the same blocks of a search terms document, in turn; the columns are compared
before any time counts. Then the whole way from file to batches, with each of them.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa

from benchmarks.json_ours import to_batches
from spreports.catalog import lookup
from spreports.fetch.json.cut import Block
from spreports.fetch.json.layout import layout_of
from spreports.fetch.json.native import NativeParser
from spreports.fetch.json.shape import Record, record_of
from spreports.fetch.json.walk import JsonWalk

Parse = Callable[[Block], list[pa.Array] | None]
MIB = 1 << 20
SIZE, BLOCKS = MIB, 48


class Piece(ctypes.Structure):
    """As the source has it."""

    _fields_ = (("text", ctypes.c_char_p), ("size", ctypes.c_int64))


class Column(ctypes.Structure):
    """As the source has it."""

    _fields_ = (
        ("ends", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("numbers", ctypes.c_void_p),
    )


def built(folder: str) -> ctypes.CDLL:
    """Compile the source as a wheel would have it: for any machine of this kind."""
    source, library = Path(__file__).with_suffix(".c"), f"{folder}/records.so"
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("no C compiler")
    options = ("-O3", "-Wall", "-shared", "-fPIC")
    subprocess.run([compiler, *options, "-o", library, source], check=True)
    found = ctypes.CDLL(library)
    found.records.restype = ctypes.c_int64
    return found


class Native:
    """The native part for one layout of flat records."""

    def __init__(self, library: ctypes.CDLL, block: Block, root: Record) -> None:
        layout = layout_of(*block.first(), root)
        if layout is None:
            raise SystemExit("the records have no layout")
        # a cell without a value belongs to the gap before it
        texts: list[bytes] = [layout.head]
        kinds = ""
        for slot in layout.slots:
            texts[-1] += layout.mark + slot.before
            if slot.leaf is not None:
                texts.append(slot.behind)
                dtype = str(slot.leaf.dtype)
                kinds += "s" if slot.quoted else {"int64": "i", "double": "f"}[dtype]
        lead, *gaps = texts
        # behind the last value stands what leads into the next record
        tail = gaps[-1] + layout.opening[len(layout.head) :]
        gaps[-1] += lead.removeprefix(layout.head)
        self._records, self._kinds = library.records, kinds
        self._lead, self._tail = Piece(lead, len(lead)), Piece(tail, len(tail))
        self._gaps = (Piece * len(gaps))(*(Piece(gap, len(gap)) for gap in gaps))
        self._least = sum(map(len, gaps))

    def __call__(self, block: Block) -> list[pa.Array] | None:
        """Return a block's columns; None where it is not of the layout."""
        text = pa.py_buffer(block.data).slice(block.start, block.stop - block.start)
        most = text.size // self._least + 1
        pool = pa.system_memory_pool()
        buffers = [
            [
                pa.allocate_buffer(4 * most + 4, pool, resizable=True),
                pa.allocate_buffer(text.size, pool, resizable=True),
            ]
            if kind == "s"
            else [pa.allocate_buffer(8 * most, pool, resizable=True)]
            for kind in self._kinds
        ]
        to = (Column * len(buffers))(
            *(
                Column(each[0].address, each[1].address, None)
                if len(each) > 1
                else Column(None, None, each[0].address)
                for each in buffers
            )
        )
        rows = self._records(
            ctypes.c_void_p(text.address),
            ctypes.c_int64(text.size),
            len(buffers),
            self._kinds.encode(),
            self._gaps,
            self._lead,
            self._tail,
            to,
            ctypes.c_int64(most),
        )
        if rows < 0:
            return None
        types = {"s": pa.string(), "i": pa.int64(), "f": pa.float64()}
        arrays = []
        for kind, each in zip(self._kinds, buffers, strict=True):
            if kind == "s":
                used = memoryview(each[0]).cast("i")[rows]
                each[1].resize(used, shrink_to_fit=True)
            arrays.append(pa.Array.from_buffers(types[kind], rows, [None, *each]))
        return arrays


def blocks_of(path: Path) -> list[Block]:
    """Return some blocks, cut as ours cuts them."""
    with path.open("rb") as file:
        walk = JsonWalk(iter(lambda: file.read(SIZE), b""))
        found = walk.next_table()
        cutter = found[1] if found else None
        if cutter:
            # what stands between two records is learned from the first of them
            cutter.exact(SIZE)
        blocks = [cutter.learned(SIZE) for _ in range(BLOCKS)] if cutter else []
    return [block for block in blocks if block is not None]


def timed(work: Callable[[], object], mebibytes: float) -> tuple[float, float]:
    """Return wall and CPU milliseconds a MiB."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    took = time.perf_counter() - wall, time.process_time() - cpu
    return 1000 * took[0] / mebibytes, 1000 * took[1] / mebibytes


def in_turn(
    title: str, works: dict[str, Callable[[], object]], mebibytes: float, runs: int
) -> None:
    """Print the least of some runs of each, taken in turn."""
    seen = [
        {name: timed(work, mebibytes) for name, work in works.items()}
        for _ in range(runs)
    ]
    for name in works:
        wall, cpu = map(min, zip(*(each[name] for each in seen), strict=True))
        print(f"{title}, {name:6}: {wall:6.2f} ms/MiB, CPU {cpu:6.2f} ms/MiB")


def compare(path: Path, runs: int) -> None:
    """Compare the columns, then the times."""
    blocks = blocks_of(path)
    root = record_of(lookup("search_terms").tables[0].columns, typed=True)
    ours = NativeParser(root).columns
    with tempfile.TemporaryDirectory() as folder:
        native = Native(built(folder), blocks[0], root)
        for block in blocks:
            pairs = zip(ours(block) or [], native(block) or [None], strict=True)
            if not all(one.equals(other) for one, other in pairs):
                raise SystemExit("the columns differ")
        ways: dict[str, Parse] = {"ours": ours, "native": native}
        for threads in (1, 2):
            in_turn(
                f"blocks, {threads} threads",
                {k: partial(parsed, way, blocks, threads) for k, way in ways.items()},
                sum(block.size for block in blocks) / MIB,
                runs,
            )
        in_turn(
            "file to batches",
            {name: partial(piped, way, path) for name, way in ways.items()},
            path.stat().st_size / MIB,
            runs,
        )


def parsed(parse: Parse, blocks: list[Block], threads: int) -> None:
    """Parse blocks, each by one of some threads."""
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(parse, blocks):
            pass


def piped(parse: Parse, path: Path) -> None:
    """Read a whole document by our pipeline, its blocks by a parser."""
    with patch.object(NativeParser, "columns", staticmethod(parse)):
        to_batches(path, first=False)


if __name__ == "__main__":
    compare(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
