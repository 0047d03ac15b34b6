"""``python -m benchmarks.prototypes.native_kernel [RUNS]``: the kernel without sandbox.

What a native part would bring to the reading of flat files: the same C source, compiled
for this processor, on the same blocks of 1 MiB as the WebAssembly in the package, which
is the peer. Both read each block RUNS times; the least counts. The compiler is the
extra ``kernel``'s. x86-64 Linux only.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import pyarrow as pa

from benchmarks.documents import orders
from benchmarks.listings_documents import listings
from spreports.catalog import lookup
from spreports.fetch.findings import Findings
from spreports.fetch.flat.few_texts import few_texts
from spreports.fetch.flat.header import read_header
from spreports.fetch.flat.kernel_rows import KernelRows, kernel_rows
from spreports.fetch.kernel.sandbox import expect
from spreports.fetch.typed import Typing

HERE: Final = Path(__file__).parent
DATA: Final = HERE.parent / "data"
KERNEL: Final = HERE.parents[1] / "spreports" / "fetch" / "kernel"
OPTIONS: Final = (
    *("-target", "x86_64-linux-musl", "-mcpu=native", "-O3", "-std=gnu17", "-w"),
    *("-no-pie", "-fno-pie", "-fno-sanitize=all", f"-I{HERE}", f"-I{KERNEL}"),
    "-D__builtin_wasm_memory_size(x)=(1u<<15)",
    "-D__builtin_wasm_memory_grow(x,y)=((uint32_t)0)",
)
# Addresses below 4 GiB, which the kernel keeps in 32 bits
LINKED: Final = ("-static", "-Wl,--image-base=0x10000000")
BLOCK: Final = 15 << 16
TEXT: Final = 12 << 20


def built(folder: Path) -> str:
    """Compile the kernel for this processor; return the program's path."""
    compiler = [sys.executable, "-m", "ziglang", "cc", *OPTIONS]
    parts = []
    for source in [*sorted(KERNEL.glob("*.c")), HERE / "native_kernel.c"]:
        own = (
            ["-Dmemcpy=kernel_memcpy", "-Dmemset=kernel_memset"]
            if source.name == "memory.c"  # it has them because WebAssembly has none
            else []
        )
        part = str(folder / f"{source.stem}.o")
        subprocess.run([*compiler, *own, "-c", str(source), "-o", part], check=True)
        parts.append(part)
    program = str(folder / "native")
    subprocess.run([*compiler, *LINKED, *parts, "-o", program], check=True)
    return program


def blocks_of(path: Path, charset: str) -> tuple[bytes, list[bytes]]:
    """Return a document's header line, and some blocks of whole rows."""
    with gzip.open(path) as file:
        line = file.readline().decode(charset).encode()
        text = file.read(TEXT).decode(charset).encode()
    blocks, start = [], 0
    while start + BLOCK < len(text):
        end = text.rindex(b"\n", start, start + BLOCK) + 1
        blocks.append(text[start:end])
        start = end
    return line, blocks


def compared(kind: str, path: Path, charset: str, program: str, runs: int) -> None:
    """Read some blocks of a document both ways, and show the figures."""
    line, blocks = blocks_of(path, charset)
    entry = lookup(kind)
    header, _ = read_header(iter([line]), entry)
    columns = Typing(header, entry, "raise", Findings()).columns
    few = few_texts(blocks[0][: 1 << 18], header, columns, decimals=True)
    expect(1 << 30)
    reader = kernel_rows(header, columns, ("",), few)
    if reader is None or any(reader.batch(block) is None for block in blocks):
        raise SystemExit(f"{kind}: the kernel declines a block")
    rows, here = _in_the_sandbox(reader, blocks, runs)
    native_rows, there = _native(reader, blocks, program, runs)
    if rows != native_rows:
        raise SystemExit(f"{kind}: {rows} rows in the sandbox, {native_rows} without")
    size = sum(map(len, blocks)) / (1 << 20)
    found = {"native": there / size * 1e3, "WebAssembly": here / size * 1e3}
    print(f"\n{kind}: {len(blocks)} blocks, {rows} rows, least of {runs}")
    for name, each in found.items():
        print(f"{name:12}{each:8.2f} ms/MiB{each / found['WebAssembly']:8.2f}")
    print(json.dumps({"title": f"{kind}, one block by the kernel", **found}))


def _in_the_sandbox(
    reader: KernelRows, blocks: list[bytes], runs: int
) -> tuple[int, float]:
    """Return rows, and the least seconds of all blocks together."""
    rows, seconds = 0, 0.0
    with reader._boxes.one() as (box, start):  # noqa: SLF001 - the kernel alone, without columns
        setup = reader._setup(start, list(reader._ways))  # noqa: SLF001 - as above
        for block in blocks:
            text, least = pa.py_buffer(block), 1e9
            for _ in range(runs):
                since = time.perf_counter()
                box.change(start, setup)
                made = box.run("rows", text, **_told(reader, start))
                least = min(least, time.perf_counter() - since)
            rows += made
            seconds += least
    return rows, seconds


def _native(
    reader: KernelRows, blocks: list[bytes], program: str, runs: int
) -> tuple[int, float]:
    """Return the same of the native program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = len(reader._setup(0, list(reader._ways)))  # noqa: SLF001 - as above
        start = int(_said([program, "begin", str(size)]))
        told = _told(reader, start)
        setup = folder / "setup"
        setup.write_bytes(reader._setup(start, list(reader._ways)))  # noqa: SLF001 - as above
        paths = []
        for number, block in enumerate(blocks):
            paths.append(folder / f"{number}")
            paths[-1].write_bytes(block)
        said = _said(
            [
                *(program, "rows", str(setup), str(told["gaps"] - start)),
                *(str(told[name]) for name in ("count", "delimiter", "nothing")),
                *(str(runs), *map(str, paths)),
            ]
        )
    rows, seconds = said.split()
    return int(rows), float(seconds)


def _told(reader: KernelRows, start: int) -> dict[str, int]:
    """Return what a block is read by, as `KernelRows` says it."""
    return {
        "columns": start,
        "count": len(reader._ways),  # noqa: SLF001 - as above
        "delimiter": ord(reader._header.delimiter),  # noqa: SLF001 - as above
        "nothing": reader._nothing,  # noqa: SLF001 - as above
        "gaps": start + reader._header_at,  # noqa: SLF001 - as above
    }


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Compare both on orders and listings."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    with tempfile.TemporaryDirectory() as folder:
        program = built(Path(folder))
        compared("orders", orders(DATA, 32), "utf-8", program, runs)
        compared("listings", listings(DATA, 32), "cp1252", program, runs)


if __name__ == "__main__":
    main()
