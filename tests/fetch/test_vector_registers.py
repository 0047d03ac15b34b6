"""The kernel runs with clean vector registers, whatever the thread did before."""

from __future__ import annotations

import ctypes
import mmap
import platform
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from spreports.fetch.kernel.sandbox import Sandboxes, kernel_is_there

# Intel 64 manual, XGETBV with ECX = 1: which parts of the registers are in use
READ_STATE = bytes.fromhex("b901000000 0f01d0 c3")
UPPER_HALVES = 0b100


def in_use(code: mmap.mmap) -> bool:
    """Say whether upper halves of this thread's vector registers are in use."""
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    state: int = ctypes.PYFUNCTYPE(ctypes.c_uint32)(address)()
    return bool(state & UPPER_HALVES)


@pytest.fixture
def code() -> Iterator[mmap.mmap]:
    """Yield the machine code that tells it."""
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text().split() if cpu.exists() else []
    if platform.machine() != "x86_64" or "xgetbv1" not in flags:
        pytest.skip("no processor, or none of Linux, that tells what is in use")
    yield (page := mmap.mmap(-1, mmap.PAGESIZE, prot=7))
    del page


def test_a_kernel_call_finds_no_upper_half_in_use(code: mmap.mmap) -> None:
    isal_zlib = pytest.importorskip("isal.isal_zlib")
    assert kernel_is_there()
    code.write(READ_STATE)
    isal_zlib.crc32(bytes(1 << 16))
    if not in_use(code):
        pytest.skip("isal leaves the registers clean on this processor")
    seen: list[bool] = []

    def work() -> None:
        seen.append(in_use(code))  # begun by who left them in use
        with Sandboxes(b"").one():
            seen.append(in_use(code))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True, False]
