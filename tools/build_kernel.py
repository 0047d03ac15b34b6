"""``python tools/build_kernel.py [--check]``: compile the kernel to WebAssembly.

The compiler is Zig's from PyPI (the extra ``kernel``), pinned, so that the same source
gives the same file everywhere; ``--check`` says whether the file in the repository is
what its source gives.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).parent.parent / "spreports" / "fetch" / "kernel"
OPTIONS = (
    *("-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory"),
    *("-O3", "-std=c17", "-nostdlib", "-fno-sanitize=all"),
    *("-Wall", "-Wextra", "-Werror"),
    *("-Wl,--no-entry", "-Wl,--strip-all"),
)


def compiled() -> bytes:
    """Return the kernel as its source gives it."""
    sources = sorted(path.name for path in HOME.glob("*.c"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "kernel.wasm"
        subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *OPTIONS, "-o", target, *sources],
            check=True,
            cwd=HOME,
        )
        return target.read_bytes()


if __name__ == "__main__":
    kernel = HOME / "kernel.wasm"
    code = compiled()
    if "--check" not in sys.argv:
        kernel.write_bytes(code)
    elif kernel.read_bytes() != code:
        sys.exit(f"{kernel} is not what its source gives: run tools/build_kernel.py")
